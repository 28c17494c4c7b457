"""Transcripts: what an agent's commands came to, line by line, in a mail to him alone."""

from collections.abc import Sequence

from mailroom.desk.act import Act
from mailroom.desk.explain import explain_case
from mailroom.desk.letters.post import queue, words
from mailroom.desk.letters.tell_agents import (
    goes_to,
    history,
    internal_letter,
    loose_letter,
)
from mailroom.desk.reading import outsiders
from mailroom.notice.audience import Told
from mailroom.ticket.case import Case
from mailroom.ticket.command import COMMANDS, Fault
from mailroom.ticket.token import NO_TICKET, Permission, Token


def refuse(act: Act, case: Case | None, faults: Sequence[Fault]) -> None:
    """Say line by line what was refused, and that nothing was done."""
    why = {fault.line: fault.why for fault in faults}
    lines = [f"> {fault.line}\n  refused: {fault.why}" for fault in faults]
    lines += [
        f"> {command.line}\n  not done, because of the above"
        for command in act.commands.commands
        if command.line not in why
    ]
    verdict = "Nothing was done, and nothing was sent to the customer."
    reached = [mailbox.address for mailbox in outsiders(act.office, act.reading)]
    if reached:
        verdict = (
            "Nothing was done, and we have sent your mail to nobody."
            f" It went past us to {', '.join(reached)}."
        )
    send_transcript(act, case, verdict, lines, "" if reached else act.text)


def rehearse(act: Act, case: Case | None, public: bool) -> None:
    """Say what a mail with `#try` would do; nothing of it is done."""
    lines = [
        f"> {command.line}\n  would be done"
        for command in act.commands.commands
        if command.name != "try"
    ]
    if case is None:
        lines.append("A ticket would be opened.")
    elif public:
        lines.append(
            goes_to(act.office, case, Permission.PUBLIC).replace("goes", "would go")
        )
    elif act.text:
        lines.append("Your text would be an internal note.")
    send_transcript(act, case, "Nothing was done: this was a trial.", lines, act.text)


def answer_questions(act: Act, case: Case | None) -> None:
    """Answer `#help`, `#show` and `#why`, each in a mail of its own."""
    if act.commands.has("help"):
        lines = [
            f"#{name}" + (f" {_hint(wants)}" if wants else "")
            for name, wants in COMMANDS.items()
        ]
        send_transcript(act, case, "These commands are understood:", lines, "")
    if case is None:
        return
    if act.commands.has("show"):
        lines = [history(act.office, case) or "There is no message yet."]
        send_transcript(act, case, "The conversation so far:", lines, "")
    if act.commands.has("why"):
        lines = explain_case(act.office, case, act.office.now()).lines()
        send_transcript(act, case, "Why this ticket's deadlines are so:", lines, "")


def _hint(wants: str) -> str:
    return "(...)" if wants == "?" else f"({wants})"


def send_transcript(
    act: Act, case: Case | None, verdict: str, lines: Sequence[str], text: str
) -> None:
    office, now = act.office, act.office.now()
    told = Told(act.address, "wrote the commands", act.reading.agent)
    key = f"transcript:{act.reading.inbound.id}:{verdict[:9]}"
    asked = act.reading.message.subject
    subject = asked if asked[:3].lower() == "re:" else f"Re: {asked}"
    values = {
        "subject": subject,
        "goes_to": goes_to(office, case, Permission.INTERNAL) if case else "",
        "verdict": verdict,
        "lines": lines,
        "text": text,
    }
    written = words(office, "transcript", "en", values)
    if case is not None:
        letter = internal_letter(
            office, case, told, key, "transcript", Permission.INTERNAL, act.agent
        )
    else:
        letter = loose_letter(
            act.reading,
            told,
            key,
            "transcript",
            Token(NO_TICKET, Permission.INTERNAL, act.agent),
        )
    queue(office, case, letter, written, now)
