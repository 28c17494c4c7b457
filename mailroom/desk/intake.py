"""From a mail at a door to its one visible outcome: accept (T1) and process (T2).

`accept` commits the raw bytes and the envelope, and that is all a `250` waits for.
`process` goes gather, decide, record in one transaction a message; no network inside.
Which use case a mail is for is a table, read from the top: the first that takes it wins.
A message that cannot be processed opens a stub ticket with its raw mail: nothing is lost
and nothing is hidden.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailroom.desk.act import Outcome
from mailroom.desk.casefile import keep, load
from mailroom.desk.health import heard_from
from mailroom.desk.incoming.candidates import find
from mailroom.desk.incoming.handlers import HANDLERS
from mailroom.desk.incoming.held import waits_for_confirmation
from mailroom.desk.incoming.refill import settle, stub_of
from mailroom.desk.incoming.sent import as_sent
from mailroom.desk.incoming.stub import open_stub
from mailroom.desk.office import Office
from mailroom.desk.orders.merge import join_ticket, link, resolved
from mailroom.desk.quiet import ARCHIVE
from mailroom.desk.reading import Reading, parse_inbound, read
from mailroom.desk.record import thread
from mailroom.desk.trust import TrustPending, TrustPort, Verdict
from mailroom.desk.watch import close_in_time
from mailroom.errors import StoreBusy
from mailroom.message.model import Message
from mailroom.store.contract import Arrival, Cursor, Inbound
from mailroom.ticket.case import Case
from mailroom.ticket.followup import Clue, Found
from mailroom.ticket.model import Disposition, InboundId
from mailroom.ticket.recipient import Place
from mailroom.ticket.token import Permission

log = logging.getLogger(__name__)
BATCH = 50
MOST_ATTEMPTS = 6  # a mail that was begun so often and never ended is not parsed again
TRUST_PATIENCE = timedelta(minutes=15)
TRUST_AGAIN = timedelta(seconds=20)


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The in-tray."""

    office: Office
    trust: TrustPort
    postponed: dict[InboundId, datetime] = field(default_factory=dict)  # until when

    def accept(self, arrivals: Sequence[Arrival]) -> list[InboundId | None]:
        """Keep mails for good: on return they are committed and fsynced (T1)."""
        with self.office.store.transaction():
            return self.office.store.add_inbound(arrivals)

    def accept_fetched(self, arrival: Arrival, cursor: Cursor) -> InboundId | None:
        """Keep a fetched mail and how far its folder has been read, as one."""
        with self.office.store.transaction():
            ids = self.office.store.add_inbound([arrival])
            self.office.store.save_cursor(cursor)
        return ids[0]

    def recipient(self, address: str, peer_is_trusted: bool) -> str:
        """Say at RCPT what an address is to us: "ok", "unknown" or "bad_token".

        A trusted relay has accepted the mail already, so a bad token counts as none.
        """
        place = self.office.book.judge(address).place
        if place is Place.UNKNOWN:
            return "unknown"
        bad = place is Place.BAD_TOKEN and not peer_is_trusted
        return "bad_token" if bad else "ok"

    def release(self, id: InboundId) -> str:
        """Process a quarantined mail again, trusted; return its outcome in words."""
        outcome = self.process(id, confirmed=True)
        if outcome is None:
            return "nothing to do"
        place = f", ticket {outcome.ticket}" if outcome.ticket is not None else ""
        return f"{outcome.disposition}{place}"

    def process_waiting(self, between: Callable[[], object] = _nothing) -> int:
        """Process all that waits, oldest first; return how many there were.

        `between`: called between batches, for some letters are queued already.
        """
        seen: set[InboundId] = set()
        while not self.office.stopping.is_set():
            batch = [row for row in self._next_batch() if row.id not in seen]
            if not batch:
                break
            if seen:
                between()
            seen.update(row.id for row in batch)
            for inbound in batch:
                if self.office.stopping.is_set():
                    break
                self._attempt(inbound, self._begun(inbound), False)
        return len(seen)

    def _next_batch(self) -> list[Inbound]:
        """Return the oldest rows to be tried now; fresh ones count as tried."""
        store, now = self.office.store, self.office.now()
        waiting = store.waiting_inbound(BATCH + len(self.postponed))
        due = [id for id in waiting if self.postponed.get(id, now) <= now][:BATCH]
        found = (row for row in map(store.inbound, due) if row is not None)
        rows = [row for row in found if row.door != ARCHIVE]
        fresh = [r.id for r in rows if not r.attempts and r.id not in self.postponed]
        if fresh:
            with store.transaction(durable=False):
                for id in fresh:
                    store.begin_attempt(id)
        return rows

    def _begun(self, inbound: Inbound) -> int:
        """Return how often a mail's processing was cut off.

        A batch that was cut off is tried mail by mail: only the one that does it counts
        again. A mail that waits for its verdict was cut off by nobody.
        """
        if inbound.id in self.postponed:
            return 0
        if inbound.attempts:
            with self.office.store.transaction(durable=False):
                self.office.store.begin_attempt(inbound.id)
        return inbound.attempts

    def process(self, id: InboundId, *, confirmed: bool = False) -> Outcome | None:
        """Process one mail (T2); None: it was processed before, or must wait.

        `confirmed`: a held mail whose author has confirmed it, or that was released.
        """
        inbound = self.office.store.inbound(id)
        if inbound is None or (inbound.disposition is not None and not confirmed):
            return None
        return self._attempt(inbound, 0, confirmed)

    def _attempt(
        self, inbound: Inbound, cut_off: int, confirmed: bool
    ) -> Outcome | None:
        if cut_off >= MOST_ATTEMPTS:
            return self._quarantine(
                inbound, "its processing was cut off again and again"
            )
        try:
            outcome = self._process(inbound, confirmed)
        except StoreBusy:
            raise
        except TrustPending as error:
            self.postponed[inbound.id] = self.office.now() + TRUST_AGAIN
            log.info("waiting inbound=%s: %s", inbound.id, error)
            return None
        except Exception as error:
            # The edge of intake: whatever a mail does to us, agents must see the mail.
            log.exception("quarantined inbound=%s", inbound.id)
            outcome = self._quarantine(inbound, f"{type(error).__name__}: {error}")
        self.postponed.pop(inbound.id, None)
        return outcome

    def _process(self, inbound: Inbound, confirmed: bool) -> Outcome | None:
        office = self.office
        raw = office.store.inbound_raw(inbound.id)
        message = parse_inbound(inbound, raw, office.own_lists)
        verdict = self._verdict(inbound, message, office.now())
        keys = office.keys.accepted(office.now())
        reading = read(office, inbound, raw, message, verdict, keys)
        reading = as_sent(office, reading)
        if confirmed and waits_for_confirmation(inbound):
            proven = replace(verdict, authenticated=True, by="confirmation")
            reading = replace(reading, verdict=proven)
        with office.store.transaction(durable=False):
            present = office.store.inbound(inbound.id)
            if present is None or present.disposition != inbound.disposition:
                return None  # another worker was quicker
            if inbound.trust is None:
                office.store.set_trust(inbound.id, verdict.document())
            if reading.agent is not None and not office.quiet:
                heard_from(office, reading.agent, verdict, inbound.received_at)
            found = find(office, reading)
            outcome = self._first(reading, found)
            stub = stub_of(office, reading)
            if stub is not None:
                settle(office, stub, outcome)
            if outcome.ticket is not None:
                thread(office, reading, outcome.ticket)
                _bring_together(office, reading, outcome, found)
            _finish(office, reading, outcome, found)
        for released in outcome.released:
            self.process(released, confirmed=True)
        log.info(
            "processed inbound=%s %s ticket=%s",
            inbound.id,
            outcome.disposition,
            outcome.ticket,
        )
        return outcome

    def _verdict(self, inbound: Inbound, message: Message, now: datetime) -> Verdict:
        if inbound.trust is not None:
            return Verdict.read(inbound.trust)
        try:
            return self.trust(inbound, message)
        except TrustPending as error:
            if now - inbound.received_at < TRUST_PATIENCE:
                raise
            return Verdict(evidence=f"no verdict in time: {error}")

    def _first(self, reading: Reading, found: Found) -> Outcome:
        office = self.office
        case = self._case(found)
        if case is not None:
            close_in_time(office, case, reading.inbound.received_at, office.now())
        for take in HANDLERS:
            outcome = take(office, reading, case, found)
            if outcome is not None:
                return outcome
        raise AssertionError("the last handler takes every mail")

    def _case(self, found: Found) -> Case | None:
        """Open the case of the ticket found, or of the one it was merged into."""
        now, id = self.office.now(), found.ticket
        for _ in range(20):
            case = load(self.office, id, now) if id is not None else None
            if case is None or case.ticket.merged_into is None:
                return case
            id = case.ticket.merged_into
        return case

    def _quarantine(self, inbound: Inbound, reason: str) -> Outcome:
        office = self.office
        with office.store.transaction():
            ticket = open_stub(office, inbound, reason)
        return Outcome(Disposition.QUARANTINED, ticket, reason)


def _bring_together(
    office: Office, reading: Reading, outcome: Outcome, found: Found
) -> None:
    """Join the tickets of what answers this mail; link those it has to do with."""
    told = (Disposition.NEW_TICKET, Disposition.FOLLOW_UP)
    if outcome.disposition not in told or not (found.replies or found.weak):
        return
    case = load(office, outcome.ticket, office.now()) if outcome.ticket else None
    if case is None:
        return
    token = reading.clues.token
    doubted = (
        not reading.is_agent
        and token is not None
        and token.permission is not Permission.CUSTOMER
    )
    for other in () if doubted else found.replies:
        join_ticket(office, case, other)
    for other in (*found.replies, *found.weak):
        link(office, case, resolved(office, other))
    keep(office, case, office.now())


def _finish(office: Office, reading: Reading, outcome: Outcome, found: Found) -> None:
    message = reading.message
    clue: Clue | None = found.clue if outcome.ticket == found.ticket else None
    office.store.finish_inbound(
        reading.inbound.id,
        disposition=outcome.disposition,
        ticket=outcome.ticket,
        clue=clue.value if clue else None,
        reason=outcome.reason,
        message_id=message.message_id,
        sender=reading.author.address or None,
        recipients=[m.address for m in message.to],
        subject=message.subject,
    )
