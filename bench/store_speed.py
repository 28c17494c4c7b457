"""How quick the store is: each verb, a typical new ticket, commits, growth by size.

    python bench/store_speed.py [--dir FOLDER] [--tickets 1000,100000] [--rounds 5]

One JSON line a figure. Times are the median of the rounds, in microseconds a call,
inside a transaction where the verb writes; absolute times vary with the machine, so
compare figures of one run only. `--tickets` fills a database to each size and measures
a typical new ticket at each, in turn, for the cost at size against the smallest.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival, ClockRow, NewComment, NewEvent, NewOutbound
from mailroom.store.sqlite import SqliteStore
from mailroom.ticket.model import Disposition, Kind, Role, Ticket

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
RAW = (b"Received: from mx.acme.example\r\n" * 10 + b"\r\n" + b"x" * 70 + b"\r\n") * 10
ENVELOPE = Envelope(mail_from="jane@acme.example", rcpt_to=("help@desk.example",))
FACTS = {"subject": "Outage", "text": "Nothing works. " * 40, "headers": {"to": "x"}}
SENDERS = 2000
FIXED_PERSON: Any = 1


def show(case: str, seconds: list[float], calls: int, **more: object) -> None:
    """Print one figure in microseconds a call."""
    each = [1e6 * spent / calls for spent in seconds]
    median = statistics.median(each)
    line = {"bench": "store_speed", "case": case, "us": round(median, 1), **more}
    print(
        json.dumps(line | {"rounds": [round(value, 1) for value in each]}), flush=True
    )


def arrival(n: int) -> Arrival:
    """Return a mail of 4 KB."""
    raw = b"Message-ID: <%d@acme.example>\r\n" % n + RAW[:4000]
    return Arrival(door="smtp", envelope=ENVELOPE, raw=raw, received_at=NOW, peer="::1")


def clock(metric: str) -> ClockRow:
    """Return a running clock."""
    return ClockRow(
        metric=metric,
        cycle=1,
        state="running",
        target=HOUR,
        elapsed=timedelta(0),
        remaining=HOUR,
        due=NOW + HOUR,
        fulfilled_at=None,
        breached_at=None,
        started_at=NOW,
    )


def letter(n: int, ticket: Any, kind: str, to: str) -> NewOutbound:
    """Return a letter of 3 KB."""
    return NewOutbound(
        dedupe_key=f"{kind}:{n}",
        letter=kind,
        message_id=f"{kind}.{n}@desk.example",
        mail_from="help@desk.example",
        rcpt_to=(to,),
        raw=RAW[:3000],
        subject="Re: Outage",
        sender="help@desk.example",
        created_at=NOW,
        not_before=NOW,
        ticket=ticket,
        reasons={to: "requester"},
    )


def process(store: SqliteStore, n: int, inbound: Any) -> None:
    """Do what one new ticket asks of the store: reads, then some 20 rows."""
    sender, at = f"user{n * 7919 % SENDERS}@acme.example", NOW + timedelta(seconds=n)
    store.tickets_with([f"{n}.parent@acme.example", f"{n}.root@acme.example"])
    store.tickets_awaiting(f"{n}@acme.example")
    with store.transaction(durable=False):
        store.claim_content(f"{n * 2654435761 % 2**61:x}", inbound)
        person = store.person_for(sender, "Jane Doe")
        store.count_messages_of(person)
        agent = store.person_for("ann@desk.example")
        ticket = Ticket(
            id=0,  # type: ignore[arg-type]
            subject=f"Outage {n}",
            mailbox="help@desk.example",
            requester=person,
            created_at=at,
            updated_at=at,
        )
        id = store.add_ticket(ticket)
        store.add_participant(id, person, Role.REQUESTER)
        store.add_comment(
            NewComment(
                ticket=id,
                at=at,
                author=person,
                public=True,
                text="Nothing works. " * 60,
                message_id=f"{n}@acme.example",
                inbound=inbound,
            )
        )
        store.add_version("policy", "policy", {"name": "gold"})
        store.add_version("calendar", "calendar", {"name": "office"})
        decision = store.add_decision(
            id, at=at, on="opened", ruleset="r", facts=FACTS, outcome={"rules": ["x"]}
        )
        event = NewEvent(
            ticket=id, at=at, recorded_at=at, kind=Kind.OPENED, actor=str(person)
        )
        store.append(
            [
                replace(
                    event, data={"message": 1, "requester": person, "mailbox": "x"}
                ),
                replace(event, kind=Kind.DECISION, data={"decision": decision}),
                replace(event, kind=Kind.TERMS, data={"policy": "p", "calendar": "c"}),
                replace(event, kind=Kind.MAIL, data={"outbound": 1, "letter": "ack"}),
                replace(event, kind=Kind.MAIL, data={"outbound": 2, "letter": "note"}),
            ]
        )
        store.save_clocks(id, [clock("first_reply"), clock("resolution")])
        store.spend(f"ack:{sender}", at, HOUR, 5)
        store.add_outbound(letter(n, id, "ack", sender))
        store.add_outbound(letter(n, id, "notification", "ann@desk.example"))
        store.add_message_ids([f"{n}@acme.example", f"ack.{n}@desk.example"], id)
        store.add_awaited([f"{n}.root@acme.example"], id)
        tagged = replace(ticket, id=id, tags=("gold",), assignee=agent, policy="gold")
        store.save_ticket(tagged, at + HOUR)
        store.finish_inbound(
            inbound,
            disposition=Disposition.NEW_TICKET,
            ticket=id,
            clue="new",
            message_id=f"{n}@acme.example",
            sender=sender,
            recipients=["help@desk.example"],
            subject=f"Outage {n}",
        )


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds `work` took."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def batches(start: int, count: int, size: int) -> Iterator[range]:
    """Split a range of numbers."""
    for low in range(start, start + count, size):
        yield range(low, min(low + size, start + count))


def grow(store: SqliteStore, start: int, count: int) -> None:
    """Add tickets as mails would, unsynced."""
    for numbers in batches(start, count, 500):
        with store.transaction(durable=False):
            ids = store.add_inbound([arrival(n) for n in numbers])
        for n, inbound in zip(numbers, ids, strict=True):
            process(store, n, inbound)


def measure_commits(folder: Path, rounds: int) -> None:
    """Accept mails of 4 KB: durable commits of 1, 5, 20 and 50 rows."""
    store = SqliteStore(folder / "commits.db")
    for size in (1, 5, 20, 50):
        batch = [arrival(n) for n in range(size)]

        def accept(batch: list[Arrival] = batch) -> None:
            for _ in range(50):
                with store.transaction():
                    store.add_inbound(batch)

        spent = [timed(accept) for _ in range(rounds)]
        rate = 50 / statistics.median(spent)
        figures = {"commits_per_s": round(rate), "rows_per_s": round(rate * size)}
        show(f"durable commit of {size} mails of 4 KB", spent, 50, **figures)
    for durable in (True, False):

        def note(durable: bool = durable) -> None:
            for n in range(200):
                with store.transaction(durable=durable):
                    store.remember("k", str(n))

        spent = [timed(note) for _ in range(rounds)]
        show(f"transaction of one small row, durable={durable}", spent, 200)
    store.close()


def measure_verbs(store: SqliteStore, rounds: int) -> None:
    """Time single verbs on the database as it stands."""
    [ticket] = store.tickets_of(FIXED_PERSON, 1)
    event = NewEvent(
        ticket=ticket, at=NOW, recorded_at=NOW, kind=Kind.NOTE, actor="1", data={"a": 1}
    )
    known = store.ticket(ticket)
    assert known is not None
    queued: Any = 1
    reads: dict[str, Callable[[], object]] = {
        "ticket": lambda: store.ticket(ticket),
        "events": lambda: store.events(ticket),
        "comments": lambda: store.comments(ticket),
        "clocks": lambda: store.clocks(ticket),
        "participants": lambda: store.participants(ticket),
        "find_person": lambda: store.find_person("user1@acme.example"),
        "tickets_with (3 ids)": lambda: store.tickets_with(["a@x", "b@x", "c@x"]),
        "tickets_awaiting": lambda: store.tickets_awaiting("1.root@acme.example"),
        "count_messages_of": lambda: store.count_messages_of(FIXED_PERSON),
        "due_tickets (10)": lambda: store.due_tickets(NOW + 9 * HOUR, 10),
        "next_due_at": store.next_due_at,
        "next_outbound_at": store.next_outbound_at,
        "outbound": lambda: store.outbound(queued),
        "waiting_inbound (10)": lambda: store.waiting_inbound(10),
        "count_outbound": lambda: store.count_outbound(
            "ack", NOW + HOUR, address="user1@acme.example"
        ),
    }
    writes: dict[str, Callable[[], object]] = {
        "append (1 event)": lambda: store.append([event]),
        "save_ticket": lambda: store.save_ticket(known, NOW + HOUR),
        "add_ticket": lambda: store.add_ticket(known),
        "save_clocks (2)": lambda: store.save_clocks(
            ticket, [clock("first_reply"), clock("resolution")]
        ),
        "person_for (known)": lambda: store.person_for("user1@acme.example"),
        "add_inbound (1)": lambda: store.add_inbound([arrival(1)]),
        "claim_outbound (1)": lambda: store.claim_outbound(NOW, HOUR, 1),
        "spend (refused)": lambda: store.spend("b", NOW, HOUR, 0),
    }

    def repeat(verb: Callable[[], object]) -> Callable[[], None]:
        def calls() -> None:
            for _ in range(200):
                verb()

        return calls

    for name, verb in reads.items():
        show(f"verb {name}", [timed(repeat(verb)) for _ in range(rounds)], 200)
    for name, verb in writes.items():
        with store.transaction(durable=False):
            show(f"verb {name}", [timed(repeat(verb)) for _ in range(rounds)], 200)


def measure_tickets(folder: Path, sizes: list[int], rounds: int) -> None:
    """Time typical new tickets at each size, the sizes in turn within a round."""
    stores: dict[int, SqliteStore] = {}
    for size in sizes:
        stores[size] = SqliteStore(folder / f"tickets-{size}.db")
        spent = timed(lambda size=size: grow(stores[size], 0, size))  # type: ignore[misc]
        show("filling the database, a ticket", [spent], size, tickets=size)
    spent_at: dict[int, list[float]] = {size: [] for size in sizes}
    cpu_at = dict.fromkeys(sizes, 0.0)
    count = 200
    for turn in range(rounds):
        for size, store in stores.items():
            first = size + turn * count
            with store.transaction(durable=False):
                ids = store.add_inbound(
                    [arrival(n) for n in range(first, first + count)]
                )

            def work(store: Any = store, first: int = first, ids: Any = ids) -> None:
                for n, inbound in enumerate(ids, first):
                    process(store, n, inbound)

            cpu = time.process_time()
            spent_at[size].append(timed(work))
            cpu_at[size] += time.process_time() - cpu
    for size in sizes:
        ratio = statistics.median(
            here / least
            for here, least in zip(spent_at[size], spent_at[sizes[0]], strict=True)
        )
        show(
            "a typical new ticket",
            spent_at[size],
            count,
            cpu_us=round(1e6 * cpu_at[size] / rounds / count),
            tickets=size,
            times_the_smallest=round(ratio, 2),
        )
    measure_verbs(stores[sizes[-1]], rounds)


def main() -> None:
    """Read the arguments and run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", help="folder on the disk to be measured")
    parser.add_argument(
        "--tickets", default="1000,20000", help="sizes, comma-separated"
    )
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.tickets.split(",")]
    with tempfile.TemporaryDirectory(dir=arguments.dir) as folder:
        measure_commits(Path(folder), arguments.rounds)
        measure_tickets(Path(folder), sizes, arguments.rounds)


if __name__ == "__main__":
    main()
