"""Properties of reading: nothing raises, nothing is changed, nothing takes long."""

import os
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailroom.message.anonymous import anonymised
from mailroom.message.manifest import describe
from mailroom.message.model import Message
from mailroom.message.parse import parse

SEEDS = sorted((Path(__file__).parents[1] / "mail").glob("*.eml"))
HEAD = b"From: a@example.com\nTo: b@example.com\nSubject: s\n"


def read_safely(raw: bytes) -> Message:
    kept = bytes(bytearray(raw))
    message = parse(raw)
    assert raw == kept
    assert message.size == len(raw)
    covered = [(span.start, span.end) for span in message.spans]
    ends = [end for _, end in covered]
    assert [start for start, _ in covered] == [0, *ends[:-1]][: len(covered)]
    assert not covered or ends[-1] == len(message.text)
    describe(message)
    return message


@given(st.binary(max_size=2000))
@settings(deadline=None)
def test_any_octets_are_a_message(raw: bytes) -> None:
    read_safely(raw)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_a_hurt_mail_is_still_a_message(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SEEDS)).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 40))
        raw[at : at + cut] = data.draw(st.binary(max_size=40))
    read_safely(bytes(raw))


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_report_of_any_mail_can_be_read(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(SEEDS)).read_bytes()
    cut = data.draw(st.integers(0, len(raw)))
    read_safely(anonymised(raw[:cut]))


def nested(size: int) -> bytes:
    levels = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
        for n in range(size // 55)
    )
    return HEAD + levels + b"\nhello"


def leaf(lines: bytes, body: Callable[[int], bytes]) -> Callable[[int], bytes]:
    return lambda size: HEAD + lines + b"\n" + body(size)


def times(piece: bytes) -> Callable[[int], bytes]:
    return lambda size: piece * (size // len(piece))


SHAPES: dict[str, Callable[[int], bytes]] = {
    "nested multiparts": nested,
    "one boundary nested": lambda size: (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * (size // 47)
    ),
    "mails in mails": lambda size: (
        HEAD + b"Content-Type: message/rfc822\n\n" * (size // 31)
    ),
    "headers": lambda size: b"".join(b"X-%d: v\n" % n for n in range(size // 11)),
    "recipients": lambda size: (
        b"To: "
        + b", ".join(b'"U" <u%d@x.com>' % n for n in range(size // 18))
        + b"\n\n"
    ),
    "recipient fields": times(b"Cc: u@example.com\n"),
    "references": lambda size: b"References: " + b"<a@b>\n " * (size // 7) + b"\n\n",
    "loose ids": lambda size: b"In-Reply-To: " + b"a" * size + b"\n\n",
    "encoded words": lambda size: b"Subject: " + b"=?utf-8?q?a" * (size // 11),
    "parameters": lambda size: (
        b"Content-Type: a/b" + b"; n*1*=b" * (size // 8) + b"\n\n"
    ),
    "unterminated boundary": leaf(
        b"Content-Type: multipart/mixed; boundary=b\n", times(b"--b\n\nx\n")
    ),
    "on a a a": leaf(b"", lambda size: b"On " + b"a " * (size // 2)),
    "quote tower": leaf(b"", times(b">")),
    "quote lines": leaf(b"", times(b"> a\n")),
    "From: lines": leaf(b"", times(b"From: a\n")),
    "line feeds": times(b"\n"),
    "carriage returns": times(b"\r"),
    "random": os.urandom,
    "base64 garbage": leaf(b"Content-Transfer-Encoding: base64\n", os.urandom),
    "base64 streams": leaf(b"Content-Transfer-Encoding: base64\n", times(b"QQ==\n")),
    "soft breaks": leaf(b"Content-Transfer-Encoding: quoted-printable\n", times(b"= ")),
    "open tags": leaf(b"Content-Type: text/html\n", times(b"<div>")),
    "uuencode": leaf(b"", times(b"begin 644 a\n")),
    "pkcs7": leaf(
        b"Content-Type: application/pkcs7-mime\n",
        lambda size: (
            bytes.fromhex("308006092a864886f70d010702a0803080")
            + b"\x24\x80" * (size // 2)
        ),
    ),
    "parameter lines": lambda size: b"Content-Type: a/b;\n" + b"c=d;\n" * (size // 5),
    "raw fields": lambda size: b"".join(
        b"X-A: \xc4%d\xe3\n" % n for n in range(size // 12)
    ),
    "unknown charsets": lambda size: (
        b"Subject: "
        + b" ".join(b"=?x%d?q?=C4=E3%d?=" % (n, n) for n in range(size // 26))
        + b"\n\n"
    ),
    "names in unknown charsets": lambda size: (
        b"From: "
        + b" <a@b.c>, ".join(b"=?x%d?q?=C4=E3%d?=" % (n, n) for n in range(size // 36))
        + b"\n\n"
    ),
    "letters as base64": leaf(
        b"Content-Transfer-Encoding: base64\n", lambda size: b"A" * size + b"!"
    ),
    "comments": leaf(b"Content-Type: text/html\n", times(b"<!-- -- >")),
    "conditions": leaf(b"Content-Type: text/html\n", times(b"<!--[if mso]>")),
    "class names": leaf(
        b"Content-Type: text/html\n",
        lambda size: b'<div class="yahoo_quoted' + b"1" * size + b'.">x',
    ),
    "an address": lambda size: b"From: <a " + b"a" * size + b">\n\n",
    "a boundary": leaf(
        b"Content-Type: multipart/mixed\n", lambda size: b"--aa" + b"\t" * size
    ),
    "winmail.dat": leaf(
        b"Content-Type: application/ms-tnef\n",
        lambda size: b"\x78\x9f\x3e\x22" + b"\0" * size,
    ),
    "ISO-2022-JP": leaf(
        b"Content-Type: text/plain; charset=iso-2022-jp\n", times(b"\x1b$B!!\x1b(B")
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_megabyte_of_any_shape_is_read_in_linear_time(shape: str) -> None:
    spent = []
    for size in (1 << 18, 1 << 20):
        raw = SHAPES[shape](size)
        start = time.process_time()
        parse(raw)
        spent.append(time.process_time() - start)
    # Four times the size may take four times as long; quadratic would be sixteen.
    assert spent[1] <= 8 * spent[0] + 0.2
    assert spent[1] <= 3


@pytest.mark.parametrize("shape", SHAPES)
def test_a_megabyte_of_any_shape_takes_bounded_memory(shape: str) -> None:
    raw = SHAPES[shape](1 << 20)
    tracemalloc.start()
    try:
        parse(raw)
        assert tracemalloc.get_traced_memory()[1] < 150 << 20
    finally:
        tracemalloc.stop()


def test_deep_nesting_needs_little_of_the_stack() -> None:
    found: list[Message] = []
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    try:
        worker = threading.Thread(target=lambda: found.append(parse(nested(550_000))))
        worker.start()
        worker.join()
    finally:
        sys.setrecursionlimit(limit)
    assert found[0].defects
