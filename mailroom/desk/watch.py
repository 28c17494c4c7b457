"""The sweep: what falls due is recorded and told, one transaction a ticket (T5).

Due tickets are found by an index on the next instant at which something happens, so the
cost follows the number due, never the number open. A sweep twice is a sweep once: fired
steps are events, and letters have dedupe keys.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from mailroom.desk.casefile import closes_at, flush, keep, load, reschedule
from mailroom.desk.letters.tell_escalation import folds_end, send_folded, tell
from mailroom.desk.office import Office
from mailroom.desk.quiet import quiet_for
from mailroom.desk.record import look_at_change
from mailroom.desk.reload import renew_calendars
from mailroom.desk.silence import end_silence, tell_silence
from mailroom.ticket.case import Case
from mailroom.ticket.deadline import Happening, advance
from mailroom.ticket.model import TicketId

log = logging.getLogger(__name__)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Watch:
    """Watches the clocks."""

    office: Office

    def sweep(self) -> int:
        """Handle every ticket that is due; return how many there were."""
        renew_calendars(self.office)
        store, now = self.office.store, self.office.now()
        count = 0
        while ids := store.due_tickets(now, BATCH):
            for id in ids:
                self.look(id, now)
            count += len(ids)
        return count + self._send_folded(now)

    def _send_folded(self, now: datetime) -> int:
        at = folds_end(self.office)
        if at is None or at > now:
            return 0
        with self.office.store.transaction():
            send_folded(self.office, now)
        return 1

    def look(self, id: TicketId, now: datetime) -> None:
        """Handle one ticket."""
        with self.office.store.transaction(durable=False):
            case = load(self.office, id, now)
            if case is None:
                return
            office = quiet_for(self.office, case)
            happenings = catch_up(office, case, now)
            silences = end_silence(office, case, now)
            keep(office, case, now)
            tell_silence(office, case, silences, now)
            tell(office, case, happenings, now)
            flush(office, case)
            if silences:
                reschedule(office, case, now)

    def next_at(self) -> datetime | None:
        """Return when something falls due next."""
        instants = (self.office.store.next_due_at(), folds_end(self.office))
        return min((at for at in instants if at is not None), default=None)


def catch_up(office: Office, case: Case, until: datetime) -> tuple[Happening, ...]:
    """Record what falls due by `until`; the caller keeps the case and then tells."""
    return advance(
        case,
        office.rules.versions,
        until,
        office.store.person_for,
        partial(look_at_change, office, by_step=True),
        office.config.close_after,
    )


def close_in_time(office: Office, case: Case, at: datetime, now: datetime) -> None:
    """Close a ticket whose time was over before a mail came at `at`, as the sweep would.

    Which of the two looks at it first must not matter.
    """
    due = closes_at(office, case.ticket)
    if due is None or due >= at:
        return
    happenings = catch_up(office, case, just_before(at))
    keep(office, case, now)
    tell(office, case, happenings, now)
    flush(office, case)


def just_before(at: datetime) -> datetime:
    """Return the last instant before an event at `at`: steps at `at` come after it."""
    return at - timedelta(milliseconds=1)
