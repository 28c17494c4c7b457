"""The out-tray: claim what is due (T3), hand it to the relay, record the result (T4).

Retries live here and nowhere else: 4yz backs off with jitter for up to five days and
then an agent is told, 5yz stops at once, recipients are served one by one (RFC 5321
4.2.1, 4.5.4.1). No socket is used inside a transaction.

Each result is recorded before the next letter is begun, so that a crash between sending
and recording sends one mail again, under its Message-ID, which was fixed when it was
queued. The claim is fsynced, and with it all that the letters speak of: no power cut
gives a ticket's number away twice once a letter has named it.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from mailroom.desk.letters.undelivered import undelivered
from mailroom.desk.office import Office
from mailroom.desk.sender import Delivery, Sender, Session
from mailroom.errors import DeliveryDeferred
from mailroom.store.contract import Outbound, OutboundState

log = logging.getLogger(__name__)
BATCH = 50
LEASE = timedelta(minutes=10)
FIRST_RETRY = timedelta(seconds=20)
LONGEST_WAIT = timedelta(hours=4)
NO_RELAY = timedelta(seconds=30)  # a relay that comes back is noticed within 60 s
GIVE_UP = timedelta(days=5)
CLAIMED = "dispatch.claimed"  # what a worker that died had in hand


@dataclass(frozen=True, slots=True)
class Result:
    """What one claimed letter came to."""

    letter: Outbound
    delivery: Delivery | None  # None: the session broke, nothing is known to be taken
    answer: str = ""
    wait: timedelta | None = None  # None: the letter's own backoff


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends what is queued."""

    office: Office
    sender: Sender

    def deliver(self) -> int:
        """Send all that is due, batch by batch over one session; return how many."""
        sent = 0
        while not self.office.stopping.is_set() and (batch := self._claim()):
            self._send(batch)
            sent += len(batch)
        return sent

    def recover(self) -> None:
        """Free what a worker that died had claimed. No other worker may be alive."""
        store = self.office.store
        ids = json.loads(store.recall(CLAIMED) or "[]")
        if not ids:
            return
        now, reason = self.office.now(), "the worker ended before it was recorded"
        with store.transaction():
            for id in ids:
                letter = store.outbound(id)
                if letter is not None and letter.state is OutboundState.SENDING:
                    store.record_deferred(id, now, reason)
            store.remember(CLAIMED, "[]")

    def _claim(self) -> list[Outbound]:
        store = self.office.store
        at = store.next_outbound_at()
        if at is None or at > self.office.now():
            return []
        with store.transaction():
            batch = store.claim_outbound(self.office.now(), LEASE, BATCH)
            store.remember(CLAIMED, json.dumps([letter.id for letter in batch]))
        return batch

    def _send(self, batch: Sequence[Outbound]) -> None:
        left = {letter.id: letter for letter in batch}
        why, wait = "not sent yet", timedelta(0)
        try:
            for result in self._results(batch):
                with self.office.store.transaction(durable=False):
                    self._record(result, self.office.now())
                del left[result.letter.id]
                if result.wait is not None:
                    why, wait = result.answer, result.wait
        except DeliveryDeferred as error:
            why, wait = str(error), NO_RELAY
        with self.office.store.transaction():
            for letter in left.values():
                self._record(Result(letter, None, why, wait), self.office.now())
            self.office.store.remember(CLAIMED, "[]")

    def _results(self, batch: Sequence[Outbound]) -> Iterator[Result]:
        """Send over one session until the relay is gone, or the lease or we end.

        Where a session breaks, the next letter tells why: when that one passes, it was
        the letter, which then waits longer; when that one breaks too, it is the relay.
        """
        until = self.office.now() + LEASE / 2
        broken: Result | None = None
        with self.sender.session() as session:
            for letter in batch:
                if self.office.stopping.is_set() or self.office.now() > until:
                    break
                result = _send_one(session, letter)
                if result.delivery is not None:
                    if broken is not None:
                        yield replace(broken, wait=None)
                        broken = None
                    yield result
                elif broken is None:
                    broken = result
                else:
                    yield result
                    break
        if broken is not None:
            yield broken

    def _record(self, result: Result, now: datetime) -> None:
        store, letter, delivery = self.office.store, result.letter, result.delivery
        if delivery is None:
            self._defer(result, result.answer, now, None)
            return
        if delivery.refused:
            store.record_refused(letter.id, now, delivery.refused)
            undelivered(self.office, letter, delivery.refused, now)
        if delivery.deferred:
            answer = "; ".join(f"{to}: {why}" for to, why in delivery.deferred.items())
            self._defer(result, answer, now, delivery)
        elif delivery.accepted:
            store.record_sent(letter.id, now, delivery.answer)
            log.info("sent outbound=%s ticket=%s", letter.id, letter.ticket)

    def _defer(
        self, result: Result, answer: str, now: datetime, delivery: Delivery | None
    ) -> None:
        """Try again later, or give up; `delivery`: some recipients were served."""
        store, letter = self.office.store, result.letter
        wait = backoff(letter) if result.wait is None else result.wait
        left = tuple(delivery.deferred) if delivery is not None else None
        store.record_deferred(letter.id, now + wait, answer, left)
        if now + wait <= letter.created_at + GIVE_UP:
            log.info("deferred outbound=%s for %s", letter.id, wait)
            return
        last = delivery.deferred if delivery else dict.fromkeys(letter.rcpt_to, answer)
        given_up = {to: f"gave up after {GIVE_UP.days} days: {last[to]}" for to in last}
        store.record_refused(letter.id, now, given_up)
        undelivered(self.office, letter, given_up, now)


def _send_one(session: Session, letter: Outbound) -> Result:
    try:
        delivery = session.send(letter.mail_from, letter.rcpt_to, letter.raw)
    except DeliveryDeferred as error:
        return Result(letter, None, str(error), NO_RELAY)
    return Result(letter, delivery, delivery.answer)


def backoff(letter: Outbound) -> timedelta:
    """Return the wait before the next try: doubling, jittered by 10 % either way, repeatably."""
    grown: timedelta = FIRST_RETRY * (1 << max(0, min(letter.attempts - 1, 12)))
    seed = sha256(f"{letter.message_id}:{letter.attempts}".encode()).digest()[0]
    return min(grown, LONGEST_WAIT) * (0.9 + 0.2 * seed / 255)
