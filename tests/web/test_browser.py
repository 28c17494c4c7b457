"""The pages in a real browser: a customer's way, an agent's, keyboard, axe, dark."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

pytestmark = pytest.mark.slow
WIDTHS = (360, 768, 1280)


@pytest.fixture
def story(pages: Any) -> dict[str, Any]:
    """Tickets in every state that a page can show."""
    desk = pages.desk
    found = {"new": desk.write(subject="New"), "pending": desk.write(subject="Pending")}
    found["solved"] = desk.write(subject="Solved")
    found["late"] = desk.write(
        subject="Late",
        text="Hello\r\n\r\nOn Mon, 23 Nov 2026 Ann wrote:\r\n> Which one was it?",
    )
    desk.answer("ann@acme.example", found["pending"], "#pending\r\nWhich one?")
    desk.answer("ann@acme.example", found["solved"], "#solved\r\nDone.")
    desk.answer("ann@acme.example", found["late"], "#note\r\nOh dear.")
    desk.pass_time(timedelta(hours=6))
    return found


def log_in(window: Any, pages: Any) -> None:
    window.goto(pages.login_link())
    window.get_by_role("button", name="Open the desk").click()
    window.get_by_role("heading", name="Queue").wait_for()


def test_a_customers_way(pages: Any, story: dict[str, Any], visit: Any) -> None:
    window = visit(timezone_id="America/New_York", locale="en-US")
    window.goto(pages.url)
    window.get_by_label("Your e-mail address").fill("jane@customer.example")
    window.get_by_role("button", name="Send me my links").click()
    window.get_by_role("heading", name="Look into your mail").wait_for()
    pages.desk.site.extensions["errands"].finish()
    mail = str(pages.desk.letters("jane@customer.example")[-1])
    assert pages.desk.token(story["new"]) in mail.replace("=\n", "")
    window.goto(pages.link(story["pending"]))
    window.get_by_role("heading", name="Waiting for you").wait_for()
    answer = window.get_by_role("link", name="Answer by mail").get_attribute("href")
    assert answer.startswith("mailto:support+")
    assert f"[#{story['pending']}]" in unquote(answer)


def test_the_visitors_own_time_stands_beside_ours(pages: Any, visit: Any) -> None:
    ticket = pages.desk.write()
    window = visit(timezone_id="America/New_York", locale="en-US")
    window.goto(pages.link(ticket))
    assert "14:00" in window.locator(".promise-time time").inner_text()
    assert "08:00" in window.locator(".promise-time .local").inner_text()
    assert window.locator(".promise-time .zone + .local").count() == 1
    window = visit(timezone_id="Europe/Berlin", locale="en-GB")
    window.goto(pages.link(ticket))
    assert window.locator(".promise-time .local").count() == 0


def test_pages_are_read_without_script(pages: Any, story: Any, visit: Any) -> None:
    window = visit(java_script_enabled=False)
    window.goto(pages.link(story["late"]))
    assert window.get_by_text("It was due").is_visible()
    quoted = window.get_by_text("Which one was it?")
    assert not quoted.is_visible()
    window.get_by_text("Earlier messages quoted").click()
    assert quoted.is_visible()


def test_rating(pages: Any, story: Any, visit: Any) -> None:
    window = visit()
    window.goto(pages.link(story["new"]))
    assert window.get_by_role("heading", name="How did we do?").count() == 0
    window.goto(pages.link(story["solved"]))
    window.get_by_role("button", name="4 of 5").click()
    assert "4 of 5" in window.get_by_role("status").inner_text()
    window.reload()
    window.get_by_role("button", name="2 of 5").click()
    assert "2 of 5" in window.get_by_role("status").inner_text()
    events = pages.desk.app.store.events(story["solved"])
    scores = [e.data["score"] for e in events if e.kind == "rated"]
    assert scores == [4, 2]
    window.goto(pages.link(story["solved"], None))
    assert window.get_by_role("heading", name="How did we do?").count() == 0


def test_an_agents_way(pages: Any, story: Any, visit: Any) -> None:
    window = visit()
    log_in(window, pages)
    window.get_by_role("link", name="Late").click()
    window.get_by_text("Oh dear.").wait_for()
    window.get_by_role("searchbox").fill("dear")
    window.keyboard.press("Enter")
    assert window.locator("mark").first.inner_text() == "dear"
    window.get_by_role("link", name="Messages").first.click()
    assert window.get_by_text("NEW_TICKET").first.is_visible()
    window.get_by_role("button", name="Log out", exact=True).click()
    window.get_by_role("heading", name="The desk").wait_for()


def test_keyboard_alone(pages: Any, story: Any, visit: Any) -> None:
    window = visit()
    window.goto(pages.link(story["solved"]))
    window.keyboard.press("Tab")
    assert window.evaluate("document.activeElement.className") == "skip"
    seen = set()
    for _ in range(30):
        window.keyboard.press("Tab")
        seen.add(window.evaluate("document.activeElement.textContent.trim()"))
        style = "getComputedStyle(document.activeElement).outlineStyle"
        if window.evaluate("document.activeElement !== document.body"):
            assert window.evaluate(style) != "none"
    assert {"Answer by mail", "The same in words"} <= seen
    window.goto(pages.url)
    window.get_by_label("Your e-mail address").focus()
    window.keyboard.type("jane@customer.example")
    window.keyboard.press("Enter")
    window.get_by_role("heading", name="Look into your mail").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    pages: Any, story: Any, visit: Any, axe: str, scheme: str
) -> None:
    window = visit(color_scheme=scheme, bypass_csp=True)
    log_in(window, pages)
    late = f"{pages.url}/desk/t/{story['late']}"
    addresses = [
        pages.url,
        *(pages.link(id) for id in story.values()),
        pages.link(story["late"], None),
        pages.url + "/desk/",
        late,
        pages.url + "/desk/search?q=fire",
        pages.url + "/desk/messages",
        pages.url + "/desk/messages?direction=out",
        pages.url + "/desk/messages/1",
        pages.url + "/desk/quarantine",
        pages.url + "/desk/reports",
        pages.url + "/desk/reports?m=first_reply&by=agent&weeks=52",
        pages.url + "/desk/reports/list?s=decided",
    ]
    for address in addresses:
        window.set_viewport_size({"width": 1280, "height": 800})
        window.goto(address)
        for details in window.locator("details").all():
            details.evaluate("element => element.open = true")
        window.evaluate(axe)
        found = window.evaluate("axe.run()")
        faults = [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]]
        assert faults == [], address
        assert len(found["passes"]) > 10
        for width in WIDTHS:
            window.set_viewport_size({"width": width, "height": 800})
            wide = window.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, address


def test_a_report_is_followed_to_a_ticket_by_keyboard_and_without_script(
    pages: Any, story: Any, visit: Any
) -> None:
    window = visit(java_script_enabled=False)
    log_in(window, pages)
    window.get_by_role("link", name="Reports").click()
    window.get_by_role("heading", name="Breaches by hour of arrival").wait_for()
    assert window.get_by_role("img", name="Backlog").is_visible()
    table = window.get_by_role("region", name="arrival: The same")
    number = table.get_by_role("link").first
    count = number.inner_text()
    number.focus()
    window.keyboard.press("Enter")
    heading = window.get_by_role("heading", level=1)
    assert heading.inner_text().split()[0] == count
    window.get_by_role("link", name="Late").first.click()
    window.get_by_role("heading", name="Late", exact=True).wait_for()


def test_a_report_is_printed_with_its_tables(
    pages: Any, story: Any, visit: Any
) -> None:
    window = visit()
    log_in(window, pages)
    window.goto(pages.url + "/desk/reports")
    window.emulate_media(media="print")
    assert window.get_by_role("img", name="Backlog").is_visible()
    assert window.get_by_role("table").count() >= 5
    for table in window.get_by_role("table").all():
        assert table.is_visible()
    for navigation in window.get_by_role("navigation").all():
        assert not navigation.is_visible()
    assert not window.get_by_role("searchbox").is_visible()


def test_dark_is_dark(pages: Any, visit: Any) -> None:
    colours = []
    for scheme in ("light", "dark"):
        window = visit(color_scheme=scheme)
        window.goto(pages.url)
        script = "getComputedStyle(document.body).backgroundColor"
        colours.append(window.evaluate(script))
    assert colours == ["rgb(251, 250, 247)", "rgb(19, 23, 22)"]


def test_the_working_time_that_is_left_counts_down(pages: Any, visit: Any) -> None:
    pages.desk.write(subject="Fire")
    window = visit()
    log_in(window, pages)
    window.clock.install()
    for language in ("en", "de"):
        window.set_extra_http_headers({"Accept-Language": language})
        window.goto(pages.url + "/desk/")
        left = window.locator(".entry .left b").first
        before = minutes(left.text_content())
        window.clock.fast_forward("25:00")
        assert minutes(left.text_content()) == before - 25
        window.clock.fast_forward("48:00:00")
        assert minutes(left.text_content()) < before - 60


def minutes(words: str) -> int:
    """Read "1 hour 10 minutes" or "1 Stunde 10 Minuten"; negative where it is over."""
    found = re.findall(r"(\d+) ([DTHSM])", words.upper())
    units = {"D": 1440, "T": 1440, "H": 60, "S": 60, "M": 1}
    over = -1 if "over" in words or "zu spät" in words else 1
    return over * sum(int(number) * units[unit] for number, unit in found)
