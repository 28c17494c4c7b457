"""The values a setting can have: each is read from the text that stands in the file.

Durations are elapsed time (a day is 24 h). Sizes are decimal (1 MB is 10^6 octets;
`MiB` is there too). Addresses are addr-specs (RFC 5322 3.4.1) with the domain as IDNA
A-labels (RFC 5891). Relative paths are relative to the file they stand in, which is
given as the validation context `{"base": folder}`.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import (
    IPv4Network,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import idna
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_WORDS = {
    "sec": "s",
    "second": "s",
    "min": "m",
    "minute": "m",
    "hour": "h",
    "day": "d",
    "week": "w",
}
_TERM = re.compile(r"(\d+)\s*([a-z]+)", re.ASCII)
_OCTETS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}
_SIZE = re.compile(r"(\d+)\s*([a-z]*)", re.ASCII)
_RATE = re.compile(r"(\d+)\s+per\s+(.+)", re.ASCII)
_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\]:;@\\,\"]{1,64}")
_OFF = ("off", "never")

Network = IPv4Network | IPv6Network


def _text(value: object, example: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f'must be text such as "{example}"')
    return value.strip()


def read_duration(value: object) -> timedelta:
    """Read "7 days", "30m" or "1h 30m" as elapsed time; ValueError for all else."""
    if isinstance(value, timedelta):
        return value
    text = _text(value, "7 days").lower()
    terms = _TERM.findall(text)
    units = [_WORDS.get(unit.removesuffix("s"), unit) for _, unit in terms]
    if not terms or _TERM.sub("", text).strip() or not set(units) <= set(_UNITS):
        raise ValueError(f'"{text}" is no duration; write "30m", "1h 30m" or "7 days"')
    seconds = sum(
        int(count) * _UNITS[u] for (count, _), u in zip(terms, units, strict=True)
    )
    if not 0 < seconds <= 10 * 366 * 86400:
        raise ValueError(f'"{text}" must be more than nothing and less than ten years')
    return timedelta(seconds=seconds)


def _optional_duration(value: object) -> timedelta | None:
    return None if value is None or value in _OFF else read_duration(value)


def _size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    text = _text(value, "50 MB")
    found = _SIZE.fullmatch(text.lower())
    if not found or found[2] not in _OCTETS or int(found[1]) == 0:
        raise ValueError(f'"{text}" is no size; write "50 MB"')
    return int(found[1]) * _OCTETS[found[2]]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `span`."""

    count: int
    span: timedelta


def _rate(value: object) -> Rate | None:
    if value is None or isinstance(value, Rate):
        return value
    text = _text(value, "5 per hour").lower()
    if text in _OFF:
        return None
    found = _RATE.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is no rate; write "5 per hour" or "off"')
    span = found[2] if found[2][0].isdigit() else f"1 {found[2]}"
    return Rate(int(found[1]), read_duration(span))


def read_domain(text: str) -> str:
    """Return a domain in lower case as A-labels; ValueError when it is none."""
    try:
        return idna.encode(text.lower(), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise ValueError(f'"{text}" is no domain name') from None


def read_address(value: object) -> str:
    """Return an addr-spec, its local part as written, its domain as A-labels."""
    text = _text(value, "support@acme.example")
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not domain:
        raise ValueError(
            f'"{text}" is no e-mail address; write it as "support@acme.example"'
        )
    return f"{local}@{read_domain(domain)}"


def _recipient_pattern(value: object) -> str:
    text = _text(value, "@acme.example")
    return f"@{read_domain(text[1:])}" if text.startswith("@") else read_address(text)


def _network(value: object) -> Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    text = _text(value, "10.0.0.0/8")
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f'"{text}" is no network such as "10.0.0.5/32"') from error


def _base(info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("base", ""))


def _path(value: object, info: ValidationInfo) -> Path:
    if isinstance(value, Path):
        return _base(info) / value
    text = _text(value, "var")
    if not text or "\0" in text:
        raise ValueError("must name a file or a folder")
    return _base(info) / Path(text).expanduser()


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine (RFC 6761 6.3)."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen: a TCP host and port, or a Unix socket's path."""

    host: str = ""
    port: int = 0  # 0: any free one
    path: Path | None = None

    @property
    def is_local(self) -> bool:
        """Only programs of this machine can reach it."""
        return self.path is not None or is_loopback(self.host)

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def _endpoint(value: object, info: ValidationInfo) -> Endpoint | None:
    if value is None or isinstance(value, Endpoint):
        return value
    text = _text(value, "127.0.0.1:8025")
    if text in _OFF:
        return None
    if text.startswith("unix:"):
        return Endpoint(path=_path(text.removeprefix("unix:"), info))
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit():
        raise ValueError(
            f'"{text}" is no place to listen at; write "127.0.0.1:8025" or "unix:path"'
        )
    if int(port) > 65535:
        raise ValueError(f"{port} is no port; ports end at 65535")
    return Endpoint(host=host.strip("[]"), port=int(port))


@dataclass(frozen=True, slots=True)
class Target:
    """Where outgoing mail goes, read from a relay's URL (RFC 3986)."""

    scheme: str  # smtp, smtps, maildir
    host: str = ""
    port: int = 0
    user: str | None = None
    password: str | None = None
    tls: str = "always"  # never; offered: when the server has it; always
    path: Path | None = None  # of a maildir, relative to `data`

    def __repr__(self) -> str:
        return f"Target({self.scheme}://{self.host}:{self.port}, user={self.user!r})"


_TLS = ("", "tls=never", "tls=always")
_RELAY_SHAPES = 'write "maildir:", "smtp://user@host:587" or "smtps://user@host"'


def read_target(url: str) -> Target:
    """Read a relay's URL; ValueError says what is wrong with it.

    Off loopback a plain `smtp:` needs STARTTLS (RFC 3207) unless it says `?tls=never`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"its port is no number; {_RELAY_SHAPES}") from None
    if parts.scheme == "maildir":
        path = unquote(parts.netloc + parts.path)
        return Target("maildir", tls="never", path=Path(path) if path else None)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(f"is no relay; {_RELAY_SHAPES}")
    if parts.path not in ("", "/") or parts.query not in _TLS:
        raise ValueError('only "?tls=never" may follow the host and port')
    default = "offered" if is_loopback(parts.hostname) else "always"
    usual = 465 if parts.scheme == "smtps" else 587 if parts.username else 25
    return Target(
        parts.scheme,
        parts.hostname,
        port or usual,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        parts.query.removeprefix("tls=") or default,
    )


def _subject_tag(text: str) -> str:
    if text and not re.fullmatch(r"[^{}\d\x00-\x1f]+\{\}[^{}\d\x00-\x1f]*", text):
        raise ValueError(
            'must hold "{}" once, for the number, after a sign that is no digit,'
            ' as "[#{}]" does, or be empty'
        )
    return text


def _reply(text: str) -> str:
    kind, _, domain = text.partition(":")
    if kind == "subdomain" and domain:
        return f"subdomain:{read_domain(domain)}"
    if text not in ("auto", "plus", "plain"):
        raise ValueError('must be "plus", "plain" or "subdomain:r.acme.example"')
    return text


def _after_fetch(text: str) -> str:
    if text not in ("flag", "delete") and not re.fullmatch(r"move:.+", text):
        raise ValueError('must be "flag", "delete" or "move:FOLDER"')
    return text


def _url(text: str) -> str:
    if not text:
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError(f'"{text}" is no address such as "https://help.acme.example"')
    return text.rstrip("/")


def _database(text: str) -> str:
    if text != "sqlite" and not re.match(r"postgres(ql)?://", text):
        raise ValueError('must be "sqlite" or "postgresql://user@host/name"')
    return text


def _queue(text: str) -> str:
    if text != "sqlite" and not re.match(r"rediss?://", text):
        raise ValueError('must be "sqlite" or "redis://host/0"')
    return text


def _one_line(text: str) -> str:
    if not text.strip() or re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("must be one line of text")
    return text.strip()


def _optional_line(text: str) -> str:
    return _one_line(text) if text else ""


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", text):
        raise ValueError('must be an ISO 639 code such as "en"')
    return text


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Duration = Annotated[timedelta, PlainValidator(read_duration)]
OptionalDuration = Annotated[timedelta | None, PlainValidator(_optional_duration)]
Size = Annotated[int, PlainValidator(_size)]
OptionalRate = Annotated[Rate | None, PlainValidator(_rate)]
Address = Annotated[str, PlainValidator(read_address)]
RecipientPattern = Annotated[str, PlainValidator(_recipient_pattern)]
NetworkValue = Annotated[Network, PlainValidator(_network)]
FilePath = Annotated[Path, PlainValidator(_path)]
OptionalEndpoint = Annotated[Endpoint | None, PlainValidator(_endpoint)]
SubjectTag = Annotated[str, AfterValidator(_subject_tag)]
ReplyMode = Annotated[str, AfterValidator(_reply)]
AfterFetch = Annotated[str, AfterValidator(_after_fetch)]
WebAddress = Annotated[str, AfterValidator(_url)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
QueueUrl = Annotated[str, AfterValidator(_queue)]
OneLine = Annotated[str, AfterValidator(_one_line)]
OptionalLine = Annotated[str, AfterValidator(_optional_line)]
Language = Annotated[str, AfterValidator(_language)]
Port = Annotated[int, Field(ge=1, le=65535)]
AsTuple = BeforeValidator(_as_tuple)
