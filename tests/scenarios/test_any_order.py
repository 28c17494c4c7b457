"""Arrival order does not matter: generated conversations in any permutation.

The mails of one customer and those he copies, with chains of answers, lost originals,
duplicates, and two mailboxes. The tickets are compared as sets of mails, since numbers
depend on who came first.
"""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailroom.app import App, build
from mailroom.config import load
from mailroom.desk.trust import Verdict
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival

CONFIG = """
name = "Acme"
rules = "rules.toml"
[[mailbox]]
address = "support@acme.example"
[[mailbox]]
address = "sales@acme.example"
[[agent]]
address = "ann@acme.example"
"""
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@st.composite
def conversations(draw):
    """Return (mails, order): each mail answers an earlier one, or begins a thread."""
    count = draw(st.integers(2, 5))
    mails = []
    for number in range(count):
        parent = (
            draw(st.one_of(st.none(), st.integers(0, number - 1))) if number else None
        )
        mails.append((number, parent, draw(st.sampled_from(["support", "sales"]))))
    lost = draw(st.sets(st.integers(0, count - 1), max_size=1))
    order = draw(st.permutations([m for m in mails if m[0] not in lost]))
    twice = draw(st.booleans())
    return mails, (list(order) + list(order[:1]) if twice and order else list(order))


def raw_of(mails, number, parent, box):
    chain = []
    while parent is not None:
        chain.insert(0, f"<m{parent}@customer.example>")
        parent = mails[parent][1]
    answers = (
        f"In-Reply-To: {chain[-1]}\r\nReferences: {' '.join(chain)}\r\n"
        if chain
        else ""
    )
    return (
        "From: Jane <jane@customer.example>\r\n"
        f"To: {box}@acme.example\r\nCc: carl@customer.example\r\n"
        f"Subject: Mail {number}\r\nMessage-ID: <m{number}@customer.example>\r\n"
        f"Date: Tue, 24 Nov 2026 09:0{number}:00 +0000\r\n{answers}\r\nText {number}\r\n"
    ).encode()


def play(root: Path, mails, order) -> App:
    root.mkdir()
    (root / "rules.toml").write_text('[policy.p]\ndefault = true\nfirst_reply = "4h"\n')
    (root / "mailroom.toml").write_text(CONFIG)
    clock = [START]
    trust = lambda inbound, message: Verdict(authenticated=True, by="dmarc")  # noqa: E731
    app = build(load(root / "mailroom.toml", {}), now=lambda: clock[0], trust=trust)
    for number, parent, box in order:
        clock[0] += timedelta(seconds=30)
        arrival = Arrival(
            door="smtp",
            envelope=Envelope(
                mail_from="jane@customer.example", rcpt_to=(f"{box}@acme.example",)
            ),
            raw=raw_of(mails, number, parent, box),
            received_at=clock[0],
        )
        app.intake.accept([arrival])
        app.intake.process_waiting()
    clock[0] += timedelta(minutes=10)
    app.dispatch.deliver()
    return app


def acknowledged(app: App):
    """Return who was really sent an acknowledgement, how often."""
    receipts = [
        r for line in app.store.tickets() for r in app.store.recipients(line.ticket.id)
    ]
    return Counter(
        r.address
        for r in receipts
        if r.letter == "acknowledgement" and r.state == "SENT"
    )


def tickets_of(app: App):
    """Return the tickets as sets of mails with their participants, merged ones joined."""
    found = {}
    for line in app.store.tickets():
        target = line.ticket
        while target.merged_into is not None:
            target = app.store.ticket(target.merged_into)
        texts = {c.text for c in app.store.comments(line.ticket.id)}
        people = app.store.people(p.person for p in app.store.participants(target.id))
        mails, _ = found.setdefault(target.id, (set(), None))
        found[target.id] = (
            mails | texts,
            frozenset(person.address for person in people.values()),
        )
    return {(frozenset(mails), people) for mails, people in found.values()}


@settings(
    max_examples=int(os.environ.get("ORDER_CASES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(conversations())
def test_any_order_gives_the_same_tickets_participants_and_comments(
    tmp_path_factory, conversation
):
    mails, order = conversation
    root = tmp_path_factory.mktemp("order")
    straight = play(root / "straight", mails, sorted(order))
    shuffled = play(root / "shuffled", mails, order)
    try:
        assert tickets_of(shuffled) == tickets_of(straight)
        assert acknowledged(shuffled) == acknowledged(straight)
    finally:
        straight.store.close()
        shuffled.store.close()
