"""Who speaks: only what our own hosts wrote is believed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailroom.gateway import authentication_results
from mailroom.gateway.limits import Networks
from mailroom.gateway.trust import DoorTrust, TrustJudge
from mailroom.message.alignment import are_aligned, organisational_domain
from mailroom.message.model import Envelope, Headers, Mailbox, Message
from mailroom.store.contract import Inbound
from mailroom.ticket.model import InboundId

RELAY, STRANGER = "10.0.0.5", "203.0.113.9"
SMTP = DoorTrust(authserv_id="mx.acme.example", peers=Networks(["10.0.0.5/32"]))
JUDGE = TrustJudge(
    {
        "smtp": SMTP,
        "lmtp": SMTP,
        "imap:own": DoorTrust(authserv_id="imap.acme.example"),
        "imap:plain": DoorTrust(),
        "imap:ms": DoorTrust(
            provider="microsoft", own_domains=frozenset({"acme.example"})
        ),
        "imap:google": DoorTrust(provider="google"),
    }
)


def judge(
    *headers: tuple[str, str], sender: str = "ann@acme.example", **row: Any
) -> Any:
    senders = tuple(Mailbox(address) for address in sender.split())
    fields = tuple((name.lower(), value) for name, value in headers)
    facts: dict[str, Any] = {
        "door": "smtp",
        "peer": RELAY,
        "envelope": Envelope(mail_from=sender),
    } | row
    inbound = Inbound(
        id=InboundId(1), received_at=datetime(2026, 1, 1, tzinfo=UTC), size=1, **facts
    )
    return JUDGE(inbound, Message(headers=Headers(fields), senders=senders))


def ar(value: str) -> tuple[str, str]:
    return ("Authentication-Results", value)


PASS = ar("mx.acme.example; dmarc=pass (p=none) header.from=acme.example")


def test_dmarc_pass_by_our_relay_authenticates() -> None:
    verdict = judge(PASS)
    assert (verdict.authenticated, verdict.by, verdict.domain) == (
        *(True, "dmarc"),
        "acme.example",
    )
    assert "mx.acme.example" in verdict.evidence


@pytest.mark.parametrize(
    "value",
    [
        "mx.acme.example; dkim=pass header.d=acme.example",
        "mx.acme.example; dkim=pass (2048-bit key; x) header.i=@mail.acme.example",
        "mx.acme.example 1; dkim=fail header.d=acme.example; dkim=pass header.d=acme.example",
        "MX.Acme.Example; spf=pass smtp.mailfrom=bounces@acme.example",
        'mx.acme.example; spf=pass smtp.mailfrom="b;dkim=fail"@acme.example',
        "mx.acme.example;\r\n\tdmarc=none header.from=acme.example;\r\n\tdkim=pass"
        ' reason="good; key" header.d=acme.example header.s=sel',
    ],
)
def test_aligned_dkim_or_spf_authenticates(value: str) -> None:
    assert judge(ar(value)).authenticated


@pytest.mark.parametrize(
    "value",
    [
        "mx.acme.example; dmarc=fail header.from=acme.example; spf=pass "
        "smtp.mailfrom=a@acme.example",
        "mx.acme.example; dmarc=pass header.from=evil.example",
        "mx.acme.example; dmarc=pass",
        "mx.acme.example; dkim=pass header.d=evil.example",
        "mx.acme.example; dkim=pass header.d=notacme.example",
        "mx.acme.example; dkim=pass header.d=example",
        "mx.acme.example; dkim=pass header.d=acme.example.evil.example",
        "mx.acme.example; spf=pass smtp.mailfrom=acme.example@evil.example",
        "mx.acme.example; spf=softfail smtp.mailfrom=a@acme.example",
        "mx.acme.example; none",
        "mx.acme.example; (dkim=pass header.d=acme.example)",
        'mx.acme.example; x="dkim=pass header.d=acme.example"',
        "mx.acme.example; spf=pass smtp.mailfrom=a@evil.example smtp.helo=acme.example",
        "mx.acme.example",
        "",
        "evil.example; dmarc=pass header.from=acme.example",
        "mx.acme.example.evil.example; dmarc=pass header.from=acme.example",
    ],
)
def test_what_proves_nothing_does_not_authenticate(value: str) -> None:
    verdict = judge(ar(value))
    assert not verdict.authenticated
    assert verdict.evidence


def test_only_the_topmost_of_our_own_counts() -> None:
    fail = ar("mx.acme.example; dmarc=fail header.from=acme.example")
    assert not judge(fail, PASS).authenticated
    assert judge(PASS, fail).authenticated
    assert judge(ar("other.example; dmarc=fail"), PASS).authenticated


def test_strangers_words_in_our_name_are_ignored() -> None:
    assert not judge(PASS, peer=STRANGER).authenticated
    assert not judge(PASS, peer="127.0.0.1").authenticated
    assert not judge(PASS, peer=None).authenticated
    assert not judge(PASS, door="pipe", peer=RELAY).authenticated


def test_lmtp_on_this_machine_is_our_own_relay() -> None:
    assert judge(PASS, door="lmtp", peer="unix").authenticated
    assert judge(PASS, door="lmtp", peer="127.0.0.1").authenticated
    assert not judge(PASS, door="lmtp", peer=STRANGER).authenticated


def test_imap_has_an_authserv_id_of_its_own() -> None:
    value = "imap.acme.example; dmarc=pass header.from=acme.example"
    assert judge(ar(value), door="imap:own", peer=None).authenticated
    assert judge(ar(value), door="imap-sent:own", peer=None).authenticated
    assert not judge(PASS, door="imap:own", peer=None).authenticated
    assert not judge(ar(value), door="imap:plain", peer=None).authenticated
    google = ar("mx.google.com; dmarc=pass (p=NONE) header.from=acme.example")
    assert judge(google, door="imap:google", peer=None).authenticated


def test_microsoft_names_itself_in_no_id() -> None:
    theirs = ar(
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=c.example; dkim=pass "
        "(signature was verified) header.d=c.example;dmarc=pass action=none "
        "header.from=c.example;compauth=pass reason=100"
    )
    forged = ar("dmarc=fail header.from=c.example")
    verdict = judge(theirs, forged, sender="j@c.example", door="imap:ms")
    assert (verdict.authenticated, verdict.by) == (True, "dmarc")
    assert not judge(forged, theirs, sender="j@c.example", door="imap:ms").authenticated
    assert not judge(theirs, sender="j@c.example", door="imap:own").authenticated


def test_microsofts_internal_counts_for_the_tenants_own_domains() -> None:
    internal = ("X-MS-Exchange-Organization-AuthAs", "Internal")
    verdict = judge(internal, door="imap:ms", peer=None)
    assert (verdict.authenticated, verdict.by) == (True, "internal")
    assert not judge(internal, sender="j@c.example", door="imap:ms").authenticated
    assert not judge(internal, door="imap:own").authenticated
    anonymous = ("X-MS-Exchange-Organization-AuthAs", "Anonymous")
    assert not judge(anonymous, internal, door="imap:ms").authenticated


def test_more_than_one_author_is_unauthenticated() -> None:
    assert not judge(PASS, sender="ann@acme.example eve@evil.example").authenticated
    assert not judge(PASS, sender="").authenticated
    two = judge(sender="ann@acme.example eve@evil.example", door="submission")
    assert not two.authenticated


def test_submission_door_authenticates() -> None:
    verdict = judge(
        door="submission", peer="127.0.0.1", submitted_by="ann@acme.example"
    )
    assert (verdict.authenticated, verdict.by) == (True, "submission")
    assert "ann@acme.example" in verdict.evidence


@pytest.mark.parametrize(
    "header",
    [
        ("X-Spam-Flag", "YES"),
        ("X-Spam-Status", "Yes, score=9.1 required=5.0"),
        ("X-MS-Exchange-Organization-SCL", "5"),
        ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;CTRY:;SCL:9;SRV:;"),
    ],
)
def test_spam_is_what_a_trusted_host_marked(header: tuple[str, str]) -> None:
    assert judge(header).spam
    assert judge(header).spam_evidence
    assert judge(header, PASS).authenticated
    assert judge(header, door="imap:plain", peer=None).spam
    assert not judge(header, peer=STRANGER).spam


@pytest.mark.parametrize(
    "header",
    [
        ("X-Spam-Flag", "NO"),
        ("X-Spam-Status", "No, score=-1"),
        ("X-MS-Exchange-Organization-SCL", "-1"),
        ("X-MS-Exchange-Organization-SCL", "4"),
        ("X-MS-Exchange-Organization-SCL", "many"),
        ("X-Forefront-Antispam-Report", "SCL:1;"),
    ],
)
def test_other_marks_are_no_spam(header: tuple[str, str]) -> None:
    assert not judge(header).spam


@pytest.mark.parametrize(
    ("proved", "claimed", "aligned"),
    [
        ("acme.example", "acme.example", True),
        ("mail.acme.co.uk", "acme.co.uk", True),
        ("acme.co.uk", "evil.co.uk", False),
        ("co.uk", "acme.co.uk", False),
        ("a.acme.com", "b.acme.com", True),
        ("com", "acme.com", False),
        ("bücher.de", "xn--bcher-kva.de", True),
        ("", "acme.com", False),
        ("github.io", "me.github.io", False),
    ],
)
def test_alignment(proved: str, claimed: str, aligned: bool) -> None:
    assert are_aligned(proved, claimed) is aligned


def test_alignment_without_the_public_suffix_list_is_careful(monkeypatch) -> None:
    monkeypatch.setattr("mailroom.message.alignment._public_suffixes", lambda: None)
    assert are_aligned("mail.acme.com", "acme.com")
    assert are_aligned("acme.com", "news.acme.com")
    assert not are_aligned("a.acme.com", "b.acme.com")
    assert not are_aligned("co.uk", "acme.co.uk")
    assert not are_aligned("com", "acme.com")
    assert organisational_domain("news.acme.com") == "news.acme.com"


@given(st.text(max_size=200) | st.text(alphabet='a=;()"\\ .@/1\r\n\t', max_size=200))
def test_reading_results_never_raises(value: str) -> None:
    authentication_results.parse(value)


@given(
    who=st.from_regex(r"[a-z][a-z0-9.-]{0,20}[a-z]", fullmatch=True),
    results=st.lists(
        st.tuples(
            st.sampled_from(["spf", "dkim", "dmarc", "arc"]),
            st.sampled_from(["pass", "fail", "none", "temperror"]),
            st.from_regex(r"[a-z]{1,10}\.example", fullmatch=True),
        ),
        max_size=5,
    ),
    space=st.sampled_from([" ", "\r\n\t", " (note (nested; x=y)) "]),
)
def test_what_is_written_is_read_back(who, results, space) -> None:
    clauses = [f"{m}={r}{space}header.d={d}" for m, r, d in results]
    read = authentication_results.parse(f";{space}".join([who, *clauses]))
    assert read.authserv_id == who
    assert [
        (item.method, item.result, item.properties["header.d"]) for item in read.results
    ] == results
