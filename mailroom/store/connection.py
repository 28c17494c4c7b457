"""A SQLite database as threads and processes share it: connections, locks, errors.

WAL with one writer at a time. Waiting for the writer is our own short retry and not
SQLite's busy handler, which sleeps in coarse steps (1, 2, 5, 10, 15, ... 100 ms): the
gateway and the worker commit side by side, and a wait of 15 ms for a transaction of
0.3 ms would be most of an acknowledgement's latency. Statements are cached by the
driver; sqlite-utils, at ten times the cost, serves the schema only.
"""

import contextlib
import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mailroom.errors import StoreBusy, StoreError, StoreTooNew
from mailroom.store import schema
from mailroom.store.rows import Row, printable

PATIENCE = 10.0  # seconds until a lock held by others is StoreBusy
_FIRST_NAP, _LONGEST_NAP = 0.0005, 0.010  # seconds
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NO_ACCESS = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}
_NO_DATABASE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_NO_SPACE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
# A new ticket touches some fifty pages, each written to the WAL whole and, where a key
# is random (a Message-ID), copied back whole: half of SQLite's 4 KB halves both.
_PAGE_SIZE = 2048
_CHECKPOINT_PAGES = 8000  # 16 MB: pages touched again and again are copied back once
_CACHE_KIB = 8192
_LARGEST = 2**63 - 1  # of SQLite's integers

_Result = TypeVar("_Result")
_stores: "weakref.WeakSet[SqliteConnections]" = weakref.WeakSet()
_abandoned: list[sqlite3.Connection] = []  # of a parent process; closing would harm it


class _Local(threading.local):
    connection: sqlite3.Connection | None = None
    pid = 0
    active = False  # inside transaction()
    durable: bool | None = None  # what `synchronous` is set to
    on_commit: list[Callable[[], None]]


class SqliteConnections:
    """One connection a thread to one database file, and what verbs need of it.

    A process may fork while no other thread of it uses the store; the child opens
    connections of its own (SQLite's are not to be carried over a fork).
    """

    def __init__(self, path: Path | str) -> None:
        """Open, create or upgrade the database; StoreError, StoreTooNew in one line."""
        self.path = Path(path)
        self._local = _Local()
        self._writer = threading.Lock()
        _create(self.path)
        connection = self._connection()
        try:
            _upgrade(connection, self.path)
        except sqlite3.Error as error:
            self.close()
            raise self._translate(error) from error
        except StoreError:
            self.close()
            raise
        _stores.add(self)

    def close(self) -> None:
        """Close this thread's connection; the next verb opens another."""
        local = self._local
        connection, local.connection, local.durable = local.connection, None, None
        local.active = False
        if connection is None:
            return
        if local.pid != os.getpid():
            _abandoned.append(connection)
            return
        connection.close()

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """See `Store.transaction`. One that wrote nothing syncs nothing."""
        local = self._local
        if local.active and local.pid == os.getpid():
            raise StoreError("a transaction of the store was begun inside another")
        deadline = time.monotonic() + PATIENCE
        if not self._writer.acquire(timeout=PATIENCE):
            raise self._busy()
        try:
            connection = self._connection()
            self._begin(connection, durable, deadline)
            local.active, local.on_commit = True, []
            try:
                yield
                self._commit(connection)
            except BaseException:
                _roll_back(connection)
                raise
            finally:
                local.active = False
            for action in local.on_commit:
                action()
        finally:
            self._writer.release()

    def _begin(
        self, connection: sqlite3.Connection, durable: bool, deadline: float
    ) -> None:
        local = self._local
        try:
            if local.durable is not durable:
                level = "FULL" if durable else "NORMAL"
                connection.execute(f"PRAGMA synchronous = {level}")
                local.durable = durable
            _patiently(lambda: connection.execute("BEGIN IMMEDIATE"), deadline)
        except sqlite3.Error as error:
            raise self._translate(error) from error

    def _commit(self, connection: sqlite3.Connection) -> None:
        if not connection.in_transaction:
            raise StoreError(f"{self.path}: the database gave the transaction up")
        try:
            _patiently(
                lambda: connection.execute("COMMIT"), time.monotonic() + PATIENCE
            )
        except sqlite3.Error as error:
            raise self._translate(error) from error

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection in this process."""
        local = self._local
        if local.connection is not None:
            if local.pid == os.getpid():
                return local.connection
            self.close()
        try:
            connection = _connect(self.path)
        except sqlite3.Error as error:
            raise self._translate(error) from error
        local.connection, local.pid = connection, os.getpid()
        return connection

    def _all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a SELECT."""
        connection = self._connection()
        try:
            return connection.execute(sql, parameters).fetchall()
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            return self._again(error, sql, parameters).fetchall()

    def _one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a SELECT, or None."""
        connection = self._connection()
        try:
            row: Row | None = connection.execute(sql, parameters).fetchone()
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            row = self._again(error, sql, parameters).fetchone()
        return row

    def _write(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run a statement that writes; StoreError outside a transaction."""
        connection = self._require_transaction()
        try:
            return connection.execute(sql, parameters)
        except (sqlite3.Error, UnicodeEncodeError) as error:
            return self._again(error, sql, parameters)

    def _require_transaction(self) -> sqlite3.Connection:
        connection = self._connection()
        if not connection.in_transaction:
            raise StoreError("a verb that writes was called outside a transaction")
        return connection

    def _again(
        self, error: Exception, sql: str, parameters: Sequence[Any]
    ) -> sqlite3.Cursor:
        """Try once more what can be: unclean text, a lock outside a transaction.

        A number that people made up may be larger than any that the database can hold.
        """
        connection = self._connection()
        if isinstance(error, UnicodeEncodeError):
            parameters = [
                printable(value) if isinstance(value, str) else value
                for value in parameters
            ]
        elif isinstance(error, OverflowError):
            parameters = [_within(value) for value in parameters]
        elif not _is_locked(error) or connection.in_transaction:
            raise self._translate(error) from error
        try:
            return _patiently(
                lambda: connection.execute(sql, parameters),
                time.monotonic() + PATIENCE,
            )
        except sqlite3.Error as second:
            raise self._translate(second) from second

    def _after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the present transaction is committed."""
        self._local.on_commit.append(action)

    def _busy(self) -> StoreBusy:
        return StoreBusy(f"{self.path}: the database is locked, try again later")

    def _translate(self, error: Exception) -> StoreError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if _is_locked(error):
            return self._busy()
        if code in _NO_SPACE:
            return StoreBusy(f"{self.path}: no space left for the database, free some")
        if code & 0xFF in _NO_ACCESS:
            return StoreError(
                f"{self.path}: the database cannot be opened or written ({error});"
                " check the data folder's owner and mode"
            )
        if code & 0xFF in _NO_DATABASE:
            return StoreError(
                f"{self.path}: {error}; move the file away and restore a backup"
                " (`mailroom restore`)"
            )
        return StoreError(f"{self.path}: {error}")

    def _prepare_fork(self) -> None:
        """Close the forking thread's connection unless it is in use."""
        if not self._local.active:
            self.close()

    def _forget_parent(self) -> None:
        """Begin anew in a child: the parent's locks mean nothing here."""
        self._writer = threading.Lock()


def _before_fork() -> None:
    for store in list(_stores):
        store._prepare_fork()


def _after_fork() -> None:
    for store in list(_stores):
        store._forget_parent()


os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def _patiently(action: Callable[[], _Result], deadline: float) -> _Result:
    """Repeat while others hold the lock; the last error when time is up."""
    nap = _FIRST_NAP
    while True:
        try:
            return action()
        except sqlite3.OperationalError as error:
            if not _is_locked(error) or time.monotonic() >= deadline:
                raise
        time.sleep(nap * random.uniform(0.7, 1.3))  # noqa: S311 - so none step in time
        nap = min(nap * 1.5, _LONGEST_NAP)


def _within(value: Any) -> Any:
    """Return a number that the database can hold, for one that it cannot."""
    if isinstance(value, int):
        return max(-_LARGEST, min(_LARGEST, value))
    return value


def _is_locked(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF in _LOCKED


def _roll_back(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):  # the first error is the one to be told
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=0,
        isolation_level=None,
        cached_statements=256,
    )
    deadline = time.monotonic() + PATIENCE
    for pragma in (
        "foreign_keys = ON",
        f"cache_size = -{_CACHE_KIB}",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        "journal_size_limit = 67108864",
    ):
        statement = f"PRAGMA {pragma}"  # some read the file, which may be locked
        _patiently(partial(connection.execute, statement), deadline)
    return connection


def _create(path: Path) -> None:
    """Make the file (0600) and its folder (0700) unless they are there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            if not os.access(path, os.R_OK | os.W_OK):
                raise PermissionError(13, "Permission denied")
            return
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot create or write the database ({error.strerror});"
            " check the data folder's owner and mode"
        ) from error


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema up to date; any number of processes may do so at once."""
    deadline = time.monotonic() + PATIENCE
    _refuse_foreign(_patiently(lambda: schema.version_of(connection), deadline), path)
    connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")  # of a file still empty
    _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"), deadline)
    if schema.version_of(connection) == schema.VERSION:
        return
    _patiently(lambda: connection.execute("BEGIN IMMEDIATE"), deadline)
    try:
        version = schema.version_of(connection)
        _refuse_foreign(version, path)
        if version != schema.VERSION:
            schema.migrate(connection)
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _refuse_foreign(version: int | None, path: Path) -> None:
    if version is None:
        raise StoreError(
            f"{path}: this is a database of another program; name another `data` folder"
        )
    if version > schema.VERSION:
        raise StoreTooNew(
            f"{path}: the database has version {version} of a newer Mailroom, this one"
            f" knows {schema.VERSION}; upgrade Mailroom or restore an older backup"
        )
