"""Holidays as written: a region (`DE-BE`), every year (`12-24`), one date.

Regions are those of the `holidays` package, an optional extra, imported only where a
region is named. `02-29` exists in leap years only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from rules.errors import RulesError
from rules.hours import parse_date

_REGION = re.compile(r"([A-Z]{2,3})(?:-(\S.*))?")


@dataclass(frozen=True, slots=True)
class Holiday:
    """One entry of `holidays`; one of `region`, `yearly` and `day` is set."""

    text: str
    region: str | None = None
    yearly: tuple[int, int] | None = None  # month, day
    day: date | None = None

    @classmethod
    def parse(cls, text: str) -> "Holiday":
        """Read one entry of `holidays`. Raises RulesError.

        A region is looked up at once, so that a misspelt one, or a missing `holidays`
        package, is a fault of the file and not of a ticket's clock.
        """
        written = text.strip()
        if re.fullmatch(r"\d\d-\d\d", written, re.ASCII):
            return cls(written, yearly=_parse_yearly(written))
        if written[:1].isdigit():
            return cls(written, day=parse_date(written))
        _check_region(written)
        return cls(written, region=written)


def _parse_yearly(text: str) -> tuple[int, int]:
    month, day = int(text[:2]), int(text[3:])
    try:
        date(2000, month, day)  # a leap year: 02-29 is a date of some years
    except ValueError:
        raise RulesError(f"{text!r} is no date of any year (MM-DD)") from None
    return month, day


def _package() -> Any:
    try:
        import holidays
    except ImportError:
        raise RulesError(
            "holidays of a region need the package `holidays`, which is not installed; "
            "install mailroom-helpdesk[holidays] or name the dates"
        ) from None
    return holidays


def _check_region(text: str) -> None:
    form = 'write a region like "DE" or "DE-BE", "12-24" or "2026-12-31"'
    match = _REGION.fullmatch(text)
    if match is None:
        raise RulesError(f"{text!r} is no holiday; {form}")
    supported: dict[str, list[str]] = _package().list_supported_countries(
        include_aliases=True
    )
    country, part = match[1], match[2]
    if country not in supported:
        raise RulesError(f"{text!r}: no holidays are known for {country!r}; {form}")
    if part is not None and part not in supported[country]:
        known = sorted(set(supported[country]))
        near = get_close_matches(part, known, 1, 0.3)
        meant = f"did you mean {country}-{near[0]}?" if near else f"write {country!r}"
        raise RulesError(f"{text!r}: {country} has no part {part!r}; {meant}")


@lru_cache(maxsize=1024)
def region_holidays(region: str, year: int) -> Mapping[date, str]:
    """Return the public holidays of a region in one year with their local names.

    Raises RulesError where the package is missing.
    """
    country, _, part = region.partition("-")
    known = getattr(_package(), country)
    language = known.default_language  # not that of the machine's locale
    found = known(subdiv=part or None, years=year, language=language)
    return {day: str(found[day]) for day in sorted(found) if day.year == year}
