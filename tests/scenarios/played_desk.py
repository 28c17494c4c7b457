"""A desk that is played a generated conversation in memory, and what it came to."""

import email
import email.policy
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import generated_mail as made

from mailroom.app import App, build
from mailroom.config import load
from mailroom.desk.sender import Delivery
from mailroom.desk.trust import Verdict
from mailroom.desk.verify import Verifier
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONFIG = """
name = "Acme"
rules = "rules.toml"
crossed_replies = "send"
[[mailbox]]
address = "support@acme.example"
reply = "plus"
[[mailbox]]
address = "sales@acme.example"
[[agent]]
address = "ann@acme.example"
team = "tier1"
[[agent]]
address = "bob@acme.example"
team = "tier1"
[[team]]
name = "tier1"
[limits]
per_address = "off"
per_domain = "off"
"""
RULES = """
[policy.p]
default = true
first_reply = "4h"
[[rule]]
name = "All to tier one"
when = 'true'
team = "tier1"
"""
ASKING = {"held", "quarantined"}  # letters about a copy that proves no agent
TOLD = {"new", "message", "answered"}  # how agents are told of a mail


def prepare(root: Path) -> Path:
    """Make the folder of a desk that has nothing yet."""
    root.mkdir()
    (root / "rules.toml").write_text(RULES)
    (root / "mailroom.toml").write_text(CONFIG)
    build(load(root / "mailroom.toml", {})).store.close()
    return root


class Post:
    """The relay: keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    @contextmanager
    def session(self) -> Iterator["Post"]:
        yield self

    def send(self, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes) -> Any:
        self.sent += [(to, raw) for to in rcpt_to]
        return Delivery(accepted=tuple(rcpt_to), answer="250 kept")


class Played:
    """A conversation, played in one order."""

    def __init__(self, talk: Any, order: list[tuple[int, str]], root: Path) -> None:
        self.talk, self.clock, self.post = talk, START, Post()
        self.inbound: dict[int, int] = {}  # inbound id -> mail, the first copy's
        trust = lambda inbound, message: Verdict(  # noqa: E731
            authenticated=inbound.door != "unproven", by="dmarc"
        )
        self.app: App = build(
            load(root / "mailroom.toml", {}),
            now=lambda: self.clock,
            trust=trust,
            sender=self.post,
        )
        for number, door in order:
            self._deliver(number, door)
        self.clock += timedelta(minutes=10)
        self.app.dispatch.deliver()

    def _deliver(self, number: int, door: str) -> None:
        mail = self.talk.mails[number]
        self.clock += timedelta(seconds=2)
        raw = made.raw_of(self.talk, mail, door)
        to = [f"{box}@acme.example" for box in mail.boxes]
        if mail.kind in ("answer", "back"):
            raw, to = self._answering(mail, door)
        envelope = Envelope(mail_from=made.ADDRESS[mail.author], rcpt_to=tuple(to))
        arrival = Arrival(door=door, envelope=envelope, raw=raw, received_at=self.clock)
        (id,) = self.app.intake.accept([arrival])
        self.inbound[id] = number
        self.app.intake.process_waiting()
        self.app.dispatch.deliver()

    def _answering(self, mail: Any, door: str) -> tuple[bytes, list[str]]:
        """Return a mail that answers what the desk sent its author."""
        letter = self._letter(mail)
        to = str(letter["Reply-To"] or letter["From"])
        chain = f"{letter['References'] or ''} {letter['Message-ID']}".split()
        lines = [
            f"Received: by {door}.example; Tue, 24 Nov 2026 09:30:00 +0000",
            f"From: {made.PEOPLE[mail.author]}",
            f"To: {to}",
            f"Subject: Re: {letter['Subject']}",
            f"Message-ID: <{self.talk.id_of(mail.number)}>",
            f"Date: Tue, 24 Nov 2026 09:{mail.number:02}:00 +0000",
            f"In-Reply-To: {chain[-1]}",
            *([] if mail.short else [f"References: {' '.join(chain)}"]),
        ]
        raw = "\r\n".join([*lines, "", made.text_of(mail.number), ""]).encode()
        return raw, [email.utils.parseaddr(to)[1]]

    def _letter(self, mail: Any) -> Any:
        """Return what the desk has sent to the author about the mail before his."""
        kinds = {"new", "message"} if mail.kind == "answer" else {"ack", "reply"}
        subject = f"Mail {mail.parent} "  # two mails may share a Message-ID
        for kind, number, address, raw in self.letters():
            if kind not in kinds or address != made.ADDRESS[mail.author]:
                continue
            found = email.message_from_bytes(raw, policy=email.policy.default)
            is_ack = kind == "ack" and subject in f"{found['Subject']} "
            if is_ack or number == mail.parent:
                return found
        raise AssertionError(f"nothing to answer for {mail}")

    def letters(self) -> Iterator[tuple[str, int | None, str, bytes]]:
        """Yield (kind, the mail it is about, recipient, octets) of all that was sent."""
        store = self.app.store
        rows = [store.outbound(m.id) for m in store.messages(direction="out")]
        by_id = {row.message_id: row for row in rows if row is not None}
        for address, raw in self.post.sent:
            found = email.message_from_bytes(raw, policy=email.policy.default)
            key = by_id[str(found["Message-ID"]).strip("<>")].dedupe_key
            kind, _, rest = key.partition(":")
            yield kind, self._about(kind, rest), address, raw

    def _about(self, kind: str, rest: str) -> int | None:
        first = int(rest.partition(":")[0])
        if kind == "new":
            events = self.app.store.events(first)
            opened = next(event for event in events if event.kind == "opened")
            return self.inbound[opened.data["message"]]
        return (
            self.inbound.get(first)
            if kind in {"message", "answered", "reply"}
            else None
        )

    def mails(self) -> Counter[tuple[str, str, int | None]]:
        """Return who received what: an acknowledgement, word of a mail, a reply."""
        found: Counter[tuple[str, str, int | None]] = Counter()
        for kind, number, address, _ in self.letters():
            if kind in TOLD:
                mail = self.talk.mails[number]
                if mail.kind == "forward" and mail.parent is not None:
                    continue
                found[address, "told", number] += 1
            elif kind not in ASKING:
                found[address, kind, number] += 1
        return found

    def place(self, ticket: int) -> int:
        """Return the ticket that a ticket goes on as."""
        found = self.app.store.ticket(ticket)
        while found.merged_into is not None:
            found = self.app.store.ticket(found.merged_into)
        return found.id

    def placed(self) -> dict[int, frozenset[int]]:
        """Return the mails of each ticket."""
        found: dict[int, set[int]] = {}
        for line in self.app.store.messages(direction="in"):
            if line.disposition != "DUPLICATE":
                assert line.ticket is not None, line
                found.setdefault(self.place(line.ticket), set()).add(
                    self.inbound[line.id]
                )
        return {ticket: frozenset(mails) for ticket, mails in found.items()}

    def drifts(self) -> list[str]:
        """Return what is not as its events make it."""
        verifier = Verifier(self.app.office)
        return [
            str(drift) for line in verifier.tickets() for drift in verifier.verify(line)
        ]

    def tickets(self) -> set[Any]:
        """Return the tickets: their mails, requester, participants, subject, mailbox."""
        found = set()
        for id, mails in self.placed().items():
            ticket = self.app.store.ticket(id)
            taking_part = self.app.store.participants(id)
            people = self.app.store.people(
                [ticket.requester, *(p.person for p in taking_part)]
            )
            roots = [n for n in mails if self.talk.mails[n].parent is None]
            at_door = (ticket.subject, ticket.mailbox) if roots else None
            found.add(
                (
                    mails,
                    people[ticket.requester].address,
                    frozenset((people[p.person].address, p.role) for p in taking_part),
                    at_door,
                )
            )
        return found

    def links(self) -> set[frozenset[frozenset[int]]]:
        """Return the pairs of linked tickets, each by its mails."""
        placed = self.placed()
        pairs = {
            frozenset((self.place(line.ticket.id), self.place(other)))
            for line in self.app.store.tickets()
            for other in self.app.store.links(line.ticket.id)
        }
        return {frozenset(placed[id] for id in pair) for pair in pairs if len(pair) > 1}

    def comments(self) -> set[tuple[int, bool, str]]:
        """Return (mail, whether public, author) of every comment."""
        found = set()
        for line in self.app.store.tickets():
            comments = self.app.store.comments(line.ticket.id)
            people = self.app.store.people(c.author for c in comments)
            for comment in comments:
                number = self.inbound[comment.inbound]
                forward = self.talk.mails[number].kind == "forward"
                assert forward or made.text_of(number) in comment.text
                author = people[comment.author].address
                if forward:
                    found.add((number, False, ""))
                else:
                    found.add((number, comment.public, author))
        return found


@contextmanager
def played(
    talk: Any, order: list[tuple[int, str]], fresh: Path, root: Path
) -> Iterator[Played]:
    """Play a conversation on a desk of its own."""
    copytree(fresh, root, ignore=ignore_patterns("*.bell"))
    desk = Played(talk, order, root)
    try:
        yield desk
    finally:
        desk.app.store.close()
