"""mailroom.toml, read once and checked as a whole: the file, then the environment.

`load` says everything that is wrong at once, a line each: the file, the key in dots,
what is wrong and, for a misspelt key, what was meant. Nothing else reads the file.
"""

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from mailroom.errors import ConfigError
from mailroom.setting import (
    AsTuple,
    DatabaseUrl,
    Duration,
    FilePath,
    OneLine,
    QueueUrl,
    SubjectTag,
    read_duration,
)
from mailroom.settings import (
    Agent,
    Auth,
    EnvironmentText,
    Folder,
    Imap,
    Limits,
    Mailbox,
    Pending,
    Relay,
    Reports,
    Retention,
    Smtp,
    Submission,
    Table,
    Team,
    Web,
    same_address,
)

PREFIX = "MAILROOM_"
SECRETS = {"password", "client_secret"}


class Config(Table):
    """The whole of mailroom.toml, with every default filled in."""

    name: OneLine = "Support"
    data: FilePath = Path("var")
    rules: FilePath = Path("rules")
    database: DatabaseUrl = "sqlite"
    queue: QueueUrl = "sqlite"
    close_after: Duration = read_duration("7 days")
    subject_tag: SubjectTag = "[#{}]"  # "": no tag
    crossed_replies: Literal["hold", "send"] = "hold"
    ack_max_age: Duration = read_duration("1 day")
    shadow: FilePath | None = None
    mailboxes: Annotated[
        tuple[Mailbox, ...], AsTuple, Field(alias="mailbox", min_length=1)
    ]
    agents: Annotated[tuple[Agent, ...], AsTuple, Field(alias="agent")] = ()
    teams: Annotated[tuple[Team, ...], AsTuple, Field(alias="team")] = ()
    smtp: Smtp = Smtp()
    submission: Submission | None = None
    imap: Annotated[tuple[Imap, ...], AsTuple] = ()
    relay: Relay = Relay()
    web: Web = Web()
    limits: Limits = Limits()
    pending: Pending = Pending()
    auth: Auth = Auth()
    retention: Retention = Retention()
    reports: Reports = Reports()
    letters: Folder = Folder()
    canned: Folder = Folder()

    @model_validator(mode="after")
    def _check_whole(self) -> "Config":
        """Find what only the whole file shows, then fill in what depends on it."""
        faults = [
            *_twice("mailbox", (a for m in self.mailboxes for a in m.addresses)),
            *_twice("agent", (a for m in self.agents for a in m.addresses)),
            *_twice("team", (team.name for team in self.teams)),
            *_agents_at_mailboxes(self),
            *_unknown_teams(self),
            *_imap_mailboxes(self),
        ]
        if faults:
            raise ValueError("\n".join(faults))
        settled = tuple(self._settled(mailbox) for mailbox in self.mailboxes)
        self.__dict__["mailboxes"] = settled
        return self

    def _settled(self, mailbox: Mailbox) -> Mailbox:
        by_imap = any(self.mailbox_of(account) is mailbox for account in self.imap)
        return mailbox.model_copy(
            update={
                "name": mailbox.name or self.name,
                "reply": ("plain" if by_imap else "plus")
                if mailbox.reply == "auto"
                else mailbox.reply,
            }
        )

    def mailbox_of(self, account: Imap) -> Mailbox | None:
        """Return the mailbox an IMAP account feeds; None when that cannot be told."""
        wanted = account.mailbox or (account.user if "@" in account.user else None)
        for mailbox in self.mailboxes:
            if wanted and any(same_address(a, wanted) for a in mailbox.addresses):
                return mailbox
        if len(self.mailboxes) == 1 and account.mailbox is None:
            return self.mailboxes[0]
        return None

    @property
    def maildir(self) -> Path:
        """Where outgoing mail is put while the relay is a Maildir."""
        return self.data / (self.relay.target.path or "outgoing")


def _twice(table: str, names: Iterable[str]) -> list[str]:
    counts = Counter(name.lower() for name in names)
    return [f"{table}: {n} is named twice" for n, c in counts.items() if c > 1]


def _agents_at_mailboxes(config: Config) -> list[str]:
    ours = {a.lower() for mailbox in config.mailboxes for a in mailbox.addresses}
    return [
        f"agent.{place}.address: {address} is a mailbox; an agent has his own address"
        for place, agent in enumerate(config.agents)
        for address in agent.addresses
        if address.lower() in ours
    ]


def _unknown_teams(config: Config) -> list[str]:
    known = [team.name for team in config.teams]
    return [
        f'agent.{place}.team: there is no [[team]] named "{name}"{_meant(name, known)}'
        for place, agent in enumerate(config.agents)
        for name in agent.teams
        if name not in known
    ]


def _imap_mailboxes(config: Config) -> list[str]:
    return [
        f"imap.{place}.mailbox: no [[mailbox]] has the address {account.mailbox}"
        for place, account in enumerate(config.imap)
        if account.mailbox and config.mailbox_of(account) is None
    ]


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read a mailroom.toml and the `MAILROOM_*` of an environment.

    Raises ConfigError, whose text has a line for each fault.
    """
    document = _read_document(path)
    faults = [*_secrets_in(document), *_overlay(document, environ)]
    config: Config | None = None
    try:
        base = {"base": path.absolute().parent}
        config = Config.model_validate(
            document, context=base, by_alias=True, by_name=False
        )
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            faults += _tell(detail)
    if config is None or faults:
        raise ConfigError(_sum_up(path, list(dict.fromkeys(faults))))
    return config


def _sum_up(path: Path, faults: list[str]) -> str:
    if len(faults) == 1:
        return f"{path}: {faults[0]}"
    return "\n".join([f"{path}: {len(faults)} faults", *faults])


def _read_document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        advice = "write one with `mailroom init`, or name another with -c"
        raise ConfigError(f"{path}: there is no such file; {advice}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is no UTF-8 text, as TOML must be") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is no TOML: {error}") from error


def _secrets_in(document: Mapping[str, Any], above: str = "") -> list[str]:
    """Secrets that stand in the file itself, where git would keep them for ever."""
    faults: list[str] = []
    for key, value in document.items():
        name = f"{above}{key}"
        tables = value if isinstance(value, list) else [value]
        for place, table in enumerate(tables):
            if isinstance(table, dict):
                inner = f"{name}.{place}." if table is not value else f"{name}."
                faults += _secrets_in(table, inner)
        if key in SECRETS or (name == "relay.url" and _has_password(value)):
            secret = "relay.password" if name == "relay.url" else name
            faults.append(
                f"{name}: a secret has no place in this file; put it into"
                f" {secret}_file or the environment as {_variable(secret)}"
            )
    return faults


def _has_password(url: object) -> bool:
    return isinstance(url, str) and bool(re.match(r"smtps?://[^/@]*:[^/@]*@", url))


def _variable(dotted: str) -> str:
    return PREFIX + dotted.upper().replace(".", "__")


def _overlay(document: dict[str, Any], environ: Mapping[str, str]) -> list[str]:
    """Put the environment's values over the file's; return what has no place."""
    faults: list[str] = []
    known = _keys(Config)
    for variable in sorted(n for n in environ if n.startswith(PREFIX)):
        steps = variable.removeprefix(PREFIX).lower().split("__")
        near = difflib.get_close_matches(steps[0], known, 1, cutoff=0.8)
        if steps[0] not in known and len(steps) == 1 and not near:
            continue  # some other program's
        if not _put(document, steps, EnvironmentText(environ[variable])):
            faults.append(f"{variable}: has no place in the configuration")
    return faults


def _put(document: dict[str, Any], steps: list[str], text: EnvironmentText) -> bool:
    at: Any = document
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        inner: Any = text
        if following is not None:
            inner = [] if following.isdecimal() else {}
        if isinstance(at, dict) and step:
            at[step] = inner if following is None else at.get(step, inner)
            at = at[step]
        elif isinstance(at, list) and step.isdecimal() and int(step) <= len(at):
            at[int(step) : int(step) + 1] = (
                [inner]
                if following is None or int(step) == len(at)
                else [at[int(step)]]
            )
            at = at[int(step)]
        else:
            return False
    return True


def _tell(detail: ErrorDetails) -> list[str]:
    """What a person reads in place of one of pydantic's errors."""
    place = detail["loc"]
    key = ".".join(map(str, place))
    if detail["type"] == "extra_forbidden":
        return [f"{key}: unknown key{_meant(str(place[-1]), _keys_at(place[:-1]))}"]
    if detail["type"] == "missing":
        advice = " ([[mailbox]] address = ...)" if key == "mailbox" else ""
        return [f"{key}: is missing{advice}"]
    text = detail["msg"].removeprefix("Value error, ")
    text = _PLAIN.get(detail["type"], text)
    if detail["type"] == "tuple_type" and isinstance(detail["input"], dict):
        text = f"is a list of tables; write [[{key}]], not [{key}]"
    if detail["type"] == "literal_error":
        text = f"must be {detail.get('ctx', {})['expected']}"
    return [f"{key}: {line}" if key else line for line in text.splitlines()]


_PLAIN = {
    "string_type": 'must be text in quotes, "..."',
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "tuple_type": 'must be a list, ["..."]',
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "too_short": "at least one is needed",
}


def _meant(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def _keys(table: type[Table]) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()]


def _keys_at(place: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at a place of the file."""
    table: type[Table] = Config
    for step in place:
        for name, field in table.model_fields.items():
            if step == (field.alias or name):
                table = _table_of(field.annotation) or table
    return _keys(table)


def _table_of(annotation: Any) -> type[Table] | None:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    if get_origin(annotation) in (tuple, UnionType):
        inner = (_table_of(argument) for argument in get_args(annotation))
        return next((table for table in inner if table), None)
    return None


def elapsed(span: timedelta) -> str:
    """Write a duration the way the file does: its largest whole unit."""
    seconds = int(span.total_seconds())
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return f"{seconds}s"
