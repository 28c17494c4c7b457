"""Plays a `[[test]]` of a rule file on a clock of its own, without a store or network.

The same reader, lifecycle, rules and clocks as the desk's (`mailroom.ticket`); only what
the desk writes and sends is left out. An event comes first, then what `set` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mailroom.message.model import Message
from mailroom.rehearsal.letter import Find, facts_of, read, reply_mail
from mailroom.ticket.case import Case
from mailroom.ticket.courtesy import is_courtesy
from mailroom.ticket.deadline import advance
from mailroom.ticket.edition import Edition, Versions
from mailroom.ticket.lifecycle import Trigger, opened
from mailroom.ticket.model import Event, Kind, PersonId, Status, TicketId
from mailroom.ticket.routing import apply, decide, set_policy
from mailroom.ticket.timeline import timeline
from rules.decision import Decision
from rules.facts import Facts, SenderFacts, TicketFacts
from rules.ledger import Clock
from rules.loader import load_texts
from rules.policy import Metric
from rules.ruleset import RuleSet
from rules.sla import clocks, latest
from rules.testcase import Expected, TestCase, TestMail, TestStep

AGENT = "agent@desk.example"
_MESSAGES = (Kind.OPENED, Kind.CUSTOMER_REPLY, Kind.AGENT_REPLY, Kind.NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the ticket is after one step; `expect` is what the test says of it."""

    step: int  # 0 is the opening mail, then the place of `[[test.then]]` from 1
    at: datetime
    expect: Expected
    values: dict[str, Any]  # by the keys of `expect`
    clocks: dict[Metric, Clock]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A test with the outcome of each step, and every rule that matched in it."""

    test: TestCase
    outcomes: tuple[Outcome, ...]
    matched: frozenset[str]
    failed: tuple[str, ...]  # rules that failed at run time
    facts: Facts  # of the opening mail


class Stage:
    """A rule set ready to be played: what all of its tests share is made once."""

    def __init__(self, rule_set: RuleSet, find: Find) -> None:
        self.rule_set = rule_set
        self.find = find
        self.edition = Edition(rule_set)
        self.versions = Versions(lambda key: None)
        self.versions.add(self.edition)

    def play(self, test: TestCase) -> Played:
        """Play one test from its mail to its last step. Raises OSError for a lost mail."""
        return _Play(self, test).run()


class Stages:
    """The stages of a rule set's tests: each knows the holidays of its test's years.

    A calendar in force knows those of some years around the present; a test may tell of
    any year.
    """

    def __init__(self, rule_set: RuleSet, find: Find) -> None:
        self._present = Stage(rule_set, find)
        self._other: dict[tuple[int, int], Stage] = {}

    def of(self, test: TestCase) -> Stage:
        """Return the stage to play a test on."""
        last = test.then[-1].at if test.then else test.at
        calendars = self._present.rule_set.calendars.values()
        first_year, last_year = test.at.year - 1, last.year + 1
        if all(c.years[0] <= first_year and last_year <= c.years[1] for c in calendars):
            return self._present
        years = _decade(first_year)[0], _decade(last_year)[1]
        if years not in self._other:
            sources = self._present.rule_set.sources
            rule_set = load_texts(sources, test.at, years=years)
            self._other[years] = Stage(rule_set, self._present.find)
        return self._other[years]


def _decade(year: int) -> tuple[int, int]:
    """Return its first and last year, so that tests of one decade share a stage."""
    return year - year % 10, year - year % 10 + 9


class _Play:
    def __init__(self, stage: Stage, test: TestCase) -> None:
        self._stage, self._test = stage, test
        self._people: dict[str, PersonId] = {}
        self._values: dict[str, Any] = {}  # of the decisions so far
        self._rules: tuple[str, ...] = ()
        self._matched: set[str] = set()
        self._failed: dict[str, None] = {}
        self._message: Message = read(test.mail, test.file, stage.find)
        self._case = self._open(test.at.astimezone(UTC))

    def run(self) -> Played:
        outcomes = [self._outcome(0, self._test.at, self._test.expect)]
        for index, step in enumerate(self._test.then, 1):
            at = step.at.astimezone(UTC)
            self._catch_up(at - timedelta(milliseconds=1))
            self._event(step, at)
            self._set(step, at)
            outcomes.append(self._outcome(index, step.at, step.expect))
        return Played(
            test=self._test,
            outcomes=tuple(outcomes),
            matched=frozenset(self._matched),
            failed=tuple(self._failed),
            facts=self._opening,
        )

    def _person(self, address: str) -> PersonId:
        return self._people.setdefault(address, PersonId(len(self._people) + 1))

    def _open(self, at: datetime) -> Case:
        message, mail = self._message, self._test.mail
        sender = message.sender
        person = self._person(sender.key if sender else "")
        case = Case(
            opened(
                id=TicketId(1),
                subject=message.subject,
                mailbox=message.to[0].key if message.to else "",
                requester=person,
                at=at,
            ),
            recorded_at=at,
        )
        case.add(Kind.OPENED, at, actor=person, by="customer", requester=person)
        self._case = case
        self._opening = facts_of(
            self._stage.rule_set, mail, message, at, TicketFacts(), reply=False
        )
        self._look(self._opening, "opened", None, at)
        return case

    def _look(
        self,
        facts: Facts,
        on: str,
        opening: Facts | None,
        at: datetime,
        *,
        present: TicketFacts | None = None,
        by_step: bool = False,
    ) -> None:
        edition = self._stage.edition
        decision = decide(self._case, edition, facts, on, opening, present)
        apply(self._case, edition, decision, at, self._person, by_step=by_step)
        if on != "changed":
            self._rules = decision.matched
        self._note(decision)

    def _note(self, decision: Decision) -> None:
        self._matched.update(decision.matched, decision.second)
        self._failed.update(dict.fromkeys(f.rule for f in decision.failed))
        for key in ("acknowledge", "letter"):
            if getattr(decision, key) is not None:
                self._values[key] = getattr(decision, key)
        if decision.escalation is not None:
            self._values["escalation"] = decision.escalation.value or "none"

    def _event(self, step: TestStep, at: datetime) -> None:
        case, event = self._case, step.event
        agent = self._person(AGENT)
        if event == "customer_reply":
            self._customer(step.mail, at)
        elif event == "agent_reply":
            self._agent(step, at, agent)
        elif event == "note":
            case.add(Kind.NOTE, at, actor=agent)
        elif event == "solve":
            if case.trigger(Trigger.AGENT_SOLVED, at, actor=agent, by="agent"):
                self._changed(at)
        elif event == "acknowledge":
            case.add(Kind.ACKNOWLEDGE, at, actor=agent)
        elif event == "merge":
            case.add(Kind.MERGE, at, actor=agent, into=0)
        elif event == "spam":
            case.add(Kind.SPAM, at, actor=agent)

    def _customer(self, written: TestMail | None, at: datetime) -> None:
        case = self._case
        mail = reply_mail(self._test.mail, self._message, written)
        message = read(mail, self._test.file, self._stage.find)
        sender = message.sender
        person = self._person(sender.key if sender else "")
        before = self._ticket(at)
        courtesy = case.ticket.answered and is_courtesy(
            message.reply_text, len(message.attachments)
        )
        case.add(
            Kind.CUSTOMER_REPLY, at, actor=person, author=person, courtesy=courtesy
        )
        if not courtesy:
            case.trigger(Trigger.CUSTOMER_WROTE, at, actor=person, by="customer")
        facts = facts_of(self._stage.rule_set, mail, message, at, before, reply=True)
        present = self._ticket(at)
        self._look(facts, "customer_reply", self._opening, at, present=present)

    def _agent(self, step: TestStep, at: datetime, agent: PersonId) -> None:
        case, status = self._case, step.set.get("status")
        before = self._ticket(at)
        solves = status == Status.SOLVED.value
        case.add(Kind.AGENT_REPLY, at, actor=agent, author=agent, solves=solves)
        if status is None:
            case.trigger(Trigger.AGENT_REPLIED, at, actor=agent, by="agent")
        facts = replace(
            self._opening,
            sender=SenderFacts(
                address=AGENT, domain="desk.example", known=True, authenticated=True
            ),
            received=at,
            text="(reply)",
            attachments=(),
            reply=True,
            ticket=before,
        )
        present = self._ticket(at)
        self._look(facts, "agent_reply", self._opening, at, present=present)

    def _set(self, step: TestStep, at: datetime) -> None:
        if not step.set:
            return
        case, agent, wanted = self._case, self._person(AGENT), dict(step.set)
        before = len(case.log)
        if status := wanted.pop("status", None):
            case.move(Status(status), at, actor=agent, by="agent")
        policy = wanted.pop("policy", None)
        fields = ("priority", "team")
        changes: dict[str, Any] = {k: wanted[k] for k in fields if k in wanted}
        if "assignee" in wanted:
            changes["assignee"] = self._person(wanted["assignee"])
        if "tags" in wanted:
            had = case.ticket.tags
            changes["tags"] = [t for t in wanted["tags"] if t not in had]
            changes["untags"] = [t for t in had if t not in wanted["tags"]]
        changes = {key: value for key, value in changes.items() if value != []}
        if changes:
            case.add(Kind.SET, at, actor=agent, by="agent", **changes)
        if policy is not None:
            name = None if policy == "none" else policy
            set_policy(case, self._stage.edition, name, at, agent)
        if len(case.log) > before:
            self._changed(at)

    def _changed(self, at: datetime, *, by_step: bool = False) -> None:
        facts = replace(self._opening, ticket=self._ticket(at))
        self._look(facts, "changed", self._opening, at, by_step=by_step)

    def _ticket(self, at: datetime) -> TicketFacts:
        case, ticket = self._case, self._case.ticket
        return TicketFacts(
            status=ticket.status.value,
            priority=ticket.priority,
            team=ticket.team,
            assignee=self._address(ticket.assignee),
            tags=ticket.tags,
            age=at - ticket.created_at,
            messages=sum(event.kind in _MESSAGES for event in case.log),
            reopened=len(case.events(Kind.REOPEN)),
        )

    def _address(self, person: PersonId | None) -> str | None:
        return next((a for a, id in self._people.items() if id == person), None)

    def _catch_up(self, until: datetime) -> None:
        def changed(case: Case, at: datetime) -> None:
            self._changed(at, by_step=True)

        advance(self._case, self._stage.versions, until, self._person, changed)

    def _outcome(self, index: int, at: datetime, expect: Expected) -> Outcome:
        now = at.astimezone(UTC)
        self._catch_up(now)
        ticket = self._case.ticket
        values = {
            "status": ticket.status.value,
            "priority": ticket.priority,
            "policy": ticket.policy or "none",
            "escalation": self._values.get("escalation", "none"),
            "team": ticket.team or "none",
            "assignee": self._address(ticket.assignee) or "none",
            "acknowledge": self._values.get("acknowledge", True),
            "letter": self._values.get("letter", "acknowledgement"),
            "spam": ticket.spam,
            "tags": ticket.tags,
            "rules": self._rules,
            "escalations": _fired(self._case.events(Kind.ESCALATION)),
        }
        seen = clocks(timeline(self._case.log, self._stage.versions), now)
        return Outcome(
            step=index, at=at, expect=expect, values=values, clocks=latest(seen)
        )


def _fired(events: Sequence[Event]) -> tuple[str, ...]:
    return tuple(f"{e.data['metric']} {e.data['point']}" for e in events)
