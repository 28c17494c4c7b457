"""Every page is valid HTML with unique ids, and small."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import html5lib
import pytest


@pytest.fixture
def addresses(pages: Any) -> list[str]:
    """Addresses of pages in every state, an agent logged in."""
    desk = pages.desk
    pending, solved = desk.write(subject='A "quoted" <one> & more'), desk.write()
    desk.answer("ann@acme.example", pending, "#pending\r\nWhich one?")
    desk.answer("ann@acme.example", solved, "#solved\r\nDone.")
    late = desk.write(text="Hello\r\n\r\n-- \r\nJane")
    desk.pass_time(timedelta(hours=7))
    desk.answer("ann@acme.example", late, "#note\r\nOh dear.")
    first = pages.login_link().removeprefix(pages.url)
    found = ["/", "/desk/", first, "/desk/login/wrong", "/t/wrong"]
    second = pages.login_link().removeprefix(pages.url)
    assert desk.client.post(second).status_code == 303
    found += [f"/t/{desk.token(id)}" for id in (pending, solved, late)]
    found += [f"/t/{desk.token(late)}/m/1", f"/t/{desk.token(late, None)}"]
    found += [f"/desk/t/{id}" for id in (pending, solved, late)]
    found += [f"/desk/t/{late}/log", "/desk/?team=tier1&page=2"]
    found += ["/desk/?mine=1", "/desk/?status=solved&tag=x", "/desk/search?q=fire"]
    found += ["/desk/search?q=jane@customer.example", "/desk/messages"]
    found += ["/desk/messages?direction=out", "/desk/messages/1", "/desk/quarantine"]
    reports = "/desk/reports"
    found += [reports, f"{reports}?weeks=52&by=agent", f"{reports}?m=first_reply"]
    found += [f"{reports}/list?s={s}" for s in ("decided", "spam", "duplicate")]
    found += [f"{reports}/list?at={desk.now():%Y-%m-%d}", f"{reports}/list?hour=9"]
    return found


def test_every_page_is_valid_and_small(pages: Any, addresses: list[str]) -> None:
    for address in addresses:
        for language in ("en", "de"):
            headers = {"Accept-Language": language}
            page = pages.desk.client.get(address, headers=headers).text
            html5lib.HTMLParser(strict=True).parse(page)
            ids = Counter(re.findall(r'\sid="([^"]*)"', page))
            assert [id for id, count in ids.items() if count > 1] == [], address
            named = re.findall(r'aria-labelledby="([^"]+)"|\sfor="([^"]+)"', page)
            wanted = {word for pair in named for text in pair for word in text.split()}
            assert wanted <= set(ids), address
            assert page.count("<h1") == 1, address
            assert len(page.encode()) <= 60_000, address
            assert " style=" not in page, address
            assert not re.search(r"<script(?! src=\"/static/)", page), address


def test_style_and_script_are_small(pages: Any) -> None:
    total = 0
    for name in ("site.css", "times.js", "left.js", "icon.svg"):
        with pages.desk.client.get(f"/static/{name}") as answer:
            total += len(answer.data)
    assert total <= 25_000


def test_a_long_life_makes_no_large_page(pages: Any) -> None:
    desk = pages.desk
    ticket = desk.write(subject="long " * 80, text='"&<>' * 3000)
    for n in range(40):
        desk.answer("ann@acme.example", ticket, f"#pending\r\n{n} " + "<&> " * 900)
        desk.pass_time(timedelta(hours=1))
        desk.write(subject=f"Re: x [#{ticket}]", text=f"{n} " + '"quoted" ' * 900)
    desk.client.post(pages.login_link().removeprefix(pages.url))
    names = ("", "/log", "/log?page=2", "?before=40")
    for path in [*(f"/desk/t/{ticket}{x}" for x in names), f"/t/{desk.token(ticket)}"]:
        answer = desk.client.get(path)
        assert answer.status_code == 200
        assert 5_000 < len(answer.data) <= 60_000, path
