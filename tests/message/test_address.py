import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.message.address import (
    MAX_MAILBOXES,
    domain_of,
    local_part,
    mailboxes,
    normalize,
    subaddress,
)


def pairs(value: str) -> list[tuple[str, str]]:
    return [(found.address, found.name) for found in mailboxes(value)]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Jane <j@x.com>", [("j@x.com", "Jane")]),
        ("j@x.com (Jane Doe)", [("j@x.com", "Jane Doe")]),
        ("Doe, Jane <j@x.com>", [("j@x.com", "Doe, Jane")]),
        ('"Joe \\"Q\\" Public" <j@x.com>', [("j@x.com", 'Joe "Q" Public')]),
        (
            "=?utf-8?Q?Doe=2C_J?= <j@x.com>, k@x.com",
            [("j@x.com", "Doe, J"), ("k@x.com", "")],
        ),
        ("undisclosed-recipients:;", []),
        ("G: a@x, b@x; c@x", [("a@x", ""), ("b@x", ""), ("c@x", "")]),
        ("A <a@x> B <b@x>", [("a@x", "A"), ("b@x", "B")]),
        ("Jane [mailto:j@x.com]", [("j@x.com", "Jane")]),
        ("<@r,@s:u@x.com>", [("u@x.com", "")]),
        ('"j@x.com"', [("j@x.com", "")]),
        ('"Jane Doe"@x.com', [('"Jane Doe"@x.com', "")]),
        ("Jane [j@x.com]", [("j@x.com", "Jane")]),
        ("Support: Jane <j@x.com>", [("j@x.com", "Support: Jane")]),
        ("Jane (Acme) <j@x.com>", [("j@x.com", "Jane (Acme)")]),
        ("Jane; Boss <j@x.com>", [("j@x.com", "Jane, Boss")]),
        ("Jane <SMTP:j@x.com>", [("j@x.com", "Jane")]),
        ("Jane <j\uff20x.com>", [("j@x.com", "Jane")]),
        ("A <a@[192.0.2.1]>", [("a@[192.0.2.1]", "A")]),
        ('"never closed <a@x.com>', [("a@x.com", "never closed")]),
        ("MAILER-DAEMON (Mail System)", [("MAILER-DAEMON", "Mail System")]),
        ("user@[IPv6:2001:db8::1]", [("user@[IPv6:2001:db8::1]", "")]),
        ("Jürgen <jürgen@exämple.com>", [("jürgen@exämple.com", "Jürgen")]),
        ("Jane Doe", [("", "Jane Doe")]),
        ("", []),
        ("::;;", []),
    ],
)
def test_field_body_gives_its_mailboxes(
    value: str, wanted: list[tuple[str, str]]
) -> None:
    assert pairs(value) == wanted


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("Jane@EXAMPLE.com.", "jane@example.com"),
        ("a@exämple.com", "a@xn--exmple-cua.com"),
        ("a@EXÄMPLE.com", "a@xn--exmple-cua.com"),
        ("a@xn--exmple-cua.com", "a@xn--exmple-cua.com"),
        ("a@例え。jp", "a@xn--r8jz45g.jp"),
        ("<a@b.c>", "a@b.c"),
        ("@", "@"),
    ],
)
def test_equal_addresses_have_one_form(address: str, wanted: str) -> None:
    assert normalize(address) == wanted


def test_parts_of_an_address() -> None:
    assert subaddress("support+t1@x.com") == ("support@x.com", "t1")
    assert subaddress("support@x.com") == ("support@x.com", "")
    assert subaddress("+t@x.com") == ("+t@x.com", "")
    assert domain_of("a@Ü.de") == "xn--tda.de"
    assert domain_of("nobody") == ""
    assert local_part("A.b@x") == "A.b"


@given(st.text(max_size=200))
def test_any_text_is_an_address_list_of_some_kind(value: str) -> None:
    for found in mailboxes(value):
        assert found.address or found.name
        assert normalize(normalize(found.address)) is not None


@given(st.text(alphabet='a@<>",;:()[]\\ .=?', max_size=80))
def test_punctuation_raises_nothing(value: str) -> None:
    mailboxes(value)


@given(st.from_regex(r"[a-z]{1,9}@[a-zäöü]{1,9}\.[a-z]{2,3}", fullmatch=True))
def test_form_for_comparisons_is_its_own_form(address: str) -> None:
    assert normalize(normalize(address)) == normalize(address)


def test_fifty_thousand_recipients_are_read_in_order() -> None:
    value = ", ".join(f'"U {n}" <u{n}@example.com>' for n in range(50_000))
    start = time.process_time()
    found = mailboxes(value)
    assert time.process_time() - start < 2
    assert (len(found), found[-1].address) == (50_000, "u49999@example.com")


def test_number_of_mailboxes_is_bounded() -> None:
    assert len(mailboxes("a@b," * 100_000)) <= MAX_MAILBOXES + 1
