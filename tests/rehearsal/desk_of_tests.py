"""A real desk that plays rule tests: real SMTP in, the desk's own clockwork, fake time."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailroom.app import App, build
from mailroom.cli.doors import doors_of
from mailroom.config import load
from mailroom.desk.casefile import fold
from mailroom.desk.casefile import load as load_case
from mailroom.desk.explain import explain_ticket
from mailroom.desk.verify import Verifier
from mailroom.message.model import Message
from mailroom.message.parse import parse
from mailroom.rehearsal.letter import Find, raw_of, reply_mail
from mailroom.rehearsal.play import AGENT, Outcome
from mailroom.ticket.explanation import Explanation
from mailroom.ticket.model import Kind, TicketId
from rules.ruleset import RuleSet
from rules.sla import latest
from rules.testcase import TestCase, TestMail, TestStep

CONFIG = """
name = "The Desk"
rules = "rules"
close_after = "3650 days"
[smtp]
listen = "127.0.0.1:0"
trusted_relays = ["127.0.0.1/32"]
authserv_id = "mx.desk.example"
[limits]
per_address = "off"
per_domain = "off"
[web]
listen = "off"
"""
PROOF = "Authentication-Results: mx.desk.example; dmarc=pass header.from={domain}\n"
STATUSES = {
    "open": "#open",
    "pending": "#pending",
    "on_hold": "#hold",
    "solved": "#solved",
}


class TestDesk:
    """One desk for one test."""

    __test__ = False

    def __init__(self, app: App, port: int, clock: list[datetime], find: Find) -> None:
        self.app, self.port, self.find = app, port, find
        self._clock = clock
        self._count = 0
        self._ticket = TicketId(0)
        self._opening_id = ""

    def play(self, test: TestCase) -> list[Outcome]:
        """Play a test from its mail to its last step."""
        self._clock[0] = test.at.astimezone(UTC) - timedelta(days=1)
        opening = raw_of(test.mail, test.file, self.find)
        message = parse(opening)
        if test.mail.known and message.sender is not None:
            self._write(TestMail(sender=message.sender.address, text="Hello"), test)
        self._clock[0] = test.at.astimezone(UTC)
        self._opening_id = self._write(test.mail, test)
        self._ticket = max(line.ticket.id for line in self.app.store.tickets())
        outcomes = [self._outcome(0, test.at, test)]
        for index, step in enumerate(test.then, 1):
            at = step.at.astimezone(UTC)
            self._clock[0] = max(self._clock[0], at - timedelta(milliseconds=1))
            self.app.watch.sweep()
            self._clock[0] = at
            self._step(step, test, message)
            outcomes.append(self._outcome(index, step.at, step))
        return outcomes

    def drifts(self) -> list[str]:
        """Return what `verify` finds wrong with the desk's tickets."""
        verifier = Verifier(self.app.office)
        return [str(d) for line in verifier.tickets() for d in verifier.verify(line)]

    def explanation(self) -> Explanation:
        """Return the explanation of the test's ticket."""
        found = explain_ticket(self.app.office, self._ticket, self._clock[0])
        assert found is not None
        return found

    def _step(self, step: TestStep, test: TestCase, opened: Message) -> None:
        if step.event == "customer_reply":
            mail = reply_mail(test.mail, opened, step.mail)
            self._write(mail, test, answers=self._opening_id)
            if step.set:
                self._agent(self._commands(step), "", opened)
        elif step.event == "agent_reply":
            # What tags the rules add to a reply is known only once it is there.
            alone = replace(
                step, set={k: v for k, v in step.set.items() if k != "tags"}
            )
            self._agent(self._commands(alone), "(reply)", opened)
            if "tags" in step.set:
                after = replace(step, set={"tags": step.set["tags"]})
                self._agent(self._commands(after), "", opened)
        elif step.event == "note":
            self._agent([], "#note Looked at it.", opened)
            if step.set:
                self._agent(self._commands(step), "", opened)
        elif step.event is not None:
            first = {"acknowledge": "#ack", "solve": "#solved", "spam": "#spam"}
            line = first.get(step.event) or self._merge(test)
            self._agent([line, *self._commands(step)], "", opened)
        elif step.set:
            self._agent(self._commands(step), "", opened)

    def _commands(self, step: TestStep) -> list[str]:
        wanted, ticket = dict(step.set), self.app.store.ticket(self._ticket)
        assert ticket is not None
        lines = [STATUSES[wanted["status"]]] if "status" in wanted else []
        for key, word in (("priority", "priority"), ("team", "team")):
            lines += [f"#{word} {wanted[key]}"] if key in wanted else []
        lines += [f"#assign {wanted['assignee']}"] if "assignee" in wanted else []
        if "tags" in wanted:
            more = [t for t in wanted["tags"] if t not in ticket.tags]
            less = [t for t in ticket.tags if t not in wanted["tags"]]
            lines += [f"#tag {' '.join(more)}"] if more else []
            lines += [f"#untag {' '.join(less)}"] if less else []
        return lines + ([f"#policy {wanted['policy']}"] if "policy" in wanted else [])

    def _merge(self, test: TestCase) -> str:
        other = TestMail(sender="other@elsewhere.example", to=test.mail.to, text="Hi")
        self._write(other, test)
        return f"#merge {max(line.ticket.id for line in self.app.store.tickets())}"

    def _agent(self, commands: list[str], text: str, opened: Message) -> None:
        """Write as the agent; with a text, to the customer."""
        customer = opened.sender.address if opened.sender else ""
        ours = self.app.config.mailboxes[0].address
        mail = TestMail(
            sender=AGENT,
            to=(customer, ours) if text and not text.startswith("#note") else (ours,),
            subject=f"Re: {opened.subject}",
            text="\n".join([*commands, text]),
            authenticated=True,
        )
        raw = raw_of(mail, "", self.find)
        self._send(raw, [ours], AGENT, self._opening_id, proven=True)

    def _write(self, mail: TestMail, test: TestCase, answers: str = "") -> str:
        raw = raw_of(mail, test.file, self.find)
        message = parse(raw)
        sender = message.sender.address if message.sender else ""
        ours = [m.address for m in message.to]
        return self._send(raw, ours, sender, answers, proven=bool(mail.authenticated))

    def _send(
        self, raw: bytes, to: list[str], sender: str, answers: str, *, proven: bool
    ) -> str:
        self._count += 1
        known = parse(raw)
        id = known.message_id or f"t{self._count}@test.example"
        head = PROOF.format(domain=sender.rpartition("@")[2]) if proven else ""
        if known.message_id is None:
            head += f"Message-ID: <{id}>\n"
        if answers:
            head += f"In-Reply-To: <{answers}>\n"
        head += f"Date: {self._clock[0]:%a, %d %b %Y %H:%M:%S} +0000\n"
        octets = (head.encode() + raw).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
            client.ehlo()
            client.sendmail(
                sender, to, octets, mail_options=["SMTPUTF8", "BODY=8BITMIME"]
            )
        assert self.app.intake.process_waiting() == 1
        return id

    def _outcome(self, index: int, at: datetime, step: TestCase | TestStep) -> Outcome:
        self.app.watch.sweep()
        store, office, now = self.app.store, self.app.office, at.astimezone(UTC)
        case = load_case(office, self._ticket, now)
        assert case is not None
        ticket, terms = case.ticket, case.events(Kind.TERMS)
        path = office.rules.versions.path(terms[-1].data["escalation"])
        decisions = store.decisions(self._ticket)
        said: dict[str, Any] = {"acknowledge": True, "letter": "acknowledgement"}
        for decision in decisions:
            said |= {k: v for k, v in decision.outcome.items() if k in said}
        looks = [d.outcome for d in decisions if d.on != "changed"]
        values = {
            "status": ticket.status.value,
            "priority": ticket.priority,
            "policy": ticket.policy or "none",
            "escalation": path.name if path else "none",
            "team": ticket.team or "none",
            "assignee": office.address(ticket.assignee) or "none",
            **said,
            "spam": ticket.spam,
            "tags": ticket.tags,
            "rules": tuple(looks[-1].get("matched", ())),
            "escalations": tuple(
                f"{e.data['metric']} {e.data['point']}"
                for e in case.events(Kind.ESCALATION)
            ),
        }
        clocks = latest(fold(office, case, now)[0])
        return Outcome(
            step=index, at=at, expect=step.expect, values=values, clocks=clocks
        )


@contextmanager
def desk_for(
    rule_set: RuleSet, test: TestCase, root: Path, find: Find
) -> Iterator[TestDesk]:
    """Open a desk with the mailboxes, agents and teams that a rule set speaks of."""
    root.mkdir()
    (root / "rules").mkdir()
    for name, text in rule_set.sources.items():
        (root / "rules" / Path(name).name).write_text(text)
    (root / "mailroom.toml").write_text(CONFIG + _people(rule_set, test, find))
    clock = [test.at.astimezone(UTC)]
    app = build(load(root / "mailroom.toml", {}), now=lambda: clock[0])
    loop, doors = doors_of(app)
    loop.start()
    port = int(str(doors[0].address).rpartition(":")[2])
    try:
        yield TestDesk(app, port, clock, find)
    finally:
        loop.stop()
        app.store.close()


def _people(rule_set: RuleSet, test: TestCase, find: Find) -> str:
    steps = [step.set for step in test.then]
    changes = [step.set for path in rule_set.paths.values() for step in path.steps]
    companies = rule_set.organizations.values()
    named = [(r.effects.team, r.effects.assignee) for r in rule_set.rules]
    named += [(change.team, change.assignee) for change in changes]
    named += [(s.get("team"), s.get("assignee")) for s in steps]
    named += [(company.team, None) for company in companies]
    agents = {AGENT: None} | dict.fromkeys(who for _, who in named if who)
    teams = dict.fromkeys(team for team, _ in named if team)
    first = parse(raw_of(test.mail, test.file, find))
    boxes = dict.fromkeys(m.address.lower() for m in first.to)
    lines = [f'[[mailbox]]\naddress = "{box}"' for box in boxes]
    lines += [f'[[agent]]\naddress = "{who}"\nadmin = true' for who in agents]
    lines += [f'[[team]]\nname = "{team}"' for team in teams]
    return "\n".join(lines) + "\n"


def comparable(outcome: Outcome) -> dict[str, Any]:
    """All that a rule test can expect, of one step."""
    clocks = {
        metric.value: (
            clock.state.value,
            clock.cycle,
            clock.due,
            clock.elapsed,
            clock.remaining,
            clock.target_time,
            clock.fulfilled_at,
            clock.breached_at,
        )
        for metric, clock in outcome.clocks.items()
    }
    values = {**outcome.values, "tags": set(outcome.values["tags"])}
    return {**values, **clocks}
