from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.message import encoded_word, header, parameter
from mailroom.message.model import Mailbox
from mailroom.message.parse import parse


def scanned(block: bytes) -> list[tuple[str, str]]:
    return header.scan(block)[0]


def test_folded_field_is_one_line() -> None:
    assert scanned(b"Subject: a\r\n b\r\n\tc\r\n\r\nx") == [("subject", "a b\tc")]


def test_body_begins_behind_the_blank_line() -> None:
    block = b"A: 1\r\n\r\nbody"
    assert block[header.scan(block)[1] :] == b"body"


def test_first_line_that_is_no_field_begins_the_body() -> None:
    block = b"A: 1\nDear all\nbye\n"
    assert block[header.scan(block)[1] :] == b"Dear all\nbye\n"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("=?utf-8?q?a_b?=", "a b"),
        ("=?utf-8?b?w7w=?= =?utf-8?b?w7w=?=", "üü"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),
        ("=?utf-8*de?q?=C3=BC?=", "ü"),
        ("=?iso-8859-1?q?=80?=", "€"),
        ("x=?utf-8?q?y?=z", "xyz"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?b?w7w?=", "ü"),
        ("=?utf-8?q?raw space?=", "raw space"),
        ("=?utf-8?q?no end", "no end"),
        ("=?nonsense?x?", "=?nonsense?x?"),
        ("=??q?abc?=", "abc"),
    ],
)
def test_encoded_words_are_read(value: str, wanted: str) -> None:
    assert encoded_word.decode(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("<a@b>", ("a@b",)),
        ("<a@b> <c@d> <a@b>", ("a@b", "c@d")),
        ("Your mail of Monday <a@b>", ("a@b",)),
        ("a@b, c@d", ("a@b", "c@d")),
        ("<a @b>", ("a@b",)),
        ("<>", ()),
        ("", ()),
        ("no-at-sign", ("no-at-sign",)),
        ("[a@b]", ("a@b",)),
        ("abc", ("abc",)),
        ("Re: the printer", ()),
    ],
)
def test_message_ids_are_found(value: str, wanted: tuple[str, ...]) -> None:
    assert header.message_ids(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Tue, 17 Nov 2026 10:00:00 +0100", datetime(2026, 11, 17, 9, tzinfo=UTC)),
        ("17 Nov 2026 10:00 -0000", datetime(2026, 11, 17, 10, tzinfo=UTC)),
        ("17 Nov 2026 10:00:00", datetime(2026, 11, 17, 10, tzinfo=UTC)),
        ("Tue, 17 Nov 2026 10:00:00 CEST", datetime(2026, 11, 17, 8, tzinfo=UTC)),
        ("Tue, 17 Nov 2026 10:00:00 GMT+0100", datetime(2026, 11, 17, 9, tzinfo=UTC)),
        ("Tue, 17 Nov 2026 10:00:00 +01:00", datetime(2026, 11, 17, 9, tzinfo=UTC)),
        ("Tue, 17 Nov 2026 10:00:00 PM +0100", datetime(2026, 11, 17, 21, tzinfo=UTC)),
        ("Tue, 17 Nov 2026 10:00:00.5 +0100", datetime(2026, 11, 17, 9, tzinfo=UTC)),
        ("Di, 17 Dez 2026 10:00:00 +0100", datetime(2026, 12, 17, 9, tzinfo=UTC)),
        ("mar., 17 déc. 2026 10:00:00 +0100", datetime(2026, 12, 17, 9, tzinfo=UTC)),
        ("mar, 17 ene 2026 10:00:00 +0100", datetime(2026, 1, 17, 9, tzinfo=UTC)),
        ("Вт, 17 ноя 2026 10:00:00 +0300", datetime(2026, 11, 17, 7, tzinfo=UTC)),
        ("Tue, 17 Nov 126 10:00:00 +0000", datetime(2026, 11, 17, 10, tzinfo=UTC)),
        ("2026-11-17T10:00:00Z", datetime(2026, 11, 17, 10, tzinfo=UTC)),
        ("Mon, 1 Jan 1900 00:00:00 +0000", None),
        ("Fri, 31 Feb 2026 10:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_date_is_aware_or_absent(value: str, wanted: datetime | None) -> None:
    assert header.date(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('a/b; x="1;2"; y=3', {"x": "1;2", "y": "3"}),
        ("a/b; name=two words.txt", {"name": "two words.txt"}),
        ("a/b; name*=utf-8''%C3%BC.txt", {"name": "ü.txt"}),
        ("a/b; name*1=b.txt; name*0=a", {"name": "ab.txt"}),
        ("a/b; name==?utf-8?q?=C3=BC?=", {"name": "ü"}),
        ("a/b; filename=\"utf-8''%C3%BC.txt\"", {"filename": "ü.txt"}),
        ("a/b; name*0=latin1''%FC.txt", {"name": "ü.txt"}),
        ("a/b; filename=%C3%BC.txt", {"filename": "ü.txt"}),
        ("a/b; filename=100%25.txt", {"filename": "100%25.txt"}),
        ("a/b; filename=%FF.txt", {"filename": "%FF.txt"}),
        ("a/b charset=utf-8", {"charset": "utf-8"}),
        ("a/b; charset='utf-8'", {"charset": "utf-8"}),
        ('a/b; name="never closed', {"name": "never closed"}),
        ("a/b;;; =x; ;", {}),
    ],
)
def test_parameters_are_read(value: str, wanted: dict[str, str]) -> None:
    assert parameter.read(value) == ("a/b", wanted)


@given(st.binary(max_size=400))
def test_any_block_is_scanned(block: bytes) -> None:
    fields, position = header.scan(block)
    assert 0 <= position <= len(block)
    for _, body in fields:
        header.message_ids(body)
        header.date(body)
        header.content_type(body)


def test_raw_octets_in_a_field_are_in_no_seven_bit_charset() -> None:
    block = "To: a+4f97@x.com (Jürgen)\nContent-Type: text/plain; charset=utf-7\n\n"
    fields, _ = header.scan(block.encode())
    assert fields[0] == ("to", "a+4f97@x.com (Jürgen)")


def test_no_nul_comes_out_of_a_header() -> None:
    raw = b"Subject: a\0b =?utf-8?q?c=00d?=\nFrom: A\0nn <a\0nn@c.example>\n\nx"
    message = parse(raw)
    assert message.subject == "ab cd"
    assert message.senders == (Mailbox("ann@c.example", "Ann"),)
