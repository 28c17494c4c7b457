"""The scenes of `mailroom demo`, in their order.

Each scene is a title, what somebody does, and what must have come of it before the next
one begins.
"""

from mailroom.cli import demo_story as story
from mailroom.cli.demo_screen import Screen
from mailroom.cli.demo_stage import Stage
from mailroom.cli.demo_story import ANN, BOB, JANE, LENA, OLAF, Words
from mailroom.cli.demo_watch import Watcher
from mailroom.message.model import Mailbox
from mailroom.ticket.model import Status

PEOPLE = {"jane": JANE, "olaf": OLAF, "ann": ANN, "bob": BOB, "lena": LENA}


class Play:
    """Plays the story on a stage."""

    def __init__(self, stage: Stage, screen: Screen) -> None:
        self._stage = stage
        self._screen = screen
        self._watcher = Watcher(stage, screen)

    def all(self) -> None:
        """Play every scene; MailroomError where one does not come about."""
        self._outage()
        self._question()
        self._vacation()
        self._answer()
        self._reminder()
        self._breach()
        self._late_answer()
        self._thanks()

    def _outage(self) -> None:
        self._screen.title("Jane of Northwind Bank, a gold customer, has an outage.")
        self._write(JANE, story.OUTAGE)
        self._watcher.until(lambda: self._have(jane=1, ann=1, bob=1), pause=2)

    def _question(self) -> None:
        self._screen.title("Olaf of a pet shop asks an ordinary question.")
        self._write(OLAF, story.QUESTION)
        self._watcher.until(lambda: self._have(olaf=1, ann=2, bob=2))

    def _vacation(self) -> None:
        self._screen.title("Olaf's vacation notice answers the acknowledgement.")
        acknowledged = self._stage.last_of(OLAF)
        self._screen.mail_in(OLAF, story.VACATION)
        self._stage.write(OLAF, story.VACATION, answers=acknowledged, automatic=True)
        self._watcher.until(self._is_settled)

    def _answer(self) -> None:
        self._screen.title("Ann takes Jane's ticket and answers in her mail client.")
        self._reply(ANN, "Outage", story.ANSWER)
        self._watcher.until(lambda: self._have(jane=2, bob=3), pause=1)

    def _reminder(self) -> None:
        self._screen.title("Nobody has answered Olaf yet: the team is reminded.")
        self._watcher.until(lambda: self._have(ann=3, bob=4), pause=0)

    def _breach(self) -> None:
        self._screen.title("Time runs out: the lead hears of it, and so does Olaf.")
        self._watcher.until(lambda: self._have(olaf=2, lena=1), pause=0.5)

    def _late_answer(self) -> None:
        self._screen.title("Bob answers Olaf, late, and marks it solved.")
        self._reply(BOB, "export", story.LATE_ANSWER)
        self._watcher.until(lambda: self._have(olaf=3))

    def _thanks(self) -> None:
        self._screen.title("Jane is content; Ann closes with one line.")
        self._reply(JANE, "Outage", story.THANKS)
        self._watcher.until(lambda: self._have(ann=4) and self._is_settled(), pause=1)
        self._reply(ANN, "Outage", story.DONE)
        self._watcher.until(lambda: self._have(jane=3) and self._all_solved(), pause=1)

    def _write(self, author: Mailbox, words: Words) -> None:
        self._screen.mail_in(author, words)
        self._stage.write(author, words)

    def _reply(self, author: Mailbox, about: str, text: str) -> None:
        """Answer the last mail about something that speaks with the other side."""
        is_agent = author in (ANN, BOB, LENA)
        opening = "Your reply goes to" if is_agent else ""
        last = self._stage.last_of(author, about, opening)
        subject = last.message.subject
        words = Words(subject if subject[:3] == "Re:" else f"Re: {subject}", text)
        self._screen.mail_in(author, words)
        self._stage.write(author, words, answers=last, is_agent=is_agent)

    def _have(self, **counts: int) -> bool:
        """Whether people of the story have got at least so many mails."""
        got = {name: self._stage.count(PEOPLE[name]) for name in counts}
        return all(got[name] >= count for name, count in counts.items())

    def _is_settled(self) -> bool:
        return not self._stage.app.store.waiting_inbound(1)

    def _all_solved(self) -> bool:
        lines = self._stage.app.store.tickets()
        return all(line.ticket.status is Status.SOLVED for line in lines)
