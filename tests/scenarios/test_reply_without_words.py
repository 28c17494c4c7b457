"""Agents' replies that have no words: a file alone, a signature alone, nothing at all."""

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
MIXED = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
WITH_FILE = (
    "--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
    "--b\r\nContent-Type: {type}\r\nContent-Disposition: attachment; filename={name}\r\n"
    "\r\n%PDF-1.4\r\n--b--\r\n"
)


def _answer_with_file(desk, text, type="application/pdf", name="manual.pdf"):
    body = WITH_FILE.format(text=text, type=type, name=name)
    last = desk.received("ann@acme.example")[-1]
    headers = MIXED + (
        f"In-Reply-To: {last['Message-ID']}\r\nReferences: {last['Message-ID']}\r\n"
    )
    to = last["Reply-To"].split("<")[1].rstrip(">")
    desk.write(ANN, to, subject=f"Re: {last['Subject']}", text=body, headers=headers)


def test_file_alone_reaches_the_customer_and_is_an_answer(desk):
    desk.write(JANE)
    _answer_with_file(desk, "")
    mail = desk.received("jane@customer.example")[-1]
    assert [part.get_filename() for part in mail.walk()][-1] == "manual.pdf"
    assert desk.clock_of("first_reply").state == "achieved"


def test_file_below_a_note_stays_internal(desk):
    desk.write(JANE)
    _answer_with_file(desk, "#note for us")
    assert len(desk.received("jane@customer.example")) == 1


@pytest.mark.parametrize(
    ("type", "name"),
    [
        ("application/pgp-signature", "signature.asc"),
        ("application/pkcs7-signature", "smime.p7s"),
        ("text/vcard", "ann.vcf"),
    ],
)
def test_signature_of_a_command_is_no_answer(desk, type, name):
    desk.write(JANE)
    _answer_with_file(desk, "#priority high", type, name)
    assert len(desk.received("jane@customer.example")) == 1
    assert desk.clock_of("first_reply").state == "running"


def test_agent_learns_that_his_mail_had_no_words_of_its_own(desk, text_of):
    desk.write(JANE)
    desk.answer(ANN, "On Tue, 24 Nov 2026, Acme Support wrote:\r\n> It is on fire.")
    assert len(desk.received("jane@customer.example")) == 1
    text = text_of(desk.received("ann@acme.example")[-1])
    assert "nothing was sent to the customer" in text
    assert desk.clock_of("first_reply").state == "running"
