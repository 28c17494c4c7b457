"""Carrying mail away: a real SMTP server on loopback, and a Maildir."""

import asyncio
import mailbox
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult

from mailroom.desk.sender import Delivery
from mailroom.errors import ConfigError, DeliveryDeferred
from mailroom.gateway import relay_url
from mailroom.gateway.relay import RelaySettings, open_relay

MAIL = b"From: support@desk.example\r\nSubject: re\r\n\r\n.dot\r\nHello.\r\n"


class Relay:
    """A relay that answers as it is told and notes what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[str, list[str], bytes]] = []
        self.connections = 0
        self.rcpt: dict[str, str] = {}
        self.data: list[str] = []
        self.hang_up_before = ""
        self.logins: list[tuple[bytes, bytes]] = []
        self.options: dict[str, Any] = {}
        self.kind: type[SMTP] = SMTP

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:
        if self.hang_up_before == "MAIL":
            self.hang_up_before = ""
            server.transport.abort()
            raise ConnectionResetError
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.hang_up_before == "250":
            self.hang_up_before = ""
            server.transport.abort()
            raise ConnectionResetError
        if self.data:
            return self.data.pop(0)
        self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 2.0.0 queued as 42"

    def login(self, server, session, envelope, mechanism, data) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"secret", handled=False)

    def make(self) -> SMTP:
        self.connections += 1
        wanted = {"enable_SMTPUTF8": True, "hostname": "relay.test"} | self.options
        return self.kind(self, **wanted)


@pytest.fixture
def relay() -> Relay:
    return Relay()


@pytest.fixture
def serve(relay: Relay) -> Iterator[Callable[..., int]]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers = []

    def start(tls: ssl.SSLContext | None = None) -> int:
        opening = loop.create_server(relay.make, "127.0.0.1", 0, ssl=tls)
        server = asyncio.run_coroutine_threadsafe(opening, loop).result(10)
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield start

    async def close() -> None:
        for server in servers:
            server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run_coroutine_threadsafe(close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def send(url: str, *recipients: str, **settings: Any) -> Delivery:
    with open_relay(RelaySettings(url=url, **settings)).session() as session:
        return session.send("a@desk.example", recipients or ("j@c.example",), MAIL)


def test_mail_arrives_as_it_was_written(relay, serve) -> None:
    delivery = send(f"smtp://127.0.0.1:{serve()}", "j@c.example", "k@c.example")
    assert delivery.accepted == ("j@c.example", "k@c.example")
    assert delivery.answer == "250 2.0.0 queued as 42"
    assert relay.got == [("a@desk.example", ["j@c.example", "k@c.example"], MAIL)]


def test_batch_goes_over_one_connection(relay, serve) -> None:
    settings = RelaySettings(url=f"smtp://127.0.0.1:{serve()}")
    with open_relay(settings).session() as session:
        for _ in range(5):
            session.send(None, ["j@c.example"], MAIL)
    assert relay.connections == 1
    assert [sender for sender, _, _ in relay.got] == ["<>"] * 5


def test_connection_is_opened_anew_after_many_mails(relay, serve) -> None:
    settings = RelaySettings(url=f"smtp://127.0.0.1:{serve()}", per_connection=2)
    with open_relay(settings).session() as session:
        for _ in range(5):
            session.send("a@desk.example", ["j@c.example"], MAIL)
    assert relay.connections == 3


def test_each_recipient_has_a_result(relay, serve) -> None:
    relay.rcpt = {
        "gone@c.example": "550 5.1.1 gone",
        "full@c.example": "452 4.2.2 full",
    }
    url = f"smtp://127.0.0.1:{serve()}"
    delivery = send(url, "j@c.example", "gone@c.example", "full@c.example")
    assert delivery.accepted == ("j@c.example",)
    assert delivery.refused == {"gone@c.example": "550 5.1.1 gone"}
    assert delivery.deferred == {"full@c.example": "452 4.2.2 full"}
    assert relay.got[0][1] == ["j@c.example"]


def test_mail_without_any_taker_is_not_sent_and_the_next_is(relay, serve) -> None:
    relay.rcpt = {"gone@c.example": "550 5.1.1 gone"}
    settings = RelaySettings(url=f"smtp://127.0.0.1:{serve()}")
    with open_relay(settings).session() as session:
        first = session.send("a@desk.example", ["gone@c.example"], MAIL)
        second = session.send("a@desk.example", ["j@c.example"], MAIL)
    assert first.refused == {"gone@c.example": "550 5.1.1 gone"}
    assert second.accepted == ("j@c.example",)
    assert relay.connections == 1


@pytest.mark.parametrize(
    ("answer", "group"), [("452 4.3.1 later", "deferred"), ("554 5.6.0 no", "refused")]
)
def test_answer_to_the_data_is_everyones(relay, serve, answer, group) -> None:
    relay.data = [answer]
    delivery = send(f"smtp://127.0.0.1:{serve()}", "j@c.example", "k@c.example")
    assert delivery.accepted == ()
    assert getattr(delivery, group) == {"j@c.example": answer, "k@c.example": answer}


def test_idle_connection_that_was_closed_is_opened_anew(relay, serve) -> None:
    settings = RelaySettings(url=f"smtp://127.0.0.1:{serve()}")
    with open_relay(settings).session() as session:
        session.send("a@desk.example", ["j@c.example"], MAIL)
        relay.hang_up_before = "MAIL"
        delivery = session.send("a@desk.example", ["j@c.example"], MAIL)
    assert delivery.accepted == ("j@c.example",)
    assert len(relay.got) == 2


def test_connection_lost_in_mid_mail_is_deferred_and_not_repeated(relay, serve) -> None:
    settings = RelaySettings(url=f"smtp://127.0.0.1:{serve()}")
    with open_relay(settings).session() as session:
        relay.hang_up_before = "250"
        with pytest.raises(DeliveryDeferred, match="mid-mail"):
            session.send("a@desk.example", ["j@c.example"], MAIL)
        assert relay.got == []
        assert session.send("a@desk.example", ["j@c.example"], MAIL).accepted
    assert len(relay.got) == 1


def test_relay_that_is_down_defers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        port = taken.getsockname()[1]
        with pytest.raises(DeliveryDeferred, match=f"127.0.0.1:{port} is not reached"):
            send(f"smtp://127.0.0.1:{port}")


def test_relay_that_says_nothing_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(DeliveryDeferred, match="timed out"):
            send(
                f"smtp://127.0.0.1:{port}",
                connect_timeout=timedelta(seconds=0.2),
            )


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def test_tls_is_taken_when_offered_and_the_login_is_behind_it(
    relay, serve, authority, tmp_path: Path
) -> None:
    relay.options = {
        "tls_context": server_context(authority),
        "require_starttls": True,
        "auth_required": True,
        "authenticator": relay.login,
    }
    url = f"smtp://desk%40desk.example@127.0.0.1:{serve()}"
    delivery = send(url, password="secret", tls_ca=tmp_path / "ca.pem")
    assert delivery.accepted == ("j@c.example",)
    assert relay.logins == [(b"desk@desk.example", b"secret")]


def test_wrong_password_defers_and_is_not_shown(
    relay, serve, authority, tmp_path: Path
) -> None:
    relay.options = {
        "tls_context": server_context(authority),
        "authenticator": relay.login,
    }
    url = f"smtp://desk@127.0.0.1:{serve()}"
    with pytest.raises(DeliveryDeferred) as caught:
        send(url, password="hunter2", tls_ca=tmp_path / "ca.pem")
    assert "535" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_certificate_nobody_vouches_for_defers(relay, serve, authority) -> None:
    relay.options = {"tls_context": server_context(authority)}
    with pytest.raises(DeliveryDeferred, match=r"(?i)certificate"):
        send(f"smtp://127.0.0.1:{serve()}")


def test_tls_from_the_first_octet(relay, serve, authority, tmp_path: Path) -> None:
    port = serve(server_context(authority))
    delivery = send(f"smtps://127.0.0.1:{port}", tls_ca=tmp_path / "ca.pem")
    assert delivery.accepted == ("j@c.example",)


def test_mail_never_goes_in_the_clear_when_tls_is_a_must(relay, serve) -> None:
    with pytest.raises(DeliveryDeferred, match="STARTTLS"):
        send(f"smtp://127.0.0.1:{serve()}?tls=always")
    assert relay.got == []


def test_international_addresses_are_sent(relay, serve) -> None:
    delivery = send(f"smtp://127.0.0.1:{serve()}", "jörg@bücher.example")
    assert delivery.accepted == ("jörg@bücher.example",)
    assert relay.got[0][1] == ["jörg@bücher.example"]


def test_only_listed_recipients_are_written_to(relay, serve) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    only = ("@desk.example", "tester@c.example")
    delivery = send(
        url, "Ann@Desk.example", "tester@c.example", "j@c.example", only_to=only
    )
    assert delivery.accepted == ("Ann@Desk.example", "tester@c.example")
    assert list(delivery.refused) == ["j@c.example"]
    assert "only_to" in delivery.refused["j@c.example"]
    assert send(url, "j@c.example", only_to=only).accepted == ()
    assert len(relay.got) == 1


def test_maildir_keeps_each_mail_with_its_envelope(tmp_path: Path) -> None:
    settings = RelaySettings(url="maildir:", data=tmp_path)
    with open_relay(settings).session() as session:
        for _ in range(3):
            delivery = session.send(None, ["j@c.example", "k@c.example"], MAIL)
    assert delivery.accepted == ("j@c.example", "k@c.example")
    kept = list(mailbox.Maildir(tmp_path / "outgoing", create=False))
    assert len(kept) == 3
    assert kept[0]["Return-Path"] == "<>"
    assert kept[0].get_all("Delivered-To") == ["j@c.example", "k@c.example"]
    assert kept[0]["Subject"] == "re"
    assert list((tmp_path / "outgoing" / "tmp").iterdir()) == []


def test_maildir_that_cannot_be_made_is_a_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        open_relay(RelaySettings(url="maildir:", data=tmp_path / "file"))


def test_maildir_that_vanished_defers(tmp_path: Path) -> None:
    sender = open_relay(RelaySettings(url="maildir:", data=tmp_path))
    for name in ("tmp", "new", "cur"):
        (tmp_path / "outgoing" / name).rmdir()
    with sender.session() as session, pytest.raises(DeliveryDeferred, match="written"):
        session.send(None, ["j@c.example"], MAIL)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example", "mail.example", 25, "always"),
        ("smtp://me@mail.example", "mail.example", 587, "always"),
        ("smtp://localhost", "localhost", 25, "offered"),
        ("smtp://[::1]:2525", "::1", 2525, "offered"),
        ("smtp://mail.example?tls=never", "mail.example", 25, "never"),
        ("smtps://me:pw@mail.example", "mail.example", 465, "always"),
    ],
)
def test_urls_of_relays(url: str, host: str, port: int, tls: str) -> None:
    read = relay_url.parse(url)
    assert (read.host, read.port, read.tls) == (host, port, tls)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://h:x",
        "smtp://h/p",
        "smtp://h?tls=maybe",
        "smtp://h?verify=no",
        "smtp://u:secret@h:99999",
    ],
)
def test_wrong_url_is_one_clear_line(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        relay_url.parse(url)
    assert str(caught.value).startswith("[relay] url: ")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
