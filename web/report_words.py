"""Reports in words: what a list counts, what is left out of the figures and why."""

from datetime import timedelta

from babel.dates import format_date

from mailroom.report.attainment import DIMENSIONS
from web.formats import when
from web.report_query import LEFT_OUT, OUTCOMES, STATES, Asked, instant
from web.report_view import day, length, number
from web.texts import gettext as _
from web.texts import language, ngettext
from web.words import metric_name

__all__ = ["DIMENSIONS", "counted", "dimension", "group", "narrowed", "reason", "span"]


def dimension(name: str) -> str:
    """Return what figures are grouped by."""
    return {
        "policy": _("Policy"),
        "organization": _("Organization"),
        "domain": _("Domain"),
        "agent": _("Agent"),
        "team": _("Team"),
        "tag": _("Tag"),
        "week": _("Week"),
        "version": _("Rule version"),
    }[name]


def group(by: str, value: str | None) -> str:
    """Return the name of a group."""
    if not value:
        return _("none")
    if by == "week":
        return f"{value} · {day(value)}"
    return value[:12] if by == "version" else value


def span(asked: Asked) -> str:
    """Return the period in words."""
    first = format_date(asked.start, "d MMM y", locale=language())
    if asked.until is None:
        return _("From %s until now") % first
    last = format_date(asked.until, "d MMM y", locale=language())
    return _("From %(first)s until before %(last)s") % {"first": first, "last": last}


def reason(name: str) -> str:
    """Return why something is in no figure."""
    return {
        "running": _("still running: it is not decided yet"),
        "paused": _("paused: it is not decided yet"),
        "cancelled": _("no longer counted: solved without an answer, for instance"),
        "spam": _("spam: nobody was waiting there"),
        "merged": _("merged: the work went on in another ticket"),
        "no_policy": _("without a clock in this period: nothing was promised"),
        "automatic": _("auto-replies, receipts and bounces"),
        "duplicate": _("the same mail again"),
    }[name]


def unit(name: str, count: int) -> str:
    """Return of what there are so many."""
    if name in OUTCOMES:
        return ngettext("message", "messages", count)
    if name in LEFT_OUT or name == "backlog":
        return ngettext("ticket", "tickets", count)
    return ngettext("clock", "clocks", count)


def counted(asked: Asked, count: int) -> str:
    """Return how much is in a list, and of what."""
    name = "backlog" if asked.at else asked.state
    return f"{number(count)} {unit(name, count)}"


def state(name: str) -> str:
    """Return the state that a list of clocks is narrowed to."""
    return {
        "decided": _("decided"),
        "achieved": _("in time"),
        "breached": _("missed"),
        "running": _("running"),
        "paused": _("paused"),
        "cancelled": _("no longer counted"),
    }[name]


def narrowed(asked: Asked) -> list[str]:
    """Return all that narrows a list, in words."""
    if asked.at:
        at = instant(asked.at)
        return [_("unsolved at %s UTC") % when(at, "UTC")]
    found = [span(asked)]
    if asked.state in STATES:
        found.append(state(asked.state))
    elif asked.state:
        return [*found, reason(asked.state)]
    if asked.metric:
        found.append(metric_name(asked.metric))
    if asked.group is not None:
        found.append(f"{dimension(asked.by)}: {group(asked.by, asked.group)}")
    if asked.week:
        found.append(_("begun in week %s") % group("week", asked.week))
    if asked.late:
        found.append(_("missed in week %s") % group("week", asked.late))
    if asked.hour is not None:
        found.append(
            _("begun from %(hour)s:00 to %(hour)s:59 UTC")
            % {"hour": f"{asked.hour:02}"}
        )
    if asked.over is not None:
        found.append(_("longer than %s") % _length(asked.over))
    if asked.upto is not None:
        found.append(_("%s or less") % _length(asked.upto))
    return found


def _length(seconds: int) -> str:
    return length(timedelta(seconds=seconds))
