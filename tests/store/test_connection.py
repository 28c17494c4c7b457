"""Threads, processes, forks, locks, full disks and kills on one database file."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailroom.errors import StoreBusy, StoreError
from mailroom.message.model import Envelope
from mailroom.store import connection as connections
from mailroom.store.contract import Arrival, NewOutbound
from mailroom.store.sqlite import SqliteStore
from mailroom.ticket.model import CommentId, InboundId, TicketId

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mailroom.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    yield store
    store.close()


def letter(key: str) -> NewOutbound:
    return NewOutbound(
        dedupe_key=key,
        letter="acknowledgement",
        message_id=f"{key}@desk.example",
        mail_from=None,
        rcpt_to=("jane@acme.example",),
        raw=b"x",
        subject="x",
        sender="help@desk.example",
        created_at=NOW,
        not_before=NOW,
    )


def child(code: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> list[str]:
    out, err = process.communicate(timeout=60)
    assert err == ""
    return out.split()


def test_each_thread_writes_through_its_own_connection(store: SqliteStore) -> None:
    def work(name: int) -> None:
        for step in range(20):
            with store.transaction(durable=False):
                store.remember(f"{name}:{step}", "done")
        store.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(store.recall(f"{n}:{step}") for n in range(5) for step in range(20))


def test_transaction_of_one_thread_gives_no_leave_to_another(
    store: SqliteStore,
) -> None:
    caught: list[Exception] = []

    def write() -> None:
        try:
            store.remember("a", "b")
        except StoreError as error:
            caught.append(error)

    with store.transaction():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(caught) == 1
    assert store.recall("a") is None


_CLAIM = """
import sys
from datetime import datetime, timedelta
from mailroom.store.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
now = datetime.fromisoformat(sys.argv[2])
misses = 0
while misses < 20:
    with store.transaction(durable=False):
        claimed = store.claim_outbound(now, timedelta(minutes=1), 3)
    misses = 0 if claimed else misses + 1
    for each in claimed:
        print(each.id)
        with store.transaction(durable=False):
            store.record_sent(each.id, now, "250")
"""


def test_two_workers_never_claim_one_letter(store: SqliteStore, path: Path) -> None:
    with store.transaction():
        ids = [store.add_outbound(letter(str(n))) for n in range(150)]
    workers = [child(_CLAIM, path, NOW.isoformat()) for _ in range(2)]
    claimed = [id for worker in workers for id in finish(worker)]
    assert Counter(claimed) == Counter(map(str, ids))


_ADD = """
import sys
from datetime import datetime, timedelta
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival
from mailroom.store.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
now = datetime.fromisoformat(sys.argv[2])
for n in range(60):
    with store.transaction(durable=False):
        [id] = store.add_inbound([Arrival(door="imap:a", raw=b"x", received_at=now,
            envelope=Envelope(mail_from=None), source_key=f"imap:{n}")])
        store.person_for(f"p{n}@acme.example")
        if id is not None:
            print("kept", n)
        if store.spend("b", now, timedelta(hours=1), 30):
            print("spent")
"""


def test_two_processes_keep_every_key_once(store: SqliteStore, path: Path) -> None:
    doors = [child(_ADD, path, NOW.isoformat()) for _ in range(2)]
    said = Counter(word for door in doors for word in finish(door))
    assert said["kept"] == 60
    assert said["spent"] == 30
    assert all(said[str(n)] == 1 for n in range(60))
    assert len(store.waiting_inbound(1000)) == 60


def test_waits_for_another_writer_and_then_goes_on(
    store: SqliteStore, path: Path
) -> None:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    release.start()
    with store.transaction():
        store.remember("a", "b")
    release.join()
    other.close()
    assert store.recall("a") == "b"


def test_lock_held_too_long_is_store_busy(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked"), store.transaction():
            pytest.fail("the transaction began")
        assert store.recall("a") is None  # reading goes on
        other.execute("COMMIT")
    with store.transaction():
        store.remember("a", "b")


def test_full_disk_is_store_busy_and_leaves_nothing(
    store: SqliteStore, path: Path
) -> None:
    def fill() -> None:
        with store.transaction():
            pages = store._all("PRAGMA page_count")[0][0]
            store._all(f"PRAGMA max_page_count = {pages + 4}")
            store.remember("a", "b")
            store.add_inbound(
                [
                    Arrival(
                        door="smtp",
                        envelope=Envelope(mail_from=None),
                        raw=bytes(1_000_000),
                        received_at=NOW,
                    )
                ]
            )

    with pytest.raises(StoreBusy, match="space"):
        fill()
    assert store.recall("a") is None
    assert store.waiting_inbound(1) == []
    store._all("PRAGMA max_page_count = 1000000")
    with store.transaction():
        store.remember("a", "b")


def test_verbs_after_the_database_gave_up_do_not_commit_by_themselves(
    store: SqliteStore,
) -> None:
    def go_on() -> None:
        with store.transaction():
            store.remember("a", "b")
            store._connection().execute("ROLLBACK")  # as SQLite may do on an I/O error
            with pytest.raises(StoreError, match="outside"):
                store.remember("c", "d")

    with pytest.raises(StoreError, match="gave the transaction up"):
        go_on()
    assert (store.recall("a"), store.recall("c")) == (None, None)


def test_numbers_larger_than_the_database_holds_find_nothing(
    store: SqliteStore,
) -> None:
    large = 10**20
    assert store.ticket(TicketId(large)) is None
    assert store.inbound(InboundId(-large)) is None
    assert store.latest_messages("in", 10, before=large) == []
    assert store.search("printer", 10, CommentId(large)) == []


def test_file_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "mailroom.db"
    path.write_bytes(b"no database" * 500)
    with pytest.raises(StoreError, match="restore a backup"):
        SqliteStore(path)


def test_deleted_folder_is_one_clear_line(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "var" / "mailroom.db")
    store.close()
    for each in (tmp_path / "var").iterdir():
        each.unlink()
    with pytest.raises(StoreError, match=r"mailroom\.db"):
        store.recall("a")


def test_closed_store_opens_again(store: SqliteStore) -> None:
    with store.transaction():
        store.remember("a", "b")
    store.close()
    store.close()
    assert store.recall("a") == "b"


def test_forked_child_has_a_connection_of_its_own(store: SqliteStore) -> None:
    with store.transaction():
        store.remember("parent", "before")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            with store.transaction():
                store.remember("child", "wrote")
            code = 0 if store.recall("parent") in ("before", "after") else 2
        finally:
            os._exit(code)
    with store.transaction():
        store.remember("parent", "after")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert (store.recall("parent"), store.recall("child")) == ("after", "wrote")
    with closing(sqlite3.connect(store.path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_connection_in_use_is_not_carried_over_a_fork(store: SqliteStore) -> None:
    with store.transaction():
        store.remember("a", "parent")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                store.remember("a", "child")
            except StoreError:
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert store.recall("a") == "parent"


_WRITE = """
import sys
from datetime import datetime
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival
from mailroom.store.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
now = datetime.fromisoformat(sys.argv[2])
arrival = Arrival(door="smtp", envelope=Envelope(mail_from=None), raw=bytes(9000),
    received_at=now)
for n in range(100000):
    with store.transaction():
        store.remember("last", str(n))
        store.add_inbound([arrival] * 5)
    print(n, flush=True)
"""


@pytest.mark.parametrize("seed", range(3))
def test_killed_writer_leaves_all_or_nothing(path: Path, seed: int) -> None:
    SqliteStore(path).close()
    writer = child(_WRITE, path, NOW.isoformat())
    assert writer.stdout is not None
    said = [writer.stdout.readline() for _ in range(3)]
    deadline = time.monotonic() + random.Random(seed).uniform(0.01, 0.15)
    while time.monotonic() < deadline:
        said.append(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    said += writer.stdout.read().splitlines()
    writer.communicate(timeout=60)
    store = SqliteStore(path)
    last = int(store.recall("last") or -1)
    promised = [int(line) for line in said if line.strip()]
    assert last in (
        promised[-1],
        promised[-1] + 1,
    )  # + 1: killed before it could say so
    ids = store.waiting_inbound(10**6)
    assert len(ids) == 5 * (last + 1)
    assert all(len(store.inbound_raw(id)) == 9000 for id in ids[-5:])
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert other.execute("PRAGMA foreign_key_check").fetchall() == []


_SYNC = """
import os, sys
from mailroom.store.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
for n, kind in enumerate(sys.argv[2]):
    with store.transaction(durable=kind == "d"):
        store.remember("a", str(n))
    os.write(1, b"MARK %c" % ord(kind))
"""


def test_durable_transaction_is_synced_before_it_returns(
    store: SqliteStore, path: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    try:
        subprocess.run(
            [
                *("strace", "-f", "-o", trace, "-e", "trace=fsync,fdatasync,write"),
                *(sys.executable, "-c", _SYNC, path, "dnddnn"),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"strace cannot run here: {error}")
    synced, syncs = [], 0
    for line in trace.read_text().splitlines():
        if "sync(" in line:
            syncs += 1
        if '"MARK ' in line:
            synced.append((line.split('"MARK ')[1][0], syncs > 0))
            syncs = 0
    assert synced == [(k, k == "d") for k in "dnddnn"]
