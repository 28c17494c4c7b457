"""Conversations made up by hypothesis, and the mails that they consist of.

A conversation is a tree: each mail answers an earlier one or begins a thread, and what
answers a lost mail still names it (RFC 5322 3.6.4). Customers, people who were copied, a
stranger and two agents write. On top come mails that exist only once the desk has sent
one of its own: an agent's answer to a notification, a customer's to what he received.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from typing import Any

from hypothesis import strategies as st

CUSTOMERS = {
    "jane": "Jane Doe <jane@customer.example>",
    "max": "Max <max@other.example>",
    "carl": "Carl <carl@customer.example>",
    "dora": "Dora <dora@third.example>",
    "eve": "Eve <eve@evil.example>",  # nobody copies her
}
AGENTS = {"ann": "Ann <ann@acme.example>", "bob": "Bob <bob@acme.example>"}
PEOPLE = CUSTOMERS | AGENTS
ADDRESS = {key: parseaddr(text)[1] for key, text in PEOPLE.items()}
BOXES = (("support",), ("sales",), ("support", "sales"), ("sales", "support"))
DOORS = ("smtp", "imap:host", "unproven")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail. `kind`: customer, direct (an agent answers the mail itself), outbound
    (an agent writes to a customer first), own (to us alone), forward, namesake (another
    mail under the Message-ID of `parent`, which it does not answer); answer (an agent
    answers the notification of `parent`), back (the author of `parent` answers what the
    desk wrote to him: its acknowledgement, or the agent's answer that `parent` is).
    """

    number: int
    kind: str
    author: str
    parent: int | None = None
    boxes: tuple[str, ...] = ("support",)
    cc: tuple[str, ...] = ()
    to: tuple[str, ...] = ()  # outsiders beside our own address
    short: bool = False  # its client writes In-Reply-To alone
    lost: bool = False
    doors: tuple[str, ...] = ("smtp",)  # one a copy that arrives
    about: str = ""  # forward: who wrote what is passed on

    @property
    def is_agents(self) -> bool:
        """Whether an agent writes it."""
        return self.author in AGENTS


@dataclass(frozen=True)
class Conversation:
    """Mails in the order in which they were written."""

    mails: tuple[Mail, ...]

    def id_of(self, number: int) -> str:
        """Return a mail's Message-ID, without <>."""
        mail = self.mails[number]
        owner = mail.parent if mail.kind == "namesake" else number
        return f"m{owner}@mail.example"

    def names(self, number: int) -> tuple[str, ...]:
        """Return the Message-IDs that a mail's header names, the nearest last."""
        mail = self.mails[number]
        if mail.parent is None or mail.kind == "namesake":
            return ()
        parent = self.id_of(mail.parent)
        return (parent,) if mail.short else (*self.names(mail.parent), parent)

    def named(self, number: int) -> set[int]:
        """Return the mails that a mail names and that do arrive."""
        ids = {self.id_of(m.number): m.number for m in self.written() if not m.lost}
        return {ids[id] for id in self.names(number) if id in ids}

    def written(self) -> list[Mail]:
        """Return the mails that need nothing from the desk."""
        return [mail for mail in self.mails if mail.kind not in ("answer", "back")]

    def thread(self, number: int) -> int:
        """Return the number of the mail with which a mail's tree begins."""
        mail = self.mails[number]
        if mail.parent is None or mail.kind == "namesake":
            return number
        return self.thread(mail.parent)

    def children(self, number: int) -> list[Mail]:
        """Return the written mails that answer a mail."""
        return [
            m for m in self.written() if m.parent == number and m.kind != "namesake"
        ]

    def namesakes(self, number: int) -> list[Mail]:
        """Return the mails that use the Message-ID of a mail."""
        return [m for m in self.mails if m.parent == number and m.kind == "namesake"]


class _Maker:
    """Draws one conversation, mail by mail."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.mails: list[Mail] = []

    @property
    def talk(self) -> Conversation:
        return Conversation(tuple(self.mails))

    def pick(self, values: Iterable[Any]) -> Any:
        return self.draw(st.sampled_from(list(values)))

    def some(self, values: Iterable[str], most: int = 2) -> tuple[str, ...]:
        found = self.draw(st.sets(st.sampled_from(sorted(values)), max_size=most))
        return tuple(sorted(found))

    def add(self, kind: str, author: str, **more: Any) -> None:
        self.mails.append(
            Mail(
                number=len(self.mails),
                kind=kind,
                author=author,
                boxes=self.pick(BOXES),
                doors=self._doors(author in AGENTS),
                **more,
            )
        )

    def _doors(self, agents: bool) -> tuple[str, ...]:
        """Return by which doors copies arrive; an agent's by one that proves him."""
        copies = self.draw(st.integers(0, 3)) // 2
        doors = DOORS if agents else DOORS[:2]
        return ("smtp", *(self.pick(doors) for _ in range(copies)))

    def open_to_answers(self) -> list[Mail]:
        """Return the mails that others can answer: their Message-IDs name but one."""
        return [
            m
            for m in self.talk.written()
            if m.kind not in ("namesake", "own", "forward")
            and not self.talk.namesakes(m.number)
        ]

    def write(self) -> None:
        """Add a mail that needs nothing from the desk."""
        kinds = ["root", "outbound", "own", "forward"]
        answerable = self.open_to_answers()
        if answerable:
            kinds += ["reply"] * 8 + ["direct", "direct", "namesake", "passed_on"]
        getattr(self, f"_{self.pick(kinds)}")()

    def _root(self) -> None:
        author = self.pick(("jane", "max", "dora"))
        self.add("customer", author, cc=self._copies(author))

    def _copies(self, author: str) -> tuple[str, ...]:
        return self.some({"jane", "max", "carl", "dora"} - {author})

    def _reply(self) -> None:
        parent, author = self.pick(self.open_to_answers()), self.pick(CUSTOMERS)
        copies = ("eve",) if author == "eve" else self._copies(author)
        short = self.draw(st.booleans())
        self.add("customer", author, parent=parent.number, cc=copies, short=short)

    def _outbound(self) -> None:
        to = self.some(("jane", "max", "carl")) or ("jane",)
        self.add("outbound", self.pick(AGENTS), to=to)

    def _own(self) -> None:
        self.add("own", self.pick(AGENTS))

    def _forward(self) -> None:
        self.add("forward", self.pick(AGENTS), about=self.pick(("jane", "max")))

    def _passed_on(self) -> None:
        """A forward whose client names the mail that it passes on."""
        of_customers = [m for m in self.open_to_answers() if not m.is_agents]
        if not of_customers:
            return self._forward()
        parent = self.pick(of_customers)
        return self.add(
            "forward", self.pick(AGENTS), about=parent.author, parent=parent.number
        )

    def _direct(self) -> None:
        """An agent answers a customer's mail itself, to all, and us: once a thread."""
        talk = self.talk
        spoken = {
            talk.thread(m.number)
            for m in self.mails
            if m.kind in ("direct", "outbound")
        }
        silent = [
            m
            for m in self.open_to_answers()
            if not m.is_agents and talk.thread(m.number) not in spoken
        ]
        if silent:
            parent = self.pick(silent)
            self.add("direct", self.pick(AGENTS), parent=parent.number)

    def _namesake(self) -> None:
        talk = self.talk
        unanswered = [m for m in self.open_to_answers() if not talk.children(m.number)]
        if unanswered:
            parent = self.pick(unanswered)
            self.add("namesake", self.pick(CUSTOMERS), parent=parent.number)

    def lose(self) -> None:
        """Lose some mails; an agent's direct answer keeps one that it names."""
        for number in self.draw(st.sets(st.integers(0, len(self.mails) - 1))):
            if self.draw(st.booleans()) or self.mails[number].kind == "namesake":
                continue
            before = self.mails[number]
            self.mails[number] = replace(before, lost=True)
            if any(not self._is_placed(m) for m in self.mails):
                self.mails[number] = before

    def _is_placed(self, mail: Mail) -> bool:
        return mail.kind != "direct" or mail.lost or bool(self.talk.named(mail.number))

    def speak_to_all(self) -> None:
        """Let a direct answer reach everybody of its thread."""
        talk = self.talk
        for mail in list(self.mails):
            if mail.kind == "direct" and mail.parent is not None:
                thread = talk.thread(mail.number)
                inside = [m for m in self.mails if talk.thread(m.number) == thread]
                people = {p for m in inside for p in (m.author, *m.cc, *m.to)}
                first = self.mails[mail.parent].author
                others = tuple(sorted(people - {first} - AGENTS.keys()))
                self.mails[mail.number] = replace(mail, to=(first,), cc=others)

    def answer(self) -> None:
        """Let agents answer notifications, and customers what they received."""
        for mail in [m for m in self.talk.written() if not m.lost]:
            if mail.kind == "customer" and self.pick(range(4)) == 0:
                self.add("answer", self.pick(AGENTS), parent=mail.number)
            elif mail.kind == "customer" and mail.parent is None:
                self._answer_back(mail.author, mail.number)
        for answer in [m for m in self.mails if m.kind == "answer"]:
            asked = self.mails[answer.parent or 0]
            if asked.parent is None:
                self._answer_back(asked.author, answer.number)

    def _answer_back(self, author: str, to: int) -> None:
        if self.pick(range(3)) == 0:
            self.add("back", author, parent=to)


@st.composite
def conversations(draw: Any, most: int = 7) -> Conversation:
    """Return what people write, in the order in which they write it."""
    maker = _Maker(draw)
    for _ in range(draw(st.integers(2, most))):
        maker.write()
    maker.lose()
    maker.speak_to_all()
    maker.answer()
    return maker.talk


def needs(talk: Conversation, mail: Mail) -> set[int]:
    """Return the mails that must have been worked on before a mail can be written.

    What the desk has sent must have been sent; and an agent answers a conversation when
    it stands: all is there but late answers that bring nobody in and open nothing.
    """
    if mail.parent is None or mail.kind not in ("answer", "back"):
        return set()
    if mail.kind == "back":
        return {mail.parent}
    thread = talk.thread(mail.number)
    inside = [
        m
        for m in talk.written()
        if talk.thread(m.number) == thread and not m.lost and m.kind != "namesake"
    ]
    answers = [
        m for m in talk.mails if m.kind == "answer" and talk.thread(m.number) == thread
    ]
    spoken = len(answers) > 1 or any(m.kind in ("direct", "outbound") for m in inside)
    free = set() if spoken else {m.number for m in inside if _is_free(talk, m)}
    return {m.number for m in inside} - free | {mail.parent}


def _is_free(talk: Conversation, mail: Mail) -> bool:
    return (
        mail.kind == "customer"
        and not mail.cc
        and not talk.children(mail.number)
        and bool(talk.named(mail.number))
    )


def shuffled(talk: Conversation, ranks: Sequence[int]) -> list[tuple[int, str]]:
    """Return (mail, door) of every copy, by rank as far as `needs` allows."""
    copies = [
        (number, door)
        for number, mail in enumerate(talk.mails)
        if not mail.lost
        for door in mail.doors
    ]
    by_rank = [copy for _, copy in sorted(zip(ranks, copies, strict=False))]
    done: list[tuple[int, str]] = []
    while by_rank:
        there = {number for number, door in done if door != "unproven"}
        ready = next(c for c in by_rank if needs(talk, talk.mails[c[0]]) <= there)
        by_rank.remove(ready)
        done.append(ready)
    return done


def raw_of(talk: Conversation, mail: Mail, door: str) -> bytes:
    """Return a written mail as it comes in by a door."""
    ours = [f"{box}@acme.example" for box in mail.boxes]
    names = talk.names(mail.number)
    lines = [
        f"Received: by {door}.example; Tue, 24 Nov 2026 09:30:00 +0000",
        f"From: {PEOPLE[mail.author]}",
        f"To: {', '.join([*(PEOPLE[p] for p in mail.to), *ours])}",
        *([f"Cc: {', '.join(PEOPLE[p] for p in mail.cc)}"] if mail.cc else ()),
        f"Subject: {'Fwd: ' if mail.kind == 'forward' else ''}Mail {mail.number}",
        f"Message-ID: <{talk.id_of(mail.number)}>",
        f"Date: Tue, 24 Nov 2026 09:{mail.number:02}:00 +0000",
    ]
    if names:
        lines.append(f"In-Reply-To: <{names[-1]}>")
    if names and not mail.short:
        lines.append(f"References: {' '.join(f'<{id}>' for id in names)}")
    return "\r\n".join([*lines, "", *_text(mail), ""]).encode()


def _text(mail: Mail) -> list[str]:
    if mail.kind != "forward":
        return [text_of(mail.number)]
    return [
        "Have a look.",
        "",
        "---------- Forwarded message ---------",
        f"From: {PEOPLE[mail.about]}",
        "Date: Mon, 23 Nov 2026 at 10:00",
        f"Subject: Mail {mail.number}",
        f"To: {PEOPLE[mail.author]}",
        "",
        text_of(mail.number),
    ]


def text_of(number: int) -> str:
    """Return the words by which a mail is known again."""
    return f"These are the words of mail number{number}here."
