"""Archives: every octet comes back, and the time is the one of arrival."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.message.mbox import arrived, messages, reverse_path, unquoted, written

AT = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
LINES = st.lists(
    st.sampled_from(
        [b"", b"From here on", b">From x", b"From a@b Mon Mar 04", b"Text", b"A: b"]
    ),
    max_size=8,
)


@given(st.lists(LINES, min_size=1, max_size=5), st.sampled_from([b"\n", b"\r\n"]))
def test_what_was_written_is_read_back_octet_by_octet(
    bodies: list[list[bytes]], end: bytes
) -> None:
    raws = [end.join([b"Subject: x", b"", *lines, b""]) for lines in bodies]
    stored = b"".join(written(raw, "a@b.example", AT) for raw in raws)
    found = [unquoted(stored[m.start : m.end]) for m in messages(stored)]
    assert found == raws


@pytest.mark.parametrize(
    ("raw", "from_line", "hour"),
    [
        (b"Received: by x; Mon, 4 Mar 2024 10:00:00 +0100\nReceived: by y;"
         b" Mon, 4 Mar 2024 08:00:00 +0000\nDate: Mon, 4 Mar 2024 07:00:00 +0000\n\n",
         b"From a@b Mon Mar  4 06:00:00 2024\n", 9),
        (b"Date: Mon, 4 Mar 2024 07:00:00 +0000\n\n",
         b"From a@b Mon Mar  4 06:00:00 2024\n", 6),
        (b"Date: Mon, 4 Mar 2024 07:00:00 +0000\n\n",
         b"From 17@xxx Mon Mar 04 06:00:00 +0100 2024\n", 5),
        (b"Date: Mon, 4 Mar 2024 07:00:00 +0000\n\n", b"From - nonsense\n", 7),
        (b"Received: no date here\nDate: Mon, 4 Mar 2024 07:00:00 +0000\n\n", b"", 7),
    ],
)  # fmt: skip
def test_the_time_is_of_received_then_the_from_line_then_date(
    raw: bytes, from_line: bytes, hour: int
) -> None:
    assert arrived(raw, from_line) == AT.replace(hour=hour)


def test_a_mail_without_any_time_has_none() -> None:
    assert arrived(b"Subject: x\n\nDate: Mon, 4 Mar 2024 07:00:00 +0000\n") is None


@pytest.mark.parametrize(
    ("raw", "from_line", "path"),
    [
        (b"Return-Path: <>\nFrom: a@b.example\n\n", b"", None),
        (b"Return-Path: <c@d.example>\nFrom: a@b.example\n\n", b"", "c@d.example"),
        (b"From: A <a@b.example>\n\n", b"From c@d.example Mon\n", "c@d.example"),
        (b"From: A <a@b.example>\n\n", b"From MAILER-DAEMON Mon\n", "a@b.example"),
        (b"Subject: x\n\n", b"From - Mon\n", "unknown"),
    ],
)
def test_the_null_path_is_believed_of_return_path_alone(
    raw: bytes, from_line: bytes, path: str | None
) -> None:
    assert reverse_path(raw, from_line) == path
