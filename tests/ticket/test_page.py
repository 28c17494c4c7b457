"""The capability in a page's link."""

from hypothesis import given
from hypothesis import strategies as st

from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.page import PageToken, page_token, page_url, read_page_token

KEY = b"k" * 32
numbers = st.integers(0, 10**15 - 1)


@given(numbers, numbers, st.integers(0, 1000))
def test_link_is_read_back(ticket: int, person: int, generation: int) -> None:
    said = PageToken(TicketId(ticket), PersonId(person), generation)
    token = page_token(KEY, said)
    assert read_page_token(token, [b"o" * 32, KEY]) == said
    assert read_page_token(token, [b"o" * 32]) is None


@given(numbers, numbers, st.integers(0, 1000), st.integers(0, 1000))
def test_link_is_of_no_other_generation(
    ticket: int, person: int, generation: int, other: int
) -> None:
    said = PageToken(TicketId(ticket), PersonId(person), generation)
    mac = page_token(KEY, said).rpartition(".")[2]
    changed = PageToken(TicketId(ticket), PersonId(person), other)
    seen = read_page_token(f"{changed.subject}.{mac}", [KEY])
    assert seen == (said if other == generation else None)


@given(numbers, numbers, numbers)
def test_link_opens_no_other_ticket_and_no_other_persons_view(
    ticket: int, person: int, other: int
) -> None:
    mac = page_token(KEY, PageToken(TicketId(ticket), PersonId(person))).rpartition(
        "."
    )[2]
    if other != ticket:
        assert read_page_token(f"{other}.{person}.{mac}", [KEY]) is None
    if other != person:
        assert read_page_token(f"{ticket}.{other}.{mac}", [KEY]) is None


@given(st.text(max_size=60))
def test_any_text_is_read_without_raising(text: str) -> None:
    assert read_page_token(text, [KEY]) is None


def test_url_is_built_once_and_empty_without_pages() -> None:
    said = PageToken(TicketId(1042), PersonId(7))
    token = page_token(KEY, said)
    url = page_url("https://help.acme.example/", KEY, said)
    assert url == f"https://help.acme.example/t/{token}"
    assert page_url("", KEY, said) == ""
