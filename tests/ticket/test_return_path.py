"""Return paths and probes, made and read without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.settings import Mailbox
from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.recipient import AddressBook, Place
from mailroom.ticket.token import Permission, Token, message_id

KEY, FORMER, FOREIGN = b"k" * 32, b"f" * 32, b"x" * 32
TOKENS = st.builds(
    Token,
    st.integers(0, 10**9).map(TicketId),
    st.sampled_from(Permission),
    st.integers(0, 10**9).map(PersonId),
)


def box(reply: str = "plus", address: str = "support@acme.example") -> Mailbox:
    return Mailbox(address=address, reply=reply)


def book(*boxes: Mailbox, key: bytes = KEY, proven: bool = False) -> AddressBook:
    return AddressBook(
        boxes or [box()], keys=lambda: (key, FORMER), takes_plus=lambda mailbox: proven
    )


@given(TOKENS, st.text(max_size=20))
def test_return_path_says_whose_letter_came_back_in_any_case(
    token: Token, key: str
) -> None:
    id = message_id(token, key, KEY, "acme.example")
    path = book().return_path(box(), id)
    assert len(path.partition("@")[0]) <= 64
    assert path == path.lower()
    seen = book().judge(path.upper())
    assert (seen.place, seen.token) == (Place.RETURN_PATH, token)
    assert seen.mailbox == "support@acme.example"
    assert book().plain(path) == "support@acme.example"


@given(TOKENS, st.integers(0, 200), st.characters(codec="ascii"))
def test_no_changed_return_path_counts(token: Token, place: int, other: str) -> None:
    path = book().return_path(box(), message_id(token, "k", KEY, "acme.example"))
    detail = path.partition("@")[0].partition("+")[2]
    place %= len(detail)
    changed = detail[:place] + other + detail[place + 1 :]
    if changed.lower() != detail:
        seen = book().judge(f"support+{changed}@acme.example")
        assert seen.place is not Place.RETURN_PATH


def test_return_path_of_a_retired_key_holds_and_of_a_foreign_one_does_not() -> None:
    token = Token(TicketId(1042), Permission.CUSTOMER, PersonId(17))
    id = message_id(token, "k", FORMER, "acme.example")
    former = book(key=FORMER).return_path(box(), id)
    foreign = book(key=FOREIGN).return_path(box(), id)
    assert book().judge(former).place is Place.RETURN_PATH
    assert book().judge(foreign).place is Place.BAD_TOKEN


@pytest.mark.parametrize(
    ("mailbox", "proven", "wanted"),
    [
        (box("plain"), False, "support@acme.example"),
        (box("plain"), True, "support+b"),
        (box("subdomain:r.acme.example"), False, "b1042.c17."),
        (box(address=f"{'a' * 40}@acme.example"), False, f"{'a' * 40}@acme.example"),
    ],
)
def test_return_path_fits_the_mailbox(
    mailbox: Mailbox, proven: bool, wanted: str
) -> None:
    token = Token(TicketId(1042), Permission.CUSTOMER, PersonId(17))
    id = message_id(token, "k", KEY, "acme.example")
    ours = book(mailbox, proven=proven)
    path = ours.return_path(mailbox, id)
    assert path.startswith(wanted)
    assert ours.is_ours(path)


def test_return_path_of_a_foreign_message_id_is_the_mailbox() -> None:
    assert book().return_path(box(), "x@y.example") == "support@acme.example"


def test_probe_is_known_by_its_mac_and_belongs_to_one_mailbox() -> None:
    other = box("plain", "help@acme.example")
    ours = book(box("plain"), other)
    probe = ours.probe_address(other)
    assert ours.judge(probe).place is Place.PROBE
    assert ours.judge(probe).mailbox == "help@acme.example"
    moved = probe.replace("help+", "support+")
    assert ours.judge(moved).place is Place.BAD_TOKEN
    assert ours.judge("help+probe.nonsense@acme.example").place is Place.BAD_TOKEN
