"""The tables that the desk's pages need: logins and full-text search (FTS5)."""

# Secrets are kept as digests alone: who reads the database cannot log in with it.
LOGINS = (
    """CREATE TABLE login (
        digest TEXT PRIMARY KEY,
        person INTEGER NOT NULL REFERENCES person,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE session (
        digest TEXT PRIMARY KEY,
        person INTEGER NOT NULL REFERENCES person,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX session_person ON session (person)",
)

# One entry a comment, with its ticket's subject beside it: one segment a mail. The text
# itself stays in its tables (external content), so only the index is added.
SEARCH = (
    """CREATE VIEW comment_search AS
        SELECT comment.id AS id, ticket.subject AS subject, comment.text AS text
        FROM comment JOIN ticket ON ticket.id = comment.ticket""",
    """CREATE VIRTUAL TABLE search USING fts5(
        subject, text, content='comment_search', content_rowid='id',
        tokenize="unicode61 remove_diacritics 2"
    )""",
    """CREATE TRIGGER comment_found AFTER INSERT ON comment BEGIN
        INSERT INTO search (rowid, subject, text) VALUES (
            new.id, (SELECT subject FROM ticket WHERE id = new.ticket), new.text
        );
    END""",
    """CREATE TRIGGER comment_forgotten BEFORE DELETE ON comment BEGIN
        INSERT INTO search (search, rowid, subject, text) VALUES (
            'delete', old.id,
            (SELECT subject FROM ticket WHERE id = old.ticket), old.text
        );
    END""",
    """CREATE TRIGGER comment_rewritten AFTER UPDATE OF text ON comment
    WHEN old.text <> new.text BEGIN
        INSERT INTO search (search, rowid, subject, text) VALUES (
            'delete', old.id,
            (SELECT subject FROM ticket WHERE id = old.ticket), old.text
        );
        INSERT INTO search (rowid, subject, text) VALUES (
            new.id, (SELECT subject FROM ticket WHERE id = new.ticket), new.text
        );
    END""",
    """CREATE TRIGGER ticket_renamed BEFORE UPDATE OF subject ON ticket
    WHEN old.subject <> new.subject BEGIN
        INSERT INTO search (search, rowid, subject, text)
            SELECT 'delete', id, old.subject, text FROM comment
            WHERE ticket = old.id;
        INSERT INTO search (rowid, subject, text)
            SELECT id, new.subject, text FROM comment WHERE ticket = old.id;
    END""",
    "INSERT INTO search (search) VALUES ('rebuild')",
)

# What of it is in scripts without spaces between words, each character a word.
SPACELESS = (
    """CREATE VIRTUAL TABLE search_spaceless USING fts5(
        subject, text, tokenize="unicode61 remove_diacritics 0"
    )""",
)
ADD_SPACELESS = "INSERT INTO search_spaceless (rowid, subject, text) VALUES (?, ?, ?)"
SPACELESS_OLD = """SELECT comment.id, ticket.subject, comment.text
    FROM comment JOIN ticket ON ticket.id = comment.ticket"""

# Broken promises that are still to be kept: few, and at the top of the desk's queue.
MISSED = (
    """CREATE INDEX clock_missed ON clock (breached_at)
        WHERE state = 'breached' AND fulfilled_at IS NULL""",
)

# Reports read a period in the order of `started_at` and all that they count from the
# index itself: rows of `clock` and `event` lie by ticket, one page each.
FIGURES = (
    """CREATE INDEX clock_report ON clock (
        started_at, metric, state, elapsed, due, fulfilled_at, breached_at
    )""",
    """CREATE INDEX event_moves ON event (at, ticket, kind)
        WHERE kind IN ('opened', 'reopen', 'solve', 'close', 'merge', 'spam', 'notspam')
    """,
)
