"""Our addresses: mailboxes, aliases, tokens (RFC 5233), and what only looks like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.settings import Mailbox
from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.recipient import AddressBook, Place
from mailroom.ticket.token import Permission, Token, message_id, seal

KEY = b"k" * 32
TOKEN = Token(TicketId(1042), Permission.CUSTOMER, PersonId(17))
SEALED = seal(TOKEN, KEY)
PLUS = Mailbox(
    address="support@acme.example", also=("help@in.acme.example",), reply="plus"
)
PLAIN = Mailbox(address="sales@acme.example", reply="plain")
BELOW = Mailbox(address="post@acme.example", reply="subdomain:r.acme.example")
LONG = Mailbox(address=f"{'a' * 40}@acme.example", reply="plus")


@pytest.fixture
def book() -> AddressBook:
    return AddressBook([PLUS, PLAIN, BELOW, LONG], lambda: [KEY])


@pytest.mark.parametrize(
    ("address", "place", "mailbox"),
    [
        ("support@acme.example", Place.MAILBOX, "support@acme.example"),
        ("SUPPORT@Acme.Example", Place.MAILBOX, "support@acme.example"),
        ("help@in.acme.example", Place.MAILBOX, "support@acme.example"),
        ("support+news@acme.example", Place.MAILBOX, "support@acme.example"),
        ("help+news@in.acme.example", Place.MAILBOX, "support@acme.example"),
        ("support+control@acme.example", Place.CONTROL, "support@acme.example"),
        ("sales+control@acme.example", Place.CONTROL, "sales@acme.example"),
        (f"support+{SEALED}@acme.example", Place.TOKEN, "support@acme.example"),
        (f"sales+{SEALED}@acme.example", Place.TOKEN, "sales@acme.example"),
        (f"{SEALED}@r.acme.example", Place.TOKEN, "post@acme.example"),
        (f"support+{SEALED[:-1]}a@acme.example", Place.BAD_TOKEN, PLUS.address),
        (f"support+{SEALED[:-2]}@acme.example", Place.MAILBOX, PLUS.address),
        ("anybody@r.acme.example", Place.UNKNOWN, None),
        ("support@other.example", Place.UNKNOWN, None),
        ("supporter@acme.example", Place.UNKNOWN, None),
        ("other+control@acme.example", Place.UNKNOWN, None),
        ("", Place.UNKNOWN, None),
        ("@", Place.UNKNOWN, None),
    ],
)
def test_address_is_judged(
    book: AddressBook, address: str, place: Place, mailbox: str | None
) -> None:
    seen = book.judge(address)
    assert (seen.place, seen.mailbox) == (place, mailbox)
    assert book.is_ours(address) == (place is not Place.UNKNOWN)
    assert (seen.token == TOKEN) == (place is Place.TOKEN)


@given(st.text(max_size=60))
def test_any_text_is_judged_without_raising(text: str) -> None:
    book = AddressBook([PLUS, BELOW], lambda: [KEY])
    assert book.judge(text).place in Place
    assert book.judge(f"support+{text}@acme.example").token is None


@pytest.mark.parametrize("box", [PLUS, BELOW])
def test_reply_address_is_judged_as_its_token(book: AddressBook, box: Mailbox) -> None:
    seen = book.judge(book.reply_address(box, TOKEN))
    assert (seen.place, seen.mailbox, seen.token) == (Place.TOKEN, box.address, TOKEN)


@pytest.mark.parametrize("box", [PLAIN, LONG])
def test_reply_address_is_plain_where_no_token_fits(
    book: AddressBook, box: Mailbox
) -> None:
    assert book.reply_address(box, TOKEN) == box.address


def test_plain_mailbox_that_was_proved_takes_plus_addresses() -> None:
    book = AddressBook([PLAIN], lambda: [KEY], lambda mailbox: True)
    assert book.reply_address(PLAIN, TOKEN) == f"sales+{SEALED}@acme.example"


def test_quoted_addresses_lose_their_tokens_and_nothing_else(book: AddressBook) -> None:
    assert book.plain(f"support+{SEALED}@acme.example") == PLUS.address
    assert book.plain(f"support+{SEALED[:-1]}a@acme.example") == PLUS.address
    assert book.plain("support+news@acme.example") == "support+news@acme.example"
    assert book.plain("jane@customer.example") == "jane@customer.example"


def test_return_path_says_which_letter_came_back(book: AddressBook) -> None:
    id = message_id(TOKEN, "ack:1042", KEY, "acme.example")
    address = book.return_path(PLUS, id)
    seen = book.judge(address)
    assert (seen.place, seen.token) == (Place.RETURN_PATH, TOKEN)
    assert len(address.partition("@")[0]) <= 64
    forged = book.judge(address.replace("+b1042", "+b1043"))
    assert forged.place is Place.BAD_TOKEN
    assert book.return_path(PLUS, "m1@elsewhere.example") == PLUS.address


def test_probe_comes_back_by_its_own_address_only(book: AddressBook) -> None:
    address = book.probe_address(PLAIN)
    assert book.judge(address).place is Place.PROBE
    assert book.judge(address.replace("sales", "support")).place is not Place.PROBE


def test_keys_are_asked_for_each_time() -> None:
    keys = [KEY]
    book = AddressBook([PLUS], lambda: keys)
    keys[:] = [b"n" * 32]
    assert book.judge(f"support+{SEALED}@acme.example").place is Place.BAD_TOKEN
