"""The desk's pages: who gets in, what they show."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from mailroom.ticket.model import Disposition

ANN = "ann@acme.example"


def link_of(desk: Any, address: str = ANN) -> str:
    """Ask for a login link; return its path."""
    desk.client.post("/desk/", data={"address": address})
    desk.site.extensions["errands"].finish()
    found = re.findall(
        r"https://help.acme.example(/desk/login/\S+)", text(desk, address)
    )
    return str(found[-1])


def text(desk: Any, address: str) -> str:
    mail = desk.letters(address)[-1]
    parts = [p for p in mail.walk() if p.get_content_type() == "text/plain"]
    return str(parts[0].get_payload(decode=True).decode())


def log_in(desk: Any, address: str = ANN) -> None:
    answer = desk.client.post(link_of(desk, address))
    assert answer.status_code == 303


def test_a_login_link_is_used_up_by_post_alone(desk: Any) -> None:
    path = link_of(desk)
    for _ in range(3):
        assert "Open the desk" in desk.client.get(path).get_data(as_text=True)
    assert "Queue" not in desk.client.get("/desk/").get_data(as_text=True)
    answer = desk.client.post(path)
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "Secure" in answer.headers["Set-Cookie"]
    assert desk.site.test_client().post(path).status_code == 404
    assert desk.client.get(path).status_code == 404


def test_a_login_link_ends_after_15_minutes(desk: Any) -> None:
    path = link_of(desk)
    desk.pass_time(timedelta(minutes=15))
    assert desk.client.get(path).status_code == 404
    assert desk.client.post(path).status_code == 404


def test_only_agents_are_mailed_a_link(desk: Any) -> None:
    desk.write()
    pages = {
        desk.client.post("/desk/", data={"address": address}).get_data(as_text=True)
        for address in (ANN, "jane@customer.example", "")
    }
    assert len(pages) == 1
    desk.site.extensions["errands"].finish()
    assert not [m for m in desk.letters("jane@") if "desk of" in m["Subject"]]


def test_asking_again_and_again_mails_five_links_an_hour(desk: Any) -> None:
    for _ in range(9):
        desk.client.post("/desk/", data={"address": ANN})
    desk.site.extensions["errands"].finish()
    assert len(desk.letters(ANN)) == 5


@pytest.mark.parametrize(
    "path",
    ["search?q=x", "t/1001", "messages", "quarantine", "messages/1", "messages/1/raw"],
)
def test_nobody_sees_the_desk_without_a_session(desk: Any, path: str) -> None:
    desk.write()
    answer = desk.client.get(f"/desk/{path}")
    assert answer.status_code == 401
    assert "Printer" not in answer.get_data(as_text=True)


def test_queue_shows_missed_first_and_what_is_left(desk: Any, seen: Any) -> None:
    desk.write(subject="Old one")
    desk.pass_time(timedelta(hours=6))
    desk.write(subject="New one")
    log_in(desk)
    said = seen(desk.client.get("/desk/").get_data(as_text=True))
    assert said.index("Missed") < said.index("Old one") < said.index("New one")
    assert "2 hours over" in said
    assert "4 hours" in said


def test_filters_narrow_the_queue(desk: Any) -> None:
    first = desk.write(subject="Toaster")
    desk.write(subject="Kettle")
    desk.answer(ANN, first, "#take\r\n")
    desk.answer(ANN, first, "#tag kitchen\r\n")
    log_in(desk)

    def has(query: str) -> tuple[bool, bool]:
        page = desk.client.get(f"/desk/?{query}").get_data(as_text=True)
        return "Toaster" in page, "Kettle" in page

    assert has("") == (True, True)
    assert has("mine=1") == (True, False)
    assert has("tag=kitchen") == (True, False)
    assert has("team=tier1") == (True, True)
    assert has("team=nobody") == (False, False)
    assert has("status=solved") == (False, False)


def test_a_ticket_shows_notes_events_rules_and_letters(desk: Any, seen: Any) -> None:
    ticket = desk.write()
    desk.answer(ANN, ticket, "#note\r\nThe customer is a bore.")
    log_in(desk)
    said = seen(desk.client.get(f"/desk/t/{ticket}").get_data(as_text=True))
    for words in (
        "The customer is a bore.",
        "All to tier one",
        "opened",
        "First answer",
        "jane@customer.example",
    ):
        assert words in said
    said = seen(desk.client.get(f"/desk/t/{ticket}/log").get_data(as_text=True))
    assert "acknowledgement" in said


def test_every_action_is_a_mail_with_its_command(desk: Any) -> None:
    ticket = desk.write()
    log_in(desk)
    page = desk.client.get(f"/desk/t/{ticket}").get_data(as_text=True)
    links = [
        link.replace("&amp;", "&") for link in re.findall('href="(mailto:[^"]+)', page)
    ]
    assert len(links) > 5
    solve = next(link for link in links if "%23solved" in link)
    parts = urlsplit(solve)
    fields = parse_qs(parts.query)
    desk.write(
        ANN,
        unquote(parts.path),
        subject=fields["subject"][0],
        text=fields["body"][0],
    )
    assert desk.app.store.ticket(ticket).status == "solved"


def test_search_finds_words_numbers_and_addresses(desk: Any, seen: Any) -> None:
    ticket = desk.write(text="The flux capacitor is <b>broken</b>.")
    log_in(desk)
    page = desk.client.get("/desk/search?q=FLUX").get_data(as_text=True)
    assert "<mark>flux</mark>" in page
    assert "<b>broken" not in page
    assert desk.client.get(f"/desk/search?q=%23{ticket}").status_code == 302
    said = seen(desk.client.get("/desk/search?q=jane@customer.example").text)
    assert f"#{ticket} Printer" in said
    assert "No message has" in desk.client.get("/desk/search?q=nowhere").text


def test_ledger_and_message_show_how_a_mail_was_read(desk: Any, seen: Any) -> None:
    desk.write()
    log_in(desk)
    said = seen(desk.client.get("/desk/messages").text)
    assert "NEW_TICKET" in said
    said = seen(desk.client.get("/desk/messages/1").text)
    assert "submission" in said
    assert "It is on fire." in said
    raw = desk.client.get("/desk/messages/1/raw")
    assert raw.data.startswith(b"From: Jane")
    assert raw.headers["Content-Disposition"].startswith("attachment")
    assert "SENT" in desk.client.get("/desk/messages?direction=out").text


def test_no_page_shows_what_was_mailed_to_somebody_else(desk: Any) -> None:
    link = link_of(desk, "chief@acme.example")
    log_in(desk)
    for path in (
        "messages?direction=out",
        "messages/1",
        "messages/2",
        "search?q=login",
    ):
        assert link.rpartition("/")[2] not in desk.client.get(f"/desk/{path}").text


def test_quarantine_lists_held_mail(desk: Any) -> None:
    desk.write(subject="Held")
    with desk.app.store.transaction():
        desk.app.store.finish_inbound(
            1, disposition=Disposition.QUARANTINED, reason="it says so", subject="Held"
        )
    log_in(desk)
    page = desk.client.get("/desk/quarantine").text
    assert "it says so" in page
    assert "%23release%201" in page


def test_logging_out_ends_the_session_also_everywhere(desk: Any) -> None:
    log_in(desk)
    other = desk.site.test_client()
    other.post(link_of(desk))
    assert "Everybody" in other.get("/desk/").text
    page = desk.client.get("/desk/").text
    key = re.findall('name="key" value="([^"]+)"', page)[0]
    assert desk.client.post("/desk/logout", data={"key": "x"}).status_code == 403
    assert desk.client.get("/desk/messages").status_code == 200
    data = {"key": key, "everywhere": "yes"}
    assert desk.client.post("/desk/logout", data=data).status_code == 303
    assert desk.client.get("/desk/messages").status_code == 401
    assert other.get("/desk/messages").status_code == 401


def test_a_session_ends_after_seven_days(desk: Any) -> None:
    log_in(desk)
    desk.pass_time(timedelta(days=7))
    assert desk.client.get("/desk/messages").status_code == 401


def test_search_shows_a_ticket_once_by_its_latest_message(desk: Any, seen: Any) -> None:
    first = desk.write(text="The flux is old.")
    other = desk.write(subject="Other", text="The flux is other.")
    desk.answer(ANN, first, "#note\r\nThe flux is new.")
    log_in(desk)
    said = seen(desk.client.get("/desk/search?q=flux").text)
    assert said.count(f"#{first} Printer") == 1
    assert "1 more in this ticket" in said
    assert "old" not in said
    assert said.index(f"#{first}") < said.index(f"#{other}")
