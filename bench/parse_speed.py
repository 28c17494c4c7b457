"""How long one typical mail takes to be read, beside the standard library's parsers.

Prints the best of several interleaved rounds in microseconds, and ratios: `parse` does
all (headers, MIME, charsets, HTML, quoting, forwards, bounces, automatic mail), the
others only split the octets. Run: python bench/parse_speed.py
"""

import email
import time
from collections.abc import Callable
from email import policy

from mailroom.message.parse import parse

ROUNDS, REPEATS = 15, 100


def typical_mail() -> bytes:
    """A reply of about 4 KB: text and HTML alternative, the quoted mail below."""
    said = (
        "Hello Jane,\n\nwe have looked at the printer on the second floor and ordered a "
        "new fuser.\nIt should arrive on Thursday. Until then please use the one in the "
        "hall, or send the "
        "file to us\nand we print it for you. The old one goes back to its maker, who "
        "wants to know\nwhy it broke a second time.\n\nKind regards\nAnn Archer\nAcme Support\n"
    )
    quoted = "".join(f"> {line}\n" for line in said.splitlines())
    html_lines = "<br>\n".join(said.splitlines())
    text = (
        "Dear Ann,\n\nthanks, that works for us. Could you let me know once it is in "
        "place?\nThe one in the hall jams now and then; =E2=80=9Ctray 2=E2=80=9D it "
        "says.\n\nBest\nJane\n\nOn Tue, 17 Nov 2026 at 09:12, Acme Support "
        f"<support@acme.example> wrote:\n\n{quoted}"
    )
    html = (
        '<div dir=3D"ltr">Dear Ann,<div><br></div><div>thanks, that works for us. Could '
        "you let me know once it is in place?</div><div>The one in the hall jams now "
        "and then; =E2=80=9Ctray 2=E2=80=9D it says.</div><div>Best</div><div>Jane</div>"
        '</div><br><div class=3D"gmail_quote"><div dir=3D"ltr" class=3D"gmail_attr">On '
        "Tue, 17 Nov 2026 at 09:12, Acme Support &lt;<a href=3D=22mailto:support@acme."
        'example=22>support@acme.example</a>&gt; wrote:<br></div><blockquote class=3D"'
        f'gmail_quote" style=3D"margin:0px 0px 0px 0.8ex">{html_lines}</blockquote></div>'
    )
    received = "".join(
        f"Received: from mx{hop}.example.com (mx{hop}.example.com [192.0.2.{hop}])\n"
        f"\tby mail{hop}.acme.example (Postfix) with ESMTPS id 4F2A{hop}B7C\n"
        f"\tfor <support@acme.example>; Tue, 17 Nov 2026 10:0{hop}:11 +0100 (CET)\n"
        for hop in range(1, 6)
    )
    return (
        f"{received}MIME-Version: 1.0\nDKIM-Signature: v=1; a=rsa-sha256; d=example.com;"
        " s=2026;\n\th=from:to:subject:date:message-id:in-reply-to; bh="
        f"{'x' * 44};\n\tb={'y' * 172}\n"
        "References: <1042.ack@acme.example> <CAF1@mail.example.com>\n"
        "In-Reply-To: <1042.ack@acme.example>\n"
        "From: =?UTF-8?Q?Jane_D=C3=B6e?= <jane.doe@example.com>\n"
        "Date: Tue, 17 Nov 2026 10:01:02 +0100\nMessage-ID: <CAF2@mail.example.com>\n"
        "Subject: Re: [#1042] Printer on the second floor\n"
        "To: Acme Support <support@acme.example>\nCc: bob@example.com\n"
        'Content-Type: multipart/alternative; boundary="000000000000abc"\n\n'
        '--000000000000abc\nContent-Type: text/plain; charset="UTF-8"\n'
        f"Content-Transfer-Encoding: quoted-printable\n\n{text}\n"
        '--000000000000abc\nContent-Type: text/html; charset="UTF-8"\n'
        f"Content-Transfer-Encoding: quoted-printable\n\n{html}\n--000000000000abc--\n"
    ).encode()


def timed(read: Callable[[bytes], object], raw: bytes) -> float:
    """Return microseconds a call."""
    start = time.perf_counter()
    for _ in range(REPEATS):
        read(raw)
    return (time.perf_counter() - start) / REPEATS * 1e6


def main() -> None:
    """Print the table."""
    raw = typical_mail()
    readers: dict[str, Callable[[bytes], object]] = {
        "compat32, bare parse": email.message_from_bytes,
        "policy.default, bare parse": lambda octets: email.message_from_bytes(
            octets, policy=policy.default
        ),
        "mailroom parse, everything": parse,
    }
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(ROUNDS):
        for name, read in readers.items():
            best[name] = min(best[name], timed(read, raw))
    floor = best["compat32, bare parse"]
    print(f"one mail of {len(raw)} octets, target: 300 us")
    for name, spent in best.items():
        print(f"{name:28} {spent:8.0f} us {spent / floor:6.2f} x compat32")


if __name__ == "__main__":
    main()
