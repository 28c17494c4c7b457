"""Many mails a transaction: the way from the doors' event loop to the desk's accept.

The first mail goes to the database at once; whatever arrives while its commit runs is
the next batch. So a quiet desk answers quickly and a busy one pays one fsync for many
mails. Each session is told `250` only after the commit of its batch (RFC 5321 6.1).
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from mailroom.errors import StoreBusy, StoreError
from mailroom.store.contract import Arrival
from mailroom.ticket.model import InboundId

log = logging.getLogger(__name__)

Accept = Callable[[Sequence[Arrival]], list[InboundId | None]]
Ring = Callable[[InboundId], None]
Outcome = InboundId | StoreError | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrival: Arrival
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[InboundId | None] = field(repr=False)


class GroupCommit:
    """One writer thread that keeps mails by batches, and rings once for each batch."""

    def __init__(
        self,
        accept: Accept,
        ring: Ring,
        *,
        most: int = 500,
        most_octets: int = 64_000_000,
    ) -> None:
        """`accept` commits durably (the desk's T1); `ring` is told the first new id.

        A batch ends at `most` mails or when it holds `most_octets`.
        """
        self._accept = accept
        self._ring = ring
        self._most = most
        self._most_octets = most_octets
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self) -> None:
        """Start the writer thread."""
        self._thread = threading.Thread(
            target=self._run, name="group-commit", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Commit what was submitted before, then end the thread."""
        self._closed = True
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    async def submit(self, arrival: Arrival) -> InboundId | None:
        """Keep one mail; return when its commit is on disk.

        None: a mail with this `source_key` is known. StoreBusy or StoreError: not kept.
        """
        if self._closed:
            raise StoreBusy("the desk is closing down")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[InboundId | None] = loop.create_future()
        self._queue.put(_Waiting(arrival, loop, future))
        return await future

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._gather()
            if batch:
                outcomes = self._commit([waiting.arrival for waiting in batch])
                _answer(batch, outcomes)
                self._ring_for(outcomes)

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """Wait for a mail and take all that are there; False: no more will come."""
        batch: list[_Waiting] = []
        octets = 0
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            octets += len(item.arrival.raw)
            if len(batch) >= self._most or octets >= self._most_octets:
                return batch, True
            try:
                item = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _commit(self, arrivals: list[Arrival]) -> list[Outcome]:
        outcomes = self._try(arrivals)
        failed = outcomes[0] if outcomes else None
        if len(arrivals) == 1 or not isinstance(failed, StoreError):
            return outcomes
        if isinstance(failed, StoreBusy):
            return outcomes  # would be busy for each as well; the senders come again
        log.warning("a batch of %d was refused; one by one now", len(arrivals))
        return [self._try([arrival])[0] for arrival in arrivals]

    def _try(self, arrivals: list[Arrival]) -> list[Outcome]:
        try:
            return list(self._accept(arrivals))
        except StoreError as error:
            log.error("a batch of %d was not kept: %s", len(arrivals), error)
            return [error] * len(arrivals)
        except Exception as error:  # the edge: whatever it is, nobody gets a 250
            log.exception("a batch of %d was not kept", len(arrivals))
            refusal = StoreError(f"not kept: {type(error).__name__}")
            return [refusal] * len(arrivals)

    def _ring_for(self, outcomes: Iterable[Outcome]) -> None:
        first = next((id for id in outcomes if isinstance(id, int)), None)
        if first is None:
            return
        try:
            self._ring(first)
        except Exception:  # the edge: a lost bell is harmless, a sweep rings again
            log.exception("the bell for inbound %d could not be rung", first)


def _answer(batch: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
    """Wake the sessions of a batch, each loop once."""
    loops = {waiting.loop for waiting in batch}
    for loop in loops:
        pairs = [
            (waiting.future, outcome)
            for waiting, outcome in zip(batch, outcomes, strict=True)
            if waiting.loop is loop
        ]
        try:
            loop.call_soon_threadsafe(_resolve, pairs)
        except RuntimeError:
            log.warning("%d sessions ended before their answer", len(pairs))


def _resolve(
    pairs: Sequence[tuple[asyncio.Future[InboundId | None], Outcome]],
) -> None:
    for future, outcome in pairs:
        if future.done():
            continue  # the peer hung up; the mail is kept all the same
        if isinstance(outcome, StoreError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
