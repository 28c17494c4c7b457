"""The wiring: what the configuration says reaches the relay, the judge, the keys."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailroom.app import build, relay_of, trust_of
from mailroom.config import Config, load
from mailroom.errors import ConfigError
from mailroom.gateway.authenticate import OwnCheck
from mailroom.gateway.trust import TrustJudge
from mailroom.keys import rotate_secret
from mailroom.store.sqlite import SqliteStore
from mailroom.ticket.model import PersonId, TicketId
from mailroom.ticket.token import Permission, Token

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TOKEN = Token(TicketId(1001), Permission.CUSTOMER, PersonId(7))


def configured(folder: Path, more: str) -> Config:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "all.toml").write_text("[policy.p]\nfirst_reply = '4h'\n")
    path = folder / "mailroom.toml"
    path.write_text(
        '[[mailbox]]\naddress = "support@acme.example"\n'
        f'[[agent]]\naddress = "ann@staff.example"\n{more}'
    )
    return load(path, {})


def test_outgoing_mail_is_signed_when_a_key_is_configured(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "dkim.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    relay = (
        "[relay]\ndkim = { domain = 'acme.example', selector = 's', "
        "key_file = 'dkim.pem' }\n"
    )
    config = configured(tmp_path, relay)
    with relay_of(config).session() as session:
        raw = b"From: support@acme.example\r\nTo: j@c.example\r\n\r\nHello.\r\n"
        session.send("support@acme.example", ["j@c.example"], raw)
    (kept,) = (p for p in config.maildir.rglob("*") if p.is_file())
    assert b"DKIM-Signature:" in kept.read_bytes()


def test_password_of_the_relay_comes_from_its_file(tmp_path: Path) -> None:
    relay = "[relay]\nurl = 'smtp://me@127.0.0.1:25'\npassword_file = 'missing'\n"
    with pytest.raises(ConfigError, match="missing"):
        relay_of(configured(tmp_path, relay))


def test_own_checks_are_made_only_where_they_are_asked_for(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "mailroom.db")
    plain = trust_of(configured(tmp_path, ""), store)
    checked = trust_of(configured(tmp_path, "[auth]\ncheck = true\n"), store)
    assert isinstance(plain, TrustJudge)
    assert isinstance(checked, TrustJudge)
    assert plain.own_check is None
    assert isinstance(checked.own_check, OwnCheck)
    store.close()


def test_agents_domains_are_the_tenants_own(tmp_path: Path) -> None:
    imap = "[[imap]]\nhost = 'i'\nuser = 'u'\npassword_file = 'p'\n"
    store = SqliteStore(tmp_path / "mailroom.db")
    judge = trust_of(configured(tmp_path, imap), store)
    assert isinstance(judge, TrustJudge)
    assert judge.doors["imap:u@i"].own_domains == {"acme.example", "staff.example"}
    store.close()


def test_running_desk_takes_up_a_rotated_key_and_keeps_the_former(
    tmp_path: Path,
) -> None:
    app = build(configured(tmp_path, ""), now=lambda: NOW)
    book, box = app.office.book, app.config.mailboxes[0]
    before = book.reply_address(box, TOKEN)
    rotate_secret(app.config.data, NOW)
    after = book.reply_address(box, TOKEN)
    assert before != after
    assert book.judge(before).token == book.judge(after).token == TOKEN
    app.store.close()
