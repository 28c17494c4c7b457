"""The out-tray: claim what is due (T3), hand it to the relay, record the result (T4).

Retries live here and nowhere else: 4yz backs off with jitter for up to five days, 5yz
stops at once, recipients are served one by one (RFC 5321 4.2.1, 4.5.4.1). No socket is
used inside a transaction. A crash between sending and recording sends that mail again
under its Message-ID, which was fixed when it was queued.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from mailroom.desk.office import Office
from mailroom.desk.sender import Delivery, Sender, Session
from mailroom.errors import DeliveryDeferred
from mailroom.store.contract import Outbound

log = logging.getLogger(__name__)
BATCH = 50
LEASE = timedelta(minutes=10)
FIRST_RETRY = timedelta(seconds=20)
LONGEST_WAIT = timedelta(hours=4)
NO_RELAY = timedelta(seconds=30)  # a relay that comes back is noticed within 60 s
GIVE_UP = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Result:
    """What one claimed letter came to."""

    letter: Outbound
    delivery: Delivery | None  # None: the relay could not be reached
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends what is queued."""

    office: Office
    sender: Sender

    def deliver(self) -> int:
        """Send all that is due, batch by batch over one session; return how many."""
        sent = 0
        while batch := self._claim():
            results = self._send(batch)
            self._record(results)
            sent += len(batch)
        return sent

    def _claim(self) -> list[Outbound]:
        store = self.office.store
        at = store.next_outbound_at()
        if at is None or at > self.office.now():
            return []
        with store.transaction():
            return store.claim_outbound(self.office.now(), LEASE, BATCH)

    def _send(self, batch: Sequence[Outbound]) -> list[Result]:
        try:
            with self.sender.session() as session:
                return [self._send_one(session, letter) for letter in batch]
        except DeliveryDeferred as error:
            return [Result(letter, None, str(error)) for letter in batch]

    def _send_one(self, session: Session, letter: Outbound) -> Result:
        try:
            delivery = session.send(letter.mail_from, letter.rcpt_to, letter.raw)
        except DeliveryDeferred as error:
            return Result(letter, None, str(error))
        return Result(letter, delivery, delivery.answer)

    def _record(self, results: Sequence[Result]) -> None:
        now = self.office.now()
        with self.office.store.transaction():
            for result in results:
                self._record_one(result, now)

    def _record_one(self, result: Result, now: datetime) -> None:
        store, letter, delivery = self.office.store, result.letter, result.delivery
        if delivery is None:
            self._defer(letter, now, NO_RELAY, result.answer, None)
            return
        refused = "; ".join(f"{to}: {why}" for to, why in delivery.refused.items())
        if delivery.deferred:
            answer = "; ".join(f"{to}: {why}" for to, why in delivery.deferred.items())
            left = tuple(delivery.deferred)
            self._defer(letter, now, backoff(letter), answer, left)
        elif refused and not delivery.accepted:
            store.record_failed(letter.id, now, refused)
            log.warning("failed outbound=%s", letter.id)
        else:
            answer = "; ".join(filter(None, (delivery.answer, refused)))
            store.record_sent(letter.id, now, answer)
            log.info("sent outbound=%s ticket=%s", letter.id, letter.ticket)

    def _defer(
        self,
        letter: Outbound,
        now: datetime,
        wait: timedelta,
        answer: str,
        left: Sequence[str] | None,
    ) -> None:
        if now + wait > letter.created_at + GIVE_UP:
            self.office.store.record_failed(letter.id, now, f"gave up: {answer}")
            log.warning("failed outbound=%s after %s", letter.id, GIVE_UP)
            return
        self.office.store.record_deferred(letter.id, now + wait, answer, left)
        log.info("deferred outbound=%s for %s", letter.id, wait)


def backoff(letter: Outbound) -> timedelta:
    """Return the wait before the next try: doubling, jittered by 20 % but repeatable."""
    grown: timedelta = FIRST_RETRY * (1 << max(0, min(letter.attempts - 1, 12)))
    seed = sha256(f"{letter.message_id}:{letter.attempts}".encode()).digest()[0]
    return min(grown, LONGEST_WAIT) * (0.9 + 0.2 * seed / 255)
