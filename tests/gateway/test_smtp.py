"""The SMTP door, spoken to by smtplib and octet by octet."""

import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailroom.errors import ConfigError, StoreBusy, StoreError
from mailroom.gateway.smtp import ListenerSettings, SmtpDoor
from mailroom.store.contract import Arrival

MAIL = b"From: jane@customer.example\r\nSubject: hello\r\n\r\nHello.\r\n"


def dotted(raw: bytes) -> bytes:
    body = raw.replace(b"\r\n.", b"\r\n..")
    return (b"." if body.startswith(b".") else b"") + body + b".\r\n"


def test_mail_is_kept_with_envelope_peer_and_greeting(open_door, tray) -> None:
    door = open_door()
    with smtplib.SMTP("127.0.0.1", door.address.port, "client.example") as smtp:
        smtp.sendmail("jane@customer.example", ["support@desk.example"], MAIL)
    kept = tray.last
    assert kept.raw == MAIL
    assert kept.envelope.mail_from == "jane@customer.example"
    assert kept.envelope.rcpt_to == ("support@desk.example",)
    assert (kept.door, kept.peer, kept.helo) == ("smtp", "127.0.0.1", "client.example")
    assert kept.submitted_by is None
    assert tray.rung == [1]


def test_one_mail_to_two_of_our_addresses_is_one_arrival(open_door, tray) -> None:
    door = open_door()
    with smtplib.SMTP("127.0.0.1", door.address.port) as smtp:
        smtp.sendmail(
            "j@c.example", ["support@desk.example", "sales@desk.example"], MAIL
        )
    assert len(tray.arrivals) == 1
    assert tray.last.envelope.rcpt_to == ("support@desk.example", "sales@desk.example")


def test_null_reverse_path_is_kept_as_none(open_door, tray) -> None:
    door = open_door()
    with smtplib.SMTP("127.0.0.1", door.address.port) as smtp:
        smtp.sendmail("", ["support@desk.example"], MAIL)
    assert tray.last.envelope.mail_from is None


def test_offers_what_it_takes(open_door) -> None:
    door = open_door(max_size=1234)
    with smtplib.SMTP("127.0.0.1", door.address.port) as smtp:
        smtp.ehlo()
        assert smtp.esmtp_features["size"] == "1234"
        assert smtp.has_extn("8bitmime")
        assert smtp.has_extn("smtputf8")
        assert not smtp.has_extn("starttls")
        assert not smtp.has_extn("auth")


@pytest.mark.parametrize(
    "recipient", ["someone@else.example", "support+bad@desk.example", "x"]
)
def test_refuses_whoever_is_not_ours(open_door, tray, talk, recipient) -> None:
    door = open_door()
    with talk(door.address.port) as peer:
        peer.say("EHLO c.example")
        peer.say("MAIL FROM:<a@b.example>")
        assert peer.say(f"RCPT TO:<{recipient}>").startswith("550 5.1.1")
        assert peer.say("DATA").startswith("503")
    assert tray.arrivals == []


def test_trusted_relay_is_told_apart_for_bad_tokens(open_door, tray, talk) -> None:
    door = open_door(trusted_relays=("127.0.0.0/8",))
    with talk(door.address.port) as peer:
        peer.begin("support+bad@desk.example")
        assert peer.say(dotted(MAIL)).startswith("250")
    assert tray.last.envelope.rcpt_to == ("support+bad@desk.example",)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("MAIL FROM:<Jane.Doe@B.example>", "Jane.Doe@B.example"),
        ("mail from: <jane@b.example> BODY=8BITMIME SIZE=20", "jane@b.example"),
        ("MAIL FROM:jane@b.example", "jane@b.example"),
        ("MAIL FROM:< jane@b.example >", "jane@b.example"),
        ('MAIL FROM:<"a > b"@b.example>', '"a > b"@b.example'),
        ("MAIL FROM:<@hop.example,@two.example:jane@b.example>", "jane@b.example"),
        ("MAIL FROM:<jörg@bücher.example> SMTPUTF8", "jörg@bücher.example"),
        ("MAIL FROM:<>", None),
        ("MAIL FROM:<mailer-daemon>", "mailer-daemon"),
    ],
)
def test_reads_reverse_paths_as_senders_write_them(
    open_door, tray, talk, line, address
):
    door = open_door()
    with talk(door.address.port) as peer:
        peer.say("EHLO c.example")
        assert peer.say(line).startswith("250")
        peer.say("RCPT TO:<support@desk.example>")
        peer.say("DATA")
        assert peer.say(dotted(MAIL)).startswith("250 2.0.0")
    assert tray.last.envelope.mail_from == address


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"MAIL FROM:<a\x00b@c.example>", "553 5.1.7"),
        (b"MAIL FROM:<" + b"a" * 600 + b"@c.example>", "553 5.1.7"),
        (b"MAIL FROM:<a@b.example> SIZE=x", "501"),
        (b"MAIL FROM:<a@b.example> BODY=BINARYMIME", "555"),
        (b"MAIL FROM:<a@b.example> SIZE=99999999999", "552 5.3.4"),
        (b"MAIL TO:<a@b.example>", "501"),
        (b"MAIL", "501"),
        (b"RCPT TO:<support@desk.example>", "503"),
        (b"DATA", "503"),
        (b"AUTH PLAIN AGEAYg==", "500"),
        (b"X" * 5000, "500"),
        (b"\xff\xfe", "500"),
    ],
)
def test_wrong_commands_are_answered_and_the_session_goes_on(
    open_door, tray, talk, line, reply
) -> None:
    door = open_door()
    with talk(door.address.port) as peer:
        peer.say("EHLO c.example")
        assert peer.say(line + b"\r\n").startswith(reply)
        assert peer.say("RSET").startswith("250")
        peer.begin()
        assert peer.say(dotted(MAIL)).startswith("250 2.0.0")


def test_eight_bit_reverse_path_without_smtputf8_can_be_kept(open_door, tray, talk):
    door = open_door()
    with talk(door.address.port) as peer:
        peer.say(b"EHLO caf\xe9.example\r\n")
        assert peer.say(b"MAIL FROM:<j\xf6rg@b.example>\r\n").startswith("250")
        peer.say("RCPT TO:<support@desk.example>")
        peer.say("DATA")
        peer.say(dotted(MAIL))
    (tray.last.envelope.mail_from or "").encode("utf-8")
    (tray.last.helo or "").encode("utf-8")


@pytest.mark.parametrize(
    "ending",
    [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b".\r\n"],
)
def test_only_crlf_dot_crlf_ends_a_mail(open_door, tray, talk, ending) -> None:
    raw = b"Subject: a\r\n\r\nx" + ending + b"MAIL FROM:<evil@b.example>\r\n"
    door = open_door()
    with talk(door.address.port) as peer:
        peer.begin()
        peer.send(raw + b"\r\n.\r\n")
        assert peer.reply().startswith("250 2.0.0")
        assert peer.say("NOOP").startswith("250")
    assert len(tray.arrivals) == 1
    # A line that begins with a dot loses it (RFC 5321 4.5.2), whatever follows it.
    assert tray.last.raw == raw.replace(b"\r\n.", b"\r\n") + b"\r\n"


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lines=st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from([b".", b"..", b"", b"\r", b"\n.\n", b".\r", b"\x00\xff"]),
        ).filter(lambda line: b"\r\n" not in line),
        max_size=12,
    ),
    cuts=st.lists(st.integers(1, 40), max_size=8),
)
def test_any_octets_come_through_as_sent(one_talk, tray, lines, cuts) -> None:
    raw = b"".join(line + b"\r\n" for line in lines)
    if any(line.endswith(b"\r") for line in lines):
        raw = raw.replace(b"\r\r\n", b"\r \r\n")
    one_talk.begin()
    wire = dotted(raw)
    for cut in cuts:
        one_talk.send(wire[:cut])
        wire = wire[cut:]
    one_talk.send(wire)
    assert one_talk.reply().startswith("250 2.0.0")
    assert tray.last.raw == raw


@pytest.fixture
def one_talk(open_door, talk):
    door = open_door()
    with talk(door.address.port) as peer:
        yield peer


def test_line_of_two_million_octets_and_nul_come_through(open_door, tray) -> None:
    raw = b"Subject: long\r\n\r\n" + b"x\x00" * 1_000_000 + b"\xff\r\nend\r\n"
    door = open_door()
    with smtplib.SMTP("127.0.0.1", door.address.port) as smtp:
        smtp.sendmail("a@b.example", ["support@desk.example"], raw)
    assert tray.last.raw == raw


def test_pipelined_commands_are_all_answered(open_door, tray, talk) -> None:
    door = open_door()
    with talk(door.address.port) as peer:
        peer.send(
            b"EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@desk.example>"
            b"\r\nRCPT TO:<x@else.example>\r\nDATA\r\n"
        )
        assert [peer.reply()[:3] for _ in range(5)] == [
            "250",
            "250",
            "250",
            "550",
            "354",
        ]
        peer.send(dotted(MAIL) + b"QUIT\r\n")
        assert peer.reply().startswith("250 2.0.0")
        assert peer.reply().startswith("221")
    assert tray.last.raw == MAIL


def test_too_big_a_mail_is_refused_and_the_next_taken(open_door, tray, talk) -> None:
    door = open_door(max_size=1000)
    with talk(door.address.port) as peer:
        peer.begin()
        assert peer.say(b"x" * 1001 + b"\r\n.\r\n").startswith("552 5.3.4")
        peer.begin()
        assert peer.say(b"x" * 998 + b"\r\n.\r\n").startswith("250")
    assert [len(arrival.raw) for arrival in tray.arrivals] == [1000]


def test_endless_data_is_cut_off(open_door, tray, talk) -> None:
    door = open_door(max_size=1000)
    with talk(door.address.port) as peer:
        peer.begin()
        with pytest.raises(ConnectionError):
            send_on_and_on(peer)
    assert tray.arrivals == []


def test_mail_beyond_the_memory_is_deferred(open_door, tray, talk) -> None:
    door = open_door(memory=1000)
    with talk(door.address.port) as peer:
        peer.begin()
        assert peer.say(b"x" * 2000 + b"\r\n.\r\n").startswith("452 4.3.1")
        peer.begin()
        assert peer.say(dotted(MAIL)).startswith("250")
    assert door.door.memory.used == 0


def test_hundred_recipients_are_taken_then_452(open_door, tray, talk) -> None:
    door = open_door()
    with talk(door.address.port) as peer:
        peer.say("EHLO c.example")
        peer.say("MAIL FROM:<a@b.example>")
        for number in range(100):
            assert peer.say(f"RCPT TO:<r{number}@desk.example>").startswith("250")
        assert peer.say("RCPT TO:<more@desk.example>").startswith("452 4.5.3")
        peer.say("DATA")
        assert peer.say(dotted(MAIL)).startswith("250")
    assert len(tray.last.envelope.rcpt_to) == 100


def test_guesser_of_recipients_is_hung_up_on(open_door, talk) -> None:
    door = open_door()
    with talk(door.address.port) as peer:
        peer.say("EHLO c.example")
        peer.say("MAIL FROM:<a@b.example>")
        replies = [peer.say(f"RCPT TO:<g{n}@no.example>")[:3] for n in range(51)]
        assert replies == ["550"] * 50 + ["421"]
        assert peer.reply() == ""


@pytest.mark.parametrize(
    "error", [StoreBusy("locked"), StoreError("no"), RuntimeError("secret text")]
)
def test_what_cannot_be_kept_is_deferred_without_a_reason(
    open_door, tray, talk, error
) -> None:
    def refuse(arrivals: Sequence[Arrival]) -> None:
        raise error

    tray.before = refuse
    door = open_door()
    with talk(door.address.port) as peer:
        peer.begin()
        reply = peer.say(dotted(MAIL))
        assert reply.startswith("451 4.3.0")
        assert "secret" not in reply
        tray.before = lambda arrivals: None
        peer.begin()
        assert peer.say(dotted(MAIL)).startswith("250")


def test_fault_of_ours_in_a_command_is_a_transient_reply(open_door, talk) -> None:
    def broken(address: str, trusted: bool) -> str:
        raise RuntimeError("secret text")

    door = open_door(recipient=broken)
    with talk(door.address.port) as peer:
        peer.say("EHLO c.example")
        peer.say("MAIL FROM:<a@b.example>")
        reply = peer.say("RCPT TO:<support@desk.example>")
        assert reply.startswith("451 4.3.0")
        assert "secret" not in reply


def test_good_answer_comes_only_after_the_commit(open_door, tray, talk) -> None:
    door = open_door()
    tray.wait.clear()
    with talk(door.address.port) as peer:
        peer.begin()
        peer.send(dotted(MAIL))
        peer.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            peer.socket.recv(1)
        tray.wait.set()
        peer.socket.settimeout(10)
        assert peer.socket.recv(100).startswith(b"250 2.0.0")


def test_peer_that_stops_sending_after_the_dot_is_answered(open_door, tray, talk):
    door = open_door()
    tray.wait.clear()
    with talk(door.address.port) as peer:
        peer.begin()
        peer.send(dotted(MAIL))
        wait_for(lambda: door.door.memory.used == len(MAIL) + 3)
        peer.socket.shutdown(socket.SHUT_WR)
        tray.wait.set()
        assert peer.reply().startswith("250 2.0.0")


def test_peer_that_goes_in_mid_mail_leaves_nothing(open_door, tray, talk) -> None:
    door = open_door()
    with talk(door.address.port) as peer:
        peer.begin()
        peer.send(b"Subject: half\r\n\r\nhalf a ma")
    wait_for(lambda: not door.door.sessions)
    assert tray.arrivals == []
    assert door.door.memory.used == 0


def test_connections_over_the_limit_are_told_to_wait(open_door, talk) -> None:
    door = open_door(max_connections=2)
    port = door.address.port
    with talk(port), talk(port), talk(port, greeting=False) as third:
        assert third.reply().startswith("421 4.7.0")
    wait_for(lambda: not door.door.sessions)
    with talk(door.address.port):
        pass


def test_local_peers_may_open_many_connections(open_door, talk) -> None:
    door = open_door(max_per_peer=1)
    with talk(door.address.port), talk(door.address.port):
        pass


def test_idle_session_times_out(open_door, talk) -> None:
    door = open_door()
    door.door.idle = 0.2
    with talk(door.address.port) as peer:
        assert peer.reply().startswith("421 4.4.2")


def test_slow_but_living_data_is_not_cut_off(open_door, tray, talk) -> None:
    door = open_door()
    door.door.idle = door.door.data_idle = 0.4
    with talk(door.address.port) as peer:
        peer.begin()
        for octet in MAIL[:10]:
            peer.send(bytes([octet]))
            time.sleep(0.1)
        assert peer.say(dotted(MAIL[10:])).startswith("250")
    assert tray.last.raw == MAIL


def test_data_that_falls_silent_is_cut_off(open_door, tray, talk) -> None:
    door = open_door()
    door.door.data_idle = 0.2
    with talk(door.address.port) as peer:
        peer.begin()
        peer.send(b"Subject: x\r\n")
        assert peer.reply().startswith("421 4.4.2")
    assert tray.arrivals == []


def test_stop_ends_idle_sessions_and_finishes_the_mail_under_way(
    open_door, tray, talk
) -> None:
    door = open_door()
    port = door.address.port
    with talk(port) as idle, talk(port) as busy:
        busy.begin()
        busy.send(MAIL[:20])
        wait_for(lambda: door.door.memory.used > 0 or door.door.sessions)
        stopper = threading.Thread(target=door.loop.stop, args=(timedelta(seconds=5),))
        stopper.start()
        assert idle.reply().startswith("421 4.3.2")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
        busy.send(dotted(MAIL[20:]))
        assert busy.reply().startswith("250 2.0.0")
        assert busy.reply().startswith("421 4.3.2")
        stopper.join(10)
    assert tray.last.raw == MAIL


def test_stop_cuts_off_who_never_ends(open_door, tray, talk) -> None:
    door = open_door()
    with talk(door.address.port) as peer:
        peer.begin()
        door.loop.stop(timedelta(seconds=0.1))
        with pytest.raises(ConnectionError):
            send_on_and_on(peer)
    assert tray.arrivals == []


def test_under_load_many_mails_share_a_commit(open_door, tray) -> None:
    door = open_door()
    tray.wait.clear()
    threads = [
        threading.Thread(target=send_one, args=(door.address.port, n))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: door.door.memory.used > 0 and len(door.door.sessions) == 20)
    tray.wait.set()
    for thread in threads:
        thread.join(10)
    assert len(tray.arrivals) == 20
    assert len(tray.batches) < 20
    assert len(tray.rung) == len(tray.batches)


def send_one(port: int, number: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        raw = b"Subject: %d\r\n\r\nx\r\n" % number
        smtp.sendmail("a@b.example", ["support@desk.example"], raw)


def test_starttls_with_a_certificate_that_can_be_renewed(
    open_door, tray, talk, tmp_path: Path
) -> None:
    authority = trustme.CA()
    certificate = tmp_path / "cert.pem"
    write_certificate(authority, certificate)
    door = open_door(tls_cert=str(certificate), trusted_relays=("127.0.0.1",))
    first = send_by_tls(authority, door.address.port)
    assert tray.last.raw == MAIL
    assert tray.last.peer == "127.0.0.1"
    write_certificate(authority, certificate)
    door.reload_tls()
    assert send_by_tls(authority, door.address.port) != first


def write_certificate(authority: trustme.CA, path: Path) -> None:
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
        str(path)
    )


def send_by_tls(authority: trustme.CA, port: int) -> bytes:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with smtplib.SMTP("localhost", port) as smtp:
        smtp.starttls(context=context)
        assert isinstance(smtp.sock, ssl.SSLSocket)
        shown = smtp.sock.getpeercert(binary_form=True)
        smtp.sendmail("a@b.example", ["support@desk.example"], MAIL)
    assert shown is not None
    return shown


def test_commands_sent_before_tls_are_forgotten(open_door, tray, talk, tmp_path: Path):
    authority = trustme.CA()
    write_certificate(authority, tmp_path / "cert.pem")
    door = open_door(tls_cert=str(tmp_path / "cert.pem"))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with talk(door.address.port) as peer:
        peer.say("EHLO c.example")
        peer.say("MAIL FROM:<a@b.example>")
        peer.send(b"STARTTLS\r\nRSET\r\n")
        assert peer.socket.recv(100).startswith(b"220")
        with context.wrap_socket(peer.socket, server_hostname="localhost") as secure:
            secure.sendall(b"RCPT TO:<support@desk.example>\r\n")
            assert secure.recv(100).startswith(b"503")


def test_proxied_peer_is_the_one_that_the_proxy_names(open_door, tray, talk) -> None:
    door = open_door(proxy_protocol=("127.0.0.1",))
    with talk(door.address.port, greeting=False) as peer:
        peer.send(b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 25\r\n")
        assert peer.reply().startswith("220")
        peer.begin()
        peer.say(dotted(MAIL))
    assert tray.last.peer == "203.0.113.7"
    wait_for(lambda: not door.door.sessions)
    assert door.door.connections.enter("203.0.113.7")


def test_proxied_peers_have_limits_of_their_own(open_door, talk) -> None:
    door = open_door(proxy_protocol=("127.0.0.1",), max_per_peer=1)
    line = b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 25\r\n"
    with talk(door.address.port, greeting=False) as first:
        first.send(line)
        assert first.reply().startswith("220")
        with talk(door.address.port, greeting=False) as second:
            second.send(line)
            assert second.reply() == ""


def test_proxy_line_from_others_is_only_a_wrong_command(open_door, talk) -> None:
    door = open_door(proxy_protocol=("10.0.0.5/32",))
    with talk(door.address.port) as peer:
        line = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 25"
        assert peer.say(line).startswith("500")


def test_listens_on_a_unix_socket(open_door, tray, tmp_path: Path) -> None:
    path = tmp_path / "smtp.sock"
    open_door(listen=f"unix:{path}")
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(str(path))
        file = peer.makefile("rwb")
        assert file.readline().startswith(b"220")
        file.write(
            b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n"
        )
        file.flush()
        while not file.readline().startswith(b"354"):
            pass
        file.write(dotted(MAIL))
        file.flush()
        assert file.readline().startswith(b"250 2.0.0")
    assert tray.last.peer == "unix"


def test_stale_unix_socket_is_replaced_and_a_living_one_is_not(
    open_door, tmp_path: Path
) -> None:
    path = tmp_path / "smtp.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    door = open_door(listen=f"unix:{path}")
    with pytest.raises(ConfigError, match="taken"):
        open_door(listen=f"unix:{path}")
    door.loop.stop(timedelta(seconds=1))
    assert not path.exists()


def test_taken_port_is_one_line_that_names_the_key(open_door) -> None:
    door = open_door()
    with pytest.raises(ConfigError) as caught:
        open_door(listen=f"127.0.0.1:{door.address.port}")
    line = str(caught.value)
    assert line.startswith(f'[smtp] listen = "127.0.0.1:{door.address.port}"')
    assert "\n" not in line


@pytest.mark.parametrize(
    "wrong",
    [
        {"listen": "8025"},
        {"listen": "127.0.0.1:70000"},
        {"listen": "192.0.2.1:8025"},
        {"listen": "unix:"},
        {"trusted_relays": ("10.0.0.0/99",)},
        {"tls_cert": "/nowhere/cert.pem"},
    ],
)
def test_wrong_setting_is_one_clear_line(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        SmtpDoor(
            ListenerSettings(**({"listen": "127.0.0.1:0"} | wrong)),
            lambda address, trusted: "ok",
            lambda arrival: None,  # type: ignore[arg-type,return-value]
        ).bind()
    assert "[smtp]" in str(caught.value)
    assert "\n" not in str(caught.value)


def send_on_and_on(peer: Any) -> None:
    for _ in range(1000):
        peer.send(b"y" * 65_536)


def wait_for(happened: Callable[[], Any]) -> None:
    until = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)
