"""What an agent can do from a page: mails with the command filled in (RFC 6068)."""

from dataclasses import dataclass

from mailroom.desk.pages.ticket_file import TicketFile
from mailroom.ticket.model import Status
from web.formats import mailto
from web.texts import gettext as _


@dataclass(frozen=True, slots=True)
class Act:
    """A link that opens a mail; `main`: the one most often wanted."""

    words: str
    link: str
    main: bool = False


def acts(file: TicketFile) -> list[Act]:
    """Return what makes sense in the ticket's present state."""
    status = file.ticket.status
    done = status in (Status.SOLVED, Status.CLOSED)
    found = [Act(_("Answer the customer"), mailto(file.reply_to, file.subject), True)]
    if file.ticket.spam:
        return [_command(file, _("Not spam"), "notspam")]
    if not done:
        found.append(_command(file, _("Take it"), "take"))
        found.append(_command(file, _("Solve"), "solved"))
        found.append(_command(file, _("Wait for the customer"), "pending"))
        found.append(_command(file, _("Put on hold"), "hold"))
    elif status is Status.SOLVED:
        found.append(_command(file, _("Reopen"), "reopen"))
    found.append(_note(file))
    if not done:
        found.append(_command(file, _("Assign"), "assign "))
        found.append(_command(file, _("Priority"), "priority "))
        found.append(_command(file, _("Tag"), "tag "))
        found.append(_command(file, _("Seen (stop escalation)"), "ack"))
        found.append(_command(file, _("Spam"), "spam"))
    return found


def release(box: str, message: int) -> str:
    """Return the link that has a quarantined message processed again."""
    return mailto(box, f"#release {message}", f"#release {message}\n")


def _command(file: TicketFile, words: str, command: str) -> Act:
    prefix = file.command_prefix
    line = f"{prefix}{command}" if prefix else f"#{command}"
    return Act(words, mailto(file.command_to, file.subject, line + "\n"))


def _note(file: TicketFile) -> Act:
    return Act(_("Add a note"), mailto(file.command_to, file.subject, "#note\n\n"))
