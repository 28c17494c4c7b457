"""The out-tray in SQLite, with its recipients ledger.

A letter is in one state at any time. SENT is final, whoever says so: the relay took it.
FAILED gives way only to SENT. A worker whose lease ran out may still report; what it
says never takes back what another has recorded.
"""
# ruff: noqa: S608 - all SQL is put together from constants of this room

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from mailroom.errors import StoreError
from mailroom.message import address as addresses
from mailroom.store import rows
from mailroom.store.contract import NewOutbound, Outbound, OutboundState, Receipt
from mailroom.store.sqlite_tickets import TicketVerbs
from mailroom.ticket.model import OutboundId, TicketId

_ADD = (
    "INSERT INTO outbound (dedupe_key, letter, message_id, mail_from, rcpt_to, subject,"
    " sender, created_at, state, next_try, ticket) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT DO NOTHING"
)
_FROM = "FROM outbound JOIN outbound_raw ON outbound_raw.outbound = outbound.id"
_OPEN = "state NOT IN ('SENT', 'FAILED')"


class OutboundVerbs(TicketVerbs):
    """See `Store` for each promise."""

    def add_outbound(self, letter: NewOutbound) -> OutboundId | None:
        cursor = self._write(
            _ADD,
            (
                letter.dedupe_key,
                letter.letter,
                letter.message_id,
                letter.mail_from,
                rows.to_json(letter.rcpt_to),
                letter.subject,
                letter.sender,
                rows.ms(letter.created_at),
                OutboundState.QUEUED.value,
                rows.ms(letter.not_before),
                letter.ticket,
            ),
        )
        if cursor.rowcount == 0 or cursor.lastrowid is None:
            return None
        id = OutboundId(cursor.lastrowid)
        self._write(
            "INSERT INTO outbound_raw (outbound, raw) VALUES (?, ?)", (id, letter.raw)
        )
        self._add_receipts(id, letter)
        return id

    def _add_receipts(self, id: OutboundId, letter: NewOutbound) -> None:
        created = rows.ms(letter.created_at)
        for recipient in letter.rcpt_to:
            self._write(
                "INSERT INTO receipt (outbound, person, letter, domain, created_at,"
                " why) VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                (
                    id,
                    self.person_for(recipient),
                    letter.letter,
                    addresses.domain_of(recipient),
                    created,
                    letter.reasons.get(recipient, ""),
                ),
            )

    def claim_outbound(
        self, now: datetime, lease: timedelta, limit: int
    ) -> list[Outbound]:
        self._require_transaction()
        due = self._all(
            "SELECT id FROM outbound WHERE next_try <= ? ORDER BY next_try, id LIMIT ?",
            (rows.ms(now), limit),
        )
        until = rows.ms(now + lease)
        claimed = []
        for (id,) in due:
            self._write(
                "UPDATE outbound SET state = 'SENDING', attempts = attempts + 1,"
                " next_try = ? WHERE id = ?",
                (until, id),
            )
            letter = self.outbound(id)
            assert letter is not None
            claimed.append(letter)
        return claimed

    def record_sent(self, id: OutboundId, at: datetime, answer: str) -> None:
        self._record(
            id,
            "UPDATE outbound SET state = 'SENT', next_try = NULL, reason = ?,"
            " finished_at = ? WHERE id = ? AND state <> 'SENT'",
            (answer, rows.ms(at), id),
        )

    def record_deferred(
        self,
        id: OutboundId,
        next_try: datetime,
        answer: str,
        rcpt_to: Sequence[str] | None = None,
    ) -> None:
        if rcpt_to is not None:
            _, remaining = self._standing(id)
            served = [address for address in remaining if address not in rcpt_to]
            self._settle(id, OutboundState.SENT, served, answer=answer)
        self._record(
            id,
            "UPDATE outbound SET state = 'DEFERRED', next_try = ?, reason = ?"
            f" WHERE id = ? AND {_OPEN}",
            (rows.ms(next_try), answer, id),
        )

    def record_refused(
        self, id: OutboundId, at: datetime, refusals: Mapping[str, str]
    ) -> None:
        answer = "; ".join(f"{address}: {said}" for address, said in refusals.items())
        self._require_transaction()
        self._settle(id, OutboundState.FAILED, list(refusals), at, answer)

    def record_failed(self, id: OutboundId, at: datetime, answer: str) -> None:
        self._record(
            id,
            "UPDATE outbound SET state = 'FAILED', next_try = NULL, reason = ?,"
            f" finished_at = ? WHERE id = ? AND {_OPEN}",
            (answer, rows.ms(at), id),
        )

    def withdraw_outbound(self, dedupe_key: str, reason: str) -> bool:
        done = self._write(
            "UPDATE outbound SET state = 'FAILED', next_try = NULL, reason = ?"
            " WHERE dedupe_key = ? AND state = 'QUEUED'",
            (reason, dedupe_key),
        )
        return done.rowcount == 1

    def _record(self, id: OutboundId, sql: str, parameters: Sequence[object]) -> None:
        if self._write(sql, parameters).rowcount == 0:
            self._standing(id)  # raises where there is no such letter

    def _standing(self, id: OutboundId) -> tuple[OutboundState, list[str]]:
        """Return a letter's state and who remains to be served."""
        row = self._one(
            "SELECT state, coalesce(remaining, rcpt_to) FROM outbound WHERE id = ?",
            (id,),
        )
        if row is None:
            raise StoreError(f"{self.path}: there is no outgoing letter {id}")
        return OutboundState(row[0]), rows.from_json(row[1])

    def _settle(
        self,
        id: OutboundId,
        outcome: OutboundState,
        addresses_done: Sequence[str],
        at: datetime | None = None,
        answer: str = "",
    ) -> None:
        """Have done with some recipients; with the last one the letter is done too."""
        state, remaining = self._standing(id)
        done = [address for address in remaining if address in addresses_done]
        left = [address for address in remaining if address not in addresses_done]
        if state in (OutboundState.SENT, OutboundState.FAILED) or not (
            done or not left
        ):
            return
        for address in done:
            self._write(
                "UPDATE receipt SET outcome = ? WHERE outbound = ? AND person ="
                " (SELECT id FROM person WHERE address_key = ?)",
                (outcome.value, id, rows.printable(addresses.normalize(address))),
            )
        self._write(
            "UPDATE outbound SET remaining = ? WHERE id = ?", (rows.to_json(left), id)
        )
        if not left:
            self._write(
                "UPDATE outbound SET next_try = NULL, finished_at = ?, reason = ?,"
                " state = CASE WHEN EXISTS (SELECT 1 FROM receipt WHERE outbound = ?"
                " AND outcome = 'SENT') THEN 'SENT' ELSE 'FAILED' END WHERE id = ?",
                (rows.ms_or_none(at), answer, id, id),
            )

    def outbound(self, id: OutboundId) -> Outbound | None:
        row = self._one(f"SELECT {rows.OUTBOUND} {_FROM} WHERE id = ?", (id,))
        return None if row is None else rows.to_outbound(row)

    def next_outbound_at(self) -> datetime | None:
        row = self._one(
            "SELECT next_try FROM outbound WHERE next_try IS NOT NULL"
            " ORDER BY next_try LIMIT 1"
        )
        return None if row is None else rows.when(row[0])

    def count_outbound(
        self, letter: str, since: datetime, *, address: str = "", domain: str = ""
    ) -> int:
        parameters: list[object] = [letter, rows.ms(since)]
        if not (address or domain):
            row = self._one(
                "SELECT count(*) FROM outbound WHERE letter = ? AND created_at >= ?",
                parameters,
            )
        else:
            parameters.append(
                addresses.a_labels(domain) if domain else addresses.domain_of(address)
            )
            term = ""
            if address:
                term = " AND person = (SELECT id FROM person WHERE address_key = ?)"
                parameters.append(rows.printable(addresses.normalize(address)))
            row = self._one(
                "SELECT count(DISTINCT outbound) FROM receipt WHERE letter = ?"
                f" AND created_at >= ? AND domain = ?{term}",
                parameters,
            )
        assert row is not None
        return int(row[0])

    def recipients(self, ticket: TicketId) -> list[Receipt]:
        found = self._all(
            "SELECT o.id, r.created_at, p.address, r.letter, r.why,"
            " coalesce(r.outcome, o.state), o.message_id FROM outbound o"
            " JOIN receipt r ON r.outbound = o.id JOIN person p ON p.id = r.person"
            " WHERE o.ticket = ? ORDER BY r.created_at, o.id, p.id",
            (ticket,),
        )
        return [
            Receipt(
                outbound=row[0],
                at=rows.when(row[1]),
                address=row[2],
                letter=row[3],
                why=row[4],
                state=OutboundState(row[5]),
                message_id=row[6],
            )
            for row in found
        ]
