"""Taking an archive in: old mail in order of time, on a clock that stands where it was.

Each mail goes the way of all mail, but nobody is written to. Between two mails the clock
goes from one due instant to the next, so that reminders, breaches and the closing of
solved tickets are recorded as they would have been. What was taken is known by its
content, so an import that was cut off goes on where it was.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from mailroom.desk.act import Outcome
from mailroom.desk.intake import Intake
from mailroom.desk.office import Office
from mailroom.desk.quiet import ARCHIVE, IMPORTED, UNDER_WAY
from mailroom.desk.reload import know_years
from mailroom.desk.trust import TrustPort, Verdict
from mailroom.desk.watch import Watch, just_before
from mailroom.message.address import domain_of
from mailroom.message.model import Envelope, Message
from mailroom.notice.audience import Audience
from mailroom.store.contract import Arrival, Inbound
from mailroom.ticket.model import InboundId

AHEAD_YEARS = 6  # of holidays, for what is still open after an import
FIRST_YEAR = 1970  # that calendars know the holidays of
CHUNK = 20  # mails that are kept before they are processed


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """A mail of an archive: when it arrived, its content's key, and how to read it."""

    at: datetime
    key: str  # equal for two copies of the same octets
    read: Callable[[], tuple[Envelope, bytes]]


@dataclass(frozen=True, slots=True)
class ArchiveTrust:
    """Believes an archive: who is named as an agent there was one.

    An archive is the admin's own file, and nothing in it is sent or carried out on the
    outside; of customers it proves no more than `other` finds.
    """

    audience: Audience
    other: TrustPort

    def __call__(self, inbound: Inbound, message: Message) -> Verdict:
        """Return the verdict on one mail of an archive."""
        verdict = self.other(inbound, message)
        senders = message.senders
        if len(senders) != 1 or self.audience.agent(senders[0].address) is None:
            return verdict
        domain, why = domain_of(senders[0].address), "an archive is believed"
        return replace(
            verdict, authenticated=True, by="archive", domain=domain, evidence=why
        )


class Clock:
    """Where time stands; `office.now` of an import asks it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the instant that it stands at."""
        return self.at


class Import:
    """One import, from the first mail to the present.

    `office` has `clock.now` for its clock. Letters are queued for what happens from
    `notify_since` on, for nothing where it is None.
    """

    def __init__(
        self,
        office: Office,
        trust: TrustPort,
        clock: Clock,
        until: datetime,
        notify_since: datetime | None = None,
    ) -> None:
        self._office, self._store = office, office.store
        self._clock, self._until = clock, until
        self._since = notify_since
        believed = ArchiveTrust(office.audience, trust)
        self._quietly = Intake(replace(office, quiet=IMPORTED), believed)
        self._aloud = Intake(office, believed)
        self._watch = Watch(office)  # quiet for archived tickets by what is remembered

    def begin(self) -> list[Outcome]:
        """Say that an import is under way, and end what one that was cut off began.

        From where the clock stands up to the present, calendars then know their holidays.
        """
        first = max(self._clock.at.year - 1, FIRST_YEAR)
        know_years(self._office, first, self._until.year + AHEAD_YEARS)
        self._under_way("yes")
        waiting = self._store.waiting_inbound(10 * CHUNK)
        rows = (self._store.inbound(id) for id in waiting)
        left = [row for row in rows if row is not None and row.door == ARCHIVE]
        return [o for row in left if (o := self._process(row.id, row.received_at))]

    def take(self, mails: Iterable[Archived]) -> Iterator[Outcome | None]:
        """Take mails that come in order of time; None for each that was known."""
        coming = iter(mails)
        while chunk := list(islice(coming, CHUNK)):
            arrivals = [_arrival(mail) for mail in chunk]
            ids = self._quietly.accept(arrivals)
            for mail, id in zip(chunk, ids, strict=True):
                yield self._process(id, mail.at) if id is not None else None

    def finish(self) -> None:
        """Let time pass up to the present; from here on it is a desk like any other."""
        self._pass_time(self._until)
        self._under_way("")

    def _process(self, id: InboundId, at: datetime) -> Outcome | None:
        self._pass_time(just_before(at))
        self._clock.at = at
        intake = self._aloud if self._is_news(at) else self._quietly
        return intake.process(id)

    def _pass_time(self, until: datetime) -> None:
        """Go from one due instant to the next, and look at the clocks at each."""
        while (due := self._store.next_due_at()) is not None and due <= until:
            if self._is_news(due):
                self._under_way("")
            self._clock.at = due
            self._watch.sweep()
        self._clock.at = until

    def _is_news(self, at: datetime) -> bool:
        return self._since is not None and at >= self._since

    def _under_way(self, value: str) -> None:
        if (self._store.recall(UNDER_WAY) or "") != value:
            with self._store.transaction():
                self._store.remember(UNDER_WAY, value)


def _arrival(mail: Archived) -> Arrival:
    envelope, raw = mail.read()
    return Arrival(
        door=ARCHIVE,
        envelope=envelope,
        raw=raw,
        received_at=mail.at,
        source_key=f"{ARCHIVE}:{mail.key}",
    )
