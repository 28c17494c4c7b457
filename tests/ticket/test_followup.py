"""Which ticket a mail belongs to: evidence in a fixed order, the winner named."""

import itertools
import re
from typing import Any

import pytest

from mailroom.message.parse import parse
from mailroom.ticket.followup import Clue, Clues, Found, clues, decide, is_stale
from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.token import Permission, Token, message_id

KEY = b"k" * 32
TAG = re.compile(r"\[#(\d{1,15})\]")


def token(ticket: int, permission: Permission = Permission.CUSTOMER) -> Token:
    return Token(TicketId(ticket), permission, PersonId(17))


def found(evidence: Clues, **more: Any) -> Found:
    given: dict[str, Any] = {
        "exists": {},
        "known": {},
        "replies": (),
        "own_siblings": (),
        "takes_part": False,
        "related": (),
    }
    return decide(evidence, **{**given, **more})


ALL = Clues(
    address_token=token(1),
    message_id_token=token(2),
    answered=("a@x", "b@x"),
    message_id="m@x",
    tagged=TicketId(5),
)
EVERYTHING: dict[str, Any] = {
    "exists": {1: True, 2: True, 5: True},
    "known": {"b@x": 3},
    "replies": (4,),
    "own_siblings": (6,),
    "takes_part": True,
    "related": (6, 7),
}


def test_evidence_counts_in_its_order() -> None:
    left = dict(EVERYTHING)
    order = []
    for weaker in (
        {"exists": {2: True, 5: True}},
        {"exists": {5: True}},
        {"known": {}},
        {"takes_part": False},
        {"replies": ()},
        {"own_siblings": ()},
    ):
        order.append(found(ALL, **left))
        left |= weaker
    assert [(f.ticket, f.clue) for f in order] == [
        (1, Clue.ADDRESS_TOKEN),
        (2, Clue.MESSAGE_ID_TOKEN),
        (3, Clue.REFERENCES),
        (5, Clue.SUBJECT_TAG),
        (4, Clue.AWAITED),
        (6, Clue.SIBLING),
    ]
    assert found(ALL, **left) == Found(weak=(TicketId(6), TicketId(7)))


@pytest.mark.parametrize("takes_part", [True, False])
def test_subject_tag_alone_lets_no_stranger_join(takes_part: bool) -> None:
    tagged = Clues(tagged=TicketId(5))
    there = found(tagged, exists={5: True}, takes_part=takes_part)
    assert there.ticket == (5 if takes_part else None)


def test_token_of_a_ticket_that_is_gone_is_no_evidence() -> None:
    assert found(Clues(address_token=token(1)), exists={1: False}).ticket is None


def test_release_of_a_held_message_is_no_evidence_for_the_ticket_of_its_number() -> (
    None
):
    released = token(1, Permission.RELEASE)
    evidence = Clues(address_token=released, message_id_token=released)
    assert found(evidence, exists={1: True}) == Found()


def test_nearest_answered_mail_wins() -> None:
    evidence = Clues(answered=("a@x", "b@x"))
    assert found(evidence, known={"a@x": 3, "b@x": 4}).ticket == 3


def test_original_joins_the_first_ticket_that_waits_for_it() -> None:
    there = found(Clues(message_id="m@x"), replies=(4, 8, 9))
    assert (there.ticket, there.replies) == (4, (8, 9))


def test_answers_to_a_mail_join_the_ticket_that_it_belongs_to_itself() -> None:
    mail = Clues(message_id="m@x", answered=("a@x",))
    there = found(mail, known={"a@x": 3}, replies=(4, 8), related=(3, 4, 9))
    assert there == Found(
        ticket=TicketId(3),
        clue=Clue.REFERENCES,
        replies=(TicketId(4), TicketId(8)),
        weak=(TicketId(9),),
    )


def read(**headers: str) -> Any:
    fields = {"From": "jane@customer.example", "Subject": "Printer", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return parse(("\n".join(lines) + "\n\nHello\n").encode())


def test_clues_are_read_in_reply_to_first_then_references_from_the_end() -> None:
    mail = read(Message_ID="<m@x>", In_Reply_To="<c@x>", References="<a@x> <b@x> <c@x>")
    seen = clues(mail, None, [KEY], TAG)
    assert seen.answered == ("c@x", "b@x", "a@x")
    assert seen.message_id == "m@x"


def test_token_is_found_in_any_message_id_of_ours_that_is_answered() -> None:
    ours = message_id(token(1042), "ack:1042", KEY, "acme.example")
    mail = read(References=f"<{ours}> <later@customer.example>")
    assert clues(mail, None, [KEY], TAG).token == token(1042)
    assert clues(mail, None, [b"o" * 32], TAG).token is None


def test_address_wins_where_the_two_tokens_disagree() -> None:
    ours = message_id(token(1042), "ack:1042", KEY, "acme.example")
    mail = read(In_Reply_To=f"<{ours}>")
    assert clues(mail, token(7), [KEY], TAG).token == token(7)


@pytest.mark.parametrize(
    ("subject", "answers", "permission", "stale"),
    [
        ("Another thing", "", Permission.CUSTOMER, True),
        ("Another thing", "<a@x>", Permission.CUSTOMER, False),
        ("Re: Printer [#7]", "", Permission.CUSTOMER, False),
        ("Re: Printer [#8]", "", Permission.CUSTOMER, True),
        ("Another thing", "", Permission.PUBLIC, False),
        ("Another thing", "", Permission.INTERNAL, False),
    ],
)
def test_token_from_an_address_book_is_stale(
    subject: str, answers: str, permission: Permission, stale: bool
) -> None:
    mail = read(Subject=subject, **({"In_Reply_To": answers} if answers else {}))
    seen = clues(mail, token(7, permission), [KEY], TAG)
    assert (seen.address_token is None) == stale
    tagged = TAG.search(subject)
    assert is_stale(mail, token(7, permission), tagged) == stale


def test_tags_can_be_switched_off() -> None:
    assert clues(read(Subject="Re: Printer [#7]"), None, [KEY], None).tagged is None


def test_any_subset_of_the_evidence_names_a_clue_with_its_ticket() -> None:
    for keys in itertools.product([True, False], repeat=len(EVERYTHING)):
        kept = {
            k: v for (k, v), keep in zip(EVERYTHING.items(), keys, strict=True) if keep
        }
        there = found(ALL, **kept)
        assert (there.ticket is None) == (there.clue is None)
