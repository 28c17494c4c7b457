"""Addresses in commands, as people and their mail clients write them."""

import pytest

from mailroom.ticket.addressee import addressees


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jane@x.example", ["jane@x.example"]),
        ("<jane@x.example>", ["jane@x.example"]),
        ("jane@x.example.", ["jane@x.example"]),
        ("“jane@x.example”", ["jane@x.example"]),
        ("mailto:jane@x.example", ["jane@x.example"]),
        ("<mailto:jane@x.example>", ["jane@x.example"]),
        ("jane@x.example<mailto:jane@x.example>", ["jane@x.example"]),
        ("jane@x.example <mailto:Jane@x.example?subject=Hi>", ["jane@x.example"]),
        ("[jane@x.example](mailto:jane@x.example)", ["jane@x.example"]),
        ("[jane@x.example]", ["jane@x.example"]),
        ("Jane Doe <jane@x.example>", ["jane@x.example"]),
        ('"Doe, Jane" <jane@x.example>', ["jane@x.example"]),
        ("Jane Doe [mailto:jane@x.example]", ["jane@x.example"]),
        ("jane@x.example, carl@y.example", ["jane@x.example", "carl@y.example"]),
        ("jane@x.example; carl@y.example", ["jane@x.example", "carl@y.example"]),
        ("jane@x.example carl@y.example", ["jane@x.example", "carl@y.example"]),
        ("Jane <jane@x.example>, c@y.example", ["jane@x.example", "c@y.example"]),
        ("jane@x.example, JANE@x.example", ["jane@x.example"]),
    ],
)
def test_addresses_are_read_however_they_are_written(text, found):
    assert [mailbox.address.lower() for mailbox in addressees(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "everyone",
        "jane",
        "jane@localhost",
        "jane@x.example and the others",
        "jane@x.example, everyone",
        "jane@x.example, <carl>",
        "Jane Doe <jane@x.example",
        "jane@@x.example",
        "jane @x.example please",
    ],
)
def test_half_an_address_is_none(text):
    assert addressees(text) == ()


def test_names_come_along():
    assert [m.name for m in addressees("Jane Doe <jane@x.example>")] == ["Jane Doe"]
