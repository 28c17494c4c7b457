"""A condition that is said never to hold matches no mail at all."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.condition import Compiler
from rules.contradiction import contradiction
from rules.facts import Facts, SenderFacts, TicketFacts
from rules.part import Condition
from rules.sugar import domains_part, from_part

NOW = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
COMPILER = Compiler()
LEAVES = st.sampled_from(
    [
        "size > 1",
        "size >= 2",
        "2 > size",
        "size < 2.5",
        "size != 2",
        "size in [1, 3]",
        "size not in [1, 3]",
        "attachments.length == 1",
        "attachments.length < 1",
        'ticket.status == "open"',
        'ticket.status != "open"',
        'ticket.status in ["open", "new", "opne"]',
        "ticket.team == null",
        'ticket.team != "x"',
        'ticket.team in ["x", "y"]',
        'ticket.age > t"PT1H"',
        'ticket.age <= t"PT1H"',
        "sender.known",
        "sender.known == false",
        "reply",
        'sender.domain == "a.example"',
        'sender.domain in ["b.a.example", "c.example"]',
        'sender.domain != "a.example"',
        'sender.address == "jo@a.example"',
        '$under(sender.domain, "a.example")',
        'subject.as_lower == "x"',
        'subject == "X"',
        '$lower(subject) != "x"',
        "true",
        "1 == 2",
    ]
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda p: f"({' and '.join(p)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda p: f"({' or '.join(p)})"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=10,
)
DOMAINS = ("a.example", "b.a.example", "c.example", "")


@st.composite
def mails(draw: st.DrawFn) -> Facts:
    domain = draw(st.sampled_from(DOMAINS))
    return Facts(
        sender=SenderFacts(
            address=f"jo@{domain}", domain=domain, known=draw(st.booleans())
        ),
        received=NOW,
        subject=draw(st.sampled_from(["x", "X", ""])),
        size=draw(st.integers(0, 4)),
        attachments=("a.pdf",) * draw(st.integers(0, 2)),
        reply=draw(st.booleans()),
        ticket=TicketFacts(
            status=draw(st.sampled_from(["new", "open", "solved"])),
            team=draw(st.sampled_from([None, "x", "y"])),
            age=timedelta(minutes=draw(st.sampled_from([0, 60, 61]))),
        ),
    )


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, st.booleans(), st.booleans(), st.lists(mails(), min_size=20))
def test_what_can_never_match_matches_nothing(
    text: str, domains: bool, globs: bool, seen: list[Facts]
) -> None:
    parts = [COMPILER.compile(text)]
    if domains:
        parts.append(domains_part(["a.example"]))
    if globs:
        parts.append(from_part(["*@c.example", "j?@b.a.example"]))
    condition = Condition.of(tuple(parts))
    if contradiction(condition) is not None:
        assert not any(map(condition.matches, seen))
    if contradiction(condition, frozenset({"opened"})) is not None:
        assert not any(condition.matches(mail) for mail in seen if not mail.reply)
    later = frozenset({"customer_reply"})
    if contradiction(condition, later) is not None:
        assert not any(condition.matches(mail) for mail in seen if mail.reply)


def test_a_condition_of_very_many_alternatives_is_left_alone() -> None:
    either = " and ".join(f'(size > {n} or subject == "{n}")' for n in range(40))
    assert contradiction(Condition.of((COMPILER.compile(either),))) is None
