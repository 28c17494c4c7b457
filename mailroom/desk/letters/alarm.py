"""Letters to the admins about the rules themselves: a bad reload, a rule that fails.

Each fault is told once a day, however often it is met and by however many processes.
"""

import logging
from collections.abc import Sequence
from hashlib import sha256

from mailroom.desk.letters.post import Letter, queue, words
from mailroom.desk.office import Office
from mailroom.message.model import Mailbox
from mailroom.notice.audience import Told
from mailroom.ticket.token import NO_TICKET, Permission, Token
from rules.decision import Failure
from rules.errors import RuleFileError

log = logging.getLogger(__name__)
MOST_FAULTS = 50  # of a bad set that a letter lists


def rules_refused(office: Office, error: Exception) -> None:
    """Tell the admins that changed rules were not put in force, and why."""
    faults = error.faults if isinstance(error, RuleFileError) else ()
    lines = [str(fault) for fault in faults] or [str(error)]
    left = len(lines) - MOST_FAULTS
    shown = [*lines[:MOST_FAULTS], *([f"({left} more)"] if left > 0 else [])]
    fault = sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:16]
    with office.store.transaction():
        _alarm(
            office,
            f"rules refused:{fault}",
            "The rules were not reloaded",
            "The rule files have changed, but cannot be used:",
            shown,
            "The rules in force before stay in force. `mailroom rules check` shows the"
            " same; once the files are right they are taken by themselves.",
        )


def rules_failed(office: Office, failures: Sequence[Failure]) -> None:
    """Count rules that failed at run time and tell the admins. Inside a transaction."""
    for failure in failures:
        log.warning("rule failed rule=%r: %s", failure.rule, failure.error)
        key = f"rule failures:{failure.rule}"
        before = int(office.store.recall(key) or 0)
        office.store.remember(key, str(before + 1))
        _alarm(
            office,
            f"rule failed:{failure.rule}:{failure.error}",
            f'The rule "{failure.rule}" failed',
            f'The rule "{failure.rule}" could not be evaluated and was skipped:',
            [failure.error],
            f"It has failed {before + 1} times so far. `mailroom explain N` shows for a"
            " ticket which part of its condition failed, and with which values.",
        )


def failures_of(office: Office, rule: str) -> int:
    """How often a rule has failed at run time."""
    return int(office.store.recall(f"rule failures:{rule}") or 0)


def _alarm(
    office: Office,
    key: str,
    subject: str,
    verdict: str,
    lines: Sequence[str],
    advice: str,
) -> None:
    now = office.now()
    values = {"subject": subject, "verdict": verdict, "lines": lines, "advice": advice}
    written = words(office, "alarm", "en", values)
    for told in office.audience.admins():
        letter = _letter(office, f"{key}:{now:%Y-%m-%d}:{told.address}", told)
        queue(office, None, letter, written, now)


def _letter(office: Office, key: str, told: Told) -> Letter:
    name = told.agent.name if told.agent else ""
    person = office.store.person_for(told.address, name)
    return Letter(
        name="alarm",
        dedupe_key=key,
        to=(Mailbox(told.address, name),),
        reasons={told.address: told.why},
        mailbox=office.book.mailboxes[0].address,
        token=Token(NO_TICKET, Permission.INTERNAL, person),
    )
