"""What `compose` writes, read back by the standard library."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.errors import MessageError
from mailroom.message.compose import compose, write_address
from mailroom.message.model import Attachment, Mailbox
from mailroom.message.outgoing import OutboundMessage

LETTER = OutboundMessage(
    from_=Mailbox("support@acme.example", "Acme Support"),
    to=(Mailbox("jane@customer.example", "Jane Doe"),),
    subject="[#1042] The printer is on fire",
    text="We have your mail.\n",
    message_id="1042.7f3a@acme.example",
    date=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
)

unicode_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
line_text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]),
        st.sampled_from(list(' "\\=?_,;<>()')),
    ),
    max_size=200,
)


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def lines_are_sound(raw: bytes) -> None:
    assert raw.isascii()
    assert b"\x00" not in raw
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.endswith(b"\r\n")
    header = raw.partition(b"\r\n\r\n")[0]
    assert all(line.strip() for line in header.split(b"\r\n"))


@given(line_text)
def test_any_subject_comes_back(subject: str) -> None:
    raw = compose(replace(LETTER, subject=subject))
    lines_are_sound(raw)
    assert read(raw)["Subject"] == subject.strip()
    header = raw.partition(b"\r\n\r\n")[0]
    assert max(map(len, header.split(b"\r\n"))) <= 78


@given(unicode_text)
def test_line_breaks_in_a_subject_become_spaces(text: str) -> None:
    raw = compose(replace(LETTER, subject=f"a\r\nBcc: b@c.example\n\n{text}"))
    lines_are_sound(raw)
    message = read(raw)
    assert message["Bcc"] is None
    assert message["Subject"].startswith("a Bcc: b@c.example")
    assert message["Message-ID"] == "<1042.7f3a@acme.example>"


@given(line_text)
def test_any_display_name_comes_back(name: str) -> None:
    raw = compose(replace(LETTER, to=(Mailbox("jane@c.example", name),) * 2))
    lines_are_sound(raw)
    field = message_from_bytes(raw)["To"].replace("\r\n", "")
    found = getaddresses([field])
    assert [address for _, address in found] == ["jane@c.example"] * 2
    # The newer parser of 3.11 puts spaces between encoded-words of a phrase.
    names = [str(make_header(decode_header(n))) for n, _ in found]
    assert names == [name.strip()] * 2


@given(unicode_text)
def test_any_text_comes_back(text: str) -> None:
    raw = compose(replace(LETTER, text=text))
    lines_are_sound(raw)
    wanted = text.replace("\r\n", "\n")
    part = read(raw)
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    found = payload.decode("utf-8").replace("\r\n", "\n")
    assert found.endswith("\n")
    assert found.rstrip("\r\n") == wanted.rstrip("\r\n")


@given(unicode_text, unicode_text)
def test_text_and_html_come_back_as_alternatives(text: str, html: str) -> None:
    raw = compose(replace(LETTER, text=text, html=html))
    lines_are_sound(raw)
    message = read(raw)
    assert message.get_content_type() == "multipart/alternative"
    types = [part.get_content_type() for part in message.iter_parts()]
    assert types == ["text/plain", "text/html"]
    assert not message.defects
    second = list(message.iter_parts())[1].get_payload(decode=True)
    assert isinstance(second, bytes)
    found = second.decode("utf-8").replace("\r\n", "\n")
    assert found.rstrip("\r\n") == html.replace("\r\n", "\n").rstrip("\r\n")


@given(line_text.filter(lambda name: not name.isspace()), st.binary(max_size=500))
def test_any_attachment_comes_back(filename: str, content: bytes) -> None:
    file = Attachment(
        filename=filename, content_type="application/pdf", content=content
    )
    raw = compose(replace(LETTER, html="<p>x</p>", attachments=(file, file)))
    lines_are_sound(raw)
    found = list(read(raw).iter_attachments())
    assert [f.get_content_type() for f in found] == ["application/pdf"] * 2
    assert [f.get_content() for f in found] == [content] * 2
    # The library that reads it back strips the white space round a name.
    assert [f.get_filename() or "" for f in found] == [filename.strip()] * 2


@given(st.lists(st.from_regex(r"[a-z0-9$.=+-]{1,120}@[a-z.]{1,60}", fullmatch=True)))
def test_references_come_back_in_order(references: list[str]) -> None:
    raw = compose(replace(LETTER, references=tuple(references)))
    lines_are_sound(raw)
    found = re.findall(r"<([^>]*)>", message_from_bytes(raw).get("References", ""))
    assert found == references


def test_a_very_long_thread_keeps_its_first_and_latest_references() -> None:
    references = tuple(f"{number}@x.example" for number in range(5000))
    raw = compose(replace(LETTER, references=references))
    found = re.findall(r"<([^>]*)>", message_from_bytes(raw)["References"])
    assert found[0] == "0@x.example"
    assert found[-1] == "4999@x.example"
    assert len(found) == 200


@pytest.mark.parametrize(
    "bad", ["a b@c", "a\r\nBcc: x@y", "é@x", "<a@b", "", "a" * 999]
)
def test_foreign_references_that_are_no_identifiers_are_left_out(bad: str) -> None:
    raw = compose(replace(LETTER, in_reply_to=bad, references=("one@x", bad, "two@x")))
    message = message_from_bytes(raw)
    assert message["References"] == "<one@x> <two@x>"
    assert message["In-Reply-To"] is None


def test_the_same_letter_gives_the_same_bytes() -> None:
    letter = replace(LETTER, html="<p>Grüße</p>")
    assert compose(letter) == compose(replace(letter))


def test_two_letters_have_different_boundaries() -> None:
    letter = replace(LETTER, html="<p>x</p>")
    other = replace(letter, message_id="2@acme.example")
    one, two = read(compose(letter)), read(compose(other))
    assert one.get_boundary() != two.get_boundary()


def test_a_text_with_the_boundary_in_it_does_not_break_out() -> None:
    boundary = read(compose(replace(LETTER, html="x"))).get_boundary()
    text = f"--{boundary}--\n\n--{boundary}\nContent-Type: text/html\n\n<b>mine</b>\n"
    message = read(compose(replace(LETTER, text=text, html="x")))
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text
    assert len(list(message.iter_parts())) == 2


def test_an_attached_mail_with_the_boundary_in_it_does_not_break_out() -> None:
    harmless = Attachment(filename="a.pdf", content_type="application/pdf", content=b"")
    boundary = read(compose(replace(LETTER, attachments=(harmless,)))).get_boundary()
    content = f"Subject: x\r\n\r\n--{boundary}--\r\n".encode()
    file = Attachment(filename="m.eml", content_type="message/rfc822", content=content)
    message = read(compose(replace(LETTER, attachments=(file,))))
    [found] = message.iter_attachments()
    assert found.get_content() == content


def test_a_plain_attached_mail_stays_a_mail() -> None:
    content = compose(replace(LETTER, message_id="other@acme.example"))
    file = Attachment(filename="m.eml", content_type="message/rfc822", content=content)
    raw = compose(replace(LETTER, attachments=(file,)))
    [found] = read(raw).iter_attachments()
    assert found.get_content_type() == "message/rfc822"
    assert found.get_content()["Message-ID"] == "<other@acme.example>"


def test_an_attached_mail_in_8bit_is_carried_as_a_file() -> None:
    content = "Subject: Grüße\r\n\r\nschön\r\n".encode()
    file = Attachment(filename="m.eml", content_type="message/rfc822", content=content)
    raw = compose(replace(LETTER, attachments=(file,)))
    lines_are_sound(raw)
    [found] = read(raw).iter_attachments()
    assert found.get_content_type() == "application/octet-stream"
    assert found.get_filename() == "m.eml"
    assert found.get_content() == content


def test_inline_images_are_related_to_the_html() -> None:
    image = Attachment(
        filename="logo.png",
        content_type="image/png",
        content=b"\x89PNG",
        content_id="logo@acme",
        inline=True,
    )
    file = Attachment(filename="a.pdf", content_type="application/pdf", content=b"%")
    raw = compose(
        replace(LETTER, html='<img src="cid:logo@acme">', attachments=(image, file))
    )
    types = [part.get_content_type() for part in read(raw).walk()]
    assert types == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert b"Content-ID: <logo@acme>\r\n" in raw


def test_inline_images_without_html_are_attachments() -> None:
    image = Attachment(
        filename="a.png",
        content_type="image/png",
        content=b"x",
        content_id="a",
        inline=True,
    )
    message = read(compose(replace(LETTER, attachments=(image,))))
    assert message.get_content_type() == "multipart/mixed"


@pytest.mark.parametrize(
    "content_type", ["", "text", "text/plain\r\nX: y", "multipart/mixed", "a/b; c"]
)
def test_a_content_type_that_is_none_becomes_octets(content_type: str) -> None:
    file = Attachment(filename="a", content_type=content_type, content=b"x")
    raw = compose(replace(LETTER, attachments=(file,)))
    [found] = read(raw).iter_attachments()
    assert found.get_content_type() == "application/octet-stream"


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("jane@münchen.example", "jane@xn--mnchen-3ya.example"),
        ("jane.o'neil+a=b@x.example", "jane.o'neil+a=b@x.example"),
        ("jane doe@x.example", '"jane doe"@x.example'),
        ('"jane doe"@x.example', '"jane doe"@x.example'),
        ("dots..twice.@docomo.example", '"dots..twice."@docomo.example'),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("root@localhost", "root@localhost"),
        ('a"b@x.example', '"a\\"b"@x.example'),
        ("a@b@x.example", '"a@b"@x.example'),
    ],
)
def test_addresses_are_written_as_smtp_takes_them(address: str, written: str) -> None:
    assert write_address(address) == written


@pytest.mark.parametrize(
    "address",
    [
        *("", "jane", "@x.example", "jane@", "jane@x..example", "jane@x y"),
        *("jürgen@x.example", "a\r\nb@x.example", "a@x.example>\r\nBcc: b@c"),
        *("a@x.example, b@y.example>", "a@x<y", "x" * 400 + "@x.example"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(MessageError):
        compose(replace(LETTER, to=(Mailbox(address),)))


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "a@b>\r\nX: y"},
        {"message_id": ""},
        {"date": datetime(2026, 11, 24)},
        {"auto_submitted": "auto-replied\r\nX: y"},
        {"headers": (("X: y\r\nBcc", "a@b.example"),)},
        {"headers": (("Bcc", "a@b.example"),)},
        {"headers": (("Content-Type", "text/html"),)},
        {"headers": (("", "x"),)},
    ],
)
def test_what_would_forge_the_header_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        compose(replace(LETTER, **change))


@given(unicode_text)
def test_no_further_field_can_be_injected_by_a_value(value: str) -> None:
    raw = compose(replace(LETTER, headers=(("X-Ticket", f"1\r\nBcc: {value}"),)))
    lines_are_sound(raw)
    message = message_from_bytes(raw)
    assert message["Bcc"] is None
    assert message["X-Ticket"] is not None


def test_structured_fields_are_not_encoded() -> None:
    value = f"<mailto:leave@x.example>, <https://x.example/{'a' * 120}>"
    raw = compose(replace(LETTER, headers=(("List-Unsubscribe", value),)))
    found = message_from_bytes(raw, policy=policy.compat32)["List-Unsubscribe"]
    assert found.replace("\r\n", "") == value


def test_an_automatic_letter_says_so_and_asks_for_silence() -> None:
    message = read(compose(replace(LETTER, auto_submitted="auto-replied")))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    plain = read(compose(LETTER))
    assert plain["Auto-Submitted"] is None
    assert plain["X-Auto-Response-Suppress"] is None


def test_all_addresses_and_the_date_are_written() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    letter = replace(
        LETTER,
        cc=tuple(Mailbox(f"person{n}@customer.example") for n in range(50)),
        reply_to=Mailbox("support+1042.c7.abcdef@acme.example"),
        date=datetime(2026, 11, 24, 8, 0, tzinfo=zone),
    )
    message = read(compose(letter))
    assert len(message["Cc"].addresses) == 50
    assert message["Reply-To"] == "support+1042.c7.abcdef@acme.example"
    assert message["Date"] == "Tue, 24 Nov 2026 08:00:00 +0530"


def test_a_letter_without_recipients_in_its_header_has_no_empty_field() -> None:
    assert b"To:" not in compose(replace(LETTER, to=()))


def test_a_line_that_starts_with_from_is_hidden_from_mbox_writers() -> None:
    raw = compose(replace(LETTER, text="From here on\nFrom " + "x " * 200))
    assert b"\nFrom " not in raw.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "ü" * 100_000,
        "\r" * 1000,
        "\x00" * 1000,
        "From " * 9000,
        " " * 9000,
    ],
)
def test_no_text_makes_a_line_too_long(text: str) -> None:
    raw = compose(replace(LETTER, text=text, html=text))
    lines_are_sound(raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 78
