"""A solved ticket that an agent sets to pending waits for the customer again."""

from datetime import timedelta

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"


def test_solved_ticket_set_to_pending_waits_and_then_goes_on(desk):
    desk.write(JANE)
    desk.answer(ANN, "#solved\nDone.")
    desk.pass_time(timedelta(hours=1))
    desk.answer(ANN, "#pending 2h\nNot quite: which of the two is it?")
    assert desk.ticket().status == "pending"
    assert desk.clock_of("resolution").state == "paused"
    desk.pass_time(timedelta(hours=3))
    assert desk.ticket().status == "open"
    assert desk.clock_of("resolution").state == "running"
