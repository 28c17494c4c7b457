"""The one map from what can go wrong at a door to what the peer is told.

Reply codes are those of RFC 5321 4.2, enhanced codes those of RFC 3463. No text of an
exception and nothing that the peer did not know already ever leaves by a reply.
"""

from dataclasses import dataclass, field
from enum import Enum

from mailroom.errors import MailroomError


class MemoryFull(MailroomError):
    """Too many octets of mail are in flight; the sender is asked to come again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply: code (RFC 5321 4.2.1), enhanced code (RFC 3463) and text."""

    code: int
    status: str
    text: str
    line: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = (str(self.code), self.status, self.text)
        line = " ".join(part for part in parts if part).encode("ascii")
        object.__setattr__(self, "line", line)


class Answer(Enum):
    """Every reply that Mailroom itself gives. Greeting and EHLO are made elsewhere."""

    SENDER_OK = Reply(250, "2.1.0", "Sender taken")
    RECIPIENT_OK = Reply(250, "2.1.5", "Recipient taken")
    ACCEPTED = Reply(250, "2.0.0", "Mail is in safe keeping")
    RESET = Reply(250, "2.0.0", "Forgotten")
    GO_AHEAD = Reply(354, "", "Send the mail, end with <CR><LF>.<CR><LF>")
    NOT_KEPT = Reply(451, "4.3.0", "Mail could not be stored, please try again later")
    LOCAL_FAULT = Reply(451, "4.3.0", "Local error, please try again later")
    MEMORY_FULL = Reply(452, "4.3.1", "Too much mail at once, please try again later")
    TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients, send the rest next")
    TOO_BIG = Reply(552, "5.3.4", "Mail is bigger than this desk takes")
    UNKNOWN_RECIPIENT = Reply(550, "5.1.1", "No such address here, and no relaying")
    OUTSIDER = Reply(
        550,
        "5.7.1",
        "This door takes mail to the desk only; send to others by your own mail server",
    )
    BAD_SENDER = Reply(553, "5.1.7", "Sender address is malformed")
    BAD_RECIPIENT = Reply(553, "5.1.3", "Recipient address is malformed")
    BAD_PARAMETER = Reply(555, "5.5.4", "Parameter not known")
    BAD_SYNTAX = Reply(501, "5.5.4", "Syntax error in parameters")
    HELLO_FIRST = Reply(503, "5.5.1", "Say hello first")
    LHLO_ONLY = Reply(500, "5.5.1", "Say LHLO, this is LMTP")
    NESTED_MAIL = Reply(503, "5.5.1", "A sender was named already")
    MAIL_FIRST = Reply(503, "5.5.1", "Name the sender first")
    RECIPIENT_FIRST = Reply(503, "5.5.1", "Name a recipient first")
    CLOSING = Reply(421, "4.3.2", "Closing down, please try again later")
    TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections, please wait")
    TOO_MANY_REFUSED = Reply(421, "4.7.0", "Too many unknown recipients, goodbye")
    NOT_WELCOME = Reply(554, "5.7.1", "This door is not for your network")
    TIMED_OUT = Reply(421, "4.4.2", "Waited too long, goodbye")

    @property
    def line(self) -> bytes:
        """The reply as it goes over the wire, without CRLF."""
        return self.value.line


_RECIPIENT = {
    "ok": Answer.RECIPIENT_OK,
    "unknown": Answer.UNKNOWN_RECIPIENT,
    # Not told apart from an unknown address: a guesser learns nothing.
    "bad_token": Answer.UNKNOWN_RECIPIENT,
}


def for_recipient(outcome: str) -> Answer:
    """Return the reply to RCPT for an outcome: ok, unknown or bad_token."""
    return _RECIPIENT.get(outcome, Answer.UNKNOWN_RECIPIENT)


def for_error(error: BaseException) -> Answer:
    """Return the reply for an error while a mail was being kept: always transient."""
    if isinstance(error, MemoryFull):
        return Answer.MEMORY_FULL
    if isinstance(error, MailroomError):
        return Answer.NOT_KEPT
    return Answer.LOCAL_FAULT
