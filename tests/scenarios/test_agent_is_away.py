"""An agent is away: others are told in his place, until he is back."""

from datetime import timedelta

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_mail_of_an_absent_assignee_goes_to_the_team_until_he_is_back(desk):
    desk.write(JANE)
    desk.answer(ANN, "#take")
    desk.write(ANN, subject="away", text="#away 3d")
    assert len(desk.tickets()) == 1
    assert desk.ledger()[-1].disposition == "COMMAND"
    bob = len(desk.received("bob@acme.example"))
    desk.answer(JANE, "Are you there?")
    assert len(desk.received("bob@acme.example")) == bob + 1
    desk.pass_time(timedelta(days=3, minutes=1))
    bob = len(desk.received("bob@acme.example"))
    desk.answer(JANE, "And now, are you there?")
    assert len(desk.received("bob@acme.example")) == bob


def test_unclear_return_is_refused_with_a_hint(desk, text_of):
    desk.write(ANN, subject="away", text="#away for a while")
    assert "#away until Monday" in text_of(desk.received("ann@acme.example")[-1])


def test_command_that_needs_a_ticket_is_refused_on_a_mail_of_its_own(desk, text_of):
    desk.write(ANN, subject="solved?", text="#solved")
    assert desk.tickets() == []
    assert "on no ticket" in text_of(desk.received("ann@acme.example")[-1])
