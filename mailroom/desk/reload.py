"""Another edition of the rules in force: changed files, or calendars for later years.

All or nothing: what cannot be loaded leaves everything as it was, and the admins are
told. What past decisions name stays as it was in any case.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from mailroom.desk.letters.alarm import rules_refused
from mailroom.desk.office import Office
from mailroom.ticket.edition import Edition
from rules.errors import RulesError
from rules.loader import load, load_texts
from rules.ruleset import RuleSet

log = logging.getLogger(__name__)
AHEAD = timedelta(days=366)  # how far calendars must know their holidays


def reload_rules(office: Office) -> bool:
    """Put the rule files in force as they are now; False: the old stay in force."""
    return _replace(office, lambda now: load(office.config.rules, now))


def renew_calendars(office: Office) -> bool:
    """Resolve the calendars of the set in force anew where time has run past them.

    Looked at by every use case that runs by itself; outside a transaction.
    """
    edition, now = office.rules.edition, office.now()
    if edition.covers(now + AHEAD) or office.rules.renewed_in == now.year:
        return False
    office.rules.renewed_in = now.year
    return _replace(office, lambda now: load_texts(edition.ruleset.sources, now))


def know_years(office: Office, first: int, last: int) -> None:
    """Resolve the calendars in force for those years: of an archive that is taken in."""
    sources, now = office.rules.edition.ruleset.sources, office.now()
    office.rules.replace(Edition(load_texts(sources, now, years=(first, last))))


def _replace(office: Office, read: Callable[[datetime], RuleSet]) -> bool:
    try:
        edition = Edition(read(office.now()))
    except (RulesError, OSError) as error:
        log.error("rules not reloaded, the old ones stay in force: %s", error)
        rules_refused(office, error)
        return False
    office.rules.replace(edition)
    log.info("rules reloaded: %s", edition.key)
    return True
