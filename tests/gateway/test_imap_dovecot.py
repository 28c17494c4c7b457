"""The IMAP poller against a real Dovecot, with the real store behind it."""

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from mailroom.clock import utcnow
from mailroom.gateway.imap import ImapHealth, ImapPoller, ImapSettings
from mailroom.gateway.imap_folder import DONE, Desk
from mailroom.store.contract import Arrival, Cursor
from mailroom.store.sqlite import SqliteStore
from mailroom.ticket.model import InboundId

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("dovecot") is None and not os.environ.get("CI"),
        reason="there is no dovecot (Debian: dovecot-imapd)",
    ),
]

CONFIG = """
base_dir = {run}
state_dir = {run}
log_path = {folder}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 0
first_valid_gid = 0
mailbox_idle_check_interval = 1 s
mail_location = maildir:{folder}/mail
mail_max_userip_connections = 50
mailbox_list_index = no
{more}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


class Dovecot:
    """A Dovecot of our own in a temporary folder."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        self.mail = folder / "mail"
        # Dovecot refuses to serve as root: there it runs as nobody.
        name = "nobody" if os.getuid() == 0 else getpass.getuser()
        self.user = pwd.getpwnam(name)
        os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = folder / "dovecot.conf"
        self.config.write_text(
            CONFIG.format(
                folder=folder,
                run=folder / "run",
                user=self.user.pw_name,
                group=grp.getgrgid(self.user.pw_gid).gr_name,
                uid=self.user.pw_uid,
                gid=self.user.pw_gid,
                port=self.port,
                more=more,
            )
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        other: dict[str, Any] = {}
        if os.getuid() != self.user.pw_uid:
            other = {
                "user": self.user.pw_uid,
                "group": self.user.pw_gid,
                "extra_groups": [],
            }
        command = [shutil.which("dovecot"), "-F", "-c", str(self.config)]
        self.process = subprocess.Popen(command, **other)
        until = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        with IMAPClient("127.0.0.1", self.port, ssl=False) as client:
            client.login("desk", "secret")
            yield client

    def append(self, raw: bytes, folder: str = "INBOX", at: Any = None) -> None:
        with self.client() as client:
            client.append(folder, raw, (), at)

    def put(self, raw: bytes) -> None:
        """Deliver octets that IMAP's APPEND would not take."""
        waiting = self.mail / "tmp" / f"{time.time():.6f}.put"
        waiting.write_bytes(raw)
        os.chown(waiting, self.user.pw_uid, self.user.pw_gid)
        waiting.rename(self.mail / "new" / waiting.name)

    def renumber(self) -> None:
        """Lose the indexes, so that UIDVALIDITY changes."""
        self.stop()
        for path in self.mail.glob("dovecot*"):
            path.unlink()
        self.start()

    def uids(self, folder: str = "INBOX", *criteria: str | bytes) -> list[int]:
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            return list(client.search([*criteria] or "ALL"))


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    # Not below pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        dovecot = Dovecot(Path(folder))
        dovecot.start()
        yield dovecot
        dovecot.stop()


@pytest.fixture
def dovecot(server: Dovecot) -> Iterator[Dovecot]:
    with server.client() as client:
        for _, _, name in client.list_folders():
            if name != "INBOX":
                client.delete_folder(name)
        client.select_folder("INBOX")
        client.delete_messages(client.search() or [999], silent=True)
        client.expunge()
    return server


class ImapDesk:
    """The desk's side: mail and cursor in one transaction of the real store."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore(path)
        self.healths: list[ImapHealth] = []
        self.offered: list[Arrival] = []
        self.before: Callable[[Arrival], None] = lambda arrival: None
        self.now: Callable[[], datetime] = utcnow

    def accept_fetched(self, arrival: Arrival, cursor: Cursor) -> InboundId | None:
        self.before(arrival)
        self.offered.append(arrival)
        with self.store.transaction():
            ids = self.store.add_inbound([arrival])
            self.store.save_cursor(cursor)
        return ids[0]

    def save_cursor(self, cursor: Cursor) -> None:
        with self.store.transaction():
            self.store.save_cursor(cursor)

    def port(self) -> Desk:
        return Desk(
            accept_fetched=self.accept_fetched,
            cursor=self.store.cursor,
            save_cursor=self.save_cursor,
            now=self.now,
        )

    def raws(self) -> list[bytes]:
        ids = self.store.waiting_inbound(1000)
        return [self.store.inbound_raw(id) for id in ids]


@pytest.fixture
def desk(tmp_path: Path) -> ImapDesk:
    return ImapDesk(tmp_path / "mailroom.db")


@pytest.fixture
def poll(dovecot: Dovecot, desk: ImapDesk) -> Iterator[Callable[..., Any]]:
    """Run a poller until its first pass is done; stopped at the end of the test."""
    pollers: list[ImapPoller] = []

    @contextmanager
    def running(**wanted: Any) -> Iterator[ImapPoller]:
        settings = {
            "account": "desk@imap.test",
            "host": "127.0.0.1",
            "port": dovecot.port,
            "user": "desk",
            "password": "secret",
            "tls": "never",
            "recipient": "support@desk.example",
            "first_pause": 0.05,
        } | wanted
        poller = ImapPoller(ImapSettings(**settings), desk.port(), desk.healths.append)
        pollers.append(poller)
        seen = len(desk.healths)
        poller.start()
        wait_for(lambda: len(desk.healths) > seen)
        yield poller
        poller.stop()

    yield running
    for poller in pollers:
        poller.stop()


def wait_for(happened: Callable[[], Any], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def earlier() -> datetime:
    """A first contact some seconds ago: INTERNALDATE has whole seconds only."""
    return utcnow() - timedelta(seconds=5)


def a_mail(name: str) -> bytes:
    return (
        b"Return-Path: <jane@customer.example>\r\nDelivered-To: desk+x@desk.example\r\n"
        b"Subject: " + name.encode() + b"\r\n\r\nHello.\r\n"
    )


def test_new_mail_is_taken_at_once_by_idle(dovecot, desk, poll) -> None:
    with poll(poll=timedelta(hours=1)):
        dovecot.append(a_mail("one"))
        wait_for(lambda: len(desk.offered) == 1)
        dovecot.append(a_mail("two"))
        wait_for(lambda: len(desk.offered) == 2)
    assert desk.raws() == [a_mail("one"), a_mail("two")]
    arrival = desk.offered[0]
    assert arrival.door == "imap:desk@imap.test"
    assert arrival.envelope.mail_from == "jane@customer.example"
    assert arrival.envelope.rcpt_to == ("desk+x@desk.example", "support@desk.example")


def test_new_mail_is_taken_by_polling_without_idle(dovecot, desk, poll) -> None:
    with poll(idle=False, poll=timedelta(seconds=0.1)):
        dovecot.append(a_mail("polled"))
        wait_for(lambda: len(desk.offered) == 1)
    assert desk.raws() == [a_mail("polled")]


def test_first_contact_starts_with_what_comes_later(dovecot, desk, poll) -> None:
    dovecot.append(a_mail("old"))
    with poll():
        dovecot.append(a_mail("new"))
        wait_for(lambda: desk.offered)
    assert desk.raws() == [a_mail("new")]


def test_since_takes_older_mail_up_to_then(dovecot, desk, poll) -> None:
    now = datetime.now(UTC)
    dovecot.append(a_mail("ancient"), at=now - timedelta(days=3))
    dovecot.append(a_mail("yesterday"), at=now - timedelta(days=1))
    dovecot.append(a_mail("today"))
    with poll(since=timedelta(days=2)):
        wait_for(lambda: len(desk.offered) == 2)
    assert desk.raws() == [a_mail("yesterday"), a_mail("today")]


def test_internaldate_is_when_it_was_received(dovecot, desk, poll) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    with poll():
        dovecot.append(a_mail("dated"), at=at)
        wait_for(lambda: desk.offered)
    assert desk.offered[0].received_at == at


def test_mail_that_came_while_nobody_looked_is_taken_after_a_restart(
    dovecot, desk, poll
) -> None:
    with poll():
        pass
    for number in range(120):
        dovecot.append(a_mail(f"n{number}"))
    with poll():
        wait_for(lambda: len(desk.offered) == 120)
    with poll():
        pass
    assert desk.raws() == [a_mail(f"n{number}") for number in range(120)]


def test_taken_mail_is_flagged_and_stays_unread(dovecot, desk, poll) -> None:
    with poll():
        dovecot.append(a_mail("flag me"))
        wait_for(lambda: dovecot.uids("INBOX", b"KEYWORD", DONE))
    assert len(dovecot.uids("INBOX", b"UNSEEN")) == 1


def test_taken_mail_is_moved_into_a_folder_made_for_it(dovecot, desk, poll) -> None:
    with poll(after_fetch="move:Archive"):
        dovecot.append(a_mail("move me"))
        wait_for(lambda: desk.offered and not dovecot.uids())
    assert len(dovecot.uids("Archive")) == 1


def test_taken_mail_is_deleted_and_others_marked_mail_stays(
    dovecot, desk, poll
) -> None:
    dovecot.append(a_mail("marked by a person"))
    with dovecot.client() as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search())
    with poll(after_fetch="delete"):
        dovecot.append(a_mail("delete me"))
        wait_for(lambda: desk.offered and len(dovecot.uids()) == 1)
    assert desk.raws() == [a_mail("delete me")]


@pytest.mark.parametrize("after", ["flag", "move:Archive", "delete"])
def test_crash_between_commit_and_flag_gives_no_duplicate(
    dovecot, desk, poll, after
) -> None:
    desk.now = earlier
    with poll(after_fetch=after):
        pass
    dovecot.append(a_mail("once"))
    uid = dovecot.uids()[-1]
    cursor = desk.store.cursor("desk@imap.test", "INBOX")
    assert cursor is not None
    arrival = Arrival(
        door="imap:desk@imap.test",
        envelope=desk_envelope(),
        raw=a_mail("once"),
        received_at=utcnow(),
        source_key=f"desk@imap.test/INBOX/{cursor.uidvalidity}/{uid}",
    )
    desk.accept_fetched(arrival, replace_uid(cursor, uid))  # and then it crashed
    with poll(after_fetch=after):
        if after == "flag":
            wait_for(lambda: dovecot.uids("INBOX", b"KEYWORD", DONE) == [uid])
        else:
            wait_for(lambda: not dovecot.uids())
    assert desk.raws() == [a_mail("once")]


def desk_envelope() -> Any:
    from mailroom.message.model import Envelope

    return Envelope(mail_from=None, rcpt_to=())


def replace_uid(cursor: Cursor, uid: int) -> Cursor:
    from dataclasses import replace

    return replace(cursor, uid=uid)


def test_after_renumbering_only_mail_since_first_contact_is_read_again(
    dovecot, desk, poll
) -> None:
    dovecot.append(a_mail("old"), at=datetime.now(UTC) - timedelta(days=3))
    with poll():
        dovecot.append(a_mail("first"))
        wait_for(lambda: desk.offered)
    before = desk.store.cursor("desk@imap.test", "INBOX")
    dovecot.renumber()
    dovecot.append(a_mail("second"))
    with poll():
        wait_for(lambda: len(desk.offered) == 3)
        dovecot.append(a_mail("third"))
        wait_for(lambda: len(desk.offered) == 4)
    after = desk.store.cursor("desk@imap.test", "INBOX")
    assert before is not None
    assert after is not None
    assert before.uidvalidity != after.uidvalidity
    # `first` comes under a new key; the desk knows its content and says DUPLICATE.
    subjects = [arrival.raw for arrival in desk.offered]
    assert subjects == [a_mail(n) for n in ("first", "first", "second", "third")]


def test_huge_mail_and_any_octets_come_through(dovecot, desk, poll) -> None:
    huge = b"Subject: huge\r\n\r\n" + b"0123456789abcde\r\n" * 1_200_000
    odd = (
        b"Subject: odd \xff\xfe\r\n\r\n\x80\x81 8-bit, and a very long line "
        + b"y" * 99_999
    )
    with poll():
        dovecot.append(huge)
        dovecot.put(odd + b"\r\n")
        wait_for(lambda: len(desk.offered) == 2, 60)
    raws = desk.raws()
    assert huge in raws
    assert odd in [raw.rstrip(b"\r\n") for raw in raws]


def test_mail_with_nul_is_taken(dovecot, desk, poll) -> None:
    with poll():
        dovecot.put(b"Subject: nul\r\n\r\nbefore\x00after\r\n")
        wait_for(lambda: desk.offered)
    # Dovecot turns NUL into 0x80: IMAP has no way to send it (RFC 9051 4.3).
    assert desk.raws()[0].startswith(b"Subject: nul\r\n\r\nbefore")


def test_sent_folder_is_read_too_and_never_written(dovecot, desk, poll) -> None:
    with dovecot.client() as client:
        client.create_folder("Sent Items")
    with poll(sent="Sent Items", poll=timedelta(seconds=0.2)):
        dovecot.append(a_mail("sent"), "Sent Items")
        wait_for(lambda: len(desk.offered) == 1)
        dovecot.append(a_mail("got"))
        wait_for(lambda: len(desk.offered) == 2)
    doors = [arrival.door for arrival in desk.offered]
    assert doors == ["imap-sent:desk@imap.test", "imap:desk@imap.test"]
    assert desk.offered[0].envelope.rcpt_to == ("desk+x@desk.example",)
    assert dovecot.uids("Sent Items", b"KEYWORD", DONE) == []


def test_mail_the_store_cannot_take_does_not_hold_up_the_rest(dovecot, desk, poll):
    from mailroom.errors import StoreError

    def refuse(arrival: Arrival) -> None:
        if b"bad" in arrival.raw:
            raise StoreError("not this one")

    desk.before = refuse
    desk.now = earlier
    with poll():
        for name in ("good", "bad", "fine"):
            dovecot.append(a_mail(name))
        wait_for(lambda: len(desk.offered) == 2)
    desk.before = lambda arrival: None
    with poll():  # what was left over is offered again
        wait_for(lambda: len(desk.offered) == 3)
    assert sorted(desk.raws()) == sorted(map(a_mail, ("good", "fine", "bad")))


def test_busy_store_is_tried_again(dovecot, desk, poll) -> None:
    from mailroom.errors import StoreBusy

    busy = [True]

    def refuse(arrival: Arrival) -> None:
        if busy:
            busy.pop()
            raise StoreBusy("locked")

    desk.before = refuse
    with poll():
        dovecot.append(a_mail("patience"))
        wait_for(lambda: desk.offered)
    assert desk.raws() == [a_mail("patience")]
    assert not all(health.ok for health in desk.healths)


def test_wrong_password_is_reported(desk, poll) -> None:
    with poll(password="wrong"):
        assert not desk.healths[0].ok
        assert "login refused" in desk.healths[0].detail
        assert "wrong" not in desk.healths[0].detail


def test_server_that_goes_and_comes_back_is_found_again(dovecot, desk, poll) -> None:
    with poll():
        dovecot.stop()
        wait_for(lambda: not desk.healths[-1].ok)
        dovecot.start()
        dovecot.append(a_mail("back"))
        wait_for(lambda: desk.offered, 30)
    assert desk.raws() == [a_mail("back")]


def test_stop_wakes_a_poller_that_idles(dovecot, desk, poll) -> None:
    with poll() as poller:
        begun = time.monotonic()
        poller.stop()
        assert time.monotonic() - begun < 2
