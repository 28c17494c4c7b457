"""When an absence ends."""

from datetime import UTC, datetime, timedelta

import pytest

from mailroom.ticket.away import until_when

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("until Monday", datetime(2026, 11, 29, 23, 0, tzinfo=UTC)),
        ("until tuesday", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        ("wed", datetime(2026, 11, 24, 23, 0, tzinfo=UTC)),
        ("until 2026-12-24", datetime(2026, 12, 23, 23, 0, tzinfo=UTC)),
        ("3d", NOW + timedelta(days=3)),
        ("off", NOW),
        ("t", None),
        ("until 2020-01-01", None),
        ("for a while", None),
    ],
)
def test_absence_ends_when_the_words_say(text: str, until: datetime | None) -> None:
    assert until_when(text, NOW, "Europe/Berlin") == until
