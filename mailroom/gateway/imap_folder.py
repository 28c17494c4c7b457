"""Reads one IMAP folder (RFC 9051) and hands each mail over with the cursor behind it.

A mail and the cursor that says it was taken are committed together; only then is the
mail flagged, moved or deleted. What a crash left between the two is offered again: the
`source_key` tells the desk that it knows it. State is never kept in \\Seen, which
belongs to people.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from mailroom.errors import StoreBusy, StoreError
from mailroom.message.model import Envelope
from mailroom.store.contract import Arrival, Cursor
from mailroom.ticket.model import InboundId

log = logging.getLogger(__name__)

AcceptFetched = Callable[[Arrival, Cursor], InboundId | None]
ReadCursor = Callable[[str, str], Cursor | None]
SaveCursor = Callable[[Cursor], None]

DONE = b"$MailroomDone"
_TOGETHER = 2_000_000  # octets of mails that are fetched by one command
_MOST_TOGETHER = 50
EMPTY = -1  # the cursor of a folder that held nothing at the first contact
_TRIES = 3  # of one mail that the server or the store will not give or take
_RECIPIENT = re.compile(
    rb"^(?:Delivered-To|X-Original-To|Envelope-To|X-Envelope-To):[ \t]*"
    rb"<?([^\s<>,;]+@[^\s<>,;]+)>?[ \t]*\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_RETURN_PATH = re.compile(
    rb"^Return-Path:[ \t]*<([^<>\s]*)>", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a folder asks of the desk: all three commit before they return."""

    accept_fetched: AcceptFetched  # mail and cursor in one transaction; None: known
    cursor: ReadCursor
    save_cursor: SaveCursor
    now: Callable[[], datetime]


@dataclass(slots=True, kw_only=True)
class Folder:
    """One folder of one account. `after`: none, flag, delete or move:FOLDER."""

    account: str
    name: str
    door: str
    desk: Desk
    recipient: str | None = None  # whose mail this is
    after: str = "flag"
    since: timedelta | None = None
    _failures: dict[int, int] = field(default_factory=dict)
    _tidied: bool = False
    _keywords: bool = False

    def reconnected(self) -> None:
        """A new connection: look again for what the last one left undone."""
        self._tidied = False

    def take(self, client: IMAPClient, stopped: Callable[[], bool]) -> int:
        """Hand over what is new; return how many mails.

        Raises what `imapclient` raises when the connection fails, and StoreBusy.
        """
        status = client.select_folder(self.name, readonly=self.after == "none")
        flags = status.get(b"PERMANENTFLAGS", ())
        self._keywords = b"\\*" in flags or DONE in flags
        cursor = self._begin(client, status)
        if not self._tidied:
            self._tidied = True
            behind = self._left_behind(client, cursor)
            self._take_these(
                client, behind, cursor, stopped, _next_second(cursor.since)
            )
        if cursor.uid == 0:
            return self._scan(client, cursor, stopped)
        uids = self._newer(client, cursor)
        return self._take_these(client, uids, cursor, stopped)

    def _scan(
        self, client: IMAPClient, cursor: Cursor, stopped: Callable[[], bool]
    ) -> int:
        """Read a whole folder, but for mail older than the first contact.

        The cursor stays at 0 until all is taken, so that a crash begins anew.
        """
        uids = self._newer(client, cursor)
        taken = self._take_these(client, uids, cursor, stopped, cursor.since)
        if uids and not stopped():
            self.desk.save_cursor(replace(cursor, uid=uids[-1]))
        return taken

    def _begin(self, client: IMAPClient, status: dict[bytes, Any]) -> Cursor:
        """Where to go on: the cursor kept, or one for a first contact."""
        validity = int(status[b"UIDVALIDITY"])
        known = self.desk.cursor(self.account, self.name)
        if known is not None and known.uidvalidity == validity:
            return known
        if known is not None:
            log.warning("imap: %s %s was renumbered", self.account, self.name)
            self._failures.clear()
            uid, since = 0, known.since
        elif self.since is not None:
            uid, since = 0, self.desk.now() - self.since
        else:
            # 0 would mean "scan, but for old mail"; in a folder found empty all is new.
            uid, since = _last_uid(client, status) or EMPTY, self.desk.now()
        cursor = Cursor(
            account=self.account,
            folder=self.name,
            uidvalidity=validity,
            uid=uid,
            since=since,
        )
        self.desk.save_cursor(cursor)
        return cursor

    def _newer(self, client: IMAPClient, cursor: Cursor) -> list[int]:
        # `n:*` gives the last mail even where n is past the end (RFC 9051 6.4.4).
        found = client.search([b"UID", f"{max(cursor.uid, 0) + 1}:*".encode()])
        again = [uid for uid, times in self._failures.items() if times < _TRIES]
        return sorted({*again, *(uid for uid in found if uid > cursor.uid)})

    def _left_behind(self, client: IMAPClient, cursor: Cursor) -> list[int]:
        """Mails taken before a crash and never flagged, moved or deleted."""
        marks = self.after == "flag"
        if self.after == "none" or cursor.uid < 1 or (marks and not self._keywords):
            return []
        wanted = [b"UID", f"1:{cursor.uid}".encode()]
        if cursor.since is not None:
            wanted += [b"SINCE", _search_date(cursor.since)]
        if marks:
            wanted += [b"UNKEYWORD", DONE]
        return sorted(client.search(wanted))

    def _take_these(
        self,
        client: IMAPClient,
        uids: Sequence[int],
        cursor: Cursor,
        stopped: Callable[[], bool],
        floor: datetime | None = None,
    ) -> int:
        """Take mails by UID, ascending; older ones than `floor` are passed over."""
        taken, last = 0, cursor.uid
        uids = [uid for uid in uids if self._failures.get(uid, 0) < _TRIES]
        for group in self._groups(client, uids, floor):
            if stopped():
                break
            done = []
            for uid, raw, at in self._fetch(client, group):
                last = max(last, uid) if cursor.uid else 0
                if self._hand_over(uid, raw, at, cursor, last):
                    done.append(uid)
            self._finish(client, done)
            taken += len(done)
        return taken

    def _groups(
        self, client: IMAPClient, uids: Sequence[int], floor: datetime | None
    ) -> Iterator[list[int]]:
        """Groups that are fetched together: many small mails, or one big one."""
        group: list[int] = []
        octets = 0
        for start in range(0, len(uids), 500):
            part = uids[start : start + 500]
            facts = client.fetch(part, [b"RFC822.SIZE", b"INTERNALDATE"])
            for uid in part:
                fact = facts.get(uid)
                if fact is None or _is_older(fact.get(b"INTERNALDATE"), floor):
                    continue  # expunged meanwhile, or from before the first contact
                size = int(fact.get(b"RFC822.SIZE", 0))
                full = octets + size > _TOGETHER or len(group) >= _MOST_TOGETHER
                if group and full:
                    yield group
                    group, octets = [], 0
                group.append(uid)
                octets += size
        if group:
            yield group

    def _fetch(
        self, client: IMAPClient, group: list[int]
    ) -> Iterator[tuple[int, bytes, datetime | None]]:
        """Fetch mails; when the server refuses a group, one by one."""
        try:
            found = client.fetch(group, [b"BODY.PEEK[]", b"INTERNALDATE"])
        except client.AbortError:
            raise
        except IMAPClientError as error:
            if len(group) == 1:
                self._fail(group[0], f"the server will not give it ({error})")
                return
            for uid in group:
                yield from self._fetch(client, [uid])
            return
        for uid in group:
            fact = found.get(uid, {})
            raw = fact.get(b"BODY[]")
            if raw is not None:
                yield uid, raw, fact.get(b"INTERNALDATE")

    def _hand_over(
        self, uid: int, raw: bytes, at: datetime | None, cursor: Cursor, last: int
    ) -> bool:
        """Commit one mail with the cursor; False when the store will not take it."""
        now = self.desk.now()
        received_at = min(at.astimezone(UTC), now) if at is not None else now
        arrival = Arrival(
            door=self.door,
            envelope=_envelope(raw, self.recipient),
            raw=raw,
            received_at=received_at,
            source_key=f"{self.account}/{self.name}/{cursor.uidvalidity}/{uid}",
        )
        try:
            self.desk.accept_fetched(arrival, replace(cursor, uid=last))
        except StoreBusy:
            raise
        except StoreError as error:
            self._fail(uid, str(error))
            return False
        self._failures.pop(uid, None)
        return True

    def _fail(self, uid: int, why: str) -> None:
        """Count a failure; after some, the mail stays where it is and others go on."""
        self._failures[uid] = self._failures.get(uid, 0) + 1
        log.error(
            "imap: %s %s: mail with UID %d could not be taken: %s",
            *(self.account, self.name, uid, why),
        )

    def _finish(self, client: IMAPClient, uids: list[int]) -> None:
        """Flag, move or delete what is committed."""
        if not uids or self.after == "none":
            return
        if self.after == "flag":
            if self._keywords:
                client.add_flags(uids, [DONE], silent=True)
        elif self.after == "delete":
            _delete(client, uids)
        else:
            self._move(client, uids, self.after.partition(":")[2])

    def _move(self, client: IMAPClient, uids: list[int], target: str) -> None:
        if not client.folder_exists(target):
            client.create_folder(target)
        if client.has_capability("MOVE"):
            client.move(uids, target)
        else:
            client.copy(uids, target)
            _delete(client, uids)


def _delete(client: IMAPClient, uids: list[int]) -> None:
    client.delete_messages(uids, silent=True)
    if client.has_capability("UIDPLUS"):
        # A plain EXPUNGE would take along what other people marked (RFC 4315 2.1).
        client.uid_expunge(uids)


def _last_uid(client: IMAPClient, status: dict[bytes, Any]) -> int:
    if b"UIDNEXT" in status:
        return int(status[b"UIDNEXT"]) - 1
    return max(client.search([b"ALL"]), default=0)


def _is_older(at: datetime | None, since: datetime | None) -> bool:
    # INTERNALDATE has whole seconds: mail of the first contact's own second is new.
    return (
        at is not None
        and since is not None
        and at.astimezone(UTC) < since.replace(microsecond=0)
    )


def _next_second(since: datetime | None) -> datetime | None:
    """Mail of the first contact's own second may be older than it."""
    return since.replace(microsecond=0) + timedelta(seconds=1) if since else None


def _search_date(since: datetime) -> bytes:
    """A day early: SEARCH compares dates in the server's zone (RFC 9051 6.4.4)."""
    day = since.astimezone(UTC) - timedelta(days=1)
    months = [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]
    return f"{day.day}-{months[day.month - 1]}-{day.year}".encode()


def _envelope(raw: bytes, recipient: str | None) -> Envelope:
    """The envelope as far as the delivering host wrote it down on top of the mail."""
    head = raw[: raw.find(b"\r\n\r\n") + 2] if b"\r\n\r\n" in raw else raw[:65_536]
    path = _RETURN_PATH.search(head)
    sender = path.group(1).decode("utf-8", "replace") if path else ""
    found = [text.decode("utf-8", "replace") for text in _RECIPIENT.findall(head)[:5]]
    rcpt_to = dict.fromkeys([*found, *([recipient] if recipient else [])])
    return Envelope(mail_from=sender or None, rcpt_to=tuple(rcpt_to))
