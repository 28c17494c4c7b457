"""The database's shape: numbered migrations, each applied once and never edited.

The number of applied migrations is the database's version, kept as `user_version`
too, so that an older Mailroom knows a newer database before it touches it. A database
that is not ours is known by its `application_id`.

Times are integer milliseconds UTC, durations integer milliseconds, structured values
JSON as TEXT. An index is there where a mail's way or a page asks by it, for each costs
a page written with every mail; what is asked once a year scans.

Addresses of people live in `person`; what else names a person by address (envelopes,
raw mails) is reached from there through `receipt` and `comment`, so that a person can
be forgotten. Raw mails have tables of their own, so that a listing never pages through
them.
"""

import sqlite3
from typing import Any

from sqlite_utils import Database, Migrations

from mailroom.store.schema_pages import (
    ADD_SPACELESS,
    FIGURES,
    LOGINS,
    MISSED,
    SEARCH,
    SPACELESS,
    SPACELESS_OLD,
)
from mailroom.store.spaceless import is_spaceless, parted

APPLICATION_ID = 0x4D524F4D  # "MROM"
migrations = Migrations("mailroom")

_PEOPLE_AND_TICKETS = (
    # address_key is the address normalised; requested is kept by the triggers below,
    # for counting a busy requester's tickets would cost more with each of them.
    """CREATE TABLE person (
        id INTEGER PRIMARY KEY,
        address TEXT NOT NULL,
        address_key TEXT NOT NULL UNIQUE,
        domain TEXT NOT NULL,
        name TEXT NOT NULL DEFAULT '',
        requested INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    # next_metric and next_due are kept by the verb that saves clocks, the rest by the
    # one that saves tickets. AUTOINCREMENT: a number is never given twice.
    """CREATE TABLE ticket (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        subject TEXT NOT NULL,
        mailbox TEXT NOT NULL,
        requester INTEGER NOT NULL REFERENCES person,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        status TEXT NOT NULL,
        priority TEXT NOT NULL,
        team TEXT,
        assignee INTEGER REFERENCES person,
        tags TEXT NOT NULL,
        spam INTEGER NOT NULL,
        merged_into INTEGER REFERENCES ticket,
        policy TEXT,
        policy_key TEXT,
        calendar_key TEXT,
        escalation_key TEXT,
        sticky TEXT NOT NULL,
        answered INTEGER NOT NULL,
        solved_at INTEGER,
        pending_until INTEGER,
        next_at INTEGER,
        next_metric TEXT,
        next_due INTEGER
    ) STRICT""",
    # The first ticket is 1001: a number with four digits reads as a ticket's number in
    # a subject ([#1042]) or a command (#merge 1017); "#1" reads as a place in a list.
    "INSERT INTO sqlite_sequence (name, seq) VALUES ('ticket', 1000)",
    "CREATE INDEX ticket_requester ON ticket (requester)",
    "CREATE INDEX ticket_status ON ticket (status)",
    "CREATE INDEX ticket_team ON ticket (team) WHERE team IS NOT NULL",
    "CREATE INDEX ticket_assignee ON ticket (assignee) WHERE assignee IS NOT NULL",
    "CREATE INDEX ticket_merged ON ticket (merged_into) WHERE merged_into IS NOT NULL",
    "CREATE INDEX ticket_sweep ON ticket (next_at) WHERE next_at IS NOT NULL",
    "CREATE INDEX ticket_due ON ticket (next_due IS NULL, next_due)",
    """CREATE TRIGGER ticket_requested AFTER INSERT ON ticket BEGIN
        UPDATE person SET requested = requested + 1 WHERE id = new.requester;
    END""",
    """CREATE TRIGGER ticket_requester_changed AFTER UPDATE OF requester ON ticket
    WHEN old.requester <> new.requester BEGIN
        UPDATE person SET requested = requested - 1 WHERE id = old.requester;
        UPDATE person SET requested = requested + 1 WHERE id = new.requester;
    END""",
    """CREATE TABLE ticket_tag (
        tag TEXT NOT NULL,
        ticket INTEGER NOT NULL REFERENCES ticket,
        PRIMARY KEY (tag, ticket)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE participant (
        ticket INTEGER NOT NULL REFERENCES ticket,
        person INTEGER NOT NULL REFERENCES person,
        role TEXT NOT NULL,
        PRIMARY KEY (ticket, person)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX participant_person ON participant (person, ticket)",
    """CREATE TABLE link (
        ticket INTEGER NOT NULL REFERENCES ticket,
        other INTEGER NOT NULL REFERENCES ticket,
        PRIMARY KEY (ticket, other)
    ) STRICT, WITHOUT ROWID""",
)

_TRAYS = (
    """CREATE TABLE inbound (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        door TEXT NOT NULL,
        mail_from TEXT,
        rcpt_to TEXT NOT NULL,
        peer TEXT,
        helo TEXT,
        submitted_by TEXT,
        source_key TEXT,
        received_at INTEGER NOT NULL,
        size INTEGER NOT NULL,
        trust TEXT,
        disposition TEXT,
        ticket INTEGER REFERENCES ticket,
        clue TEXT,
        reason TEXT,
        message_id TEXT,
        sender TEXT,
        recipients TEXT,
        subject TEXT,
        attempts INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE UNIQUE INDEX inbound_source ON inbound (source_key)
        WHERE source_key IS NOT NULL""",
    "CREATE INDEX inbound_waiting ON inbound (id) WHERE disposition IS NULL",
    "CREATE INDEX inbound_received ON inbound (received_at)",
    """CREATE INDEX inbound_quarantine ON inbound (received_at)
        WHERE disposition = 'QUARANTINED'""",
    "CREATE INDEX inbound_ticket ON inbound (ticket) WHERE ticket IS NOT NULL",
    """CREATE TABLE inbound_raw (
        inbound INTEGER PRIMARY KEY REFERENCES inbound,
        raw BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE content (
        content_key TEXT PRIMARY KEY,
        inbound INTEGER NOT NULL REFERENCES inbound
    ) STRICT, WITHOUT ROWID""",
    # next_try: when QUEUED or DEFERRED may be sent, when the lease of SENDING ends,
    # NULL once SENT or FAILED. remaining: those of rcpt_to still to be served, NULL
    # while that is all of them.
    """CREATE TABLE outbound (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        dedupe_key TEXT NOT NULL UNIQUE,
        letter TEXT NOT NULL,
        message_id TEXT NOT NULL,
        mail_from TEXT,
        rcpt_to TEXT NOT NULL,
        remaining TEXT,
        subject TEXT NOT NULL,
        sender TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        next_try INTEGER,
        ticket INTEGER REFERENCES ticket,
        reason TEXT,
        finished_at INTEGER
    ) STRICT""",
    "CREATE INDEX outbound_due ON outbound (next_try) WHERE next_try IS NOT NULL",
    "CREATE INDEX outbound_created ON outbound (created_at)",
    "CREATE INDEX outbound_failed ON outbound (created_at) WHERE state = 'FAILED'",
    "CREATE INDEX outbound_ticket ON outbound (ticket) WHERE ticket IS NOT NULL",
    """CREATE TABLE outbound_raw (
        outbound INTEGER PRIMARY KEY REFERENCES outbound,
        raw BLOB NOT NULL
    ) STRICT""",
    # outcome: SENT or FAILED where one recipient fared unlike the letter as a whole.
    """CREATE TABLE receipt (
        outbound INTEGER NOT NULL REFERENCES outbound,
        person INTEGER NOT NULL REFERENCES person,
        letter TEXT NOT NULL,
        domain TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        why TEXT NOT NULL,
        outcome TEXT,
        PRIMARY KEY (outbound, person)
    ) STRICT, WITHOUT ROWID""",
    # For one address too: the letters to its domain since an instant are few.
    "CREATE INDEX receipt_domain ON receipt (letter, domain, created_at, person)",
)

_HISTORY = (
    """CREATE TABLE event (
        id INTEGER PRIMARY KEY,
        ticket INTEGER NOT NULL REFERENCES ticket,
        at INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        actor TEXT NOT NULL,
        data TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX event_ticket ON event (ticket, at)",
    """CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event BEGIN
        SELECT RAISE(ABORT, 'the event log is append-only');
    END""",
    """CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event BEGIN
        SELECT RAISE(ABORT, 'the event log is append-only');
    END""",
    """CREATE TABLE comment (
        id INTEGER PRIMARY KEY,
        ticket INTEGER NOT NULL REFERENCES ticket,
        at INTEGER NOT NULL,
        author INTEGER NOT NULL REFERENCES person,
        public INTEGER NOT NULL,
        text TEXT NOT NULL,
        message_id TEXT,
        inbound INTEGER REFERENCES inbound,
        flagged TEXT,
        attachments TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX comment_ticket ON comment (ticket, at)",
    """CREATE TABLE clock (
        ticket INTEGER NOT NULL REFERENCES ticket,
        metric TEXT NOT NULL,
        cycle INTEGER NOT NULL,
        state TEXT NOT NULL,
        target INTEGER,
        elapsed INTEGER NOT NULL,
        remaining INTEGER,
        due INTEGER,
        fulfilled_at INTEGER,
        breached_at INTEGER,
        started_at INTEGER,
        PRIMARY KEY (ticket, metric, cycle)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE decision (
        id INTEGER PRIMARY KEY,
        ticket INTEGER NOT NULL REFERENCES ticket,
        at INTEGER NOT NULL,
        event TEXT NOT NULL,
        ruleset TEXT NOT NULL,
        facts TEXT NOT NULL,
        outcome TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX decision_ticket ON decision (ticket)",
    """CREATE TABLE version (
        version_key TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        document TEXT NOT NULL
    ) STRICT""",
)

# Different mails under one Message-ID: `thread` has the ticket of the first.
_NAMESAKES = (
    """CREATE TABLE namesake (
        message_id TEXT NOT NULL,
        ticket INTEGER NOT NULL REFERENCES ticket,
        PRIMARY KEY (message_id, ticket)
    ) STRICT, WITHOUT ROWID""",
)

_THREADING_AND_SMALL_FACTS = (
    """CREATE TABLE thread (
        message_id TEXT PRIMARY KEY,
        ticket INTEGER NOT NULL REFERENCES ticket
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE awaited (
        message_id TEXT NOT NULL,
        ticket INTEGER NOT NULL REFERENCES ticket,
        PRIMARY KEY (message_id, ticket)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE imap_cursor (
        account TEXT NOT NULL,
        folder TEXT NOT NULL,
        uidvalidity INTEGER NOT NULL,
        uid INTEGER NOT NULL,
        since INTEGER,
        PRIMARY KEY (account, folder)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE fact (
        fact_key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # Swept from its oldest row on, so `expires_at` needs no index.
    """CREATE TABLE spent (
        id INTEGER PRIMARY KEY,
        budget TEXT NOT NULL,
        at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX spent_budget ON spent (budget, at)",
)


def _run(db: Database, statements: tuple[str, ...]) -> None:
    for statement in statements:
        db.execute(statement)


@migrations(name="0001_people_and_tickets")
def _people_and_tickets(db: Database) -> None:
    _run(db, _PEOPLE_AND_TICKETS)


@migrations(name="0002_trays")
def _trays(db: Database) -> None:
    _run(db, _TRAYS)


@migrations(name="0003_history")
def _history(db: Database) -> None:
    _run(db, _HISTORY)


@migrations(name="0004_threading_and_small_facts")
def _threading_and_small_facts(db: Database) -> None:
    _run(db, _THREADING_AND_SMALL_FACTS)


@migrations(name="0005_logins")
def _logins(db: Database) -> None:
    _run(db, LOGINS)


@migrations(name="0006_search")
def _search(db: Database) -> None:
    _run(db, SEARCH)


@migrations(name="0007_missed")
def _missed(db: Database) -> None:
    _run(db, MISSED)


@migrations(name="0008_figures")
def _figures(db: Database) -> None:
    _run(db, FIGURES)


@migrations(name="0009_spaceless")
def _spaceless(db: Database) -> None:
    _run(db, SPACELESS)
    for id, subject, text in db.execute(SPACELESS_OLD).fetchall():
        if is_spaceless(subject) or is_spaceless(text):
            values = (id, parted(subject), parted(text))
            db.execute(ADD_SPACELESS, values)


@migrations(name="0010_namesakes")
def _namesakes(db: Database) -> None:
    _run(db, _NAMESAKES)


NAMES: tuple[str, ...] = tuple(
    migration.name
    for migration in migrations.pending(Database(memory=True, execute_plugins=False))
)
VERSION = len(NAMES)


def version_of(connection: sqlite3.Connection) -> int | None:
    """Return the database's version, 0 for an empty one, None for one not ours."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION_ID:
        return int(version)
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return None if tables or application or version else 0


def migrate(connection: sqlite3.Connection, version: int = VERSION) -> None:
    """Apply what is missing up to `version`, inside the caller's transaction.

    The caller holds the write lock (BEGIN IMMEDIATE): sqlite-utils takes none, and two
    processes that migrate at once would both create the same table.
    """
    db = Database(connection, execute_plugins=False)
    stop: dict[str, Any] = {"stop_before": NAMES[version]} if version < VERSION else {}
    migrations.apply(db, **stop)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    connection.execute(f"PRAGMA user_version = {version:d}")
