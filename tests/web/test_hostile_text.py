"""Script in bodies, HTML, subjects, names and file names runs nowhere."""

import base64
from datetime import timedelta
from email.header import Header
from html.parser import HTMLParser
from typing import Any

import pytest

CALL = "window.pwned=1"
_EVENTS = ("onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle")
_TAGS = ("img src=x", "svg", "body", "video src=x", "details open", "input autofocus")
_BY_EVENT = [f"<{tag} {event}={CALL}>" for tag in _TAGS for event in _EVENTS]
_SCHEMES = (
    "javascript:",
    "JaVaScRiPt:",
    "java\tscript:",
    "java&#9;script:",
    "&#106;avascript:",
    "\x01javascript:",
    " javascript:",
    "vbscript:",
    "data:text/html,<script>",
    "data:text/html;base64,PHNjcmlwdD4=",
)
_BY_LINK = [f'<a href="{scheme}{CALL}">x</a>' for scheme in _SCHEMES]
_BY_SOURCE = [
    f'<{tag}="{scheme}{CALL}">x</{tag.split()[0]}>'
    for tag in ("iframe src", "embed src", "object data", "form action", "base href")
    for scheme in ("javascript:", "data:text/html,<script>")
]
_WHOLE = [
    f"<script>{CALL}</script>",
    f"<SCRIPT>{CALL}</SCRIPT>",
    f"<script/x>{CALL}</script>",
    f"<scr<script>ipt>{CALL}</scr</script>ipt>",
    f"</title><script>{CALL}</script>",
    f"</textarea><script>{CALL}</script>",
    f'"><script>{CALL}</script>',
    f"'><script>{CALL}</script>",
    f"--><script>{CALL}</script>",
    f"]]><script>{CALL}</script>",
    f"<![CDATA[<script>{CALL}</script>]]>",
    f"<!--[if gte IE 4]><script>{CALL}</script><![endif]-->",
    f"<noscript><p title='</noscript><img src=x onerror={CALL}>'>",
    f"<svg><script>{CALL}</script></svg>",
    f"<svg><style><img src=x onerror={CALL}></style></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={CALL}>",
    f"<math><mi xlink:href='javascript:{CALL}'>x</mi></math>",
    f"<svg><a xlink:href='javascript:{CALL}'><text>x</text></a></svg>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
    f"<svg><foreignObject><iframe srcdoc='<script>{CALL}</script>'>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'></iframe>",
    f"<style>@import 'javascript:{CALL}';</style>",
    f"<p style='background:url(javascript:{CALL})'>x</p>",
    f"<p style='width:expression({CALL})'>x</p>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>",
    f"<link rel=stylesheet href='javascript:{CALL}'>",
    f"<table background='javascript:{CALL}'><td>x</td></table>",
    f"<img src='x' onerror\n=\n{CALL}>",
    f"<img/src=x/onerror={CALL}>",
    f"<img src=`x`onerror={CALL}>",
    "<img src=x onerror=&#119;indow.pwned=1>",
    f"<x onclick={CALL}>click</x>",
    f"<marquee onstart={CALL}>x</marquee>",
    f"<template><script>{CALL}</script></template>",
    f"<button formaction='javascript:{CALL}' form=f>x</button>",
    f"<isindex action='javascript:{CALL}' type=submit>",
    f"{{{{constructor.constructor('{CALL}')()}}}}",
    f"${{{CALL}}}",
    f"{{% raw %}}<script>{CALL}</script>{{% endraw %}}",
    f"\u2028<script>{CALL}</script>",
    f"\uff1cscript\uff1e{CALL}\uff1c/script\uff1e",
    f"<a href='https://x.example/\" onmouseover=\"{CALL}'>x</a>",
    f'https://x.example/"onmouseover="{CALL}',
    f"https://x.example/<script>{CALL}</script>",
    f"+ADw-script+AD4-{CALL}+ADw-/script+AD4-",
]
PAYLOADS = [*_BY_EVENT, *_BY_LINK, *_BY_SOURCE, *_WHOLE]
_FORBIDDEN = {"script", "iframe", "object", "embed", "base", "style", "meta", "svg"}


class Reader(HTMLParser):
    """Notes what could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            text = "".join((value or "").split()).lower()
            if name.startswith("on") or name in ("style", "srcdoc", "formaction"):
                self.faults.append(f"{tag} {name}")
            if name in ("href", "src", "action") and not text.startswith(
                ("/", "#", "http:", "https:", "mailto:")
            ):
                self.faults.append(f"{tag} {name}={value}")
        if tag in _FORBIDDEN:
            self.faults.append(tag)


def hostile_mail(payload: str, number: int) -> bytes:
    """Return a mail with the payload wherever a mail has room for text."""
    name = base64.b64encode(payload.encode()).decode()
    html = base64.encodebytes(f"<p>{payload}</p>{payload}".encode()).decode()
    plain = base64.encodebytes(f"{payload}\n{payload}".encode()).decode()
    subject = Header(f"{number} {payload}", "utf-8", maxlinelen=900).encode()
    return (
        f"From: =?utf-8?b?{name}?= <jane@customer.example>\n"
        f"To: support@acme.example\nSubject: {subject}\n"
        f"Message-ID: <x{number}@customer.example>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="bb"\n\n'
        '--bb\nContent-Type: multipart/alternative; boundary="cc"\n\n'
        "--cc\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: base64\n\n{plain}\n"
        "--cc\nContent-Type: text/html; charset=utf-8\n"
        f"Content-Transfer-Encoding: base64\n\n{html}\n--cc--\n"
        "--bb\nContent-Type: application/octet-stream;"
        f" name*=utf-8''{quoted(payload)}\n"
        f"Content-Disposition: attachment; filename*=utf-8''{quoted(payload)}\n\nx\n"
        "--bb\nContent-Type: image/png\nContent-Disposition: inline;"
        f" filename*=utf-8''{quoted(payload)}\n\nx\n--bb--\n"
    ).encode()


def quoted(text: str) -> str:
    return "".join(f"%{octet:02X}" for octet in text.encode())


def faults_in(html: str) -> list[str]:
    """Return what of a page's own body could run; the head is ours."""
    reader = Reader()
    reader.feed(html.partition("<body")[2])
    return [fault for fault in reader.faults if not fault.startswith("svg")]


def take(desk: Any, number: int, payload: str) -> Any:
    raw = hostile_mail(payload, number)
    return desk.take(raw, "Jane <jane@customer.example>", "support@acme.example")


def test_there_are_a_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) >= 100


def test_the_reader_sees_what_runs() -> None:
    for html in ("<p onclick=x>", "<iframe>", "<a href=' JAVAscript:x'>", "<script>"):
        assert faults_in(f"<body>{html}")


def test_no_markup_of_theirs_survives_on_the_desk(pages: Any) -> None:
    desk, link = pages.desk, pages.login_link()
    assert desk.client.post(link.removeprefix(pages.url)).status_code == 303
    for number, payload in enumerate(PAYLOADS):
        ticket = take(desk, number, payload)
        for path in (f"t/{ticket}", f"messages/{number + 1}"):
            page = desk.client.get(f"/desk/{path}")
            assert page.status_code == 200, payload
            assert faults_in(page.text) == [], payload
    desk.pass_time(timedelta(days=2))
    rest = ("", "search?q=pwned", "messages", "messages?direction=out")
    reports = ("reports", "reports?by=domain", "reports/list?s=breached")
    for path in (*rest, *reports, f"reports/list?in={quoted(PAYLOADS[0])}"):
        assert faults_in(desk.client.get(f"/desk/{path}").text) == []


def test_no_markup_of_theirs_survives(desk: Any) -> None:
    for number, payload in enumerate(PAYLOADS):
        token = desk.token(take(desk, number, payload))
        for path in ("", "/m/{}", "/m/{}/formatted"):
            page = desk.client.get(f"/t/{token}{path.format(number + 1)}")
            assert page.status_code == 200, payload
            assert faults_in(page.text) == [], payload
        for place in (0, 1):
            file = desk.client.get(f"/t/{token}/m/{number + 1}/{place}")
            assert file.mimetype == "application/octet-stream", payload
            assert "\n" not in file.headers["Content-Disposition"]


@pytest.mark.slow
def test_no_script_runs_in_a_browser(pages: Any, visit: Any) -> None:
    desk, window = pages.desk, visit()
    dialogs: list[str] = []
    window.on("dialog", lambda dialog: dialogs.append(dialog.message))
    links = []
    for number, payload in enumerate(PAYLOADS):
        link = pages.link(take(desk, number, payload))
        links += [link, f"{link}/m/{number + 1}/formatted"]
    window.goto(pages.login_link())
    window.get_by_role("button", name="Open the desk").click()
    first = desk.app.store.tickets()[0].ticket.id
    links += [
        f"{pages.url}/desk/{path}"
        for number in range(0, len(PAYLOADS), 5)
        for path in (f"t/{first + number}", f"messages/{number + 1}")
    ]
    links += [f"{pages.url}/desk/{p}" for p in ("", "search?q=pwned", "messages")]
    for link in links:
        window.goto(link, wait_until="load")
        assert window.evaluate("window.pwned") is None, link
    assert dialogs == []
