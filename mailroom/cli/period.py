"""Instants as people name them on a command line: a date, a time, or how long ago."""

from datetime import UTC, datetime

import click

from mailroom.setting import read_duration


class Instant(click.ParamType[datetime | str]):
    """`2026-11-01`, `2026-11-01T09:00:00+01:00`, or `90d` for that long before now.

    A date is its midnight in UTC; a time without an offset is this machine's.
    """

    name = "TIME"

    def convert(
        self,
        value: str,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime | str:
        """Return an aware instant, or the text of a span for `ago`; fails otherwise."""
        try:
            read_duration(value)
        except ValueError:
            return self._instant(value, param, ctx)
        return value

    def _instant(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            if len(value) == len("2026-11-01"):
                return datetime.fromisoformat(value).replace(tzinfo=UTC)
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f'"{value}" is no time; write 2026-11-01 or 90d', param, ctx)


def at(given: datetime | str | None, now: datetime) -> datetime | None:
    """Return the instant that was given; a span counts back from `now`."""
    return now - read_duration(given) if isinstance(given, str) else given
