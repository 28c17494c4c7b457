"""The desk's secret: the keys that tokens are made with, one current, others retired.

`data/secret` is a JSON list of `{key, created, retired}`, readable by its owner alone.
A key is 32 random octets in hexadecimal. A retired key is accepted for 90 days more, so
that mails already sent still find their tickets. After that it is only remembered: what
it made is known for old, not for forged.
"""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mailroom.clock import utcnow
from mailroom.errors import ConfigError

GRACE = timedelta(days=90)
LENGTH = 32


@dataclass(frozen=True, slots=True)
class Key:
    """One key and its life; `retired` is None for the current one."""

    key: bytes = field(repr=False)
    created: datetime
    retired: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys, the newest first."""

    keys: tuple[Key, ...]

    @property
    def current(self) -> bytes:
        """The key that new tokens are made with."""
        return self.keys[0].key

    def accepted(self, now: datetime) -> tuple[bytes, ...]:
        """Return every key whose tokens hold at `now`, the current one first."""
        return tuple(
            key.key
            for key in self.keys
            if key.retired is None or now < key.retired + GRACE
        )

    def expired(self, now: datetime) -> tuple[bytes, ...]:
        """Return the keys past their grace: what they made is known, but opens nothing."""
        accepted = self.accepted(now)
        return tuple(key.key for key in self.keys if key.key not in accepted)

    def rotated(self, now: datetime) -> "Keys":
        """Return keys with a new current one. None is forgotten: a reply address that
        has expired must not be taken for a forged one.
        """
        former = [Key(key.key, key.created, key.retired or now) for key in self.keys]
        return Keys((Key(secrets.token_bytes(LENGTH), now), *former))


class KeyRing:
    """The keys of `data/secret` as they are now: a rotation is seen by every process.

    Each question looks whether the file has changed; what cannot be read leaves the
    keys as they were.
    """

    def __init__(self, data: Path) -> None:
        """Read the keys, or write first ones. ConfigError as `load_or_create_secret`."""
        self._data = data
        self._stamp = self._look()
        self._keys = load_or_create_secret(data)

    @property
    def current(self) -> bytes:
        """The key that new tokens are made with."""
        return self._present().current

    def accepted(self, now: datetime) -> tuple[bytes, ...]:
        """Return every key whose tokens hold at `now`, the current one first."""
        return self._present().accepted(now)

    def expired(self, now: datetime) -> tuple[bytes, ...]:
        """Return the keys past their grace."""
        return self._present().expired(now)

    def _present(self) -> Keys:
        stamp = self._look()
        if stamp != self._stamp and stamp is not None:
            with suppress(ConfigError):
                self._keys = load_or_create_secret(self._data)
                self._stamp = stamp
        return self._keys

    def _look(self) -> tuple[int, int] | None:
        try:
            status = (self._data / "secret").stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino


def load_or_create_secret(data: Path) -> Keys:
    """Read `data/secret`; write a first one when there is none.

    Two processes may call this at once: both get the keys that reached the disk first.
    Raises ConfigError when the file cannot be read or written or is damaged.
    """
    path = data / "secret"
    try:
        if not path.exists():
            data.mkdir(parents=True, exist_ok=True)
            _write(
                path, Keys((Key(secrets.token_bytes(LENGTH), utcnow()),)), replace=False
            )
        return _read(json.loads(path.read_text("ascii")))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; is it yours to use?") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        advice = "restore it from a backup: links and reply addresses depend on it"
        raise ConfigError(f"{path}: is damaged; {advice}") from error


def rotate_secret(data: Path, now: datetime) -> Keys:
    """Retire the current key of `data/secret` and make a new one."""
    keys = load_or_create_secret(data).rotated(now)
    try:
        _write(data / "secret", keys, replace=True)
    except OSError as error:
        raise ConfigError(f"{data / 'secret'}: {error.strerror}") from error
    return keys


def _read(document: list[dict[str, Any]]) -> Keys:
    keys = tuple(
        Key(
            bytes.fromhex(entry["key"]),
            datetime.fromisoformat(entry["created"]),
            datetime.fromisoformat(entry["retired"]) if entry["retired"] else None,
        )
        for entry in document
    )
    if not keys or any(len(key.key) < LENGTH for key in keys) or keys[0].retired:
        raise ValueError("no current key")
    return Keys(keys)


def _write(path: Path, keys: Keys, *, replace: bool) -> None:
    """Put the whole file in its place at once, on the disk before we return."""
    document = [
        {
            "key": key.key.hex(),
            "created": key.created.isoformat(),
            "retired": key.retired.isoformat() if key.retired else None,
        }
        for key in keys.keys
    ]
    draft = path.with_name(f".secret.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            _link(draft, path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    with suppress(FileExistsError):
        path.hardlink_to(draft)  # unlike a rename it never takes another's place


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
