"""A bounce that somebody's mail program passes on to his other mailbox."""

import pytest

from mailroom.message.model import BounceType
from mailroom.message.parse import parse

REPORT = """The original message was received on Tuesday.

   ----- The following addresses had permanent fatal errors -----
<jane@gone.example>
    (reason: 550 5.1.1 User unknown)

Reporting-MTA: dns; mx.shop.example

Final-Recipient: RFC822; jane@gone.example
Action: failed
Status: 5.1.1
Diagnostic-Code: SMTP; 550 5.1.1 User unknown

Return-Path: <help@shop.example>
Received: from app.shop.example by mx.shop.example
Message-ID: <1042.7f@shop.example>
From: Help <help@shop.example>
To: jane@gone.example
Subject: Your order
"""


def passed_on(
    author: str = "Help <help@shop.example>",
    addressee: str = "Help <help@desk.example>",
    words: str = "Passed on by a rule.",
    report: str = REPORT,
    got_it: str = "<help@shop.example>",
    header: str = "",
) -> bytes:
    quoted = "".join(f"> {line}\n" for line in report.splitlines())
    return (
        f"From: {author}\nTo: {addressee}\nSubject: Fwd: Returned mail\n{header}"
        f"\n{words}\n\nBegin forwarded message:\n\n"
        "> From: Mail Delivery Subsystem <MAILER-DAEMON>\n"
        f"> To: {got_it}\n> Subject: Returned mail\n>\n{quoted}"
    ).encode()


def test_the_report_of_an_own_mail_in_the_other_mailbox_is_a_bounce() -> None:
    found = parse(passed_on()).bounce
    assert found is not None
    assert (found.type, found.status) == (BounceType.HARD, "5.1.1")
    assert found.recipients == ("jane@gone.example",)
    assert found.original_message_id == "1042.7f@shop.example"
    assert found.passed_on


def test_no_words_are_needed_above_it() -> None:
    assert parse(passed_on(words="")).bounce is not None


def test_a_delay_is_passed_on_as_a_delay() -> None:
    report = REPORT.replace("failed", "delayed").replace("5.1.1", "4.4.1")
    found = parse(passed_on(report=report)).bounce
    assert found is not None
    assert found.type is BounceType.SOFT


@pytest.mark.parametrize(
    "mail",
    [
        # A customer shows us what came back to him, with or without words.
        passed_on(addressee="Help <support@desk.example>", words=""),
        passed_on(addressee="Desk <help@desk.example>"),
        passed_on(addressee="help@desk.example"),
        passed_on(words="Why do I get this?"),
        passed_on(words="何ですか？"),
        passed_on(words="I get this each time that I write to Jane, please look at it"),
        passed_on(words="Hello,\nplease look."),
        # It came to another, returns another's mail, or reports no failure.
        passed_on(got_it="<bob@shop.example>"),
        passed_on(report=REPORT.replace("From: Help <help@", "From: Bob <bob@")),
        passed_on(report=REPORT.replace("failed", "relayed")),
        passed_on(report="We are glad to tell you that it arrived.\n"),
        passed_on(author="Help <help@desk.example>"),
        passed_on(author="No Reply <noreply@shop.example>"),
        passed_on(header="Precedence: list\n"),
    ],
)
def test_whatever_a_person_may_mean_as_a_question_is_none(mail: bytes) -> None:
    assert parse(mail).bounce is None
