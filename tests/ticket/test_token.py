"""Tokens: what we sealed is read back, nothing else is; HMAC in base32 (RFC 2104)."""

from hypothesis import given
from hypothesis import strategies as st

from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.token import (
    Permission,
    Token,
    from_message_id,
    from_return_path,
    is_return_path,
    is_signed,
    message_id,
    read,
    return_path,
    seal,
    sign,
    unseal,
)

KEY, OTHER = b"k" * 32, b"o" * 32
numbers = st.integers(0, 10**15 - 1)
tokens = st.builds(
    Token, numbers.map(TicketId), st.sampled_from(Permission), numbers.map(PersonId)
)
keys = st.binary(min_size=16, max_size=64)
ONE = Token(TicketId(1042), Permission.PUBLIC, PersonId(17))


@given(tokens, keys)
def test_sealed_token_is_read_back(token: Token, key: bytes) -> None:
    assert unseal(seal(token, key), [OTHER, key]) == token


@given(tokens, keys)
def test_case_does_not_matter(token: Token, key: bytes) -> None:
    assert unseal(seal(token, key).upper(), [key]) == token


@given(tokens, keys)
def test_token_fits_a_local_part_beside_a_mailbox(token: Token, key: bytes) -> None:
    sealed = seal(token, key)
    assert sealed.isascii()
    assert len(sealed) <= 50
    assert len(return_path(message_id(token, "x", key, "a.example"), key) or "") <= 64


@given(tokens, keys, keys)
def test_key_of_somebody_else_makes_no_token(
    token: Token, key: bytes, other: bytes
) -> None:
    if key.ljust(64, b"\0") != other.ljust(64, b"\0"):  # RFC 2104 pads keys with zeros
        assert unseal(seal(token, other), [key]) is None


@given(tokens, tokens)
def test_mac_does_not_fit_another_token(one: Token, other: Token) -> None:
    forged = f"{other.subject}.{seal(one, KEY).rpartition('.')[2]}"
    assert (unseal(forged, [KEY]) is None) == (one != other)


@given(st.integers(0, 15), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_changed_digit_of_the_mac_is_no_token(place: int, digit: str) -> None:
    head, mac = seal(ONE, KEY).rsplit(".", 1)
    changed = mac[:place] + digit + mac[place + 1 :]
    assert (unseal(f"{head}.{changed}", [KEY]) is None) == (changed != mac)


@given(st.text(max_size=80))
def test_any_text_is_read_without_raising(text: str) -> None:
    assert unseal(text, [KEY]) is None
    assert from_message_id(text, [KEY]) is None
    assert from_return_path(text, [KEY]) is None
    assert not is_signed("page", "1.2", text, [KEY])
    assert read(text) is None or text.count(".") == 2


def test_retired_key_is_accepted_no_more() -> None:
    sealed = seal(ONE, OTHER)
    assert unseal(sealed, [KEY, OTHER]) == ONE
    assert unseal(sealed, [KEY]) is None
    assert unseal(sealed, []) is None


def test_numbers_in_other_scripts_are_no_token() -> None:
    mac = seal(ONE, KEY).rpartition(".")[2]
    assert read(f"١٠٤٢.p17.{mac}") is None
    assert read(f"1042.x17.{mac}") is None
    assert read(f"1042.p.{mac}") is None
    assert read(f"{'1' * 16}.p17.{mac}") is None


def test_mac_of_one_purpose_does_not_fit_another() -> None:
    assert is_signed("page", "1.2", sign("page", "1.2", KEY), [KEY])
    assert not is_signed("login", "1.2", sign("page", "1.2", KEY), [KEY])
    assert not is_signed("page", ONE.subject, seal(ONE, KEY)[-16:], [KEY])


@given(tokens, st.text(max_size=30), keys)
def test_message_id_carries_its_token_and_is_fixed_by_its_letter(
    token: Token, dedupe_key: str, key: bytes
) -> None:
    id = message_id(token, dedupe_key, key, "acme.example")
    assert id == message_id(token, dedupe_key, key, "acme.example")
    assert from_message_id(id, [key]) == token
    assert id.endswith("@acme.example")


def test_message_ids_of_two_letters_differ() -> None:
    one = message_id(ONE, "ack:1042", KEY, "acme.example")
    assert one != message_id(ONE, "ack:1043", KEY, "acme.example")


def test_foreign_message_id_carries_no_token() -> None:
    for id in ("", "a@b.example", "1042.p17@b", f"{seal(ONE, OTHER)}.ab@acme.example"):
        assert from_message_id(id, [KEY]) is None


@given(tokens, keys)
def test_return_path_names_the_letter_it_belongs_to(token: Token, key: bytes) -> None:
    detail = return_path(message_id(token, "ack:1", key, "acme.example"), key)
    assert detail is not None
    assert is_return_path(detail)
    assert from_return_path(detail.upper(), [key]) == token
    assert from_return_path(detail, []) is None
    assert unseal(detail, [key]) is None


def test_foreign_message_id_has_no_return_path() -> None:
    assert return_path("m1@customer.example", KEY) is None
