"""Instants, spans and sizes as people read them, in the visitor's language."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_timezone_name
from flask import g
from markupsafe import Markup, escape

from web.texts import gettext, language, ngettext

_LINK = re.compile(r"(https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}])")
_REORDERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_NAME = 80  # characters of a file's name that a page shows
UNITS = ("B", "kB", "MB", "GB")
_PATTERNS = {  # the year is said where it is not this one
    ("en", True): "EEE d MMM, HH:mm",
    ("en", False): "EEE d MMM y, HH:mm",
    ("de", True): "EEE d. MMM, HH:mm",
    ("de", False): "EEE d. MMM y, HH:mm",
}


def iso(at: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with milliseconds."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def when(at: datetime, zone: str) -> str:
    """Return an instant in a zone, without the zone's name."""
    local = at.astimezone(ZoneInfo(zone))
    now: datetime | None = g.get("now")
    this_year = now is not None and now.year == local.year
    return format_datetime(local, _PATTERNS[language(), this_year], locale=language())


def zone_name(at: datetime, zone: str) -> str:
    """Return what people call a zone at that time: "Central European Time"."""
    if zone in ("UTC", "Etc/UTC"):
        return "UTC"
    name: str = get_timezone_name(
        at.astimezone(ZoneInfo(zone)), locale=language(), width="long"
    )
    return name


def span(length: timedelta, *, days: bool = True) -> str:
    """Return a duration in its two largest units: 2 days 3 hours, or 51 hours."""
    minutes = max(0, round(length.total_seconds() / 60))
    if length < timedelta(minutes=1):
        return gettext("less than a minute")
    whole, rest = divmod(minutes, 1440) if days else (0, minutes)
    hours, minutes = divmod(rest, 60)
    parts = []
    if whole:
        parts.append(ngettext("%d day", "%d days", whole) % whole)
    if hours:
        parts.append(ngettext("%d hour", "%d hours", hours) % hours)
    if minutes and not whole:
        parts.append(ngettext("%d minute", "%d minutes", minutes) % minutes)
    return " ".join(parts)


def size(octets: int) -> str:
    """Return a file's size in the largest unit that leaves a whole number."""
    value, unit = float(octets), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {UNITS[unit]}" if unit == 0 else f"{value:.1f} {UNITS[unit]}"


def honest(name: str) -> str:
    """Return a file's name without the characters that would show it in another order.

    U+202E before "gpj.exe" reads "exe.jpg" (UTR 36, 3.1.1).
    """
    return _REORDERING.sub("", name)


def file_name(name: str) -> str:
    """Return a file's name to be shown: honest, and a long one with its ending."""
    name = honest(name)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 21]}…{name[-20:]}"


def mailto(address: str, subject: str = "", body: str = "") -> str:
    """Return a mailto link (RFC 6068); line ends in the body are CRLF."""
    fields = [("subject", subject), ("body", body.replace("\n", "\r\n"))]
    query = "&".join(
        f"{name}={quote(value, safe='')}" for name, value in fields if value
    )
    return f"mailto:{quote(address, safe='@+.')}" + (f"?{query}" if query else "")


def paragraphs(text: str) -> Markup:
    """Return plain text as it was written, with its bare links to be followed."""
    pieces = _LINK.split(text)
    made = [
        Markup('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>').format(piece)
        if at % 2
        else escape(piece)
        for at, piece in enumerate(pieces)
    ]
    return Markup("").join(made)
