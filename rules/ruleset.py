"""A loaded rule set, and what it decides about one event of a ticket.

`RuleSet.decide` is one look: the rules whose `on` names the event, in the order of the
files; then the second look that chooses policy and escalation. What the caller does:

    event           facts                                          opening
    opened          the opening mail's; `ticket` = a new ticket     None
    customer_reply  the reply's; `ticket` = before this reply       stored facts of the
    agent_reply     the reply's; `ticket` = before this reply       opening mail
    changed         the opening mail's; `ticket` = after the change (same)

`changed` is called after an agent or an escalation set something (priority, team,
assignee, tags, status), once for all that one act set. What a decision itself changes
calls for no further look.

The caller applies `priority team assignee spam` where they are not None, adds `tags`,
and at `opened` obeys `acknowledge` and `letter`. Where `policy` (or `escalation`) is not
None it becomes the ticket's, `Choice.value is None` meaning no SLA (no path); where it is
None the ticket keeps what it has. Where `Choice.sticks`, the caller passes "policy"
(or "escalation") in `Kept.fields` from then on. `Kept.fields` also names every field
that an agent or an escalation has set: no rule overrides it.

Facts and decision are stored together; `explain` calls `trace` with the stored facts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rules.calendar import Calendar
from rules.decision import (
    NOTHING_KEPT,
    Choice,
    Decision,
    Effects,
    Failure,
    Kept,
    Source,
)
from rules.domain import parents
from rules.facts import EVENTS, Facts, TicketFacts
from rules.index import Index
from rules.part import Condition, Trace, describe
from rules.policy import EscalationPath, Organization, Policy
from rules.testcase import TestCase
from rules.view import View

SINGLE = ("priority", "team", "assignee", "acknowledge", "letter", "spam")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One `[[rule]]`; `file` and `index` say which (from 0 within the file)."""

    name: str
    condition: Condition
    effects: Effects
    on: frozenset[str] = frozenset({"opened"})
    file: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule as `explain` shows it: the parts of its condition with values seen."""

    rule: Rule
    trace: Trace
    looked_at: bool  # its `on` names the event and no `stop` came before it


@dataclass(slots=True)
class _Look:
    """What one pass over rules found."""

    matched: list[Rule] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    stopped_by: str | None = None

    def first(self, effect: str) -> Rule | None:
        """Return the first match that sets `effect`: it wins."""
        for rule in self.matched:
            if getattr(rule.effects, effect) is not None:
                return rule
        return None


def _look(rules: Iterable[Rule], view: View) -> _Look:
    """Look at rules in order; a rule that fails is skipped, `stop` ends the look."""
    look = _Look()
    for rule in rules:
        try:
            hit = rule.condition.evaluate(view)
        except Exception as error:  # one rule must never stop the others
            look.failed.append(Failure(rule.name, describe(error)))
            continue
        if not hit:
            continue
        look.matched.append(rule)
        if rule.effects.stop:
            look.stopped_by = rule.name
            break
    return look


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Everything that the files of one rule set hold; made by `rules.loader`."""

    version: str = ""  # content hash
    calendars: Mapping[str, Calendar] = field(default_factory=dict)  # with "always"
    policies: Mapping[str, Policy] = field(default_factory=dict)
    paths: Mapping[str, EscalationPath] = field(default_factory=dict)
    organizations: Mapping[str, Organization] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    tests: tuple[TestCase, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)  # file name -> its text

    _rules_on: dict[str, tuple[Rule, ...]] = field(
        init=False, repr=False, compare=False
    )
    _index: dict[str, Index[Rule]] = field(init=False, repr=False, compare=False)
    _steering: Index[Rule] = field(init=False, repr=False, compare=False)
    _owners: dict[str, Organization] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_event = {e: tuple(r for r in self.rules if e in r.on) for e in EVENTS}
        steering = tuple(r for r in by_event["opened"] if _steers(r.effects))
        companies = self.organizations.values()
        owners = {key: o for o in companies for key in (*o.domains, *o.addresses)}
        object.__setattr__(self, "_rules_on", by_event)
        index = {e: _indexed(rules) for e, rules in by_event.items()}
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_steering", _indexed(steering))
        object.__setattr__(self, "_owners", owners)

    @property
    def default_policy(self) -> str | None:
        """The policy marked `default = true`, if there is one."""
        return next((p.name for p in self.policies.values() if p.default), None)

    def organization_of(self, address: str) -> Organization | None:
        """Find the organization of a normalised address.

        Its own address wins, else the longest domain it is under.
        """
        if address in self._owners:
            return self._owners[address]
        for domain in parents(address.rpartition("@")[2]):
            if domain in self._owners:
                return self._owners[domain]
        return None

    def rules_on(self, event: str) -> tuple[Rule, ...]:
        """The rules whose `on` names this event, in order."""
        return self._rules_on[event]

    def decide(
        self,
        facts: Facts,
        on: str,
        *,
        opening: Facts | None = None,
        kept: Kept = NOTHING_KEPT,
        present: TicketFacts | None = None,
    ) -> Decision:
        """Decide about one event (`opened customer_reply agent_reply changed`).

        All rules see `facts.ticket`, as it was before the event; policy and escalation
        are decided by `present`, what it made of it. A rule that fails raises nothing.
        """
        view = View(facts)
        look = _look(self._index[on].candidates(view), view)
        effects, set_by = _single_effects(look, kept)
        tags = _tags(look, facts.ticket, kept)
        company = self._company(opening or facts)
        effects.update(_team_of(on, company, effects, kept))
        ticket = _after(present or facts.ticket, effects, tags)
        second = self._second_look(view, replace(opening or facts, ticket=ticket))
        late = look if on != "opened" else None
        policy = self._policy(late, second, company, kept)
        in_force = policy.value if policy else kept.policy
        return Decision(
            on=on,
            version=self.version,
            matched=tuple(rule.name for rule in look.matched),
            failed=_distinct(look.failed + second.failed),
            stopped_by=look.stopped_by,
            tags=tags,
            set_by=set_by,
            policy=policy,
            escalation=self._escalation(late, second, company, in_force, kept),
            calendar=self._calendar(company, in_force),
            organization=company.key if company else None,
            second=tuple(rule.name for rule in second.matched),
            **effects,
        )

    def trace(self, facts: Facts, on: str) -> tuple[RuleTrace, ...]:
        """Return every rule of the set with each part of its condition and its values."""
        traces, stopped = [], False
        for rule in self.rules:
            seen = rule.condition.trace(facts)
            looked_at = on in rule.on and not stopped
            traces.append(RuleTrace(rule, seen, looked_at))
            stopped = stopped or (
                looked_at and rule.effects.stop and seen.value is True
            )
        return tuple(traces)

    def _company(self, facts: Facts) -> Organization | None:
        key = facts.sender.organization
        return self.organizations.get(key) if key is not None else None

    def _second_look(self, view: View, facts: Facts) -> _Look:
        """Policy and escalation alone, from the rules of `opened`."""
        seen = view if facts == view.facts else View(facts)
        return _look(self._steering.candidates(seen), seen)

    def _policy(
        self,
        late: _Look | None,
        second: _Look,
        company: Organization | None,
        kept: Kept,
    ) -> Choice | None:
        if "policy" in kept.fields:
            return None
        named = _named("policy", late, second)
        if named is not None:
            return named
        if company is not None and company.policy is not None:
            return Choice(value=_real(company.policy), source=Source.ORGANIZATION)
        if self.default_policy is not None:
            return Choice(value=self.default_policy, source=Source.DEFAULT)
        return Choice(value=None, source=Source.NONE)

    def _escalation(
        self,
        late: _Look | None,
        second: _Look,
        company: Organization | None,
        policy: str | None,
        kept: Kept,
    ) -> Choice | None:
        if "escalation" in kept.fields:
            return None
        named = _named("escalation", late, second)
        if named is not None:
            return named
        if company is not None and company.escalation is not None:
            return Choice(value=_real(company.escalation), source=Source.ORGANIZATION)
        known = self.policies.get(policy) if policy is not None else None
        if known is not None and known.escalation is not None:
            return Choice(value=_real(known.escalation), source=Source.POLICY)
        return Choice(value=None, source=Source.NONE)

    def _calendar(self, company: Organization | None, policy: str | None) -> str | None:
        known = self.policies.get(policy) if policy is not None else None
        if known is None:
            return None
        own = company.calendar if company is not None else None
        return own or known.calendar


def _indexed(rules: tuple[Rule, ...]) -> Index[Rule]:
    return Index(rules, [rule.condition for rule in rules])


def _single_effects(look: _Look, kept: Kept) -> tuple[dict[str, Any], dict[str, str]]:
    """First match wins, field by field, but for what is kept."""
    effects: dict[str, Any] = {}
    set_by: dict[str, str] = {}
    for effect in SINGLE:
        winner = look.first(effect)
        if winner is not None and effect not in kept.fields:
            effects[effect] = getattr(winner.effects, effect)
            set_by[effect] = winner.name
    return effects, set_by


def _team_of(
    on: str, company: Organization | None, effects: Mapping[str, Any], kept: Kept
) -> dict[str, Any]:
    """The organization's team, where no rule named one and nothing is kept."""
    named = "team" in effects or "team" in kept.fields
    if on != "opened" or company is None or company.team is None or named:
        return {}
    return {"team": company.team}


def _tags(look: _Look, ticket: TicketFacts, kept: Kept) -> tuple[str, ...]:
    """Add up the tags of all matches, without those the ticket has or lost."""
    wanted = dict.fromkeys(tag for rule in look.matched for tag in rule.effects.tags)
    return tuple(t for t in wanted if t not in ticket.tags and t not in kept.untagged)


def _after(
    ticket: TicketFacts, effects: Mapping[str, Any], tags: tuple[str, ...]
) -> TicketFacts:
    changed = {
        k: v for k, v in effects.items() if k in ("priority", "team", "assignee")
    }
    if not changed and not tags:
        return ticket
    return replace(ticket, **changed, tags=ticket.tags + tags)


def _steers(effects: Effects) -> bool:
    """Can this rule matter to the second look?"""
    return effects.stop or bool(effects.policy) or bool(effects.escalation)


def _named(effect: str, late: _Look | None, second: _Look) -> Choice | None:
    """What a rule of a later event names sticks; else the first rule of `opened`."""
    for look, sticks in ((late, True), (second, False)):
        winner = look.first(effect) if look is not None else None
        if winner is not None:
            value = _real(getattr(winner.effects, effect))
            return Choice(
                value=value, source=Source.RULE, rule=winner.name, sticks=sticks
            )
    return None


def _real(name: str) -> str | None:
    return None if name == "none" else name


def _distinct(failures: list[Failure]) -> tuple[Failure, ...]:
    return tuple(dict.fromkeys(failures))


__all__ = [
    "NOTHING_KEPT",
    "SINGLE",
    "Choice",
    "Decision",
    "Effects",
    "Failure",
    "Kept",
    "Rule",
    "RuleSet",
    "RuleTrace",
    "Source",
]
