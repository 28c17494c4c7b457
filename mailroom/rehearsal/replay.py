"""One recorded ticket under another rule set: its people's deeds, the new rules' answers.

Kept of the log is what people did and when: mails, replies, statuses, what agents set.
Left out is what the old rules and paths made of it; the new ones decide anew at each
recorded look, with the facts that were stored, and their steps fire at their instants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mailroom.store.contract import ClockRow, Store
from mailroom.store.contract import Decision as Stored
from mailroom.ticket.case import Case
from mailroom.ticket.deadline import advance
from mailroom.ticket.edition import Edition, Versions
from mailroom.ticket.lifecycle import opened
from mailroom.ticket.model import Event, Kind, PersonId, Ticket, TicketId
from mailroom.ticket.routing import apply, decide, set_policy
from mailroom.ticket.timeline import MOVERS, timeline
from rules.decision import Decision, Failure
from rules.escalation import due, plan
from rules.facts import Facts, TicketFacts
from rules.ledger import Clock
from rules.sla import clocks

_JUST = timedelta(milliseconds=1)
# What the old rules, paths and letters made of the ticket.
_STATE = frozenset((Kind.SET, Kind.TERMS, Kind.SPAM, Kind.NOTSPAM))
_MADE = frozenset(
    (Kind.ESCALATION, Kind.BREACH, Kind.BREACH_WITHDRAWN, Kind.MAIL, Kind.SUPPRESSED)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One cycle of a clock on either side."""

    state: str
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one rule set made of a ticket. `cycles` by (metric, cycle)."""

    ticket: Ticket
    cycles: dict[tuple[str, int], Cycle]
    steps: int  # escalation steps that fired
    acknowledged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A ticket as recorded and as the new rules would have it."""

    before: Side
    after: Side
    requester: str  # address


class Replay:
    """Replays tickets under one edition. Reads the store, changes nothing."""

    def __init__(self, store: Store, edition: Edition, now: datetime) -> None:
        self.store, self.edition, self.now = store, edition, now
        self.versions = Versions(store.version)
        self.versions.add(edition)
        self.keys = frozenset(edition.documents) | {None}
        self.steps_steer = _steps_steer(edition)
        self.failed: dict[Failure, set[TicketId]] = {}  # rules that could not be asked
        self._people: dict[str, PersonId] = {}
        self._addresses: dict[PersonId, str] = {}

    def look(self, id: TicketId) -> Replayed | None:
        """Replay a ticket; None where no facts of its opening mail were stored."""
        ticket, decisions = self.store.ticket(id), self.store.decisions(id)
        opening = next((each for each in decisions if each.on == "opened"), None)
        if ticket is None or opening is None:
            return None
        log = self.store.events(id)
        before = Side(
            ticket=ticket,
            cycles=dict(map(_recorded, self.store.clocks(id))),
            steps=sum(event.kind is Kind.ESCALATION for event in log),
            acknowledged=opening.outcome.get("acknowledge") is not False,
        )
        story = _Story(ticket, log, decisions)
        same = _Same(self, story).holds()
        return Replayed(
            before=before,
            after=before if same else _Play(self, story).run(),
            requester=self.address_of(ticket.requester) or "",
        )

    def decide(
        self,
        case: Case,
        facts: Facts,
        on: str,
        opening: Facts | None,
        present: TicketFacts | None,
    ) -> Decision:
        """Ask the new rules, and note which of them failed."""
        decision = decide(case, self.edition, facts, on, opening, present)
        for failure in decision.failed:
            self.failed.setdefault(failure, set()).add(case.ticket.id)
        return decision

    def person_of(self, address: str) -> PersonId:
        """Return the id of an address; one of our own making where it has none."""
        if address not in self._people:
            known = self.store.find_person(address)
            id = known.id if known is not None else PersonId(-1 - len(self._people))
            self._people[address] = id
            self._addresses[id] = address
        return self._people[address]

    def address_of(self, person: PersonId | None) -> str | None:
        """Return somebody's address; None for nobody."""
        if person is None:
            return None
        if person not in self._addresses:
            self._addresses[person] = self.store.people([person])[person].address
        return self._addresses[person]


class _Story:
    """A recorded ticket: its log, and the looks of the rules with what they saw."""

    def __init__(
        self, ticket: Ticket, log: Sequence[Event], decisions: Sequence[Stored]
    ) -> None:
        self.log = log
        first = next(event for event in log if event.kind is Kind.OPENED)
        self.blank = opened(
            id=ticket.id,
            subject=ticket.subject,
            mailbox=ticket.mailbox,
            requester=first.data["requester"],
            at=first.at,
        )
        self.looks = {d.id: d for d in decisions}
        self.facts = {d.id: Facts.from_json(d.facts["json"]) for d in decisions}
        self.present = {d.id: _present(d) for d in decisions}

    def case(self) -> Case:
        """Return the ticket as it was before its first event."""
        return Case(self.blank, recorded_at=self.blank.created_at)


class _Past:
    """The ticket as it was before each look of the rules.

    A look is recorded after what it made of the ticket; so that waits for the look.
    """

    def __init__(self, story: _Story) -> None:
        self.case = story.case()
        self._waiting: list[Event] = []

    def take(self, event: Event) -> None:
        """Go on by one event."""
        if event.kind not in _STATE and event.kind is not Kind.DECISION:
            return
        if _is_made(event) and event.data.get("by") != "escalation":
            self._waiting.append(event)
            return
        for each in self._waiting:
            _repeat(self.case, each)
        self._waiting.clear()
        if event.kind in _STATE:
            _repeat(self.case, event)


class _Same:
    """Whether the new rules say at every look what was recorded, in the same words."""

    def __init__(self, replay: Replay, story: _Story) -> None:
        self._replay, self._story = replay, story
        self._past = _Past(story)
        self._opening: Facts | None = None

    def holds(self) -> bool:
        return all(map(self._is_same, self._story.log))

    def _is_same(self, event: Event) -> bool:
        same = True
        if event.kind is Kind.DECISION:
            same = self._says_the_same(event)
        elif event.kind is Kind.TERMS:
            data = event.data
            named = (data.get("policy"), data.get("escalation"), data["calendar"])
            same = self._replay.keys.issuperset(named)
        self._past.take(event)
        return same

    def _says_the_same(self, event: Event) -> bool:
        id = event.data.get("decision", 0)
        stored = self._story.looks.get(id)
        if stored is None:
            return True
        facts = self._story.facts[id]
        opening = self._opening if stored.on != "opened" else None
        if stored.on == "opened":
            self._opening = facts
        said = self._replay.decide(
            self._past.case, facts, stored.on, opening, self._story.present[id]
        )
        return _words(said.to_plain()) == _words(stored.outcome)


class _Play:
    """The same story told with the new rules' answers."""

    def __init__(self, replay: Replay, story: _Story) -> None:
        self._replay, self._story = replay, story
        self._past, self._case = _Past(story), story.case()
        self._opening: Facts | None = None
        self._acknowledged = True
        self._by_step: datetime | None = None  # when an old step last set something

    def run(self) -> Side:
        replay, case = self._replay, self._case
        for event in self._story.log:
            self._take(event)
        if replay.steps_steer or case.ticket.pending_until is not None:
            self._let_steps_fire(replay.now)
            seen = clocks(timeline(case.log, replay.versions), replay.now)
            steps = len(case.events(Kind.ESCALATION))
        else:
            seen, steps = self._fire_at_once()
        return Side(
            ticket=case.ticket,
            cycles=dict(map(_seen, seen)),
            steps=steps,
            acknowledged=self._acknowledged,
        )

    def _fire_at_once(self) -> tuple[tuple[Clock, ...], int]:
        """Let all steps fire that move no clock: the clocks are read but once."""
        case, replay = self._case, self._replay
        entries = timeline(case.log, replay.versions)
        seen = clocks(entries, replay.now)
        path = replay.versions.path(case.ticket.escalation_key)
        fired = due(plan(path, seen, entries), replay.now)
        for step in fired:
            at = step.at or replay.now
            gone = _untagged_since(case, at)  # an agent took it away again
            has = gone.union(case.ticket.tags)
            tags = [tag for tag in step.step.set.tags if tag not in has]
            if tags:
                case.add(Kind.SET, at, by="escalation", tags=tags)
        return seen, len(fired)

    def _take(self, event: Event) -> None:
        if event.kind is Kind.DECISION:
            self._decide(event)
        elif _is_made(event):
            if event.kind is Kind.SET and event.data.get("by") == "escalation":
                self._by_step = event.at
        else:
            if self._replay.steps_steer and event.kind in MOVERS:
                self._let_steps_fire(event.at - _JUST)
            self._do(event)
        self._past.take(event)

    def _do(self, event: Event) -> None:
        """Do what somebody did; a policy that an agent named is the new set's own."""
        name, edition = event.data.get("name"), self._replay.edition
        if event.kind is Kind.TERMS and (
            name is None or name in edition.ruleset.policies
        ):
            agent = PersonId(int(event.actor))
            set_policy(self._case, edition, name, event.at, agent)
        else:
            _repeat(self._case, event)

    def _decide(self, event: Event) -> None:
        id = event.data.get("decision", 0)
        stored = self._story.looks.get(id)
        if stored is None:
            return
        if stored.on == "changed" and self._by_step == event.at:
            self._by_step = None
            return  # the new path's own steps have the rules look again
        facts = self._story.facts[id]
        if stored.on == "opened":
            self._opening = facts
        facts = replace(facts, ticket=self._ticket(facts.ticket))
        present = self._story.present[id]
        if present is not None:
            present = self._ticket(present)
        opening = self._opening if stored.on != "opened" else None
        decision = self._look(facts, stored.on, opening, event.at, present=present)
        if stored.on == "opened":
            self._acknowledged = decision.acknowledge is not False

    def _look(
        self,
        facts: Facts,
        on: str,
        opening: Facts | None,
        at: datetime,
        *,
        present: TicketFacts | None = None,
        by_step: bool = False,
    ) -> Decision:
        case, replay = self._case, self._replay
        decision = replay.decide(case, facts, on, opening, present)
        apply(case, replay.edition, decision, at, replay.person_of, by_step=by_step)
        return decision

    def _ticket(self, recorded: TicketFacts) -> TicketFacts:
        """Return the ticket's facts, in what the new rules made another of it."""
        new, old = self._case.ticket, self._past.case.ticket
        changes: dict[str, Any] = {
            name: getattr(new, name)
            for name in ("priority", "team", "tags")
            if getattr(new, name) != getattr(old, name)
        }
        if new.assignee != old.assignee:
            changes["assignee"] = self._replay.address_of(new.assignee)
        return replace(recorded, **changes) if changes else recorded

    def _let_steps_fire(self, until: datetime) -> None:
        replay = self._replay
        advance(self._case, replay.versions, until, replay.person_of, self._changed)

    def _changed(self, case: Case, at: datetime) -> None:
        if self._opening is None:
            return
        ticket, age = self._ticket(self._opening.ticket), at - case.ticket.created_at
        facts = replace(self._opening, ticket=replace(ticket, age=age))
        self._look(facts, "changed", self._opening, at, by_step=True)


def _steps_steer(edition: Edition) -> bool:
    """Whether what a step does may change clocks, other steps, or what rules say.

    Tags alone do not, where no rule looks at the ticket: then steps can fire at once.
    """
    rules = edition.ruleset
    looks = any("ticket." in text for text in rules.sources.values())
    looks = looks or bool(rules.rules_on("changed"))
    return any(
        step.unless_acknowledged
        or step.set.priority
        or step.set.team
        or step.set.assignee
        or (step.set.tags and looks)
        for path in rules.paths.values()
        for step in path.steps
    )


def _untagged_since(case: Case, at: datetime) -> set[str]:
    changes = (event.data for event in case.events(Kind.SET) if event.at > at)
    return {tag for data in changes for tag in data.get("untags", ())}


def _repeat(case: Case, event: Event) -> None:
    case.add(event.kind, event.at, actor=event.actor, **dict(event.data))


def _words(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return an outcome without the name of the rule set that said it."""
    return {key: value for key, value in outcome.items() if key != "version"}


def _recorded(row: ClockRow) -> tuple[tuple[str, int], Cycle]:
    return (row.metric, row.cycle), Cycle(state=row.state, due=row.due)


def _seen(clock: Clock) -> tuple[tuple[str, int], Cycle]:
    cycle = Cycle(state=clock.state.value, due=clock.due)
    return (clock.metric.value, clock.cycle), cycle


def _present(stored: Stored) -> TicketFacts | None:
    """Return what an event itself made of the ticket, where it made another of it."""
    text = stored.facts.get("present")
    return TicketFacts.from_json(text) if text is not None else None


def _is_made(event: Event) -> bool:
    """Whether the old rules or paths made this event."""
    if event.kind is Kind.TERMS:
        return event.data.get("why") != "agent"
    if event.kind in (Kind.SET, Kind.SPAM):
        return event.data.get("by") in ("rule", "escalation")
    return event.kind in _MADE
