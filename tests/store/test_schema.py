"""Migrations: from each older version, by two at once, and never backwards."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from mailroom.errors import StoreError, StoreTooNew
from mailroom.store import schema
from mailroom.store.sqlite import SqliteStore
from mailroom.ticket.model import Ticket

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def shape(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
        ).fetchall()


def make_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        schema.migrate(connection, version)
        connection.execute("COMMIT")


@pytest.mark.parametrize("version", range(1, schema.VERSION + 1))
def test_each_older_version_is_brought_up_to_date(version: int, tmp_path: Path) -> None:
    make_version(tmp_path / "old.db", version)
    SqliteStore(tmp_path / "old.db").close()
    SqliteStore(tmp_path / "new.db").close()
    assert shape(tmp_path / "old.db") == shape(tmp_path / "new.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        assert schema.version_of(connection) == schema.VERSION


def test_rows_of_an_older_version_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "mailroom.db"
    make_version(path, 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO person (address, address_key, domain, name)"
            " VALUES ('J@x', 'j@x', 'x', 'Jane')"
        )
    store = SqliteStore(path)
    found = store.find_person("j@x")
    assert found is not None
    assert found.name == "Jane"


def test_every_table_is_strict_and_every_foreign_key_holds(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "mailroom.db")
    db = Database(tmp_path / "mailroom.db", execute_plugins=False)
    ours = [
        table
        for table in db.tables
        if not table.name.startswith(("_sqlite", "sqlite_", "search"))
    ]
    assert len(ours) > 15
    assert [table.name for table in ours if not table.strict] == []
    db.close()
    with store.transaction(), pytest.raises(StoreError, match="FOREIGN KEY"):
        store.add_message_ids(["a@b"], 4711)  # type: ignore[arg-type]


def test_event_log_cannot_be_changed_by_anyone(tmp_path: Path) -> None:
    path = tmp_path / "mailroom.db"
    store = SqliteStore(path)
    with store.transaction():
        ticket = store.add_ticket(
            Ticket(
                id=0,  # type: ignore[arg-type]
                subject="x",
                mailbox="m@x",
                requester=store.person_for("j@x"),
                created_at=NOW,
                updated_at=NOW,
            )
        )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO event (ticket, at, recorded_at, kind, actor, data)"
            " VALUES (?, 0, 0, 'solve', 'mailroom', '{}')",
            (ticket,),
        )
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("UPDATE event SET at = 1")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM event")


def test_newer_database_is_refused_in_one_line_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mailroom.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 3}")
        connection.execute("CREATE TABLE later (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreTooNew) as caught:
        SqliteStore(path)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    assert f"version {schema.VERSION + 3}" in line
    assert f"knows {schema.VERSION}" in line
    assert "upgrade" in line
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["mailroom.db"]


@pytest.mark.parametrize("kind", ["text", "database", "folder"])
def test_what_is_not_ours_is_refused_and_left_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "mailroom.db"
    if kind == "text":
        path.write_text("This is a text of more than a hundred bytes. " * 9)
    elif kind == "database":
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE theirs (id INTEGER)")
    else:
        path.mkdir()
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_file_and_folder_are_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "mailroom.db"
    store = SqliteStore(path)
    with store.transaction():
        store.remember("a", "b")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()
    }
    assert set(modes.values()) == {0o600}
    assert "mailroom.db-wal" in modes


def test_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        SqliteStore(tmp_path / "file" / "mailroom.db")
    line = str(caught.value)
    assert str(tmp_path / "file" / "mailroom.db") in line
    assert "data folder" in line
    assert "\n" not in line


@pytest.mark.parametrize("there", [False, True])
def test_folder_that_cannot_be_written_is_one_clear_line(there: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mailroom.db"
        if there:
            SqliteStore(path).close()
            path.chmod(0o666)
        Path(folder).chmod(0o555)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:  # a child may give up the right to write everywhere
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                SqliteStore(path)
            except StoreError as error:
                os.write(write, str(error).encode())
            finally:
                os._exit(0)
        os.close(write)
        os.waitpid(pid, 0)
        with open(read, encoding="utf-8") as pipe:
            line = pipe.read()
        Path(folder).chmod(0o755)
    assert line.startswith(f"{path}: ")
    assert "check the data folder's owner and mode" in line
    assert "\n" not in line


_OPEN = """
import sys
from mailroom.store.sqlite import SqliteStore
sys.stdin.readline()
store = SqliteStore(sys.argv[1])
with store.transaction():
    store.remember(sys.argv[2], "open")
"""


def test_processes_that_create_the_database_at_once_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "var" / "mailroom.db"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, str(path), str(n)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    errors = [child.communicate(timeout=60)[1] for child in children]
    assert errors == [""] * 4
    store = SqliteStore(path)
    assert [store.recall(str(n)) for n in range(4)] == ["open"] * 4


def test_mail_of_an_older_desk_is_searched_inside_its_words(tmp_path: Path) -> None:
    path = tmp_path / "mailroom.db"
    make_version(path, schema.NAMES.index("0009_spaceless"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO person (address, address_key, domain) VALUES ('j', 'j', '')"
        )
        connection.execute(
            "INSERT INTO ticket (subject, mailbox, requester, created_at, updated_at,"
            " status, priority, tags, spam, sticky, answered)"
            " VALUES ('x', 'm', 1, 0, 0, 'new', 'normal', '[]', 0, '[]', 0)"
        )
        connection.execute(
            "INSERT INTO comment (ticket, at, author, public, text, attachments)"
            " VALUES (1001, 0, 1, 1, '昨天开始登录页面打不开', '[]')"
        )
    assert [hit.ticket for hit in SqliteStore(path).search("登录", 5)] == [1001]
