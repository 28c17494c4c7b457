"""People, tickets, their participants and links in SQLite."""
# ruff: noqa: S608 - all SQL is put together from constants of this room

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from mailroom.errors import StoreError
from mailroom.message import address as addresses
from mailroom.store import rows
from mailroom.store.connection import SqliteConnections
from mailroom.store.contract import EVERY_TICKET, TicketFilter, TicketLine
from mailroom.store.schema_pages import ADD_SPACELESS
from mailroom.store.spaceless import is_spaceless, parted
from mailroom.ticket.model import Participant, Person, PersonId, Role, Ticket, TicketId

_PERSON = (
    "INSERT INTO person (address, address_key, domain, name) VALUES (?,?,?,?)"
    " ON CONFLICT (address_key) DO UPDATE SET name = excluded.name"
    " WHERE person.name = ''"
)
_NAMES = rows.TICKET.removeprefix("id, ")
_ADD = f"INSERT INTO ticket ({_NAMES}) VALUES ({','.join('?' * 20)})"
_SAVE = (
    f"UPDATE ticket SET {' = ?, '.join(_NAMES.split(', '))} = ?, next_at = ?"
    " WHERE id = ?"
)
_ORDERS = {
    "id": "id",
    "next_due": "next_due IS NULL, next_due, id",
    "updated": "updated_at DESC, id DESC",
    "newest": "id DESC",
}


class TicketVerbs(SqliteConnections):
    """See `Store` for each promise."""

    def person_for(self, address: str, name: str = "") -> PersonId:
        key = rows.printable(addresses.normalize(address))
        row = self._one("SELECT id, name FROM person WHERE address_key = ?", (key,))
        if row is not None and (row[1] or not name):
            self._require_transaction()
            return PersonId(row[0])
        domain = key.rpartition("@")[2] if "@" in key else ""
        cursor = self._write(_PERSON, (address, key, domain, name))
        if row is not None:
            return PersonId(row[0])
        assert cursor.lastrowid is not None
        return PersonId(cursor.lastrowid)

    def find_person(self, address: str) -> Person | None:
        row = self._one(
            "SELECT id, address, name FROM person WHERE address_key = ?",
            (rows.printable(addresses.normalize(address)),),
        )
        return None if row is None else Person(id=row[0], address=row[1], name=row[2])

    def people(self, ids: Iterable[PersonId]) -> dict[PersonId, Person]:
        found = self._all(
            "SELECT id, address, name FROM person"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (rows.to_json_list(set(ids)),),
        )
        return {row[0]: Person(id=row[0], address=row[1], name=row[2]) for row in found}

    def add_ticket(self, ticket: Ticket) -> TicketId:
        id = self._write(_ADD, rows.ticket_values(ticket)).lastrowid
        assert id is not None
        self._tag(id, ticket.tags)
        return TicketId(id)

    def save_ticket(self, ticket: Ticket, next_at: datetime | None) -> None:
        values = rows.ticket_values(ticket)
        old = self._one("SELECT tags, subject FROM ticket WHERE id = ?", (ticket.id,))
        if old is None:
            raise StoreError(f"{self.path}: there is no ticket {ticket.id}")
        self._write(_SAVE, (*values, rows.ms_or_none(next_at), ticket.id))
        if old[1] != ticket.subject:
            self._rename(ticket.id, old[1], ticket.subject)
        before = rows.from_json(old[0])
        for tag in set(before).difference(ticket.tags):
            self._write(
                "DELETE FROM ticket_tag WHERE tag = ? AND ticket = ?", (tag, ticket.id)
            )
        self._tag(ticket.id, [tag for tag in ticket.tags if tag not in before])

    def _rename(self, ticket: int, before: str, subject: str) -> None:
        """Let search find a subject in a script without spaces, and not the former."""
        if not is_spaceless(before) and not is_spaceless(subject):
            return
        found = self._all("SELECT id, text FROM comment WHERE ticket = ?", (ticket,))
        for id, text in found:
            self._write("DELETE FROM search_spaceless WHERE rowid = ?", (id,))
            if is_spaceless(text) or is_spaceless(subject):
                self._write(ADD_SPACELESS, (id, parted(subject), parted(text)))

    def _tag(self, ticket: int, tags: Sequence[str]) -> None:
        for tag in tags:
            self._write(
                "INSERT INTO ticket_tag (tag, ticket) VALUES (?, ?)"
                " ON CONFLICT DO NOTHING",
                (tag, ticket),
            )

    def ticket(self, id: TicketId) -> Ticket | None:
        row = self._one(f"SELECT {rows.TICKET} FROM ticket WHERE id = ?", (id,))
        return None if row is None else rows.to_ticket(row)

    def tickets(self, filter: TicketFilter = EVERY_TICKET) -> list[TicketLine]:
        where, parameters = conditions(filter)
        order = _ORDERS.get(filter.order)
        if order is None:
            raise StoreError(f"tickets cannot be ordered by {filter.order!r}")
        limit = -1 if filter.limit is None else filter.limit
        found = self._all(
            f"SELECT {rows.TICKET}, next_metric, next_due FROM ticket{where}"
            f" ORDER BY {order} LIMIT ? OFFSET ?",
            (*parameters, limit, filter.offset),
        )
        return [
            TicketLine(
                ticket=rows.to_ticket(row),
                next_metric=row[21],
                next_due=rows.when_or_none(row[22]),
            )
            for row in found
        ]

    def count_messages_of(self, person: PersonId) -> int:
        row = self._one("SELECT requested FROM person WHERE id = ?", (person,))
        return 0 if row is None else int(row[0])

    def due_tickets(self, now: datetime, limit: int) -> list[TicketId]:
        found = self._all(
            "SELECT id FROM ticket WHERE next_at <= ? ORDER BY next_at, id LIMIT ?",
            (rows.ms(now), limit),
        )
        return [row[0] for row in found]

    def next_due_at(self) -> datetime | None:
        row = self._one(
            "SELECT next_at FROM ticket WHERE next_at IS NOT NULL"
            " ORDER BY next_at LIMIT 1"
        )
        return None if row is None else rows.when(row[0])

    def add_participant(self, ticket: TicketId, person: PersonId, role: Role) -> bool:
        if role is Role.REQUESTER:  # there is one; who was it before is copied
            self._write(
                "UPDATE participant SET role = ?"
                " WHERE ticket = ? AND role = ? AND person <> ?",
                (Role.CC.value, ticket, role.value, person),
            )
        cursor = self._write(
            "INSERT INTO participant (ticket, person, role) VALUES (?,?,?)"
            " ON CONFLICT DO NOTHING",
            (ticket, person, role.value),
        )
        if cursor.rowcount == 1:
            return True
        if role is Role.REQUESTER:
            self._write(
                "UPDATE participant SET role = ? WHERE ticket = ? AND person = ?",
                (role.value, ticket, person),
            )
        return False

    def remove_participant(self, ticket: TicketId, person: PersonId) -> None:
        self._write(
            "DELETE FROM participant WHERE ticket = ? AND person = ?", (ticket, person)
        )

    def participants(self, ticket: TicketId) -> list[Participant]:
        found = self._all(
            "SELECT person, role FROM participant WHERE ticket = ?"
            " ORDER BY role <> 'requester', person",
            (ticket,),
        )
        return [Participant(person=row[0], role=Role(row[1])) for row in found]

    def tickets_of(self, person: PersonId, limit: int | None = None) -> list[TicketId]:
        found = self._all(
            "SELECT ticket FROM participant WHERE person = ?"
            " ORDER BY ticket DESC LIMIT ?",
            (person, -1 if limit is None else limit),
        )
        return [row[0] for row in found]

    def link(self, a: TicketId, b: TicketId) -> None:
        for ticket, other in ((a, b), (b, a)):
            if ticket != other:
                self._write(
                    "INSERT INTO link (ticket, other) VALUES (?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (ticket, other),
                )

    def links(self, ticket: TicketId) -> list[TicketId]:
        found = self._all(
            "SELECT other FROM link WHERE ticket = ? ORDER BY other", (ticket,)
        )
        return [row[0] for row in found]


def conditions(filter: TicketFilter) -> tuple[str, list[Any]]:
    """Return a WHERE clause (or "") and its parameters."""
    terms: list[str] = []
    parameters: list[Any] = []
    if filter.statuses is not None:
        terms.append(f"status IN ({','.join('?' * len(filter.statuses))})")
        parameters.extend(filter.statuses)
    for column in ("team", "assignee", "requester", "mailbox"):
        value = getattr(filter, column)
        if value is not None:
            terms.append(f"{column} = ?")
            parameters.append(value)
    if filter.spam is not None:
        terms.append("spam" if filter.spam else "NOT spam")
    if filter.merged is not None:
        terms.append(f"merged_into IS {'NOT ' if filter.merged else ''}NULL")
    if filter.tag is not None:
        terms.append("id IN (SELECT ticket FROM ticket_tag WHERE tag = ?)")
        parameters.append(filter.tag)
    return (f" WHERE {' AND '.join(terms)}" if terms else ""), parameters
