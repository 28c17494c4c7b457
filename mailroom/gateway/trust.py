"""Who speaks, and did a trusted host call it spam: the implementation of `desk.trust`.

Believed is only what our own hosts wrote: the topmost Authentication-Results (RFC 8601)
that bears the door's own authserv-id, on SMTP and LMTP only from a trusted relay. What
stands below it came with the mail and proves nothing. From it DMARC counts when its
`header.from` is the From's domain, DKIM and SPF when aligned with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mailroom.desk.trust import Verdict
from mailroom.gateway import authentication_results
from mailroom.gateway.authentication_results import AuthenticationResults
from mailroom.gateway.limits import Networks, is_local
from mailroom.message.address import a_labels, domain_of
from mailroom.message.alignment import are_aligned
from mailroom.message.model import Headers, Message
from mailroom.store.contract import Inbound

_SPAM_LEVEL = 5  # Microsoft's Spam Confidence Level from which mail is spam
_MOST_FIELDS = 50
_SENT = "imap-sent:"  # whoever keeps mail there has logged in to the account
_HOSTS = {"google": "mx.google.com"}  # the authserv-id of providers that have but one

OwnCheck = Callable[[Inbound, Message], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorTrust:
    """What is believed of mail from one door.

    `peers` None: all of the door's mail comes from our own host (IMAP). `provider` is
    "microsoft" for Exchange Online, which names itself in no authserv-id; `own_domains`
    are the tenant's.
    """

    authserv_id: str | None = None
    peers: Networks | None = None
    provider: str | None = None
    own_domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TrustJudge:
    """Finds verdicts. `doors` by name: smtp, lmtp, imap:NAME, ..."""

    doors: Mapping[str, DoorTrust] = field(default_factory=dict)
    own_check: OwnCheck | None = None  # with the [auth] extra

    def __call__(self, inbound: Inbound, message: Message) -> Verdict:
        """Return the verdict; TrustPending when an own check cannot be made for now."""
        door = self._door(inbound)
        spam = _spam(message.headers) if door is not None else ""
        verdict = self._speaker(inbound, message, door)
        if not spam:
            return verdict
        return Verdict(
            authenticated=verdict.authenticated,
            by=verdict.by,
            domain=verdict.domain,
            evidence=verdict.evidence,
            spam=True,
            spam_evidence=spam,
        )

    def _door(self, inbound: Inbound) -> DoorTrust | None:
        """What is believed of this mail; None: nothing, it came straight to us."""
        name = inbound.door
        door = self.doors.get(name)
        if door is None and name.startswith(_SENT):
            door = self.doors.get("imap:" + name.removeprefix(_SENT))
        if door is None or door.peers is None:
            return door
        peer = inbound.peer or ""
        if name == "lmtp" and is_local(peer):
            return door  # LMTP on this machine is spoken by our own MTA
        return door if peer in door.peers else None

    def _speaker(
        self, inbound: Inbound, message: Message, door: DoorTrust | None
    ) -> Verdict:
        if len(message.senders) != 1 or not message.senders[0].address:
            count = len(message.senders)
            return Verdict(evidence=f"{count} addresses in From, not one")
        domain = domain_of(message.senders[0].address)
        if inbound.door == "submission":
            by = inbound.submitted_by or "nobody named"
            return Verdict(
                authenticated=True,
                by="submission",
                domain=domain,
                evidence=f"the submission door took it from {by}",
            )
        if inbound.door.startswith(_SENT):
            account = inbound.door.removeprefix(_SENT)
            return _proved("sent", domain, f"kept in the Sent folder of {account}")
        if door is not None:
            results = _believed(message.headers, door)
            if results is not None:
                return _weigh(results, message, domain, door)
            if _is_internal(message.headers, domain, door):
                return _proved("internal", domain, "Exchange Online: AuthAs Internal")
        if self.own_check is not None:
            return self.own_check(inbound, message)
        if door is None:
            return Verdict(evidence="no relay of ours vouches for it")
        return Verdict(evidence="no Authentication-Results of our own host")


def _believed(headers: Headers, door: DoorTrust) -> AuthenticationResults | None:
    """The topmost field that the door's host wrote; None: it wrote none."""
    wanted = a_labels(door.authserv_id or _HOSTS.get(door.provider or "", ""))
    if not wanted and door.provider != "microsoft":
        return None
    for value in headers.all("authentication-results")[:_MOST_FIELDS]:
        results = authentication_results.parse(value)
        if a_labels(results.authserv_id) == wanted:  # Microsoft's names nobody
            return results
    return None


def _weigh(
    results: AuthenticationResults, message: Message, domain: str, door: DoorTrust
) -> Verdict:
    who = results.authserv_id or "Exchange Online"
    for result in results.of("dmarc"):
        named = result.properties.get("header.from", "")
        if named and a_labels(named.rpartition("@")[2]) != domain:
            return Verdict(
                evidence=f"{who}: dmarc is about {named}, not {domain}"[:300]
            )
        if result.result == "pass" and named:
            return _proved("dmarc", domain, f"{who}: dmarc=pass header.from={named}")
        if result.result == "fail":
            return Verdict(evidence=f"{who}: dmarc=fail for {domain}"[:300])
    for method, properties in (
        ("dkim", ("header.d", "header.i")),
        ("spf", ("smtp.mailfrom", "smtp.helo")),
    ):
        for result in results.of(method):
            found = _identity(result.properties, properties)
            if result.result == "pass" and are_aligned(found, domain):
                return _proved(method, domain, f"{who}: {method}=pass for {found}")
    if _is_internal(message.headers, domain, door):
        return _proved("internal", domain, "Exchange Online: AuthAs Internal")
    said = ", ".join(f"{item.method}={item.result}" for item in results.results[:6])
    return Verdict(evidence=f"{who}: {said or 'no result'}, nothing for {domain}"[:300])


def _is_internal(headers: Headers, domain: str, door: DoorTrust) -> bool:
    """Whether Exchange Online says that one of the tenant's own wrote the mail."""
    written = headers.get("x-ms-exchange-organization-authas").strip().lower()
    return (
        door.provider == "microsoft"
        and domain in door.own_domains
        and written == "internal"
    )


def _identity(properties: Mapping[str, str], names: Sequence[str]) -> str:
    """The domain of the first property that is there."""
    for name in names:
        value = properties.get(name, "").strip("<>").rpartition("@")[2]
        if value:
            return a_labels(value)
    return ""


def _proved(by: str, domain: str, evidence: str) -> Verdict:
    return Verdict(authenticated=True, by=by, domain=domain, evidence=evidence[:300])


def _spam(headers: Headers) -> str:
    """The header that calls the mail spam, "" for none: the topmost of each kind."""
    flag = headers.get("x-spam-flag").strip().lower()
    if flag == "yes":
        return "X-Spam-Flag: YES"
    if headers.get("x-spam-status").strip().lower().startswith("yes"):
        return "X-Spam-Status: Yes"
    for name in ("x-ms-exchange-organization-scl", "x-forefront-antispam-report"):
        level = _spam_level(headers.get(name))
        if level is not None and level >= _SPAM_LEVEL:
            return f"{name}: SCL {level}"
    return ""


def _spam_level(value: str) -> int | None:
    text = value.strip()
    for piece in text.split(";"):
        key, colon, level = piece.partition(":")
        if colon and key.strip().upper() == "SCL":
            text = level.strip()
    digits = text.removeprefix("-")
    if not digits.isdigit() or len(digits) > 3:
        return None
    return int(text)
