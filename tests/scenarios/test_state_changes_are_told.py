"""Pending, reopened, closed: whom the table of letters tells, and who hears nothing."""

from datetime import timedelta

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
CHIEF = "Chief <chief@acme.example>"
JANES, ANNS = "jane@customer.example", "ann@acme.example"
GERMAN = (
    "Guten Tag, seit heute morgen ist der Drucker nicht mehr erreichbar. "
    "Bitte helfen Sie uns, wir können nicht arbeiten."
)
UTF8 = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
RATED = ["acknowledgement", "solved", "rating"]
WEEK = timedelta(days=7, minutes=1)


@pytest.fixture
def desk_of(make_desk):
    """Make a desk whose customers get these letters."""

    def make(*letters, **more):
        named = ", ".join(f'"{letter}"' for letter in letters)
        box = f'[[mailbox]]\naddress = "help@acme.example"\nletters = [{named}]\n'
        return make_desk(config=box, **more)

    return make


def _ask(desk, **more):
    """Jane writes to the mailbox whose letters were chosen."""
    return desk.write(JANE, "help@acme.example", **more)


def test_pending_without_a_reply_is_told_where_the_mailbox_wants_it(desk_of, text_of):
    desk = desk_of("acknowledgement", "pending")
    _ask(desk)
    desk.answer(ANN, "#pending")
    mail = desk.received(JANES)[-1]
    assert len(desk.received(JANES)) == 2
    assert "waits for an answer from you" in text_of(mail)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Re: Printer [#1001]"
    assert mail["In-Reply-To"] == "<m1@customer.example>"


def test_pending_with_a_reply_in_the_same_mail_says_nothing_more(desk_of, text_of):
    desk = desk_of("acknowledgement", "pending")
    _ask(desk)
    desk.answer(ANN, "#pending\nWhich printer is it?")
    assert len(desk.received(JANES)) == 2
    assert text_of(desk.received(JANES)[-1]).strip() == "Which printer is it?"


def test_pending_is_told_nobody_outside_by_default(desk):
    desk.write(JANE)
    desk.answer(ANN, "#pending")
    assert len(desk.received(JANES)) == 1


def test_second_pending_is_no_news(desk_of):
    desk = desk_of("acknowledgement", "pending")
    _ask(desk)
    desk.answer(ANN, "#pending")
    desk.answer(ANN, "#pending 3d")
    assert len(desk.received(JANES)) == 2


def test_pending_of_a_batch_is_told_too(desk_of):
    desk = desk_of("acknowledgement", "pending")
    _ask(desk)
    desk.write(ANN, "support+control@acme.example", text="#1001 pending")
    assert len(desk.received(JANES)) == 2


def test_letter_about_pending_is_written_in_the_customers_language(desk_of, text_of):
    desk = desk_of("pending")
    _ask(desk, text=GERMAN, headers=UTF8)
    desk.answer(ANN, "#pending")
    assert "wartet auf eine Antwort von Ihnen" in text_of(desk.received(JANES)[-1])


def test_reopening_by_a_customers_answer_is_told_where_wanted(desk_of, text_of):
    desk = desk_of("solved", "reopened")
    _ask(desk)
    desk.answer(ANN, "#solved")
    desk.answer(JANE, "It burns again.")
    assert desk.ticket().status == "open"
    assert len(desk.received(JANES)) == 2
    assert "taken up again" in text_of(desk.received(JANES)[-1])


def test_reopening_is_told_nobody_outside_by_default(desk):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nUse water.")
    before = len(desk.received(JANES))
    desk.answer(JANE, "It burns again.")
    assert len(desk.received(JANES)) == before


def test_thanks_reopen_nothing_and_are_told_nothing(desk_of):
    desk = desk_of("reopened")
    _ask(desk)
    desk.answer(ANN, "#solved\nUse water.")
    before = len(desk.received(JANES))
    desk.answer(JANE, "Thanks!")
    assert len(desk.received(JANES)) == before


def test_machine_that_reopens_is_not_answered(desk_of):
    desk = desk_of("solved", "reopened")
    _ask(desk)
    desk.answer(ANN, "#solved")
    last = desk.received(JANES)[-1]
    headers = f"Precedence: bulk\r\nIn-Reply-To: {last['Message-ID']}\r\n"
    before = len(desk.received(JANES))
    desk.write(JANE, text="The printer burns again.", headers=headers)
    assert desk.ticket().status == "open"
    assert len(desk.received(JANES)) == before


def test_reopening_by_an_agent_is_told_where_wanted(desk_of, text_of):
    desk = desk_of("reopened")
    _ask(desk)
    desk.answer(ANN, "#solved")
    before = len(desk.received(JANES))
    desk.answer(ANN, "#reopen")
    assert len(desk.received(JANES)) == before + 1
    assert "taken up again" in text_of(desk.received(JANES)[-1])


def test_closing_asks_how_it_was_with_a_link_to_the_page(desk_of, text_of):
    desk = desk_of(*RATED)
    _ask(desk)
    desk.answer(ANN, "#solved\nUse water.")
    before = len(desk.received(JANES))
    desk.pass_time(WEEK)
    assert desk.ticket().status == "closed"
    mail = desk.received(JANES)[-1]
    assert len(desk.received(JANES)) == before + 1
    (link,) = [w for w in text_of(mail).split() if w.endswith("#rating")]
    assert link.startswith("https://help.acme.example/t/1001.")
    assert link.removesuffix("#rating") in mail.as_string()
    token = link.removesuffix("#rating").rpartition("/")[2]
    assert desk.app.visit.rate(token, 5)


def test_question_is_asked_once_however_often_is_looked(desk_of):
    desk = desk_of(*RATED)
    _ask(desk)
    desk.answer(ANN, "#solved\nUse water.")
    for _ in range(3):
        desk.pass_time(WEEK)
    asked = [m for m in desk.received(JANES) if "#rating" in m.as_string()]
    assert len(asked) == 1


def test_nobody_is_asked_how_it_was_by_default(desk):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nUse water.")
    before = len(desk.received(JANES))
    desk.pass_time(WEEK)
    assert desk.ticket().status == "closed"
    assert len(desk.received(JANES)) == before


def test_who_has_rated_already_is_not_asked(desk_of, text_of):
    desk = desk_of(*RATED)
    _ask(desk)
    desk.answer(ANN, "#solved")
    words = text_of(desk.received(JANES)[-1]).split()
    (link,) = [word for word in words if "/t/" in word]
    assert desk.app.visit.rate(link.rpartition("/")[2], 4)
    before = len(desk.received(JANES))
    desk.pass_time(WEEK)
    assert desk.ticket().status == "closed"
    assert len(desk.received(JANES)) == before


def test_agent_who_asked_is_asked_nothing(desk_of):
    desk = desk_of(*RATED)
    desk.write("Bob Baker <bob@acme.example>", "help@acme.example")
    desk.answer(ANN, "#solved")
    before = len(desk.received("bob@acme.example"))
    desk.pass_time(WEEK)
    assert desk.ticket().status == "closed"
    assert len(desk.received("bob@acme.example")) == before


def test_solved_letter_of_a_silent_customers_ticket_can_be_switched_off(desk_of):
    desk = desk_of("acknowledgement", relay_keys='[pending]\nsolve_after = "2 days"')
    _ask(desk)
    desk.answer(ANN, "#pending\nWhich printer is it?")
    before = len(desk.received(JANES))
    desk.pass_time(timedelta(days=2, minutes=1))
    assert desk.ticket().status == "solved"
    assert len(desk.received(JANES)) == before


def test_assignee_is_told_when_the_term_of_pending_is_over(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#take\n#pending 3d")
    before = len(desk.received(ANNS))
    others = len(desk.received("bob@acme.example"))
    desk.pass_time(timedelta(days=3, minutes=1))
    told = [m for m in desk.received(ANNS)[before:] if "is over" in text_of(m)]
    assert len(told) == 1
    assert text_of(told[0]).startswith("Your reply goes to Jane Doe.")
    assert not [
        m for m in desk.received("bob@acme.example")[others:] if "is over" in text_of(m)
    ]


def test_team_is_told_of_the_end_of_pending_where_nobody_is_assigned(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#pending 3d")
    desk.pass_time(timedelta(days=3, minutes=1))
    for address in (ANNS, "bob@acme.example"):
        assert any("is over" in text_of(m) for m in desk.received(address))


def test_assignee_is_told_what_a_colleague_did_but_not_what_he_did(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#take")
    before = len(desk.received(ANNS))
    desk.answer(ANN, "#pending")
    assert len(desk.received(ANNS)) == before
    desk.answer(CHIEF, "#reopen", to_last_of=ANNS)
    desk.answer(CHIEF, "#solved", to_last_of=ANNS)
    desk.answer(CHIEF, "#reopen", to_last_of=ANNS)
    news = [text_of(m) for m in desk.received(ANNS)[before:]]
    assert len(news) == 1
    assert "chief@acme.example has opened this ticket again" in news[0]


def test_assignee_learns_that_the_customer_was_asked(desk_of, text_of):
    desk = desk_of(*RATED)
    _ask(desk)
    desk.answer(ANN, "#take\n#solved\nUse water.")
    desk.pass_time(WEEK)
    assert "has been asked how we did" in text_of(desk.received(ANNS)[-1])


def test_batch_that_solves_two_tickets_tells_both_customers(desk, text_of):
    desk.write(JANE)
    desk.write("Max <max@other.example>", subject="Chair")
    desk.write(ANN, "support+control@acme.example", text="#1001 solved\n#1002 solved")
    for address in (JANES, "max@other.example"):
        assert "is solved" in text_of(desk.received(address)[-1])
