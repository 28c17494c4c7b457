"""Mailroom's own look at DKIM (RFC 6376), SPF (RFC 7208) and DMARC (RFC 7489).

For desks that no relay of their own stands before; needs the `[auth]` extra, and is
asked between accept and process, never on the event loop. Every DNS question has a
timeout and the whole check has one, too. A DNS failure is no verdict but TrustPending.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mailroom.desk.trust import TrustPending, Verdict
from mailroom.errors import ConfigError
from mailroom.gateway.limits import is_local
from mailroom.message.address import a_labels, domain_of
from mailroom.message.alignment import are_aligned, organisational_domain
from mailroom.message.model import Message
from mailroom.store.contract import Inbound
from mailroom.ticket.model import InboundId

try:
    import dkim
    import dns.exception
    import dns.name
    import dns.resolver
    import spf
except ImportError as error:
    raise ConfigError(
        f"[auth] check = true needs the package {error.name}; "
        'run: pip install "mailroom-helpdesk[auth]"'
    ) from error

_MOST_SIGNATURES = 5
_WEAKEST_KEY = 1024  # bits (RFC 8301 3.2)

Raw = Callable[[InboundId], bytes]


class _Unavailable(Exception):
    """DNS gave no answer, neither yes nor no."""


@dataclass(frozen=True, slots=True)
class Dns:
    """DNS with a deadline. `resolver` None: the system's."""

    resolver: Any = None
    longest: float = 15.0  # seconds for all questions of one mail
    until: float = field(default=0.0)

    def begin(self) -> "Dns":
        """The same, with the clock of one mail started."""
        resolver = self.resolver or dns.resolver.Resolver()
        return Dns(resolver, self.longest, time.monotonic() + self.longest)

    def ask(self, name: str, kind: str) -> list[Any]:
        """Return the records, [] when there are none; _Unavailable: no answer."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise _Unavailable(f"no time left to ask for {name}")
        try:
            answer = self.resolver.resolve(name, kind, lifetime=min(left, 5.0))
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN, dns.name.LabelTooLong):
            return []
        except (dns.resolver.YXDOMAIN, dns.name.NameTooLong, dns.name.EmptyLabel):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise _Unavailable(f"{name}: {type(error).__name__}") from error
        return list(answer)

    def texts(self, name: str) -> list[bytes]:
        """Return TXT records, each with its strings joined."""
        return [b"".join(record.strings) for record in self.ask(name, "TXT")]


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """Checks a mail by its own signatures and the address it came from."""

    raw: Raw
    dns: Dns = Dns()

    def __call__(self, inbound: Inbound, message: Message) -> Verdict:
        """Return a verdict; TrustPending when DNS does not answer."""
        sender = message.sender
        domain = domain_of(sender.address) if sender is not None else ""
        if not domain:
            return Verdict(evidence="no domain in From")
        names = self.dns.begin()
        pending: list[str] = []
        for check in (self._dkim, self._spf):
            try:
                verdict = check(names, inbound, domain)
            except _Unavailable as error:
                pending.append(str(error))
                continue
            if verdict is not None:
                return verdict
        if pending:
            raise TrustPending(f"DNS does not answer: {'; '.join(pending)}"[:300])
        return Verdict(evidence=f"own check: neither DKIM nor SPF speaks for {domain}")

    def _dkim(self, names: Dns, inbound: Inbound, domain: str) -> Verdict | None:
        """A valid signature of the From's domain over the whole mail."""
        raw = self.raw(inbound.id)
        unavailable: _Unavailable | None = None
        for index in range(_MOST_SIGNATURES):
            try:
                signer = _verified(names, raw, index, domain)
            except _Unavailable as error:
                unavailable = error
                continue
            except IndexError:
                break
            if signer and self._allows(names, domain, signer, "adkim"):
                evidence = f"own check: DKIM signature of {signer}"
                return _proved("dkim", domain, evidence)
        if unavailable is not None:
            raise unavailable
        return None

    def _spf(self, names: Dns, inbound: Inbound, domain: str) -> Verdict | None:
        """The peer may send for a domain aligned with the From's."""
        peer, helo = inbound.peer, inbound.helo or ""
        if peer is None or is_local(peer) or inbound.door != "smtp":
            return None
        sender = inbound.envelope.mail_from or ""
        identity = a_labels(domain_of(sender) or helo)
        if not identity or not are_aligned(identity, domain):
            return None
        query = _SpfQuery(names, peer, sender, helo)
        result, _, why = query.check()
        if query.unavailable is not None or result == "temperror":
            raise _Unavailable(f"SPF of {identity}: {query.unavailable or why}")
        if result != "pass" or not self._allows(names, domain, identity, "aspf"):
            return None
        return _proved("spf", domain, f"own check: SPF lets {peer} send for {identity}")

    def _allows(self, names: Dns, domain: str, proved: str, tag: str) -> bool:
        """Whether the domain's DMARC record is content with relaxed alignment."""
        if proved == domain:
            return True
        for name in dict.fromkeys((domain, organisational_domain(domain))):
            for record in names.texts(f"_dmarc.{name}"):
                tags = _tags(record)
                if tags.get("v", "").upper() == "DMARC1":
                    return tags.get(tag, "r").lower() != "s"
        return True


def _verified(names: Dns, raw: bytes, index: int, domain: str) -> str | None:
    """The domain of a valid, aligned signature; IndexError when there are no more."""

    def key(name: bytes | str, timeout: int = 5) -> bytes | None:
        text = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        records = names.texts(text)
        return records[0] if records else None

    try:
        verifier = dkim.DKIM(raw, minkey=_WEAKEST_KEY)
        prepared = verifier.verify_headerprep(index)
        if not prepared:
            raise IndexError(index)
        signature = prepared[0]
        signer = a_labels(signature[b"d"].decode("ascii", "replace"))
        # With l= anyone may append to the mail (RFC 6376 8.2).
        if b"l" in signature or not are_aligned(signer, domain):
            return None
        return signer if verifier.verify(index, dnsfunc=key) else None
    except (dkim.DKIMException, ValueError, KeyError):
        return None


class _SpfQuery(spf.query):  # type: ignore[misc]
    """An SPF evaluation that asks our resolver."""

    def __init__(self, names: Dns, peer: str, sender: str, helo: str) -> None:
        self._names = names
        self.unavailable: _Unavailable | None = None
        super().__init__(i=peer, s=sender, h=helo, timeout=5, querytime=15)

    def dns(
        self,
        name: str,
        qtype: str,
        cnames: object = None,
        ignore_void: bool = False,
    ) -> list[Any]:
        """Answer a question of the evaluation (RFC 7208 4.6.4 bounds the void ones)."""
        key = (str(name).lower().rstrip("."), qtype)
        if key in self.cache:
            return list(self.cache[key])
        try:
            records = self._names.ask(key[0], qtype)
        except _Unavailable as error:
            self.unavailable = error
            raise spf.TempError(f"DNS {error}") from error
        found = [_as_pyspf(record, qtype) for record in records]
        self.cache[key] = found
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("Void lookup limit exceeded")
        return found


def _as_pyspf(record: Any, kind: str) -> Any:
    """A record in the form that pyspf expects of its DNS driver."""
    if kind in ("A", "AAAA"):
        return record.address
    if kind == "MX":
        return (record.preference, record.exchange.to_text(True))
    if kind == "PTR":
        return record.target.to_text(True)
    return record.strings


def _tags(record: bytes) -> dict[str, str]:
    parts: Iterable[str] = record.decode("ascii", "replace").split(";")
    pairs = (part.partition("=") for part in parts)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _proved(by: str, domain: str, evidence: str) -> Verdict:
    return Verdict(authenticated=True, by=by, domain=domain, evidence=evidence[:300])
