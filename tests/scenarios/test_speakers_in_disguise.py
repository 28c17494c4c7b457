"""Who only looks like an agent: forged results, tricks with From, and questions in floods."""

from email.utils import parseaddr

import pytest

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
BOB, EVE = "Bob Baker <bob@acme.example>", "Eve <eve@evil.example>"
PASS = (
    "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example\r\n"
)


@pytest.fixture
def asked(desk):
    """A desk with a ticket, whose agents were told of it."""
    desk.write(JANE)
    return desk


def forge(desk, head, *, text="#solved\r\nSend money.", to=None):
    """Answer Ann's notification under header fields of our own choice."""
    last = desk.received("ann@acme.example")[0]
    to = to or parseaddr(last["Reply-To"])[1]
    desk._forged = getattr(desk, "_forged", 0) + 1
    raw = (
        f"{head}To: {to}\r\nSubject: Re: {last['Subject']}\r\n"
        f"Message-ID: <forged{desk._forged}@evil.example>\r\n"
        f"In-Reply-To: {last['Message-ID']}\r\n\r\n{text}\r\n"
    )
    desk.send(raw.encode(), to, "eve@evil.example")
    return desk.ledger()[-1]


def is_harmless(desk):
    """Whether nothing reached the customer and no clock moved."""
    return (
        len(desk.received("jane@customer.example")) == 1
        and desk.ticket().status == "new"
        and desk.clock_of("first_reply").state == "running"
        and not any(c.public for c in desk.app.store.comments(1001)[1:])
    )


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(f"{PASS}From: {ANN}\r\nFrom: {EVE}\r\n", id="two From"),
        pytest.param(
            f"{PASS}From: {EVE}\r\nFrom: {ANN}\r\n", id="two From, other order"
        ),
        pytest.param(f"{PASS}From: {ANN}, {EVE}\r\n", id="two authors in one From"),
        pytest.param(f"{PASS}From: Us: {ANN}, {EVE};\r\n", id="a group of two"),
        pytest.param(
            f"{PASS}From: {EVE}\r\nSender: {ANN}\r\n", id="an agent in Sender alone"
        ),
        pytest.param(
            f'{PASS}From: "ann@acme.example" <eve@evil.example>\r\n',
            id="address as name",
        ),
        pytest.param(
            f'{PASS}From: "{ANN}" <eve@evil.example>\r\n', id="mailbox as name"
        ),
        pytest.param(
            f"{PASS}From: =?utf-8?q?ann=40acme=2Eexample?= <eve@evil.example>\r\n",
            id="encoded address as name",
        ),
        pytest.param(
            f"{PASS}From: eve@evil.example (ann@acme.example)\r\n", id="comment"
        ),
        pytest.param(
            f"{PASS}From: Ann Archer <ann@acrne.example>\r\n", id="look-alike"
        ),
        pytest.param(
            f"{PASS}From: Ann Archer <ann@xn--cme-8cd.example>\r\n", id="homograph"
        ),
        pytest.param(
            f"{PASS}From: Ann Archer <ann@acme.example.evil.example>\r\n", id="below"
        ),
        pytest.param(f"{PASS}Reply-To: {ANN}\r\nFrom: {EVE}\r\n", id="Reply-To"),
        pytest.param(
            f"{PASS}X-Original-From: {ANN}\r\nFrom: {EVE}\r\n", id="list field"
        ),
        pytest.param(f"{PASS}Resent-From: {ANN}\r\nFrom: {EVE}\r\n", id="Resent-From"),
        pytest.param(f"From: {ANN}\r\n", id="no result at all"),
        pytest.param(
            f"Authentication-Results: mx.evil.example; dmarc=pass"
            f" header.from=acme.example\r\nFrom: {ANN}\r\n",
            id="a stranger's result",
        ),
        pytest.param(
            "Authentication-Results: mx.acme.example; dmarc=pass"
            f" header.from=evil.example\r\nFrom: {ANN}\r\n",
            id="a result about another domain",
        ),
        pytest.param(
            "Authentication-Results: mx.acme.example; dmarc=fail (was dmarc=pass"
            f" header.from=acme.example) header.from=acme.example\r\nFrom: {ANN}\r\n",
            id="a pass in a comment",
        ),
        pytest.param(
            'Authentication-Results: mx.acme.example; spf=pass smtp.mailfrom="; dmarc=pass'
            f' header.from=acme.example;"@evil.example\r\nFrom: {ANN}\r\n',
            id="a pass in a quoted value",
        ),
        pytest.param(
            "Authentication-Results: mx.acme.example; dkim=pass header.d=evil.example;"
            f" spf=pass smtp.mailfrom=evil.example\r\nFrom: {ANN}\r\n",
            id="proof of another domain",
        ),
        pytest.param(
            "Authentication-Results: mx.acme.example;\r\n dkim=fail"
            f" header.d=acme.example\r\n{PASS}From: {ANN}\r\n",
            id="a good result below a bad one",
        ),
        pytest.param(
            f"Authentication-Results: mx.acme.example; none\r\n{PASS}From: {ANN}\r\n",
            id="a good result below none",
        ),
    ],
)
def test_disguise_speaks_to_no_customer_and_moves_no_clock(asked, head):
    forge(asked, head)
    assert is_harmless(asked)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(f"{PASS}From: {ANN}\r\n", id="plainly"),
        pytest.param(f"{PASS}From: ANN@ACME.EXAMPLE\r\n", id="in capitals"),
        pytest.param(f"{PASS}From: ann@acme.example (Ann)\r\n", id="with a comment"),
        pytest.param(f"{PASS}From: Us: {ANN};\r\n", id="a group of one"),
        pytest.param(f"{PASS}From: {ANN}\r\nSender: {EVE}\r\n", id="with a Sender"),
        pytest.param(
            "Authentication-Results: mx.acme.example;\r\n\tdkim=pass (2048-bit key)"
            f" header.d=acme.example header.i=@acme.example\r\nFrom: {ANN}\r\n",
            id="by DKIM, folded",
        ),
        pytest.param(
            "Authentication-Results: MX.Acme.Example 1; spf=pass"
            f" smtp.mailfrom=bounce@acme.example\r\nFrom: {ANN}\r\n",
            id="by SPF, with a version",
        ),
    ],
)
def test_agent_who_is_proven_speaks_however_he_writes_his_name(asked, head):
    forge(asked, head)
    assert asked.ticket().status == "solved"
    assert len(asked.received("jane@customer.example")) == 2


def test_agent_with_another_agents_token_acts_as_himself(asked):
    asked.answer(BOB, "Use water.", to_last_of="ann@acme.example")
    assert asked.received("jane@customer.example")[-1]["From"].startswith('"Bob Baker')
    bob = asked.app.store.find_person("bob@acme.example").id
    assert asked.app.store.comments(1001)[-1].author == bob


def test_customer_with_an_agents_token_makes_a_flagged_note(asked, text_of):
    asked.answer(JANE, "Am I an agent now?", to_last_of="ann@acme.example")
    comment = asked.app.store.comments(1001)[-1]
    assert (comment.public, bool(comment.flagged)) == (False, True)
    assert "Careful" in text_of(asked.received("bob@acme.example")[-1])


def test_held_mail_is_asked_about_at_the_configured_address_alone(asked, text_of):
    forge(asked, f"From: {ANN}\r\nReply-To: {EVE}\r\n")
    assert asked.received("eve@evil.example") == []
    assert "could not prove" in text_of(asked.received("ann@acme.example")[-1])


def test_out_of_office_answer_to_a_confirmation_releases_nothing(asked):
    forge(asked, f"From: {ANN}\r\n")
    last = asked.received("ann@acme.example")[-1]
    asked.write(
        ANN,
        parseaddr(last["Reply-To"])[1],
        subject="Away: Did you write this mail?",
        headers=f"In-Reply-To: {last['Message-ID']}\r\nAuto-Submitted: auto-replied\r\n",
    )
    assert is_harmless(asked)


def test_confirmation_is_no_use_to_another_agent(asked):
    forge(asked, f"From: {ANN}\r\n")
    asked.answer(BOB, "Yes, that was Ann.", to_last_of="ann@acme.example")
    assert is_harmless(asked)


def test_second_answer_to_a_confirmation_says_nothing_to_the_customer(asked, text_of):
    forge(asked, f"From: {ANN}\r\n", text="Use water.")
    question = asked.received("ann@acme.example")[-1]
    for text in ("Yes, that was me.", "Yes, and please hurry."):
        asked.write(
            ANN,
            parseaddr(question["Reply-To"])[1],
            subject=f"Re: {question['Subject']}",
            text=text,
            headers=f"In-Reply-To: {question['Message-ID']}\r\n",
        )
    _, reply = asked.received("jane@customer.example")
    assert text_of(reply).strip() == "Use water."
    assert "No mail in your name waits" in text_of(
        asked.received("ann@acme.example")[-1]
    )


def test_spam_in_an_agents_name_asks_nobody(asked):
    before = len(asked.received("ann@acme.example"))
    seen = forge(asked, f"X-Spam-Flag: YES\r\nFrom: {ANN}\r\n")
    assert seen.disposition == "QUARANTINED"
    assert len(asked.received("ann@acme.example")) == before


def test_flood_in_an_agents_name_asks_only_so_often(asked):
    before = len(asked.received("ann@acme.example"))
    for number in range(30):
        forge(asked, f"From: {ANN}\r\nX-Number: {number}\r\n")
    assert len(asked.received("ann@acme.example")) - before <= 10
    held = [m for m in asked.ledger() if m.disposition == "QUARANTINED"]
    assert len(held) == 30
    assert any("not asked about" in (m.reason or "") for m in held)


def test_who_works_on_the_ticket_hears_of_mail_held_in_anothers_name(asked, text_of):
    asked.answer(BOB, "#take", to_last_of="bob@acme.example")
    forge(asked, f"From: {ANN}\r\n")
    told = text_of(asked.received("bob@acme.example")[-1])
    assert "held" in told
    assert "ann@acme.example" in told
    assert "Send money" not in told


def test_admins_hear_of_held_mail_that_is_on_no_ticket(desk, text_of):
    for number in range(8):
        desk.write(ANN, subject=f"Pay {number}", text="Send money.", proven=False)
    letters = desk.received("chief@acme.example")
    assert len(letters) == 5
    assert "ann@acme.example" in text_of(letters[-1])
    assert "Send money" not in letters[-1].as_string()
    assert desk.received("bob@acme.example") == []


def test_agent_who_is_no_longer_here_is_no_agent(make_desk, text_of):
    gone = '[[agent]]\naddress = "gone@acme.example"\nteam = "tier1"\nactive = false\n'
    desk = make_desk(config=gone)
    desk.write(JANE)
    desk.answer("gone@acme.example", "#solved\nBye.", to_last_of="ann@acme.example")
    assert is_harmless(desk)
    assert desk.app.store.comments(1001)[-1].flagged
    desk.answer(ANN, "#assign gone@acme.example", to_last_of="ann@acme.example")
    assert desk.ticket().assignee is None
    assert "gone@acme.example" not in desk.everybody()
