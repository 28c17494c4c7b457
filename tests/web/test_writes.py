"""The few writes of the pages: asking for links, rating; and their budgets."""

from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from mailroom.app import build
from mailroom.config import load

RATED = 'letters = ["acknowledgement", "rating"]'


def links(desk: Any, address: str = "jane@customer.example") -> int:
    """Return how many letters with links somebody has received."""
    subject = "Your requests with Acme Support"
    return len([m for m in desk.letters(address) if m["Subject"] == subject])


def ask(desk: Any, address: str = "jane@customer.example", peer: str = "") -> None:
    desk.pass_time(timedelta(seconds=1))
    environ = {"REMOTE_ADDR": peer} if peer else {}
    answer = desk.client.post("/", data={"address": address}, environ_base=environ)
    assert answer.status_code == 200
    desk.site.extensions["errands"].finish()


def test_three_letters_an_hour_for_one_address(desk: Any) -> None:
    desk.write()
    for _ in range(5):
        ask(desk)
    assert links(desk) == 3
    desk.pass_time(timedelta(hours=1))
    ask(desk)
    assert links(desk) == 4


def test_a_restart_forgets_no_budget(desk: Any) -> None:
    desk.write()
    for _ in range(3):
        ask(desk)
    config = load(desk.app.config.data.parent / "mailroom.toml", {})
    again = build(config, now=desk.now)
    again.visit.ask_for_links("jane@customer.example", "192.0.2.9")
    again.store.close()
    assert links(desk) == 3


def test_one_peer_may_not_ask_for_everybody(desk: Any) -> None:
    for n in range(25):
        desk.write(f"p{n} <p{n}@customer.example>")
    for n in range(25):
        ask(desk, f"p{n}@customer.example", peer="192.0.2.7")
    assert sum(links(desk, f"p{n}@customer.example") for n in range(25)) == 20
    ask(desk, "p24@customer.example", peer="192.0.2.8")
    assert links(desk, "p24@customer.example") == 1


def test_strangers_and_agents_notes_leave_no_trace(desk: Any) -> None:
    desk.write()
    ask(desk, "stranger@elsewhere.example")
    ask(desk, "not an address")
    assert links(desk, "stranger@elsewhere.example") == 0
    assert desk.app.store.find_person("stranger@elsewhere.example") is None


def test_links_of_ended_pages_are_not_sent(desk: Any) -> None:
    ticket = desk.write()
    desk.answer("ann@acme.example", ticket, "#solved\r\nDone.")
    desk.pass_time(timedelta(days=8))
    desk.pass_time(timedelta(days=91))
    ask(desk)
    assert links(desk) == 0


@pytest.fixture
def solved(make_desk: Any) -> Any:
    desk = make_desk(mailbox=RATED)
    desk.ticket = desk.write()
    desk.answer("ann@acme.example", desk.ticket, "#solved\r\nDone.")
    return desk


def rate(
    desk: Any, score: object, address: str | None = "jane@customer.example"
) -> int:
    token = desk.token(desk.ticket, address)
    answer = desk.client.post(f"/t/{token}/rating", data={"score": score})
    return int(answer.status_code)


def scores(desk: Any) -> list[int]:
    events = desk.app.store.events(desk.ticket)
    return [event.data["score"] for event in events if event.kind == "rated"]


def test_a_rating_is_an_event_and_the_same_again_is_none(solved: Any) -> None:
    assert [rate(solved, 5), rate(solved, 5), rate(solved, 3)] == [303, 303, 303]
    assert scores(solved) == [5, 3]
    assert "Your answer: 3 of 5" in solved.page(solved.ticket)


@pytest.mark.parametrize("score", ["0", "6", "x", "", "-1", "1e9", "5.0"])
def test_a_rating_is_one_to_five(solved: Any, score: str) -> None:
    assert rate(solved, score) == 400
    assert scores(solved) == []


def test_who_has_the_public_view_does_not_rate(solved: Any) -> None:
    assert rate(solved, 1, None) == 404
    assert scores(solved) == []


def test_an_unsolved_ticket_is_not_rated(make_desk: Any) -> None:
    desk = make_desk(mailbox=RATED)
    desk.ticket = desk.write()
    assert rate(desk, 1) == 404
    assert "How did we do" not in desk.page(desk.ticket)


def test_nobody_rates_where_it_is_not_enabled(desk: Any) -> None:
    desk.ticket = desk.write()
    desk.answer("ann@acme.example", desk.ticket, "#solved\r\nDone.")
    assert rate(desk, 1) == 404
    assert "How did we do" not in desk.page(desk.ticket)


def test_ratings_move_no_clock_and_no_status(solved: Any) -> None:
    before = solved.app.store.clocks(solved.ticket)
    solved.pass_time(timedelta(hours=1))
    assert rate(solved, 1) == 303
    assert solved.app.store.ticket(solved.ticket).status == "solved"
    after = solved.app.store.clocks(solved.ticket)
    assert [(c.metric, c.state, c.due) for c in after] == [
        (c.metric, c.state, c.due) for c in before
    ]


@pytest.mark.parametrize("path", ["/", "/desk/"])
def test_the_answer_waits_for_nothing_that_depends_on_the_address(
    desk: Any, path: str
) -> None:
    ticket = desk.write()
    gate = Event()
    desk.site.extensions["errands"].do(gate.wait, 10)
    for address in ("jane@customer.example", "ann@acme.example", "x@y.example"):
        answer = desk.client.post(path, data={"address": address})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    letters = [line.subject for line in desk.app.store.messages(direction="out")]
    assert not [s for s in letters if s and f"#{ticket}" not in s]
    gate.set()
    desk.site.extensions["errands"].finish()
    after = [line.subject for line in desk.app.store.messages(direction="out")]
    assert len(after) == len(letters) + 1
