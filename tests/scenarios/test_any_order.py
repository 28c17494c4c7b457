"""Arrival order does not matter: generated conversations in any order that can be.

Two customers, people whom they copy, a stranger and two agents write: new mail, answers
(with References, or with In-Reply-To alone), agents' answers to a customer's mail itself,
their new mail to customers and to us, forwards, other mails under a Message-ID that was
used before. Mails are lost, come twice, by SMTP and by IMAP, without proof of their agent,
to two of our mailboxes. Then agents answer notifications, and customers acknowledgements
and answers, by the address or by the Message-ID of what they received.

Every copy may come at any time, but for what cannot be: an answer to what the desk sends
comes after it was sent. Each conversation is played twice, as it was written and
shuffled, and what is held equal is:

- the tickets, as sets of mails, each with its requester and its participants and their
  roles; subject and mailbox, too, where the mail that began the thread is there;
- which tickets are linked;
- the comments: which mails, whether public, by whom;
- who was sent what, and how often: acknowledgements, an agent's answer, word of a mail.

What is not, and why:

- An agent's answer goes to those who take part when it comes, for nothing can be sent
  before it was written: so agents answer when all who bring somebody in have written.
  Later answers that bring nobody in come before or after it.
- Tickets on which agents have answered twice before the original came stay apart, as
  they must, so a thread gets its second public answer when all of it is there.
- Word of an agent's answer to a mail that has not come yet is word of a new ticket; that
  each agent hears of it once is held, in which of the two letters is not.
- A forward that names a mail which it passes on opens a ticket where that mail is not
  there, and is a note where it is: that it is kept is held, not that it is public, nor
  whose words it counts as, nor that others hear of it.
- An answer that names a Message-ID which two mails have: it stands by the first where it
  came between the two, for no mail is moved once it has its place.
- Questions about a copy that does not prove its agent go out where that one is first.
- Acknowledgements wait five minutes for an original, so all comes within that time; the
  limits that cap them by the hour are off.
- Answers to a mail that is lost are one ticket where they are of one person and name
  just the same mails; numbers depend on who came first and are not looked at.
"""

import os
from shutil import rmtree

import generated_mail as made
import played_desk as desk
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

CASES = int(os.environ.get("ORDER_CASES", "40"))  # the same ones, unless it is set


@settings(
    max_examples=CASES,
    deadline=None,
    phases=(Phase.generate,),  # a failure is small; to shrink it takes minutes
    derandomize="ORDER_CASES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(made.conversations(), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_tickets_and_the_same_mails(
    tmp_path_factory, talk, chance
):
    root = tmp_path_factory.mktemp("order")
    fresh = desk.prepare(root / "fresh")
    copies = sum(len(m.doors) for m in talk.mails if not m.lost)
    ranks = list(range(copies))
    straight = made.shuffled(talk, ranks)
    chance.shuffle(ranks)
    order = made.shuffled(talk, ranks)
    with (
        desk.played(talk, straight, fresh, root / "straight") as one,
        desk.played(talk, order, fresh, root / "shuffled") as other,
    ):
        assert other.tickets() == one.tickets()
        assert other.links() == one.links()
        assert other.comments() == one.comments()
        assert other.mails() == one.mails()
        assert one.drifts() == other.drifts() == []
    rmtree(root)
