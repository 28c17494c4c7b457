"""The page that a customer's link opens."""

from datetime import timedelta
from typing import Any

import pytest

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
