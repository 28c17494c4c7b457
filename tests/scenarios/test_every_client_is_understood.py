"""Replies as the clients of real people write them, HTML parts included.

`mail/NAME.eml` is the source of a reply of one client, with places for its lines and for
the mail that it quotes; what it quotes here is the very letter that its author got.
"""

import base64
import email.message
import quopri
import re
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent / "mail"
CLIENTS = sorted(path.stem for path in FOLDER.glob("*.eml"))
JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
JANES, ANNS, BOBS = "jane@customer.example", "ann@acme.example", "bob@acme.example"
PROOF = "Authentication-Results: mx.acme.example; dmarc=pass header.from={}\r\n"
WHEN = datetime(2026, 11, 24, 10, 12, tzinfo=UTC)
TOKEN = re.compile(r"\d+\.[cpnh]\d+\.[a-z2-7]{16}")

every_client = pytest.mark.parametrize("client", CLIENTS)


def _base64(text, charset="utf-8"):
    octets = text.encode(charset).replace(b"\n", b"\r\n")
    return base64.encodebytes(octets).decode().strip()


def _quoted_printable(text, charset="utf-8"):
    return quopri.encodestring(text.encode(charset)).decode().rstrip("\n")


SOURCES = Environment(
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
SOURCES.filters.update(base64=_base64, quoted_printable=_quoted_printable)


def _source(client):
    return (FOLDER / f"{client}.eml").read_text()


def _part(mail, type):
    (part,) = [p for p in mail.walk() if p.get_content_type() == type]
    return part.get_payload(decode=True).decode().replace("\r\n", "\n")


def _charset(texts):
    try:
        "".join(texts).encode("windows-1252")
    except UnicodeEncodeError:
        return "utf-8"
    return "Windows-1252"


class Person:
    """Somebody at a desk, who answers the last letter with one client or another."""

    def __init__(self, desk, mailbox):
        self.desk = desk
        self.mailbox = mailbox
        self.name, self.address = parseaddr(mailbox)

    @property
    def inbox(self):
        return self.desk.received(self.address)

    def answer(self, client, *lines, signature=()):
        """Answer the last letter; return the raw mail."""
        last = self.inbox[-1]
        name, from_address = parseaddr(last["From"])
        to = parseaddr(last["Reply-To"] or last["From"])[1]
        text, html = _part(last, "text/plain"), _part(last, "text/html")
        body = re.search(r"<body[^>]*>(.*)</body>", html, re.S)
        assert body is not None
        source = SOURCES.get_template(f"{client}.eml").render(
            author=self.mailbox,
            from_name=name,
            from_address=from_address,
            to=to,
            own_name=self.name,
            own_address=self.address,
            subject=last["Subject"],
            date=WHEN,
            id=f"{client}.{len(self.desk.ledger())}@{self.address.partition('@')[2]}",
            in_reply_to=last["Message-ID"],
            references=f"{last['References'] or ''} {last['Message-ID']}".strip(),
            lines=list(lines),
            signature=list(signature),
            quoted_text=text.rstrip("\n").split("\n"),
            quoted_html=body[1],
            charset=_charset([*lines, text, html]),
        )
        proof = PROOF.format(self.address.partition("@")[2])
        raw = (proof.replace("\r\n", "\n") + source).replace("\n", "\r\n").encode()
        self.desk.send(raw, to, self.address)
        return raw


@pytest.fixture
def jane(desk):
    return Person(desk, JANE)


@pytest.fixture
def ann(desk):
    return Person(desk, ANN)


def _lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def _bytes(mail):
    """Return all that a mail says, however it is encoded: its fields and its parts."""
    parts = [p.get_payload(decode=True) or b"" for p in mail.walk()]
    return mail.as_bytes() + b"\n".join(parts)


def _no_leak(mail):
    """Nothing of the notification that the agent answered has come along."""
    for word in (b"write your reply above", b"Your reply goes to", b"policy standard"):
        assert word not in _bytes(mail)
    tokens = set(TOKEN.findall(_bytes(mail).decode("utf-8", "replace")))
    assert all(token.split(".")[1].startswith("c") for token in tokens)


@every_client
def test_command_is_done_and_the_words_below_it_reach_the_customer(
    desk, jane, ann, text_of, client
):
    desk.write(JANE)
    ann.answer(client, "#solved", "", "Please use water.", "It stands in the hall.")
    assert desk.ticket().status == "solved"
    assert desk.clock_of("first_reply").state == "achieved"
    _, mail = jane.inbox
    assert _lines(text_of(mail)) == ["Please use water.", "It stands in the hall."]
    assert mail["From"] == '"Ann Archer, Acme Support" <support@acme.example>'
    assert b"ann@acme.example" not in _bytes(mail)
    assert b"#solved" not in _bytes(mail)
    _no_leak(mail)


@every_client
def test_words_arrive_as_they_were_written(desk, jane, ann, text_of, client):
    words = [
        "Grüße aus Köln, Jane \u2013 \u201cbitte\u201d nicht löschen & <b>warten</b>.",
        "5 > 3, and 3 < 5.",
        "Ein langer Satz, den Clients an verschiedenen Stellen umbrechen, weil er nicht"
        " in eine einzige Zeile passt und trotzdem ganz ankommen soll.",
    ]
    desk.write(JANE)
    ann.answer(client, *words)
    assert " ".join(_lines(text_of(jane.inbox[-1]))) == " ".join(words)
    assert desk.ticket().status == "open"
    _no_leak(jane.inbox[-1])


@every_client
def test_command_alone_sends_the_customer_nothing_but_the_letter(
    desk, jane, ann, text_of, client
):
    desk.write(JANE)
    ann.answer(client, "#solved")
    assert desk.ticket().status == "solved"
    assert len(jane.inbox) == 2
    assert "is solved" in text_of(jane.inbox[-1])
    assert desk.ledger()[-1].disposition == "COMMAND"


@every_client
def test_several_commands_with_values_are_all_done(desk, jane, ann, client):
    desk.write(JANE)
    ann.answer(client, "#priority high", "#tag vip", "#assign bob", "", "We are at it.")
    ticket = desk.ticket()
    assert (ticket.priority, ticket.tags) == ("high", ("vip",))
    assert desk.app.office.address(ticket.assignee) == BOBS
    assert len(jane.inbox) == 2


@every_client
@pytest.mark.parametrize(
    "line",
    [
        "#Solved",
        "#SOLVED",
        "# Solved",
        "# Solved.",
        "#solved.",
        "#solved!",
        "\uff03solved",
        "\uff03 Solved",
        "#\u00a0solved",
        "\u00a0#solved\u00a0",
        "\u200b#solved",
        "\ufeff#solved",
        "\u200e#solved\u200e",
    ],
    ids=ascii,
)
def test_what_keyboards_make_of_a_command_is_understood(
    desk, jane, ann, text_of, client, line
):
    desk.write(JANE)
    ann.answer(client, line, "Please use water.")
    assert desk.ticket().status == "solved"
    assert _lines(text_of(jane.inbox[-1])) == ["Please use water."]


@every_client
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("#solvd", "did you mean #solved?"),
        ("#solved Thanks", "#solved takes no value"),
        ("#solved Please use water.", "#solved takes no value"),
        ("#solvedPlease use water.", "did you mean #solved?"),
        ("#solved #tag vip", "a line of its own"),
        ("#tag vip #solved", "a line of its own"),
        ("#assign bob #priority high", "a line of its own"),
        ("#priority high Thanks", "the priorities are"),
        ("#pending 3d Thanks", "write a time like"),
        ("#assign bob Thanks", "no agent, or more than one"),
        ("#sólved", "did you mean #solved?"),
        ("#solv", "did you mean #solved?"),
        ("*#solved*", "at the start of its line"),
        ("- #solved", "at the start of its line"),
        ("\u2022 #solved", "at the start of its line"),
        ("1. #solved", "at the start of its line"),
        ("\u201c#solved\u201d", "at the start of its line"),
    ],
    ids=ascii,
)
def test_what_is_not_understood_is_refused_and_nothing_is_done(
    desk, jane, ann, text_of, client, line, why
):
    desk.write(JANE)
    ann.answer(client, line, "", "Please use water.")
    assert len(jane.inbox) == 1
    ticket = desk.ticket()
    assert (ticket.status, ticket.priority, ticket.tags) == ("new", "normal", ())
    transcript = text_of(ann.inbox[-1])
    assert "Nothing was done, and nothing was sent to the customer." in transcript
    assert why in transcript
    assert "Please use water." in transcript


@every_client
def test_customers_answer_reaches_the_agents_without_its_history(
    desk, jane, ann, text_of, client
):
    desk.write(JANE)
    ann.answer("gmail_web", "Which printer is it?")
    jane.answer(client, "The blue one, näher am Fenster.", "", "Second floor.")
    assert len(desk.tickets()) == 1
    comment = desk.app.store.comments(1001)[-1]
    assert _lines(comment.text) == ["The blue one, näher am Fenster.", "Second floor."]
    told = text_of(ann.inbox[-1])
    above = told.partition("Ticket [#1001]")[0]
    assert "The blue one, näher am Fenster." in above
    assert "Which printer is it?" not in above
    assert desk.ledger()[-1].clue == "token in address"


@every_client
def test_customers_command_is_plain_text(desk, jane, ann, client):
    desk.write(JANE)
    jane.answer(client, "#solved", "Please?")
    assert desk.ticket().status == "new"
    assert "#solved" in desk.app.store.comments(1001)[-1].text


@every_client
def test_customers_thanks_change_nothing(desk, jane, ann, client):
    desk.write(JANE)
    ann.answer("gmail_web", "#solved", "Use water.")
    jane.answer(client, "Thanks a lot!")
    assert desk.ticket().status == "solved"


@every_client
def test_note_stays_here_with_all_that_is_below_it(desk, jane, ann, client):
    desk.write(JANE)
    ann.answer(client, "#note she is always like this", "", "Let us send a new one.")
    assert len(jane.inbox) == 1
    comment = desk.app.store.comments(1001)[-1]
    assert not comment.public
    assert _lines(comment.text) == ["she is always like this", "Let us send a new one."]


SIGNED = [client for client in CLIENTS if "signature" in _source(client)]


@pytest.mark.parametrize("client", SIGNED)
def test_signature_below_a_command_is_no_answer(desk, jane, ann, text_of, client):
    desk.write(JANE)
    signature = ["Ann Archer", "Acme Support | +44 20 7946 0000"]
    ann.answer(client, "#priority high", signature=signature)
    assert desk.ticket().priority == "high"
    assert len(jane.inbox) == 1
    assert desk.clock_of("first_reply").state == "running"


@pytest.mark.parametrize("client", SIGNED)
def test_words_above_a_signature_are_all_that_is_sent(desk, jane, ann, text_of, client):
    desk.write(JANE)
    signature = ["Ann Archer", "Acme Support | +44 20 7946 0000"]
    ann.answer(client, "Use water.", signature=signature)
    assert text_of(jane.inbox[-1]).strip() == "Use water."


def _body_is_html_alone(raw):
    mail = email.message_from_bytes(raw)
    return mail.get_content_type() == "text/html"


def test_the_sources_are_as_different_as_the_clients(desk, jane, ann):
    desk.write(JANE)
    raws = {client: ann.answer(client, "Words.") for client in CLIENTS}
    alone = {client for client, raw in raws.items() if _body_is_html_alone(raw)}
    assert alone == {"html_only"}
    assert len({raw.partition(b"\r\n\r\n")[2][:300] for raw in raws.values()}) == 10
