"""The backlog: how events move a ticket in and out of it."""

import pytest

from mailroom.report.backlog import NEVER_OPENED, UNSOLVED, moved


@pytest.mark.parametrize(
    ("kinds", "is_unsolved"),
    [
        ("opened", True),
        ("opened solve", False),
        ("opened solve close", False),
        ("opened solve reopen", True),
        ("opened merge", False),
        ("opened spam", False),
        ("opened spam notspam", True),
        ("opened solve spam notspam", False),
        ("opened spam reopen", False),
        ("opened spam solve reopen notspam", True),
        ("opened solve solve reopen", True),
    ],
)
def test_a_ticket_is_unsolved_from_its_opening_to_its_end(
    kinds: str, is_unsolved: bool
) -> None:
    state = NEVER_OPENED
    for kind in kinds.split():
        state = moved(state, kind)
    assert (state == UNSOLVED) is is_unsolved
