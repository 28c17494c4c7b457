"""Capabilities grow old, are folded, guessed and disagree: what each of them still does."""

from datetime import timedelta
from email.utils import parseaddr

import pytest

from mailroom.keys import rotate_secret

JANE, ANN = "Jane Doe <jane@customer.example>", "Ann Archer <ann@acme.example>"
LMTP = '[smtp]\nlisten = "127.0.0.1:0"\nlmtp = "127.0.0.1:0"'


def reply_to(desk, address):
    return parseaddr(desk.received(address)[-1]["Reply-To"])[1]


def rotate(desk):
    rotate_secret(desk.app.config.data, desk.app.office.now())


def answers(mail):
    return f"In-Reply-To: {mail['Message-ID']}\r\nReferences: {mail['Message-ID']}\r\n"


def test_token_folded_to_upper_case_in_transit_still_finds_its_ticket(desk):
    desk.write(JANE)
    last = desk.received("jane@customer.example")[-1]
    to = parseaddr(last["Reply-To"])[1]
    local, _, domain = to.rpartition("@")
    desk.write(
        JANE,
        f"{local.upper()}@{domain}".replace("SUPPORT", "support"),
        subject="Re: other",
        headers="In-Reply-To: <lost@customer.example>\r\n",
    )
    assert len(desk.tickets()) == 1
    assert desk.ledger()[-1].clue == "token in address"


def test_token_in_a_message_id_alone_finds_its_ticket(desk):
    desk.write(JANE)
    last = desk.received("jane@customer.example")[-1]
    desk.write(JANE, subject="no tag", headers=answers(last))
    assert len(desk.tickets()) == 1
    assert desk.ledger()[-1].clue == "token in Message-ID"


def test_message_id_folded_to_upper_case_still_finds_its_ticket(desk):
    desk.write(JANE)
    last = desk.received("jane@customer.example")[-1]
    desk.write(
        JANE,
        subject="no tag",
        headers=f"In-Reply-To: {last['Message-ID'].upper()}\r\n",
    )
    assert len(desk.tickets()) == 1


def test_address_wins_where_the_message_id_disagrees(desk):
    desk.write(JANE)
    first = reply_to(desk, "jane@customer.example")
    desk.write(JANE, subject="Another")
    second = desk.received("jane@customer.example")[-1]
    desk.write(JANE, first, subject="Re: x", headers=answers(second))
    assert desk.ledger()[-1].ticket == 1001
    assert desk.ledger()[-1].clue == "token in address"


def test_former_key_holds_for_ninety_days(desk):
    desk.write(JANE)
    last = desk.received("jane@customer.example")[-1]
    to = reply_to(desk, "jane@customer.example")
    rotate(desk)
    desk.pass_time(timedelta(days=89, hours=23))
    desk.write(JANE, to, subject="Re: x", headers="In-Reply-To: <lost@x.example>\r\n")
    assert len(desk.tickets()) == 1
    desk.write(JANE, subject="no tag", headers=answers(last))
    assert len(desk.tickets()) == 1


@pytest.mark.parametrize("again", [0, 1, 2], ids=["once", "twice", "thrice"])
def test_expired_token_gives_a_new_linked_ticket(desk, again):
    desk.write(JANE)
    to = reply_to(desk, "jane@customer.example")
    rotate(desk)
    desk.pass_time(timedelta(days=90, seconds=1))
    for _ in range(again):
        rotate(desk)
    desk.write(JANE, to, subject="Re: x", headers="In-Reply-To: <lost@x.example>\r\n")
    assert len(desk.tickets()) == 2
    assert desk.app.store.links(1002) == [1001]


def test_expired_token_of_an_agent_speaks_to_nobody(desk):
    desk.write(JANE)
    to = reply_to(desk, "ann@acme.example")
    rotate(desk)
    desk.pass_time(timedelta(days=90, seconds=1))
    seen = len(desk.received("jane@customer.example"))
    desk.write(ANN, to, subject="Re: x", headers="In-Reply-To: <lost@x.example>\r\n")
    assert len(desk.received("jane@customer.example")) == seen


def test_stale_address_from_autocomplete_gives_a_new_linked_ticket(desk):
    desk.write(JANE)
    to = reply_to(desk, "jane@customer.example")
    desk.write(JANE, to, subject="Something else", text="A new question.")
    assert len(desk.tickets()) == 2
    assert desk.app.store.links(1002) == [1001]


def test_same_subject_without_references_is_no_stale_address(desk):
    desk.write(JANE)
    to = reply_to(desk, "jane@customer.example")
    desk.write(JANE, to, subject="Re: Printer", text="It still burns.")
    assert len(desk.tickets()) == 1


def test_plus_part_without_a_mac_is_no_token(desk):
    desk.write(JANE)
    desk.write(JANE, "support+1001@acme.example", subject="Hello")
    desk.write(JANE, "support+1001.c1@acme.example", subject="Hello")
    assert len(desk.tickets()) == 3


def test_bad_mac_by_a_trusted_relay_counts_as_no_token(desk):
    desk.write(JANE)
    to = reply_to(desk, "jane@customer.example")
    bad = to.replace("@", "@").replace(to.partition("@")[0][-4:], "aaaa")
    desk.write("Eve <eve@evil.example>", bad, subject="Hello")
    assert len(desk.tickets()) == 2
    assert desk.ledger()[-1].clue is None


def test_bad_mac_from_a_direct_peer_is_refused_at_rcpt(make_desk):
    desk = make_desk()
    desk.write(JANE)
    to = reply_to(desk, "jane@customer.example")
    bad = to.replace(to.partition("@")[0][-4:], "aaaa")
    assert desk.app.intake.recipient(bad, False) == "bad_token"
    assert desk.app.intake.recipient(bad, True) == "ok"
    assert desk.app.intake.recipient(to, False) == "ok"


def test_revoked_person_added_again_has_links_that_work_and_old_ones_stay_dead(desk):
    from mailroom.desk.pages.status_page import open_page

    def link(address):
        body = desk.received(address)[-1].as_string()
        start = body.index("/t/") + 3
        return body[start:].split()[0]

    desk.write(JANE)
    old = link("jane@customer.example")
    assert open_page(desk.app.office, old)
    desk.answer(ANN, "#revoke jane@customer.example")
    assert open_page(desk.app.office, old) is None
    desk.answer(ANN, "#cc jane@customer.example")
    assert open_page(desk.app.office, old) is None
    desk.answer(ANN, "#solved")
    new = link("jane@customer.example")
    assert new != old
    assert open_page(desk.app.office, new)
    assert open_page(desk.app.office, old) is None
