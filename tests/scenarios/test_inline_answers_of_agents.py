"""Agents answer between the lines of our letters: customers read only what is theirs."""

from email.utils import parseaddr

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
BOB = "Bob Baker <bob@acme.example>"
JANES, ANNS, BOBS = "jane@customer.example", "ann@acme.example", "bob@acme.example"


def quoted(letter, answers):
    """Return a letter as a client quotes it, with answers below some of its lines."""
    lines = []
    for line in letter.replace("\r\n", "\n").strip().split("\n"):
        lines.append(f"> {line}".rstrip())
        lines += ["", answers[line], ""] if line in answers else []
    return "On Tue, Nov 24, 2026, Acme Support wrote:\n" + "\n".join(lines)


@pytest.fixture
def noted(desk):
    """A question of Jane's, a note that is too short to be guarded, and Bob has it."""
    desk.write(JANE, text="How hot is it?\n\nHow deep is it?")
    last = desk.received(ANNS)[0]
    to, headers = (
        parseaddr(last["Reply-To"])[1],
        f"In-Reply-To: {last['Message-ID']}\r\n",
    )
    desk.write(ANN, to, subject="Re: Printer", text="#note Total liar", headers=headers)
    desk.write(ANN, to, subject="Re: Printer", text="#assign bob", headers=headers)
    return desk


def test_customer_reads_her_questions_and_the_answers_and_nothing_of_ours(
    noted, text_of
):
    letter = text_of(noted.received(BOBS)[-1])
    answers = {
        "> Total liar": "I agree.",
        "> How hot is it?": "Very hot.",
        "> How deep is it?": "Very deep.",
    }
    noted.answer(BOB, quoted(letter, answers))
    mail = noted.received(JANES)[-1]
    said = text_of(mail).replace("\r\n", "\n")
    assert "> > How hot is it?\n\nVery hot.\n" in said
    assert "> > How deep is it?\n\nVery deep." in said
    for ours in ("liar", "internal", "above this line", "assigned", ANNS, "Your reply"):
        assert ours not in said
        assert ours not in noted.app.store.comments(1001)[-1].text
    assert ANNS not in mail.as_string()


def test_letter_that_is_not_known_is_held_to_be_ours(noted, text_of):
    letter = text_of(noted.received(BOBS)[-1])
    to = parseaddr(noted.received(BOBS)[-1]["Reply-To"])[1]
    text = quoted(letter, {"> How hot is it?": "Very hot.", "> Total liar": "Yes."})
    noted.write(BOB, to, subject="Re: Printer", text=text)
    said = text_of(noted.received(JANES)[-1])
    assert "Very hot." in said
    assert "liar" not in said


def test_title_that_a_client_quotes_with_the_letter_is_ours(noted, text_of):
    subject = noted.received(BOBS)[-1]["Subject"]
    noted.answer(BOB, f"Support wrote:\n> {subject}\n\nVery hot.\n> > Total liar")
    assert subject not in text_of(noted.received(JANES)[-1])
    assert "Very hot." in text_of(noted.received(JANES)[-1])


def test_what_an_agent_quotes_from_elsewhere_is_kept(noted, text_of):
    noted.answer(BOB, "The manual says:\n\n> Do not touch it.\n\nSo do not.")
    said = text_of(noted.received(JANES)[-1]).replace("\r\n", "\n")
    assert "> Do not touch it.\n" in said


def test_note_may_quote_what_it_likes(noted):
    letter = "> > Total liar"
    noted.answer(BOB, f"#note\n{letter}\n\nIs that so?")
    assert "> > Total liar" in noted.app.store.comments(1001)[-1].text


# -- what clients attach by themselves --------------------------------------------------

ATTACHED = (
    "--x\r\nContent-Type: text/plain\r\n\r\nSee you.\r\n"
    "--x\r\nContent-Type: text/vcard; name=ann.vcf\r\n"
    "Content-Disposition: attachment; filename=ann.vcf\r\n\r\n"
    "BEGIN:VCARD\r\nEMAIL:ann@acme.example\r\nEND:VCARD\r\n"
    "--x\r\nContent-Type: application/pdf\r\n"
    "Content-Disposition: attachment; filename=plan.pdf\r\n\r\n%PDF\r\n"
    "--x\r\nContent-Type: application/pgp-keys; name=key.asc\r\n"
    "Content-Disposition: attachment; filename=key.asc\r\n\r\nann@acme.example\r\n--x--"
)


def test_card_and_keys_of_an_agent_do_not_reach_the_customer(desk):
    desk.write(JANE)
    last = desk.received(ANNS)[0]
    desk.write(
        ANN,
        parseaddr(last["Reply-To"])[1],
        text=ATTACHED,
        headers=f"In-Reply-To: {last['Message-ID']}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="x"\r\n',
    )
    mail = desk.received(JANES)[-1]
    names = [part.get_filename() for part in mail.walk() if part.get_filename()]
    assert names == ["plan.pdf"]
    shown = desk.app.store.comments(1001)[-1].attachments
    assert [file.filename for file in shown] == ["plan.pdf"]


# -- HTML alone -------------------------------------------------------------------------

HTML = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
QUOTES = [
    '<blockquote type="cite">',
    '<blockquote class="gmail_quote" style="border-left:1px solid #ccc">',
]


@pytest.mark.parametrize("quote", QUOTES)
def test_answers_within_a_quote_in_html_carry_nothing_of_ours(noted, text_of, quote):
    letter = noted.received(BOBS)[-1]
    html = letter.get_payload()[1].get_payload(decode=True).decode()
    body = html.partition("<body")[2].partition(">")[2].partition("</body>")[0]
    end = "</p></blockquote></div></td></tr></table></blockquote>"
    again = f"{quote}<table><tr><td><div><blockquote><p>"
    for line, answer in [("Total liar", "I agree."), ("How hot is it?", "Very hot.")]:
        assert line in body
        body = body.replace(line, f"{line}{end}<p>{answer}</p>{again}")
    text = f"<p>Acme Support wrote:</p>{quote}{body}</blockquote>"
    noted.write(
        BOB,
        parseaddr(letter["Reply-To"])[1],
        text=f"<html><body>{text}</body></html>",
        headers=f"In-Reply-To: {letter['Message-ID']}\r\n{HTML}",
    )
    said = text_of(noted.received(JANES)[-1])
    assert "Very hot." in said
    for ours in ("liar", "internal", "above this line", "assigned", ANNS, "Your reply"):
        assert ours not in said
