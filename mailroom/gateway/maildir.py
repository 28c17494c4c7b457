"""A relay that keeps mails in a Maildir, to look at: `maildir:` or `maildir:PATH`.

Each mail is written under a unique name in `tmp/`, fsynced, then renamed into `new/`,
whose folder is fsynced too: what is said to be taken survives a power cut.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path

from mailroom.clock import utcnow
from mailroom.desk.sender import Delivery
from mailroom.errors import ConfigError, DeliveryDeferred

_COUNTER = count(1)
_LOCK = threading.Lock()


class MaildirRelay:
    """Takes every mail for every recipient."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = utcnow) -> None:
        """Make the three folders; ConfigError when they cannot be made."""
        self.folder = folder
        self._now = now
        try:
            for name in ("tmp", "new", "cur"):
                (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f'[relay] url = "maildir:": {folder} cannot be made '
                f"({error.strerror}); choose a folder that Mailroom may write"
            ) from error

    @contextmanager
    def session(self) -> Iterator["MaildirRelay"]:
        """A Maildir needs no connection."""
        yield self

    def send(
        self, mail_from: str | None, rcpt_to: Sequence[str], raw: bytes
    ) -> Delivery:
        """Write one mail with its envelope on top, as a delivery agent does."""
        name = self._unique_name()
        envelope = [f"Return-Path: <{mail_from or ''}>"]
        envelope += [f"Delivered-To: {recipient}" for recipient in rcpt_to]
        head = "".join(line + "\r\n" for line in envelope).encode("utf-8", "replace")
        try:
            # Lines end as on this system; mail clients show a CR as ^M.
            self._write(name, (head + raw).replace(b"\r\n", b"\n"))
        except OSError as error:
            raise DeliveryDeferred(
                f"{self.folder} cannot be written ({error.strerror})"
            ) from error
        return Delivery(accepted=tuple(rcpt_to), answer=f"250 2.0.0 kept as {name}")

    def _unique_name(self) -> str:
        with _LOCK:
            number = next(_COUNTER)
        stamp = f"{self._now().timestamp():.6f}"
        host = socket.gethostname().replace("/", "\\057").replace(":", "\\072")
        return f"{stamp}.P{os.getpid()}Q{number}.{host}"

    def _write(self, name: str, content: bytes) -> None:
        waiting, arrived = self.folder / "tmp" / name, self.folder / "new" / name
        with waiting.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        waiting.rename(arrived)
        folder = os.open(arrived.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
