"""Report mails: the weekly report, the morning's digest, what a shadow rule set differs in.

Each goes to one reader as his working day begins (`notice.morning`), once: which of his
days were seen to is a fact kept with the letter, and the letter has a dedupe key. So
restarts, several workers and a lost queue change nothing; a day that passed while the
desk was down is skipped. Where there is nothing to say there is no letter.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mailroom.desk.letters.post import Letter, queue, words
from mailroom.desk.office import Office
from mailroom.desk.reports.contents import Content, Contents
from mailroom.desk.reports.post_health import post_health
from mailroom.errors import MailroomError, StoreBusy
from mailroom.message.address import normalize
from mailroom.message.model import Mailbox
from mailroom.notice.audience import Reader
from mailroom.notice.letters import Written
from mailroom.notice.morning import (
    WEEKDAYS,
    Issue,
    daily,
    last_told,
    midnight,
    monday,
    opens_week,
    today,
    weekly,
)
from mailroom.ticket.token import NO_TICKET, Permission, Token
from rules.calendar import ALWAYS_NAME, Calendar

log = logging.getLogger(__name__)
AGAIN = timedelta(minutes=1)  # after a fault
NEVER = datetime.max.replace(tzinfo=UTC)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
Next = Callable[
    [Calendar, date | None, datetime, datetime | None], tuple[date, datetime] | None
]


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the report mails."""

    name: str  # of its letter
    content: Content
    is_on: bool
    next: Next
    is_for: Callable[[Reader], bool]


class Mailing:
    """Sends report mails."""

    def __init__(self, office: Office, contents: Contents) -> None:
        self._office = office
        reports = office.config.reports
        self._kinds = (
            Kind("digest", contents.digest, reports.digest, daily, lambda _: True),
            Kind("weekly", contents.weekly, reports.weekly, weekly, _has_figures),
            Kind(
                "shadow",
                contents.shadow,
                office.config.shadow is not None,
                daily,
                lambda reader: reader.admin,
            ),
        )
        self._next: datetime | None = None  # None: not known, look
        self._under = ""  # the edition whose calendars said so

    def next_at(self) -> datetime:
        """Return when the next report mail is due; NEVER where there are none."""
        edition = self._office.rules.edition.key
        if self._next is None or self._under != edition:
            self._under = edition
            self._next = min((at for *_, at in self._ahead()), default=NEVER)
        return self._next

    def sweep(self) -> int:
        """Send what is due; return how many readers were seen to."""
        now, count, failed = self._office.now(), 0, False
        self._under = self._office.rules.edition.key
        self._next = now + AGAIN  # where a fault keeps us from the end
        for kind, reader, day, at in self._ahead():
            if at > now or self._office.stopping.is_set():
                continue
            try:
                self._send(kind, self._issue(kind, reader, day, now))
                count += 1
            except StoreBusy:
                raise
            except Exception:
                # One reader's mail must not keep the others from theirs; it is tried
                # again as long as its day lasts.
                log.exception("report mail %s of day=%s failed", kind.name, day)
                failed = True
        self._next = now + AGAIN if failed else None
        return count

    def show(self, name: str, address: str | None) -> Written:
        """Write a report mail as somebody would get it now. Sends nothing.

        MailroomError: nobody of that address gets such a mail.
        """
        kind = next(kind for kind in self._kinds if kind.name == name)
        readers = [r for r in self._office.audience.readers() if kind.is_for(r)]
        agent = self._office.audience.agent(address) if address else None
        wanted = normalize(agent.address if agent else address or "")
        chosen = [r for r in readers if normalize(r.address) == wanted]
        if address is None:
            chosen = sorted(readers, key=lambda reader: not reader.admin)
        if not chosen:
            known = ", ".join(r.address for r in readers) or "nobody"
            raise MailroomError(
                f"{address or 'nobody'} gets no letter {name}; it is for {known}"
            )
        now, reader = self._office.now(), chosen[0]
        day = today(self._calendar_of(reader), now)
        day = monday(day) if name == "weekly" else day
        issue = self._issue(kind, reader, day, now)
        return self._written(kind, self._values(kind, issue))

    def _ahead(self) -> Iterator[tuple[Kind, Reader, date, datetime]]:
        """Yield what each reader gets next: for which day, and when."""
        office, now = self._office, self._office.now()
        for kind in self._kinds:
            if not kind.is_on:
                continue
            for reader in office.audience.readers():
                if not kind.is_for(reader):
                    continue
                told, _ = self._seen_to(kind, reader)
                away = office.away_until(reader.address)
                found = kind.next(self._calendar_of(reader), told, now, away)
                if found is not None:
                    yield kind, reader, *found

    def _issue(self, kind: Kind, reader: Reader, day: date, now: datetime) -> Issue:
        calendar = self._calendar_of(reader)
        if kind.name == "weekly":
            until = datetime(day.year, day.month, day.day, tzinfo=UTC)
            since = until - _WEEK
        else:
            told, seen_to = self._seen_to(kind, reader)
            again = told is not None and told >= day  # to be looked at once more
            since = last_told(calendar, None if again else seen_to, day)
            until = midnight(calendar, day + _DAY)
        return Issue(
            reader=reader,
            day=day,
            since=since,
            until=until,
            now=now,
            zone=calendar.timezone,
            opens_week=opens_week(calendar, day),
        )

    def _send(self, kind: Kind, issue: Issue) -> None:
        """Queue one letter and keep that its day was seen to, in one transaction."""
        store, reader = self._office.store, issue.reader
        values = self._values(kind, issue)  # read outside, for it may take a while
        with store.transaction():
            told, _ = self._seen_to(kind, reader)
            if told is not None and told >= issue.day:
                return  # another worker was quicker
            store.remember(_key(kind, reader), f"{issue.day} {issue.now.isoformat()}")
            if values["empty"]:
                return
            letter = self._letter(kind, issue)
            written = self._written(kind, values)
            id = queue(self._office, None, letter, written, issue.now)
        log.info("report mail %s day=%s outbound=%s", kind.name, issue.day, id)

    def _values(self, kind: Kind, issue: Issue) -> Mapping[str, Any]:
        values = kind.content(issue)
        if kind.name != "digest" or not issue.reader.admin:
            return values
        health = post_health(self._office, issue)
        return {
            **values,
            "health": health,
            "empty": values["empty"] and not health,
        }

    def _written(self, kind: Kind, values: Mapping[str, Any]) -> Written:
        office, box = self._office, self._office.book.mailboxes[0]
        language = office.letters.language(box.language)
        return words(office, kind.name, language, values, box.address)

    def _letter(self, kind: Kind, issue: Issue) -> Letter:
        reader = issue.reader
        person = self._office.store.person_for(reader.address, reader.name)
        why = "admin" if reader.admin else f"[reports] {kind.name}"
        return Letter(
            name=kind.name,
            dedupe_key=f"{kind.name}:{issue.day}:{normalize(reader.address)}",
            to=(Mailbox(reader.address, reader.name),),
            reasons={reader.address: why},
            mailbox=self._office.book.mailboxes[0].address,
            token=Token(NO_TICKET, Permission.INTERNAL, person),
        )

    def _seen_to(
        self, kind: Kind, reader: Reader
    ) -> tuple[date, datetime] | tuple[None, None]:
        """Return the last of his days that was seen to, and when that was."""
        kept = self._office.store.recall(_key(kind, reader))
        if not kept:
            return None, None
        day, at = kept.split()
        return date.fromisoformat(day), datetime.fromisoformat(at)

    def _calendar_of(self, reader: Reader) -> Calendar:
        """Return a reader's own calendar, else the default policy's, else weekdays."""
        rules = self._office.rules.edition.ruleset
        if reader.calendar is not None and reader.calendar in rules.calendars:
            return rules.calendars[reader.calendar]
        policy = rules.policies.get(rules.default_policy or "")
        if policy is None or policy.calendar == ALWAYS_NAME:
            return WEEKDAYS
        return rules.calendars[policy.calendar]


def _has_figures(reader: Reader) -> bool:
    return reader.admin or bool(reader.leads)


def _key(kind: Kind, reader: Reader) -> str:
    return f"told:{kind.name}:{normalize(reader.address)}"
