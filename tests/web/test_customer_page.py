"""The page that a customer's link opens."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailroom.desk.pages.status_page import open_page
from mailroom.ticket.model import Kind, NewEvent


def test_page_says_the_state_and_the_promise(desk: Any, seen: Any) -> None:
    text = seen(desk.page(desk.write()))
    assert "We have it" in text
    assert "You will have a first answer by" in text
    assert "Tue 24 Nov, 14:00" in text
    assert "Central European" in text


def test_wrong_tokens_find_nothing(desk: Any) -> None:
    good = desk.token(desk.write())
    number, person, mac = good.split(".")
    wrong = [
        f"{number}.{person}.{'a' * len(mac)}",
        f"{number}.0.{mac}",
        f"{int(number) + 1}.{person}.{mac}",
        f"{number}.{person}",
        f"{number}.{person}.",
        "%00",
        "x" * 5000,
        "١٠٠١.1.aaaa",
    ]
    for token in wrong:
        for path in (f"/t/{token}", f"/t/{token}.json"):
            assert desk.client.get(path).status_code == 404


def test_a_note_is_never_shown(desk: Any) -> None:
    ticket = desk.write()
    desk.answer("ann@acme.example", ticket, "#note\r\nThe customer is a bore.")
    desk.answer("ann@acme.example", ticket, "Please send us a picture.")
    page = desk.page(ticket)
    assert "Please send us a picture." in page
    assert "bore" not in page
    assert "ann@acme.example" not in page
    assert "Ann Archer" in page


def test_a_link_ends_90_days_after_the_ticket_closed(desk: Any) -> None:
    ticket = desk.write()
    desk.answer("ann@acme.example", ticket, "#solved\r\nDone.")
    token = desk.token(ticket)
    desk.pass_time(timedelta(days=8))
    assert desk.app.store.ticket(ticket).status == "closed"
    desk.pass_time(timedelta(days=88))
    assert desk.client.get(f"/t/{token}").status_code == 200
    desk.pass_time(timedelta(days=2))
    assert desk.client.get(f"/t/{token}").status_code == 404


@pytest.mark.parametrize("address", ["jane@customer.example", None])
def test_a_revoked_person_finds_nothing(desk: Any, address: str | None) -> None:
    ticket = desk.write()
    token = desk.token(ticket, address)
    assert desk.client.get(f"/t/{token}").status_code == 200
    person = desk.person(address) if address else 0
    revoked = NewEvent(
        ticket=ticket,
        at=desk.now(),
        recorded_at=desk.now(),
        kind=Kind.REVOKED,
        actor="mailroom",
        data={"person": person},
    )
    with desk.app.store.transaction():
        desk.app.store.append([revoked])
    assert desk.client.get(f"/t/{token}").status_code == 404


def test_who_takes_no_part_has_no_page(desk: Any) -> None:
    ticket = desk.write()
    desk.write("Eve <eve@other.example>", subject="Mine")
    token = desk.token(ticket, "eve@other.example")
    assert desk.client.get(f"/t/{token}").status_code == 404


def test_the_form_answers_the_same_to_everybody(desk: Any) -> None:
    desk.write()
    pages = {
        desk.client.post("/", data={"address": address}).get_data(as_text=True)
        for address in ("jane@customer.example", "nobody@customer.example", "")
    }
    assert len(pages) == 1


def test_the_links_come_by_mail(desk: Any) -> None:
    ticket = desk.write()
    desk.client.post("/", data={"address": " Jane@Customer.example "})
    desk.site.extensions["errands"].finish()
    mail = desk.letters("jane@customer.example")[-1]
    assert desk.token(ticket) in str(mail)


def test_healthz_answers(desk: Any) -> None:
    assert desk.client.get("/healthz").get_data(as_text=True) == "ok\n"


def test_a_forward_by_an_agent_shows_the_customer_as_its_author(desk: Any) -> None:
    text = (
        "---------- Forwarded message ---------\r\n"
        "From: Jane Doe <jane@customer.example>\r\n"
        "Date: Mon, 23 Nov 2026 at 10:00\r\nSubject: Printer\r\n"
        "To: Ann <ann@acme.example>\r\n\r\nMy printer burns.\r\n"
    )
    ticket = desk.write("ann@acme.example", subject="Fwd: Printer", text=text)
    page = desk.page(ticket)
    assert "My printer burns." in page
    assert '<h3 class="author" dir="auto">Jane Doe</h3>' in page
    assert "ann@acme.example" not in page


def test_a_former_agents_mail_stays_folded_away(desk: Any) -> None:
    ticket = desk.write()
    text = "Here you are.\r\n\r\nOn Mon, 23 Nov 2026 Bob wrote:\r\n> SECRET\r\n"
    desk.answer("ann@acme.example", ticket, text)
    config = desk.app.config.model_copy(update={"agents": desk.app.config.agents[1:]})
    audience = type(desk.app.office.audience)(config)
    office = replace(desk.app.office, config=config, audience=audience)
    page = open_page(office, desk.token(ticket))
    assert page is not None
    reply = next(c for c in page.comments if "Here you are" in c.text)
    assert not page.may_unfold(reply)
    assert page.is_ours(reply)
    assert page.may_unfold(page.comments[0])


def test_a_merged_ticket_leads_on(desk: Any, seen: Any) -> None:
    first = desk.write(subject="First")
    second = desk.write(subject="Second")
    desk.answer("ann@acme.example", second, f"#merge {first}\r\n")
    page = desk.page(second)
    assert "Continued in another request" in seen(page)
    assert f'href="/t/{desk.token(first)}"' in page


def test_the_public_view_names_no_address(desk: Any) -> None:
    ticket = desk.write("jane@customer.example", subject="No name")
    own = desk.client.get(f"/t/{desk.token(ticket)}").text
    public = desk.client.get(f"/t/{desk.token(ticket, None)}").text
    assert "jane@customer.example" in own
    assert "jane@customer.example" not in public


def test_json_says_what_the_page_says(desk: Any) -> None:
    ticket = desk.write()
    found = desk.client.get(f"/t/{desk.token(ticket)}.json").get_json()
    assert found["id"] == ticket
    assert found["status"] == "new"
    assert found["promises"][0]["due"] == "2026-11-24T13:00:01.000Z"
    assert [c["text"] for c in found["comments"]] == ["It is on fire."]


def test_a_files_name_reads_as_it_ends(desk: Any) -> None:
    headers = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'
    part = "--b\r\nContent-Type: application/octet-stream\r\n"
    reversed_ = (
        part + "Content-Disposition: attachment; filename*=utf-8''%E2%80%AEgpj.exe"
    )
    long = part + f'Content-Disposition: attachment; filename="{"a" * 200}.exe"'
    text = f"{reversed_}\r\n\r\nx\r\n{long}\r\n\r\nx\r\n--b--"
    ticket = desk.write(headers=headers, text=text)
    page = desk.page(ticket)
    assert "\u202e" not in page
    assert ">gpj.exe<" in page
    assert "aaaa.exe<" in page
    file = desk.client.get(f"/t/{desk.token(ticket)}/m/1/0")
    assert "%E2%80%AE" not in file.headers["Content-Disposition"]


def test_text_of_any_script_has_its_own_direction(desk: Any) -> None:
    page = desk.page(desk.write(subject="=?utf-8?b?2YXYsdit2KjYpw==?="))
    assert '<h1 dir="auto">\u0645\u0631\u062d\u0628\u0627</h1>' in page
    assert '<div class="text" dir="auto">' in page


LADDERS = [
    ('notify = ["assignee"]', "the person in charge is alerted at once"),
    ('notify = ["team"]', "the whole team is alerted at once"),
    ('notify = ["team", "manager"]', "the team and its lead are alerted at once"),
    ('notify = ["manager"]', "those in charge are alerted at once"),
    ('notify = ["admins"]', "those in charge are alerted at once"),
    ('notify = ["requester"]', "you get a mail at once"),
    ('notify = ["requester", "team"]', "you get a mail, and we are alerted at once"),
    ('notify = ["team"]\nmetrics = ["resolution"]', "this page says so"),
]


@pytest.mark.parametrize(("step", "words"), LADDERS)
def test_what_a_miss_brings_is_what_the_path_says(
    make_desk: Any, rules: str, seen: Any, step: str, words: str
) -> None:
    desk = make_desk(rules=rules.replace('notify = ["team", "manager"]', step))
    assert f"If we miss this, {words}." in seen(desk.page(desk.write()))


def test_a_step_some_time_after_the_breach_is_not_at_once(
    make_desk: Any, rules: str, seen: Any
) -> None:
    desk = make_desk(rules=rules.replace('at = "breach"', 'at = "breach + 2h"'))
    ticket = desk.write()
    assert "If we miss this, this page says so." in seen(desk.page(ticket))
    desk.pass_time(timedelta(hours=5))
    text = seen(desk.page(ticket))
    assert "we have missed this" in text
    assert "alerted" not in text


def test_a_miss_says_who_was_told_of_it(desk: Any, seen: Any) -> None:
    ticket = desk.write()
    desk.pass_time(timedelta(hours=5))
    assert "The team has been alerted." in seen(desk.page(ticket))


def test_working_time_is_said_in_hours(desk: Any, seen: Any) -> None:
    ticket = desk.write()
    desk.answer("ann@acme.example", ticket, "One moment.")
    assert "24 hours of working time left." in seen(desk.page(ticket))
    desk.answer("ann@acme.example", ticket, "#pending\r\nWhich one?")
    text = seen(desk.page(ticket))
    assert "the clock is paused, 24 hours of working time left" in text


def test_round_the_clock_time_is_said_in_days(
    make_desk: Any, rules: str, seen: Any
) -> None:
    desk = make_desk(rules=rules.replace('calendar = "office"\n', ""))
    ticket = desk.write()
    desk.answer("ann@acme.example", ticket, "One moment.")
    assert "3 days left." in seen(desk.page(ticket))


def test_what_was_marked_as_spam_promises_nothing(desk: Any, seen: Any) -> None:
    ticket = desk.write()
    desk.answer("ann@acme.example", ticket, "#spam")
    page = desk.page(ticket)
    assert "Set aside" in seen(page)
    assert "First answer" not in page
    assert "This is solved" not in page
    assert 'href="mailto:support@acme.example"' in page


def test_a_merged_ticket_promises_nothing_of_its_own(desk: Any, seen: Any) -> None:
    first, second = desk.write(subject="One"), desk.write(subject="Two")
    desk.answer("ann@acme.example", second, f"#merge {first}")
    page = desk.page(second)
    assert "Continued in another request" in seen(page)
    assert "First answer" not in page
    (link,) = re.findall(r'class="button" href="(/t/[^"]+)"', page)
    assert "You will have a first answer by" in desk.client.get(link).text
