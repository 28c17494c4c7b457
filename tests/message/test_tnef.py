import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailroom.message import tnef
from mailroom.message.parse import parse

pytest.importorskip("tnefparse")


def attribute(level: int, tag: int, content: bytes) -> bytes:
    head = struct.pack("<BII", level, tag, len(content))
    return head + content + struct.pack("<H", sum(content) & 0xFFFF)


def stream(*files: tuple[bytes, bytes], body: bytes = b"") -> bytes:
    out = b"\x78\x9f\x3e\x22\x01\x00"
    out += attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    if body:
        out += attribute(1, 0x0002800C, body)
    for name, content in files:
        out += attribute(2, 0x00069002, b"\1\0" + b"\0" * 12)
        out += attribute(2, 0x00018010, name + b"\0")
        out += attribute(2, 0x0006800F, content)
    return out


def mail(winmail: bytes, text: bytes = b"") -> bytes:
    head = b"From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n"
    part = b"--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\n"
    return head + b"--b\n\n" + text + b"\n" + part + winmail + b"\n--b--\n"


def test_files_take_the_place_of_winmail_dat() -> None:
    message = parse(mail(stream((b"a.txt", b"one"), (b"b.pdf", b"two")), b"hello"))
    assert [(f.filename, f.content) for f in message.attachments] == [
        ("a.txt", b"one"),
        ("b.pdf", b"two"),
    ]
    assert message.text == "hello"


def test_body_is_used_when_the_mail_has_no_text() -> None:
    assert "from Outlook" in parse(mail(stream(body=b"from Outlook\0"))).text


def test_what_cannot_be_unpacked_stays() -> None:
    message = parse(mail(b"\x78\x9f\x3e\x22 broken"))
    assert [file.filename for file in message.attachments] == ["winmail.dat"]


@given(st.binary(max_size=300), st.integers(0, 100))
@settings(deadline=None)
def test_a_hurt_stream_raises_nothing(noise: bytes, at: int) -> None:
    whole = stream((b"a.txt", b"one"), body=b"text")
    tnef.unpack(whole[:at] + noise + whole[at + len(noise) :])
