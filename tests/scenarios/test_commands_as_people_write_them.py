"""Commands as people and keyboards write them: done, or refused with a reason."""

from email.utils import parseaddr

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
BOB, CARL = "Bob Baker <bob@acme.example>", "Carl <carl@other.example>"
JANES, ANNS, BOBS = "jane@customer.example", "ann@acme.example", "bob@acme.example"
NOTHING_DONE = "Nothing was done, and nothing was sent to the customer."


@pytest.fixture
def asked(desk):
    """A desk with a question of Jane's."""
    desk.write(JANE)
    return desk


def people(desk, number=1001):
    """Return who takes part, and as what."""
    found = desk.app.store.participants(number)
    return {desk.app.office.person(p.person).address: p.role.value for p in found}


def assignee(desk):
    return desk.app.office.address(desk.ticket().assignee)


@pytest.mark.parametrize(
    "line",
    [
        "#assign bob",
        "#assign @bob",
        "#assign “bob”",
        "#assign ‘Bob Baker’",
        "#assign Bob Baker.",
        "#assign <bob@acme.example>",
        "#assign mailto:bob@acme.example",
        "#assign bob@acme.example<mailto:bob@acme.example>",
        "#assign [bob@acme.example](mailto:bob@acme.example)",
        "#assign: bob",
        "#assign—bob",
    ],
)
def test_agent_is_found_however_his_name_is_written(asked, line):
    asked.answer(ANN, line)
    assert assignee(asked) == BOBS


def test_me_is_who_writes(asked):
    asked.answer(ANN, "#assign me")
    assert assignee(asked) == ANNS


@pytest.mark.parametrize(
    ("line", "joined"),
    [
        ("#cc karl@x.example, carl@y.example", {"karl@x.example", "carl@y.example"}),
        ("#cc Karl Kalt <karl@x.example>", {"karl@x.example"}),
        ('#cc "Kalt, Karl" <karl@x.example>', {"karl@x.example"}),
        ("#cc karl@x.example<mailto:karl@x.example>", {"karl@x.example"}),
        ("#cc “karl@x.example”.", {"karl@x.example"}),
    ],
)
def test_people_are_copied_as_written(asked, text_of, line, joined):
    asked.answer(ANN, f"{line}\n\nSee below.")
    assert set(people(asked)) == {JANES, *joined}
    for address in joined:
        assert "See below." in text_of(asked.received(address)[-1])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("#cc support@acme.example", "our own address"),
        ("#cc support+1001.c1.abcdefghijklmnop@acme.example", "our own address"),
        ("#cc noreply@x.example", "nobody reads"),
        ("#cc bob@acme.example", "is an agent"),
        ("#cc karl@x.example and the others", "not an e-mail address"),
        ("#cc Karl <karl@x.example", "not an e-mail address"),
        ("#requester support@acme.example", "our own address"),
        ("#requester bob@acme.example", "is an agent"),
        ("#requester karl@x.example, carl@y.example", "one requester"),
        ("#uncc jane@customer.example", "is the requester"),
        ("#send", "no reply of yours is held"),
        ("#assign bob, ann", "no agent, or more than one"),
    ],
)
def test_who_cannot_take_part_is_refused(asked, text_of, line, why):
    asked.answer(ANN, f"{line}\n\nSee below.")
    assert people(asked) == {JANES: "requester"}
    assert len(asked.received(JANES)) == 1
    transcript = text_of(asked.received(ANNS)[-1])
    assert NOTHING_DONE in transcript
    assert why in transcript


def test_new_requester_is_written_to_first_and_the_former_is_copied(asked):
    asked.answer(
        ANN, "#requester Karl Kalt <karl@x.example>\n\nDear Karl, it is yours."
    )
    assert people(asked) == {"karl@x.example": "requester", JANES: "cc"}
    mail = asked.received("karl@x.example")[-1]
    assert mail["To"] == "Karl Kalt <karl@x.example>"
    assert mail["Cc"] == JANE


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ("#solved\n#pending 3d", "#solved"),
        ("#hold\n#reopen", "#hold"),
        ("#take\n#assign bob", "#take"),
        ("#priority high\n#priority low", "#priority high"),
        ("#spam\n#notspam", "#spam"),
    ],
)
def test_contradiction_is_refused(asked, text_of, lines, first):
    asked.answer(ANN, f"{lines}\n\nHello.")
    ticket = asked.ticket()
    assert (ticket.status, ticket.priority, ticket.assignee) == ("new", "normal", None)
    assert len(asked.received(JANES)) == 1
    assert f"contradicts {first}" in text_of(asked.received(ANNS)[-1])


def test_the_same_line_twice_is_no_contradiction(asked):
    asked.answer(ANN, "#solved\n#solved\n\nUse water.")
    assert asked.ticket().status == "solved"


@pytest.mark.parametrize(
    "text",
    [
        "Hi Jane,\n#note she is always like this",
        "Hi Jane,\n\n#solved",
        "Use water.\n\n#pending 3d\n\nAnn",
        "Use water.\n#solved Thanks, all done",
        "Use water.\n#solvd",
        "Use water.\n\u200b\uff03Solved.",
    ],
)
def test_command_below_the_text_never_reaches_the_customer(asked, text_of, text):
    asked.answer(ANN, text)
    assert asked.ticket().status == "new"
    assert len(asked.received(JANES)) == 1
    transcript = text_of(asked.received(ANNS)[-1])
    assert NOTHING_DONE in transcript
    assert "at the very top" in transcript


@pytest.mark.parametrize(
    "text",
    [
        "Dear Jane,\n#1042 is the same fault.\n#fff is white.",
        "Steps:\n# 1 open it\n# 2 close it\n## Heading",
        "Look at\n#helpdesk-news on the board\n#cool",
    ],
)
def test_text_with_number_signs_below_the_top_reaches_the_customer(
    asked, text_of, text
):
    asked.answer(ANN, text)
    assert text_of(asked.received(JANES)[-1]).replace("\r\n", "\n").strip() == text


@pytest.mark.parametrize(
    "text", ["#1042 is the same fault.", "#fff is white.", "# 1 one"]
)
def test_text_that_begins_with_a_number_sign_is_refused_with_a_hint(
    asked, text_of, text
):
    asked.answer(ANN, text)
    assert len(asked.received(JANES)) == 1
    transcript = text_of(asked.received(ANNS)[-1])
    assert NOTHING_DONE in transcript
    assert "#help" in transcript


def test_command_in_an_internal_answer_is_refused_below_its_text(asked, text_of):
    asked.answer(ANN, "#help")
    asked.answer(ANN, "I see.\n#take")
    assert asked.ticket().assignee is None
    assert "at the very top" in text_of(asked.received(ANNS)[-1])


@pytest.mark.parametrize(
    "signature",
    ["Ann", "Ann Archer\nAcme Support", "Best regards\nAnn", "Viele Grüße, Ann"],
)
def test_command_above_a_bare_signature_says_nothing_else(asked, text_of, signature):
    asked.answer(ANN, f"#solved\n\n{signature}")
    assert asked.ticket().status == "solved"
    assert "is solved" in text_of(asked.received(JANES)[-1])
    assert asked.received(JANES)[-1]["From"] == "Acme Support <support@acme.example>"


def test_signature_below_a_question_of_the_agents_goes_nowhere(asked):
    asked.answer(ANN, "#why?\n\nAnn Archer")
    assert len(asked.received(JANES)) == 1


@pytest.mark.parametrize(
    "line", ["#team Tier1", "#team “tier1”", "#policy Standard", "#away off."]
)
def test_case_quotes_and_full_stops_of_a_value_do_not_matter(asked, line):
    asked.answer(ANN, line)
    assert asked.ledger()[-1].reason is None
    assert asked.ticket().team == "tier1"


def test_tags_lose_their_mark_and_quotes(asked):
    asked.answer(ANN, "#tag #vip, “press”")
    asked.answer(ANN, "#tag “late”")
    assert set(asked.ticket().tags) >= {"vip", "late"}


# -- mails that open a ticket ----------------------------------------------------------


FORWARD = (
    "\n\n---------- Forwarded message ---------\nFrom: Jane Doe <jane@customer.example>\n"
    "Date: Tue, 24 Nov 2026 at 08:00\nSubject: Broken\nTo: Ann <ann@acme.example>\n\n"
    "It broke.\n"
)


def test_trial_of_a_forward_opens_nothing(desk, text_of):
    desk.write(ANN, subject="Fwd: Broken", text=f"#try\n#assign bob{FORWARD}")
    assert desk.tickets() == []
    assert desk.received(JANES) == []
    transcript = text_of(desk.received(ANNS)[-1])
    assert "this was a trial" in transcript
    assert "A ticket would be opened." in transcript


def test_command_below_the_words_of_a_forward_is_refused(desk, text_of):
    desk.write(ANN, subject="Fwd: Broken", text=f"For you.\n#assign bob{FORWARD}")
    assert desk.tickets() == []
    assert "at the very top" in text_of(desk.received(ANNS)[-1])


def test_ready_made_text_has_no_place_in_a_forward(make_desk, text_of, tmp_path):
    desk = make_desk(config='[canned]\nfolder = "canned"\n')
    folder = tmp_path / "desk" / "canned"
    folder.mkdir()
    (folder / "hello.txt").write_text("Hello from us.")
    desk.write(ANN, subject="Fwd: Broken", text=f"#canned hello{FORWARD}")
    assert desk.tickets() == []
    assert "with a reply on a ticket" in text_of(desk.received(ANNS)[-1])


def test_refusal_of_a_mail_that_went_to_customers_too_says_so(desk, text_of):
    to = "Carl <carl@other.example>, support@acme.example"
    desk.write(ANN, to, subject="Offer", text="#solvd\nDear Carl, here it is.")
    assert desk.tickets() == []
    transcript = text_of(desk.received(ANNS)[-1])
    assert "we have sent your mail to nobody" in transcript
    assert "It went past us to carl@other.example." in transcript
    assert NOTHING_DONE not in transcript


def test_question_in_a_forward_is_answered(desk, text_of):
    desk.write(ANN, subject="Fwd: Broken", text=f"#why{FORWARD}")
    assert len(desk.tickets()) == 1
    assert "deadlines are so" in text_of(desk.received(ANNS)[-1])


# -- batches ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["why", "show", "help", "try", "send", "release 7"])
def test_batch_refuses_what_needs_a_mail_of_its_own(asked, text_of, command):
    asked.write(ANN, "support+control@acme.example", text=f"#1001 {command}")
    transcript = text_of(asked.received(ANNS)[-1])
    assert "0 of 1 lines were done" in transcript
    assert "a mail of its own" in transcript


def test_batch_does_not_touch_a_merged_ticket(asked, text_of):
    asked.write(CARL, subject="Other")
    asked.write(ANN, "support+control@acme.example", text="#1002 merge 1001")
    asked.write(ANN, "support+control@acme.example", text="#1002 tag vip")
    assert "was merged into 1001" in text_of(asked.received(ANNS)[-1])
    assert asked.ticket(1002).tags == ()


# -- notes -----------------------------------------------------------------------------


def test_answer_to_a_note_stays_internal_and_reaches_who_wrote_it(asked, text_of):
    asked.answer(ANN, "#note Is she right? @bob")
    asked_him = asked.received(BOBS)[-1]
    assert text_of(asked_him).startswith("Your reply stays internal.")
    asked.answer(BOB, "No, she is wrong, but do not tell her.")
    assert len(asked.received(JANES)) == 1
    told = asked.received(ANNS)[-1]
    assert "she is wrong" in text_of(told)
    assert text_of(told).startswith("Your reply stays internal.")
    assert parseaddr(told["From"])[0] == "Bob Baker via Acme Support"


# -- what clients leave of our letter --------------------------------------------------


def test_letter_that_is_quoted_without_marks_leaves_nothing_of_itself(asked, text_of):
    letter = text_of(asked.received(ANNS)[-1]).replace("\r\n", "\n")
    asked.answer(ANN, f"Use water.\n\n{letter}")
    assert text_of(asked.received(JANES)[-1]).strip() == "Use water."


def test_letter_that_comes_back_as_it_was_is_no_answer(asked, text_of):
    letter = text_of(asked.received(ANNS)[-1]).replace("\r\n", "\n")
    asked.answer(ANN, letter)
    assert len(asked.received(JANES)) == 1
    assert "no words of its own" in text_of(asked.received(ANNS)[-1])
