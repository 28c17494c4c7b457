"""The IMAP poller against a server that fails by script: drops, silence, BYE."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from mailroom.clock import utcnow
from mailroom.errors import ConfigError
from mailroom.gateway.imap import ImapHealth, ImapPoller, ImapSettings
from mailroom.gateway.imap_folder import Desk
from mailroom.store.contract import Arrival, Cursor

pytestmark = pytest.mark.slow

MAIL = b"Subject: %d\r\n\r\nHello.\r\n"


class FaultyServer:
    """Speaks as much IMAP as the poller needs, and breaks where `fault` says.

    `fault(command, connection)` may return "drop", "bye", "silence", "half" (a literal
    cut in the middle), "no" or "" for each command as it comes.
    """

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.fault: Callable[[str, int], str] = lambda command, connection: ""
        self.capabilities = "IMAP4rev1 IDLE UIDPLUS MOVE"
        self.commands: list[str] = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.idling: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            number = self.connections
            threading.Thread(
                target=self._talk, args=(peer, number), daemon=True
            ).start()

    def _talk(self, peer: socket.socket, number: int) -> None:
        with peer, peer.makefile("rb") as lines:
            try:
                peer.sendall(f"* OK [CAPABILITY {self.capabilities}] hi\r\n".encode())
                for line in lines:
                    if not self._answer(peer, line.decode().strip(), number):
                        return
            except OSError:
                return

    def _answer(self, peer: socket.socket, line: str, number: int) -> bool:
        if line == "DONE":
            peer.sendall(f"{self.idle_tag} OK done\r\n".encode())
            return True
        tag, _, command = line.partition(" ")
        self.commands.append(command)
        fault = self.fault(command, number)
        if fault == "drop":
            return False
        if fault == "bye":
            peer.sendall(b"* BYE going down\r\n")
            return False
        if fault == "silence":
            peer.settimeout(20)
            return bool(peer.recv(1) and False)  # until the other side gives up
        if fault == "no":
            peer.sendall(f"{tag} NO [SERVERBUG] not this one\r\n".encode())
            return True
        return self._obey(peer, tag, command, fault)

    def _obey(self, peer: socket.socket, tag: str, command: str, fault: str) -> bool:
        verb = command.upper()
        if verb == "IDLE":
            self.idle_tag = tag
            peer.sendall(b"+ idling\r\n")
            self.idling.append(peer)
            return True
        if verb == "CAPABILITY":
            peer.sendall(f"* CAPABILITY {self.capabilities}\r\n".encode())
        elif verb.startswith("SELECT"):
            last = max(self.mails, default=0)
            peer.sendall(
                f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                f"* OK [UIDNEXT {last + 1}] ok\r\n"
                "* OK [PERMANENTFLAGS (\\Deleted \\*)] ok\r\n".encode()
            )
        elif found := re.match(r"UID SEARCH UID (\d+):\*", command):
            uids = [uid for uid in self.mails if uid >= int(found[1])]
            uids = uids or list(self.mails)[-1:]
            peer.sendall(f"* SEARCH {' '.join(map(str, uids))}\r\n".encode())
        elif verb.startswith("UID SEARCH"):
            peer.sendall(b"* SEARCH\r\n")
        elif found := re.match(r"UID FETCH ([\d,:]+) \((.*)\)", command):
            return self._fetch(peer, tag, found[1], found[2], fault)
        peer.sendall(f"{tag} OK done\r\n".encode())
        return not verb.startswith("LOGOUT")

    def _fetch(
        self, peer: socket.socket, tag: str, wanted: str, items: str, fault: str
    ) -> bool:
        for number, (uid, raw) in enumerate(self.mails.items(), 1):
            if not any(_holds(part, uid) for part in wanted.split(",")):
                continue
            date = 'INTERNALDATE "05-Jan-2026 09:00:00 +0000"'
            if "BODY.PEEK[]" not in items:
                text = f"* {number} FETCH (UID {uid} RFC822.SIZE {len(raw)} {date})\r\n"
                peer.sendall(text.encode())
                continue
            head = f"* {number} FETCH (UID {uid} {date} BODY[] {{{len(raw)}}}\r\n"
            if fault == "half":
                peer.sendall(head.encode() + raw[: len(raw) // 2])
                return False
            if fault == "slow":
                for octet in head.encode() + raw:
                    peer.sendall(bytes([octet]))
                    time.sleep(0.002)
                peer.sendall(b")\r\n")
                continue
            peer.sendall(head.encode() + raw + b")\r\n")
        peer.sendall(f"{tag} OK done\r\n".encode())
        return True

    def close(self) -> None:
        self.listener.close()


def _holds(part: str, uid: int) -> bool:
    first, _, last = part.partition(":")
    return int(first) <= uid <= int(last or first)


class Memory:
    """The desk's side in memory: mail and cursor change together."""

    def __init__(self) -> None:
        self.mails: dict[str, bytes] = {}
        self.cursors: dict[str, Cursor] = {"INBOX": first_cursor()}
        self.healths: list[ImapHealth] = []

    def accept_fetched(self, arrival: Arrival, cursor: Cursor) -> Any:
        self.cursors[cursor.folder] = cursor
        if arrival.source_key in self.mails:
            return None
        self.mails[str(arrival.source_key)] = arrival.raw
        return len(self.mails)

    def port(self) -> Desk:
        return Desk(
            accept_fetched=self.accept_fetched,
            cursor=lambda account, folder: self.cursors.get(folder),
            save_cursor=lambda cursor: self.cursors.update({cursor.folder: cursor}),
            now=utcnow,
        )


def first_cursor() -> Cursor:
    return Cursor(
        account="a",
        folder="INBOX",
        uidvalidity=7,
        uid=10,
        since=utcnow() - timedelta(days=3650),
    )


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    server = FaultyServer()
    server.mails = {uid: MAIL % uid for uid in range(11, 16)}
    yield server
    server.close()


@pytest.fixture
def desk() -> Memory:
    return Memory()


@pytest.fixture
def poll(server: FaultyServer, desk: Memory) -> Iterator[Callable[..., ImapPoller]]:
    pollers: list[ImapPoller] = []

    def start(**wanted: Any) -> ImapPoller:
        settings: dict[str, Any] = {
            "account": "a",
            "host": "127.0.0.1",
            "port": server.port,
            "user": "u",
            "password": "p",
            "tls": "never",
            "first_pause": 0.02,
            "read_timeout": 1.0,
            "connect_timeout": 1.0,
        } | wanted
        poller = ImapPoller(ImapSettings(**settings), desk.port(), desk.healths.append)
        pollers.append(poller)
        poller.start()
        return poller

    yield start
    for poller in pollers:
        poller.stop()


def wait_for(happened: Callable[[], Any]) -> None:
    until = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def all_taken(desk: Memory) -> bool:
    return sorted(desk.mails.values()) == [MAIL % uid for uid in range(11, 16)]


@pytest.mark.parametrize("fault", ["drop", "bye", "silence"])
@pytest.mark.parametrize(
    "where", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE", "IDLE"]
)
def test_connection_that_breaks_is_opened_anew_and_nothing_is_lost(
    server, desk, poll, fault, where
) -> None:
    server.fault = lambda command, connection: (
        fault if connection == 1 and command.startswith(where) else ""
    )
    poll()
    wait_for(lambda: all_taken(desk) and server.connections > 1)
    wait_for(lambda: server.idling)
    assert desk.cursors["INBOX"].uid == 15
    assert any(not health.ok for health in desk.healths)


def test_first_look_is_known_once_the_cursor_stands(server, desk, poll) -> None:
    server.fault = lambda command, connection: (
        "half" if connection == 1 and "BODY.PEEK[]" in command else ""
    )
    poller = poll()
    wait_for(poller.looked.is_set)
    assert "INBOX" in desk.cursors or any(not health.ok for health in desk.healths)


def test_account_that_cannot_be_reached_counts_as_looked_at(server, desk, poll) -> None:
    server.fault = lambda command, connection: "drop"
    poller = poll()
    wait_for(poller.looked.is_set)
    assert [health.ok for health in desk.healths][:1] == [False]


def test_literal_cut_in_the_middle_is_fetched_again(server, desk, poll) -> None:
    server.fault = lambda command, connection: (
        "half" if connection == 1 and "BODY.PEEK[]" in command else ""
    )
    poll()
    wait_for(lambda: all_taken(desk))


def test_literal_that_trickles_is_waited_for(server, desk, poll) -> None:
    server.fault = lambda command, connection: (
        "slow" if "BODY.PEEK[]" in command else ""
    )
    poll(read_timeout=3.0)  # far less than all of it takes, far more than one octet
    wait_for(lambda: all_taken(desk))
    assert server.connections == 1


def test_mail_the_server_will_not_give_does_not_hold_up_the_rest(server, desk, poll):
    server.fault = lambda command, connection: (
        "no"
        if "BODY.PEEK[]" in command and re.search(r"FETCH (11,|13 )", command)
        else ""
    )
    poll(idle=False, poll=timedelta(seconds=0.02))
    wait_for(lambda: len(desk.mails) == 4)
    wait_for(lambda: sum("FETCH 13 (BODY" in c for c in server.commands) >= 3)
    # Three tries and no more on this connection.
    seen = len(desk.healths)
    wait_for(lambda: len(desk.healths) > seen + 3)
    assert sum("FETCH 13 (BODY" in c for c in server.commands) == 3


def test_server_that_dies_while_idle_is_noticed(server, desk, poll) -> None:
    poll()
    wait_for(lambda: server.idling)
    server.idling[0].shutdown(socket.SHUT_RDWR)
    wait_for(lambda: len(server.idling) > 1)


def test_news_that_comes_with_the_answer_to_idle_is_not_overlooked(server, desk, poll):
    server.mails = {}
    real = server._obey

    def with_news(peer: Any, tag: str, command: str, fault: str) -> bool:
        if command.upper() == "IDLE" and not server.mails:
            server.mails = {uid: MAIL % uid for uid in range(11, 16)}
            server.idle_tag = tag
            peer.sendall(b"+ idling\r\n* 5 EXISTS\r\n")
            return True
        return real(peer, tag, command, fault)

    server._obey = with_news
    poll()
    wait_for(lambda: all_taken(desk))


def test_oauth_without_its_package_is_a_clear_line(desk) -> None:
    settings = ImapSettings(account="a@b", host="h", port=993, user="u", oauth=True)
    with pytest.raises(ConfigError, match="oauth"):
        ImapPoller(settings, desk.port())


def test_stop_hangs_up_on_a_server_that_says_nothing(server, desk, poll) -> None:
    server.fault = lambda command, connection: (
        "silence" if command.startswith("SELECT") else ""
    )
    poller = poll(read_timeout=60.0)
    wait_for(lambda: any(c.startswith("SELECT") for c in server.commands))
    begun = time.monotonic()
    poller.stop(timeout=1.0)
    assert time.monotonic() - begun < 3
    assert not any(t.name == "imap:a" for t in threading.enumerate())
