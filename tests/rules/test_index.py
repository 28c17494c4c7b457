"""The index leaves out only rules that cannot match."""

import timeit
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.condition import Compiler
from rules.facts import Facts, SenderFacts
from rules.index import SMALL, Index
from rules.loader import load_texts
from rules.part import Condition
from rules.sugar import domains_part, keywords_part, to_part
from rules.view import View

NOW = datetime(2026, 11, 24, tzinfo=UTC)
COMPILER = Compiler()

texts = st.text(st.sampled_from("ab .-_+½漢ßé\u0301ー1"), max_size=14)
words = st.text(
    st.sampled_from("ab .-_+½漢ßé\u0301ー1"), min_size=1, max_size=5
).filter(str.strip)
hosts = st.sampled_from(["a.com", "b.a.com", "xa.com", "com", ""])
parts = st.one_of(
    st.builds(lambda w: keywords_part([w]), words),
    st.builds(lambda v, w: keywords_part([v, w]), words, words),
    st.builds(lambda d: domains_part([d]), hosts.filter(bool)),
    st.builds(lambda a: to_part([a]), st.sampled_from(["a@x.y", "b@x.y"])),
    st.builds(
        COMPILER.compile,
        st.sampled_from(
            [
                "reply",
                'sender.domain == "a.com" or sender.domain == "xa.com"',
                '$mentions(text, "a") and not $mentions(subject, "b")',
                '$mentions(text, "a") or reply',
                'headers["x"] == "1" and $mentions(text, "a b")',
                'not $under(sender.domain, "a.com")',
            ]
        ),
    ),
)
conditions = st.lists(parts, max_size=2).map(lambda some: Condition.of(tuple(some)))


@settings(max_examples=400, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=8), texts, texts, hosts, st.booleans())
def test_index_leaves_out_only_what_cannot_match_or_fail(
    some: list[Condition], subject: str, text: str, host: str, reply: bool
) -> None:
    view = View(
        Facts(
            sender=SenderFacts(address=f"j@{host}", domain=host),
            received=NOW,
            subject=subject,
            text=text,
            reply=reply,
            mailboxes=("a@x.y",),
        )
    )
    numbers = list(range(len(some))) + [-1] * SMALL
    never = Condition.of((COMPILER.compile('sender.domain == "never.example"'),))
    index = Index(numbers, [*some, *[never] * SMALL])
    found = list(index.candidates(view))
    assert [n for n in found if n >= 0] == sorted({n for n in found if n >= 0})
    for number, condition in enumerate(some):
        if number in found:
            continue
        assert condition.evaluate(view) is False


def test_ten_thousand_rules_cost_about_what_a_few_do() -> None:
    text = "".join(
        f'[[rule]]\nname = "r{n}"\ntags = ["t{n}"]\n'
        + (
            f'domains = ["c{n}.example"]\n'
            if n % 2
            else f'keywords = ["word{n} two"]\n'
        )
        for n in range(4000)
    )
    rule_set = load_texts({"a.toml": text}, NOW)
    facts = Facts(
        sender=SenderFacts(address="j@c7.example", domain="c7.example"),
        received=NOW,
        text="some word8 two and more of it " * 100,
    )
    assert rule_set.decide(facts, "opened").matched == ("r7", "r8")
    best = min(
        timeit.repeat(lambda: rule_set.decide(facts, "opened"), number=5, repeat=5)
    )
    assert best / 5 < 5e-3  # 0.2 ms on a quiet machine; one by one it would be 8 ms
