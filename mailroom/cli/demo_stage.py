"""The stage of `mailroom demo`: real `mailroom run` processes in a temporary folder.

Mail goes in by SMTP at the doors; what comes out is read from the outgoing Maildir, and
what the desk thinks of it from its store.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mailroom.app import App, build
from mailroom.cli.demo_story import AUTHSERV_ID, CONFIG, DESK, RULES, Words
from mailroom.clock import utcnow
from mailroom.config import load
from mailroom.errors import MailroomError
from mailroom.gateway import listen
from mailroom.gateway.relay import RelaySettings, open_relay
from mailroom.message.address import domain_of
from mailroom.message.compose import compose
from mailroom.message.model import Mailbox, Message
from mailroom.message.outgoing import OutboundMessage
from mailroom.message.parse import parse

_LAST_WORDS = 15  # lines of the log that are shown when the desk fails


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that the desk has sent, and to whom."""

    to: tuple[str, ...]
    raw: bytes
    message: Message


class Stage:
    """A running desk, and everybody who writes to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.received: list[Received] = []
        self._seen: set[str] = set()
        self._count = 0
        self._ports: dict[str, str] = {}
        (folder / "rules.toml").write_text(RULES, "utf-8")
        config = folder / "mailroom.toml"
        config.write_text(CONFIG.replace("{web}", _free_place()), "utf-8")
        self._process = self._start(config)
        self.app: App = build(load(config, {}))

    def _start(self, config: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "mailroom", "run", "-c", str(config)]
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                command, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert process.stdout is not None
        for line in process.stdout:
            door, _, place = line.strip().removeprefix("mailroom: ").partition(" on ")
            self._ports[door] = place
            if door == "ready":
                return process
        process.wait()
        raise MailroomError(f"the desk did not start: {self.last_words()}")

    @property
    def web(self) -> str:
        """Where the pages are."""
        return self.app.config.web.url

    def write(
        self,
        author: Mailbox,
        words: Words,
        *,
        answers: Received | None = None,
        is_agent: bool = False,
        automatic: bool = False,
    ) -> None:
        """Send a mail by SMTP: agents at the submission door, customers as by our MX."""
        self._count += 1
        domain = domain_of(author.address)
        to, thread = DESK, answers.message if answers else None
        if thread is not None:
            to = (thread.reply_to or thread.senders)[0]
        mail = OutboundMessage(
            from_=author,
            to=(to,),
            subject=words.subject,
            text=words.text,
            message_id=f"{self._count}.{utcnow().timestamp()}@{domain}",
            date=utcnow(),
            in_reply_to=thread.message_id if thread else None,
            references=(*thread.references, thread.message_id or "") if thread else (),
            auto_submitted="auto-replied" if automatic else None,
            headers=() if is_agent else (_proof(domain),),
        )
        reverse_path = None if automatic else author.address
        place = self._ports["submission" if is_agent else "smtp"]
        relay = open_relay(RelaySettings(url=f"smtp://{place}?tls=never"))
        with relay.session() as session:
            taken = session.send(reverse_path, [to.address], compose(mail))
        if not taken.accepted:
            raise MailroomError(f"the desk did not take a mail: {taken}")

    def arrived(self) -> Iterator[Received]:
        """Return the mails that have come out since the last look."""
        folder = self.app.config.data / "outgoing" / "new"
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        for path in (path for path in found if path.name not in self._seen):
            self._seen.add(path.name)
            message = parse(path.read_bytes())
            to = message.headers.all("delivered-to")
            received = Received(to, path.read_bytes(), message)
            self.received.append(received)
            yield received

    def last_of(self, who: Mailbox, about: str = "", opening: str = "") -> Received:
        """Return somebody's latest mail of a subject that begins in these words."""
        return next(
            received
            for received in reversed(self.received)
            if who.address in received.to
            and about in received.message.subject
            and received.message.text.startswith(opening)
        )

    def count(self, who: Mailbox) -> int:
        """Return how many mails somebody has received."""
        return sum(who.address in received.to for received in self.received)

    def is_running(self) -> bool:
        """Whether the desk still runs."""
        return self._process.poll() is None

    def wait(self) -> None:
        """Wait until the desk ends by itself."""
        self._process.wait()

    def stop(self) -> None:
        """Let the desk drain, and wait until it has."""
        self.app.store.close()
        if self.is_running():
            self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def last_words(self) -> str:
        """Return the end of the desk's log."""
        lines = (self.folder / "log").read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-_LAST_WORDS:])


def _proof(domain: str) -> tuple[str, str]:
    value = f"{AUTHSERV_ID}; dmarc=pass header.from={domain}"
    return "Authentication-Results", value


def _free_place() -> str:
    """Return a place on loopback where nobody listens now: links need it beforehand."""
    sockets = listen.bind(listen.Address("127.0.0.1", 0), "[web] listen")
    try:
        return str(listen.bound_address(sockets))
    finally:
        listen.close(sockets)
