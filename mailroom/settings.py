"""The tables of mailroom.toml, one class each, named and keyed as there.

All are frozen. Unknown keys are faults. Values that come from the environment are read
as text first and, where that does not fit, as a TOML value (`true`, `["a", "b"]`).
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from mailroom.errors import ConfigError
from mailroom.setting import (
    Address,
    AfterFetch,
    AsTuple,
    Duration,
    Endpoint,
    FilePath,
    Language,
    NetworkValue,
    OneLine,
    OptionalDuration,
    OptionalEndpoint,
    OptionalLine,
    OptionalRate,
    Port,
    Rate,
    RecipientPattern,
    ReplyMode,
    Size,
    Target,
    WebAddress,
    is_loopback,
    read_address,
    read_duration,
    read_target,
)


class EnvironmentText(str):
    """A value that came from the environment, where all is text."""

    __slots__ = ()


class Table(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        validate_default=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _read_environment(cls, value: Any, read: ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(value, EnvironmentText):
            return read(value)
        try:
            return read(str(value))
        except (ValidationError, ValueError):
            try:
                document = tomllib.loads(f"value = {value}")
            except tomllib.TOMLDecodeError:
                document = {}
            if set(document) != {"value"} or isinstance(document["value"], str):
                raise
        return read(document["value"])


def _read_secret(secret: SecretStr | None, file: Path | None, key: str) -> str | None:
    """Return a secret from the environment's value or the first line of its file."""
    if secret is not None:
        return secret.get_secret_value()
    if file is None:
        return None
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no UTF-8 text"
        raise ConfigError(f"{key}_file: {file}: {reason}") from error
    if not lines or not lines[0]:
        raise ConfigError(f"{key}_file: {file}: its first line must be the secret")
    return lines[0]


class Mailbox(Table):
    """`[[mailbox]]`: an address customers write to."""

    address: Address
    name: OptionalLine = ""  # "": the name of the desk; once loaded never empty
    also: Annotated[tuple[Address, ...], AsTuple] = ()
    reply: ReplyMode = "auto"  # once loaded plus, plain or subdomain:DOMAIN
    letters: Annotated[
        tuple[
            Literal["acknowledgement", "solved", "pending", "reopened", "rating"], ...
        ],
        AsTuple,
    ] = ("acknowledgement", "solved")
    list_ids: Annotated[tuple[str, ...], AsTuple] = ()
    forms: Annotated[tuple[Address, ...], AsTuple] = ()
    after_reply: Literal["open", "pending", "solved"] = "open"
    language: Language = "en"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that means this mailbox, the main one first."""
        return (self.address, *self.also)


class Agent(Table):
    """`[[agent]]`: somebody who answers. Once loaded, `teams` holds `team` as well."""

    address: Address
    name: OptionalLine = ""  # "": the local part; once loaded never empty
    team: OneLine | None = None
    teams: Annotated[tuple[OneLine, ...], AsTuple] = ()
    manager: Address | None = None
    admin: bool = False
    aliases: Annotated[tuple[Address, ...], AsTuple] = ()
    calendar: OneLine | None = None
    active: bool = True

    @model_validator(mode="after")
    def _settle(self) -> "Agent":
        self.__dict__["name"] = self.name or self.address.rpartition("@")[0]
        if self.team is not None and self.team not in self.teams:
            self.__dict__["teams"] = (self.team, *self.teams)
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that means this agent, the one he is written to first."""
        return (self.address, *self.aliases)


class Team(Table):
    """`[[team]]`: agents who share work, and who leads them."""

    name: OneLine
    lead: Address | None = None


class Smtp(Table):
    """`[smtp]`: the inbound listener; LMTP shares its sizes and its trust."""

    listen: OptionalEndpoint = Endpoint("127.0.0.1", 8025)  # None: "off"
    lmtp: OptionalEndpoint = None
    tls_cert: FilePath | None = None
    tls_key: FilePath | None = None
    max_size: Size = 50_000_000
    proxy_protocol: Annotated[tuple[NetworkValue, ...], AsTuple] = ()
    trusted_relays: Annotated[tuple[NetworkValue, ...], AsTuple] = ()
    authserv_id: OneLine | None = None

    @model_validator(mode="after")
    def _pair_certificate(self) -> "Smtp":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together; one is missing")
        if self.lmtp is not None and not self.lmtp.is_local:
            raise ValueError("lmtp knows no strangers; listen on loopback or unix:path")
        return self


class Submission(Table):
    """`[submission]`: our own agents' door, whose mail counts as authenticated."""

    listen: OptionalEndpoint = Endpoint("127.0.0.1", 8587)
    networks: Annotated[tuple[NetworkValue, ...], AsTuple] = ()

    @model_validator(mode="after")
    def _stay_private(self) -> "Submission":
        if self.listen and not self.listen.is_local and not self.networks:
            raise ValueError(
                "mail from this door counts as authenticated: listen on loopback or"
                " unix:path, or say in `networks` who may connect"
            )
        return self


class OAuth(Table):
    """`oauth` of an `[[imap]]`: a token in place of a password (RFC 7628)."""

    provider: Literal["microsoft", "google"]
    client_id: OneLine
    tenant: OneLine | None = None
    client_secret: SecretStr | None = None
    client_secret_file: FilePath | None = None

    def secret(self) -> str | None:
        """Return the client's secret; ConfigError when its file cannot be read."""
        key = "oauth.client_secret"
        return _read_secret(self.client_secret, self.client_secret_file, key)


class Imap(Table):
    """`[[imap]]`: an account that is read (RFC 9051)."""

    host: OneLine
    user: OneLine
    port: Port | None = None
    tls: Literal["implicit", "starttls", "never"] = "implicit"
    password: SecretStr | None = None
    password_file: FilePath | None = None
    oauth: OAuth | None = None
    mailbox: Address | None = None  # whose mail this is, where `user` does not say
    folder: OneLine = "INBOX"
    after_fetch: AfterFetch = "flag"
    since: OptionalDuration = None
    sent: OneLine | None = None
    poll: Duration = read_duration("1m")  # between looks where IDLE is not to be had
    authserv_id: OneLine | None = None
    provider: Literal["microsoft", "google"] | None = None

    @model_validator(mode="after")
    def _check_login(self) -> "Imap":
        if not (self.password or self.password_file or self.oauth):
            raise ValueError("one of password_file and oauth is needed to log in")
        if self.tls == "never" and not is_loopback(self.host):
            raise ValueError('tls = "never" shows the password to the network')
        return self

    @property
    def account(self) -> str:
        """The account's name in the ledger and in its cursor."""
        return f"{self.user}@{self.host}"

    @property
    def effective_port(self) -> int:
        """The port given, or the one that IANA gives this way of speaking."""
        return self.port or (993 if self.tls == "implicit" else 143)

    def secret(self) -> str | None:
        """Return the password; ConfigError when its file cannot be read."""
        return _read_secret(self.password, self.password_file, "imap.password")


class Dkim(Table):
    """`dkim` of `[relay]`: the key outgoing mail is signed with (RFC 6376)."""

    domain: OneLine
    selector: OneLine
    key_file: FilePath


class Relay(Table):
    """`[relay]`: how outgoing mail leaves. Once loaded `return_path` is settled."""

    url: str = "maildir:"
    password: SecretStr | None = None
    password_file: FilePath | None = None
    only_to: Annotated[tuple[RecipientPattern, ...], AsTuple] = ()  # (): everybody
    return_path: Literal["auto", "mailbox", "verp"] = "auto"
    max_size: Size = 25_000_000
    dkim: Dkim | None = None

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        read_target(url)
        return url

    @model_validator(mode="after")
    def _settle_return_path(self) -> "Relay":
        if self.return_path == "auto":
            usual = "mailbox" if self.target.user else "verp"
            self.__dict__["return_path"] = usual
        return self

    @property
    def target(self) -> Target:
        """The URL, taken apart."""
        return read_target(self.url)

    def secret(self) -> str | None:
        """Return the password; ConfigError when its file cannot be read."""
        given = _read_secret(self.password, self.password_file, "relay.password")
        return given or self.target.password


class Web(Table):
    """`[web]`: the pages. Once loaded `url` is never empty."""

    listen: OptionalEndpoint = Endpoint("127.0.0.1", 8080)
    url: WebAddress = ""  # "": where we listen
    proxies: Annotated[tuple[NetworkValue, ...], AsTuple] = ()  # X-Forwarded-* believed
    metrics: Annotated[tuple[NetworkValue, ...] | None, AsTuple] = None

    @property
    def metrics_for(self) -> tuple[str, ...]:
        """The networks that may read `/metrics`.

        Unless said, this machine, in a trial whose pages are on it; nobody else, for
        behind a proxy everybody seems to be on this machine.
        """
        if self.metrics is not None:
            return tuple(map(str, self.metrics))
        on_loopback = is_loopback(urlsplit(self.url).hostname or "")
        return ("127.0.0.0/8", "::1/128") if on_loopback else ()

    @model_validator(mode="after")
    def _settle_url(self) -> "Web":
        if not self.url:
            place = self.listen or Endpoint("127.0.0.1", 8080)
            if place.path is not None:
                raise ValueError("url is needed beside a Unix socket")
            self.__dict__["url"] = f"http://{place}"
        return self


class Limits(Table):
    """`[limits]`: caps on acknowledgements; None is "off"."""

    per_address: OptionalRate = Rate(5, read_duration("1h"))
    per_domain: OptionalRate = Rate(50, read_duration("1h"))
    strangers: OptionalRate = None  # all together whom nobody proved or answered yet


class Pending(Table):
    """`[pending]`: what happens while a customer is silent; None is "off"."""

    remind_after: OptionalDuration = None
    solve_after: OptionalDuration = None


class Auth(Table):
    """`[auth]`: whether Mailroom itself checks DKIM, SPF and DMARC."""

    check: bool = False


class Retention(Table):
    """`[retention]`: how long raw mail is kept; None is "never" removed."""

    raw: OptionalDuration = None


class Reports(Table):
    """`[reports]`: which reports are mailed, as each reader's working day begins."""

    weekly: bool = False
    digest: bool = False


class Folder(Table):
    """`[letters]` and `[canned]`: a folder of texts."""

    folder: FilePath | None = None


def same_address(one: str, other: str) -> bool:
    """Whether two configured addresses are one; local parts in any case."""
    return read_address(one).lower() == read_address(other).lower()
