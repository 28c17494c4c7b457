"""DKIM, SPF and DMARC checked by Mailroom itself, with a name server on loopback."""

import base64
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dkim
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailroom.desk.trust import TrustPending, Verdict
from mailroom.gateway.authenticate import Dns, OwnCheck
from mailroom.gateway.trust import TrustJudge
from mailroom.message.model import Envelope, Headers, Mailbox, Message
from mailroom.store.contract import Inbound
from mailroom.ticket.model import InboundId

PEER = "203.0.113.9"
RAW = (
    b"From: Ann <ann@acme.com>\r\nTo: support@desk.example\r\nSubject: hello\r\n"
    b"Message-ID: <1@acme.com>\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\n\r\nHello.\r\n"
)


class NameServer:
    """Answers from a table of (name, type) -> texts; "fail" in it means SERVFAIL."""

    def __init__(self) -> None:
        self.table: dict[tuple[str, str], list[str]] = {}
        self.failing: set[str] = set()
        self.silent = False
        self.asked: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            octets, peer = self.socket.recvfrom(4096)
            if octets == b"stop":
                return
            if not self.silent:
                self.socket.sendto(self._answer(octets), peer)

    def _answer(self, octets: bytes) -> bytes:
        question = dns.message.from_wire(octets)
        asked = question.question[0]
        name = asked.name.to_text(True).lower()
        kind = dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(name)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        records = self.table.get((name, kind))
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            answer.answer.append(
                dns.rrset.from_text(asked.name, 60, "IN", kind, *records)
            )
        elif not any(known == name for known, _ in self.table):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return bytes(answer.to_wire())

    def resolver(self) -> Any:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.socket.getsockname()[1]
        resolver.timeout = 0.3
        return resolver

    def stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"stop", self.socket.getsockname())
        self.thread.join(5)
        self.socket.close()


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def key() -> tuple[bytes, str]:
    """A private key as PEM and the DKIM record of its public half."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    text = "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()
    return pem, " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))


def check(
    names: NameServer, raw: bytes = RAW, sender: str = "ann@acme.com", **row: Any
) -> Verdict:
    facts: dict[str, Any] = {
        "door": "smtp",
        "peer": PEER,
        "helo": "mx.acme.com",
        "envelope": Envelope(mail_from=sender),
    } | row
    inbound = Inbound(
        id=InboundId(1), received_at=datetime(2026, 1, 1, tzinfo=UTC), size=1, **facts
    )
    own = OwnCheck(lambda id: raw, Dns(names.resolver(), longest=2.0))
    message = Message(headers=Headers(), senders=(Mailbox("ann@acme.com"),))
    return TrustJudge({}, own)(inbound, message)


def signed(raw: bytes, pem: bytes, domain: bytes = b"acme.com", **more: Any) -> bytes:
    signature: bytes = dkim.sign(raw, b"sel", domain, pem, **more)
    return signature + raw


def test_signature_of_the_senders_domain_authenticates(names, key) -> None:
    names.table["sel._domainkey.acme.com", "TXT"] = [key[1]]
    verdict = check(names, signed(RAW, key[0]))
    assert (verdict.authenticated, verdict.by, verdict.domain) == (
        *(True, "dkim"),
        "acme.com",
    )


def test_signature_of_a_domain_below_is_aligned_unless_dmarc_is_strict(names, key):
    names.table["sel._domainkey.mail.acme.com", "TXT"] = [key[1]]
    raw = signed(RAW, key[0], b"mail.acme.com")
    assert check(names, raw).authenticated
    names.table["_dmarc.acme.com", "TXT"] = ['"v=DMARC1; p=reject; adkim=s"']
    assert not check(names, raw).authenticated


def test_changed_or_foreign_signature_proves_nothing(names, key) -> None:
    names.table["sel._domainkey.acme.com", "TXT"] = [key[1]]
    names.table["sel._domainkey.evil.com", "TXT"] = [key[1]]
    changed = signed(RAW, key[0]).replace(b"Hello.", b"Hollo.")
    assert not check(names, changed).authenticated
    assert not check(names, signed(RAW, key[0], b"evil.com")).authenticated
    assert "sel._domainkey.evil.com" not in names.asked


def test_second_signature_counts_too(names, key) -> None:
    names.table["sel._domainkey.acme.com", "TXT"] = [key[1]]
    raw = signed(RAW, key[0])
    foreign: bytes = dkim.sign(RAW, b"sel", b"evil.com", key[0])
    assert check(names, foreign + raw).authenticated


def test_signature_over_part_of_the_body_proves_nothing(names, key) -> None:
    names.table["sel._domainkey.acme.com", "TXT"] = [key[1]]
    raw = signed(RAW, key[0], length=True) + b"Pay the other account.\r\n"
    assert not check(names, raw).authenticated


def test_missing_key_proves_nothing(names, key) -> None:
    assert not check(names, signed(RAW, key[0])).authenticated


@pytest.mark.parametrize(
    "header", [b"DKIM-Signature: v=1\r\n", b"DKIM-Signature: \xff;;=\r\n"]
)
def test_broken_signature_proves_nothing(names, header) -> None:
    assert not check(names, header + RAW).authenticated


@pytest.mark.parametrize(
    ("record", "passes"),
    [
        ('"v=spf1 ip4:203.0.113.0/24 -all"', True),
        ('"v=spf1 a:out.acme.com -all"', True),
        ('"v=spf1 mx -all"', True),
        ('"v=spf1 include:spf.host.com -all"', True),
        ('"v=spf1 -all"', False),
        ('"v=spf1 ~all"', False),
        ('"v=spf1 include:acme.com -all"', False),
        ('"no spf"', False),
    ],
)
def test_spf_lets_the_peer_send(names, record, passes) -> None:
    names.table |= {
        ("acme.com", "TXT"): [record],
        ("out.acme.com", "A"): [PEER],
        ("acme.com", "MX"): ["10 out.acme.com."],
        ("spf.host.com", "TXT"): ['"v=spf1 ip4:203.0.113.9 -all"'],
    }
    verdict = check(names)
    assert verdict.authenticated is passes
    assert verdict.by == ("spf" if passes else "none")


def test_spf_of_another_domain_is_not_aligned(names) -> None:
    names.table["evil.com", "TXT"] = ['"v=spf1 ip4:203.0.113.9 -all"']
    assert not check(names, sender="a@evil.com").authenticated


def test_spf_of_the_greeting_counts_for_the_null_path(names) -> None:
    names.table["mx.acme.com", "TXT"] = ['"v=spf1 ip4:203.0.113.9 -all"']
    assert check(names, envelope=Envelope(mail_from=None)).authenticated


def test_spf_says_nothing_of_mail_that_another_host_fetched(names) -> None:
    names.table["acme.com", "TXT"] = ['"v=spf1 ip4:203.0.113.9 ip4:127.0.0.1 -all"']
    assert not check(names, door="imap:x", peer=None).authenticated
    assert not check(names, peer="127.0.0.1").authenticated


def test_dns_failure_is_pending_not_a_verdict(names, key) -> None:
    names.failing = {"sel._domainkey.acme.com", "acme.com"}
    with pytest.raises(TrustPending):
        check(names, signed(RAW, key[0]))


def test_dns_failure_of_one_does_not_hide_the_others_proof(names, key) -> None:
    names.failing = {"sel._domainkey.acme.com"}
    names.table["acme.com", "TXT"] = ['"v=spf1 ip4:203.0.113.9 -all"']
    assert check(names, signed(RAW, key[0])).by == "spf"


def test_silent_name_server_is_waited_for_only_so_long(names, key) -> None:
    names.silent = True
    with pytest.raises(TrustPending):
        check(names, signed(RAW, key[0]))
