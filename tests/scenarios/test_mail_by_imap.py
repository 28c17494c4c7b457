"""Mail that was fetched from a mailbox: nobody told us its envelope."""

from datetime import timedelta

import pytest

from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival, Cursor

TO = "support@acme.example"


def _fetch(desk, top: str) -> None:
    raw = (
        f"{top}From: Jane Doe <jane@customer.example>\r\nTo: {TO}\r\n"
        "Subject: Printer\r\nMessage-ID: <p@customer.example>\r\n\r\nIt burns.\r\n"
    ).encode()
    now = desk.app.office.now() + timedelta(seconds=1)
    arrival = Arrival(
        door="imap:support",
        envelope=Envelope(mail_from=None, rcpt_to=(TO,)),
        raw=raw,
        received_at=now,
        source_key="imap:support:1",
    )
    cursor = Cursor(account="support", folder="INBOX", uidvalidity=1, uid=1)
    desk.app.intake.accept_fetched(arrival, cursor)
    desk.work()


@pytest.mark.parametrize("top", ["", "Return-Path: <jane@customer.example>\r\n"])
def test_persons_mail_is_acknowledged_though_its_reverse_path_is_not_known(desk, top):
    _fetch(desk, top)
    assert desk.ledger()[-1].disposition == "NEW_TICKET"
    assert len(desk.received("jane@customer.example")) == 1


def test_null_return_path_on_top_is_never_answered(desk):
    _fetch(desk, "Return-Path: <>\r\n")
    assert desk.ledger()[-1].disposition == "NEW_TICKET"
    assert desk.received("jane@customer.example") == []
