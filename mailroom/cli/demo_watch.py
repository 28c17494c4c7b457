"""Watches the stage of `mailroom demo` and says what has changed since the last look."""

import time
from collections.abc import Callable

from mailroom.cli.demo_screen import Screen
from mailroom.cli.demo_stage import Stage
from mailroom.clock import utcnow
from mailroom.errors import MailroomError
from mailroom.store.contract import ClockRow
from mailroom.ticket.model import Ticket, TicketId

_LOOK = 0.05  # seconds between two looks
_PATIENCE = 20.0


class Watcher:
    """Tells what happens on a stage, as it happens."""

    def __init__(self, stage: Stage, screen: Screen) -> None:
        self._stage = stage
        self._screen = screen
        self._judged = 0  # incoming mails whose outcome was shown
        self._tickets: dict[TicketId, str] = {}
        self._clocks: dict[tuple[TicketId, str, int], str] = {}

    def until(self, condition: Callable[[], bool], *, pause: float = 1.5) -> None:
        """Watch for at least `pause` seconds and until the condition holds.

        MailroomError: it did not come about, with the end of the desk's log.
        """
        began = time.monotonic()
        while True:
            self.look()
            passed = time.monotonic() - began
            if passed >= pause and condition():
                return
            if passed > _PATIENCE or not self._stage.is_running():
                raise MailroomError(
                    f"the desk did not do what it should: {self._stage.last_words()}"
                )
            time.sleep(_LOOK)

    def look(self) -> None:
        """Show what is new: outcomes, tickets, clocks, mails."""
        self._outcomes()
        for line in self._stage.app.store.tickets():
            self._ticket(line.ticket)
            for clock in self._stage.app.store.clocks(line.ticket.id):
                self._clock(line.ticket, clock)
        for received in self._stage.arrived():
            self._screen.mail_out(received.message, received.to)

    def _outcomes(self) -> None:
        found = self._stage.app.store.messages(direction="in", offset=self._judged)
        for line in found:
            if line.disposition is None:
                return
            self._judged += 1
            place = f" on {self._number(line.ticket)}" if line.ticket else ""
            why = f" ({line.reason.partition(';')[0]})" if line.reason else ""
            self._screen.line("outcome", f"{line.disposition}{place}{why}")

    def _ticket(self, ticket: Ticket) -> None:
        words = [ticket.status.value.replace("_", " "), f"priority {ticket.priority}"]
        words.append(f"policy {ticket.policy or 'none'}")
        if ticket.assignee is not None:
            person = self._stage.app.office.person(ticket.assignee)
            words.append(f"with {person.name or person.address}")
        if ticket.tags:
            words.append(f"tags {', '.join(ticket.tags)}")
        text = f"{self._number(ticket.id)} {', '.join(words)}"
        if self._tickets.get(ticket.id) != text:
            self._tickets[ticket.id] = text
            self._screen.line("ticket", text)

    def _clock(self, ticket: Ticket, clock: ClockRow) -> None:
        key = (ticket.id, clock.metric, clock.cycle)
        text = in_words(clock)
        if clock.target is None or self._clocks.get(key) == text:
            return
        self._clocks[key] = text
        name = clock.metric.replace("_", " ")
        self._screen.line(
            "clock",
            f"{self._number(ticket.id)} {name} {text}",
            alarm=clock.state == "breached",
        )

    def _number(self, ticket: TicketId) -> str:
        return self._stage.app.office.number(ticket)


def in_words(clock: ClockRow) -> str:
    """Return where a clock stands; the same words as long as nothing happens to it."""
    allowed = f"{clock.target.total_seconds():g} s" if clock.target else ""
    run = f"{clock.elapsed.total_seconds():.1f} s"
    if clock.state == "running":
        return f"runs: within {allowed}"
    if clock.state == "achieved":
        return f"kept: {run} of {allowed}"
    if clock.state == "breached" and clock.fulfilled_at is not None:
        return f"missed: {run} where {allowed} were promised"
    if clock.state == "breached":
        return f"missed: {allowed} have passed"
    return clock.state


def left(clock: ClockRow) -> str:
    """Return what a running clock has left, for the last table."""
    if clock.state != "running" or clock.due is None:
        return in_words(clock)
    seconds = max(0.0, (clock.due - utcnow()).total_seconds())
    return f"runs: {seconds:.0f} s left"
