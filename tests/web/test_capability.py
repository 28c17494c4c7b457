"""What one person may do is not passed on to others by a page."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mailroom.settings import Mailbox
from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.recipient import AddressBook
from mailroom.ticket.token import Permission, Token
from web.capability import plain

BOX = Mailbox(address="support@acme.example", reply="plus")
BOOK = AddressBook([BOX], lambda: (b"k" * 32,))
OURS = BOOK.reply_address(BOX, Token(TicketId(1001), Permission.CUSTOMER, PersonId(7)))


def test_reply_addresses_become_plain_and_links_lose_their_token() -> None:
    text = f"From: Acme <{OURS}>, see https://h.example/t/1001.7.abcdefghijklmnop?x"
    assert plain(BOOK, text) == (
        "From: Acme <support@acme.example>, see https://h.example/t/…?x"
    )


def test_a_mailto_becomes_plain() -> None:
    made = plain(BOOK, f'<a href="mailto:{OURS}?subject=x">x</a>')
    assert made == '<a href="mailto:support@acme.example?subject=x">x</a>'


@given(st.text(), st.text())
def test_no_text_around_it_saves_a_token(before: str, after: str) -> None:
    assert OURS not in plain(BOOK, f"{before} {OURS} {after}")


@given(st.text(alphabet="ab @.+<\n", max_size=300))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert plain(BOOK, text) == text


def test_a_page_shows_no_capability_of_somebody_else(desk: Any) -> None:
    ticket = desk.write()
    letter = desk.letters("jane@customer.example")[-1]
    reply_to, link = (
        letter["Reply-To"],
        f"https://help.acme.example/t/{desk.token(ticket)}",
    )
    address = reply_to.rpartition("<")[2].rstrip(">")
    text = (
        f"Hello again.\r\n\r\nOn Monday Acme wrote:\r\n> from {address}\r\n> {link}\r\n"
    )
    desk.write(
        to=address,
        text=text,
        subject="Re: Printer",
        headers=f"In-Reply-To: {letter['Message-ID']}\r\n",
    )
    for token in (desk.token(ticket, None), desk.token(ticket)):
        for path in ("", "/m/2", ".json"):
            page = desk.client.get(f"/t/{token}{path}").text
            assert "Hello again." in page
            shown = page.replace(token, "").replace("mailto:", "")
            assert f"from {address}" not in shown
            assert link not in shown
    public = desk.client.get(f"/t/{desk.token(ticket, None)}/m/2").text
    assert address not in public
    assert desk.token(ticket) not in public
