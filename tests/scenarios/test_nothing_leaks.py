"""Before a public reply leaves: no capability of others, no words of notes."""

import base64

import pytest

from mailroom.ticket.page import PageToken, page_url

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
CARL = "Carl <carl@other.example>"
SECRET = "we must never tell them that the price was doubled on purpose"


@pytest.fixture
def noted(desk):
    """A desk with a ticket of Jane's and a note on it."""
    desk.write(JANE)
    desk.answer(ANN, f"#note\nListen: {SECRET}, says the boss.")
    return desk


def reply(desk, text, **more):
    """Answer Jane's mail publicly."""
    last = next(m for m in desk.received("ann@acme.example") if "new ticket" in str(m))
    address = last["Reply-To"].split("<")[1].rstrip(">")
    id = last["Message-ID"]
    desk.write(
        ANN, address, subject="Re", text=text, headers=f"In-Reply-To: {id}\r\n", **more
    )


def is_refused(desk, before):
    """Whether the last mail was refused and its author told."""
    assert desk.ledger()[-1].disposition == "COMMAND"
    assert "internal words" in desk.ledger()[-1].reason
    assert desk.ticket().status == "new"
    return len(desk.received("jane@customer.example")) == before


def test_run_of_words_from_a_note_is_refused_and_the_agent_told(noted, text_of):
    reply(noted, f"Dear Jane,\n\n{SECRET.upper()}!\n\nAnn")
    assert is_refused(noted, before=1)
    assert "internal note" in text_of(noted.received("ann@acme.example")[-1])


def test_short_note_is_looked_for_as_a_whole(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "#note She never pays on time.")
    reply(desk, "Dear Jane, she NEVER pays, on time!")
    assert is_refused(desk, before=1)
    reply(desk, "You never pay on time.")
    assert len(desk.received("jane@customer.example")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "https://mail.example/?to=support%2B{}%40acme.example",
        "https://mail.example/?to=support%2b{}%40acme.example",
        "support&#43;{}@acme.example",
        "<{}.0123456789ab@acme.example>",
    ],
)
def test_token_is_found_however_a_link_writes_it(noted, text):
    address = noted.received("ann@acme.example")[0]["Reply-To"]
    token = address.partition("+")[2].partition("@")[0]
    reply(noted, f"Look: {text.format(token)}")
    assert is_refused(noted, before=1)


def test_token_in_the_name_of_a_file_is_refused(noted):
    address = noted.received("ann@acme.example")[0]["Reply-To"]
    token = address.partition("+")[2].partition("@")[0]
    body = (
        "--x\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n"
        "--x\r\nContent-Type: application/pdf\r\n"
        f'Content-Disposition: attachment; filename="to support+{token}.pdf"\r\n\r\n'
        "%PDF\r\n--x--"
    )
    last = noted.received("ann@acme.example")[0]
    noted.write(
        ANN,
        address.split("<")[1].rstrip(">"),
        text=body,
        headers=f"In-Reply-To: {last['Message-ID']}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="x"\r\n',
    )
    assert is_refused(noted, before=1)


def test_few_words_that_a_note_has_too_may_go(noted, text_of):
    reply(noted, "The price was doubled by mistake.")
    assert "by mistake" in text_of(noted.received("jane@customer.example")[-1])


def test_words_that_the_customer_wrote_as_well_may_go(noted, text_of):
    noted.write(JANE, subject="Re: Printer [#1001]", text=f"I heard that {SECRET}?")
    reply(noted, f"No, it is not so that {SECRET}.")
    assert "not so" in text_of(noted.received("jane@customer.example")[-1])


def test_note_may_repeat_a_note(noted):
    noted.answer(ANN, f"#note\nAgain: {SECRET}.")
    assert noted.ledger()[-1].disposition == "FOLLOW_UP"


def test_link_to_another_ticket_is_refused(noted):
    noted.write(CARL)
    office = noted.app.office
    person = office.store.find_person("carl@other.example").id
    key = office.keys.current
    link = page_url("https://help.acme.example", key, PageToken(1002, person))
    reply(noted, f"See {link}")
    assert is_refused(noted, before=1)


def test_customers_own_link_may_go(noted, text_of):
    link = noted.app.status_url(1001)
    reply(noted, f"See {link}")
    assert link in text_of(noted.received("jane@customer.example")[-1])


def test_customers_own_link_may_not_go_to_others_with_her(noted):
    noted.answer(ANN, "#cc carl@other.example")
    reply(noted, f"See {noted.app.status_url(1001)}")
    assert is_refused(noted, before=1)
    assert noted.received("carl@other.example") == []


def test_address_with_an_agents_token_becomes_the_plain_one(noted, text_of):
    address = noted.received("ann@acme.example")[0]["Reply-To"]
    reply(noted, f"Write to {address} and not to me.")
    words = text_of(noted.received("jane@customer.example")[-1])
    assert "<support@acme.example>" in words
    assert "support+" not in words


@pytest.mark.parametrize("kind", ["message/rfc822", "application/octet-stream"])
def test_attached_notification_is_refused(noted, kind):
    inner = noted.received("ann@acme.example")[0].as_bytes()
    encoded = base64.encodebytes(inner).decode().replace("\n", "\r\n")
    body, encoding = encoded, "base64"
    if kind == "message/rfc822":
        body, encoding = inner.decode().replace("\n", "\r\n"), "8bit"
    last = noted.received("ann@acme.example")[0]
    address = last["Reply-To"].split("<")[1].rstrip(">")
    raw = (
        "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example\r\n"
        f"From: {ANN}\r\nTo: {address}\r\nSubject: Re\r\nMessage-ID: <a@acme.example>\r\n"
        f"In-Reply-To: {last['Message-ID']}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nSee the mail below.\r\n"
        f"--x\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n"
        'Content-Disposition: attachment; filename="mail.eml"\r\n\r\n'
        f"{body}\r\n--x--\r\n"
    )
    noted.send(raw.encode(), address, "ann@acme.example")
    assert is_refused(noted, before=1)


def test_token_that_no_key_of_ours_made_is_no_secret(noted, text_of):
    reply(noted, "Version 1.17.k3x7q2mzabcd2345 is out.")
    assert "k3x7q2" in text_of(noted.received("jane@customer.example")[-1])
