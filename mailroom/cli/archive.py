"""Old mail as it lies on a disk: mbox files, Maildirs, .eml files and folders of them.

Every mail is read twice: first for when it arrived and for the key of its content, then,
in order of time, for good. So an archive may be larger than the memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path

from mailroom.desk.archive.history import Archived
from mailroom.errors import ConfigError
from mailroom.message.mbox import arrived, messages, reverse_path, unquoted
from mailroom.message.model import Envelope

_DELIVERED = frozenset(("cur", "new"))  # folders of a Maildir that hold mails
_ONE = frozenset((".eml", ".msg"))
_MANY = frozenset((".mbox", ".mbx"))
_FROM_LINE = b"From "


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail lies: a whole file (`end` None), or a part of an mbox."""

    file: Path
    from_line: bytes = b""
    start: int = 0
    end: int | None = None

    def raw(self) -> bytes:
        """Read the mail. ConfigError: it cannot be read."""
        try:
            with self.file.open("rb") as file:
                file.seek(self.start)
                size = -1 if self.end is None else self.end - self.start
                found = file.read(size)
        except OSError as error:
            raise ConfigError(_unreadable(self.file, error)) from error
        return found if self.end is None else unquoted(found)

    def mail(self) -> tuple[Envelope, bytes]:
        """Read the mail, and under which reverse-path it came."""
        raw = self.raw()
        return Envelope(mail_from=reverse_path(raw, self.from_line)), raw


def files_of(path: Path) -> list[Path]:
    """Return the files below a path that hold mail. ConfigError: none does."""
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file or folder")
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.is_file() and _holds(file))
    if not found:
        raise ConfigError(
            f"{path}: no mail in this folder; name an mbox file, a Maildir or a folder"
            " of .eml files"
        )
    return found


def places(file: Path) -> Iterator[Place]:
    """Yield where the mails of a file lie. ConfigError: it cannot be read."""
    try:
        if not _is_mbox(file):
            yield Place(file)
            return
        with (
            file.open("rb") as opened,
            mmap(opened.fileno(), 0, access=ACCESS_READ) as m,
        ):
            found = [Place(file, f.from_line, f.start, f.end) for f in messages(m)]
    except OSError as error:
        raise ConfigError(_unreadable(file, error)) from error
    yield from found or [Place(file)]


def archived(place: Place, until: datetime) -> Archived | None:
    """Return a mail with its time, `until` at the latest; None for an empty file.

    Where the mail does not tell when it arrived, the file's own time stands for it.
    """
    raw = place.raw()
    if not raw.strip():
        return None
    at = arrived(raw, place.from_line) or _file_time(place.file)
    return Archived(
        at=min(at, until),
        key=sha256(raw).hexdigest(),
        read=partial(Place.mail, place),
    )


def _holds(file: Path) -> bool:
    folder, suffix = file.parent.name, file.suffix.lower()
    if folder in _DELIVERED or suffix in _ONE | _MANY:
        return True
    return not suffix and folder != "tmp" and _begins_with_from(file)


def _is_mbox(file: Path) -> bool:
    return file.parent.name not in _DELIVERED and _begins_with_from(file)


def _begins_with_from(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_FROM_LINE)) == _FROM_LINE


def _file_time(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _unreadable(file: Path, error: OSError) -> str:
    return f"{file}: cannot be read: {error.strerror or error}"
