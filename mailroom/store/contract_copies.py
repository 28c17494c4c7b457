"""Copying a whole store out and in again, for `export` and for moving house.

A part of `mailroom.store.contract.Store`; its promises hold here, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

CopiedRow = tuple[str, Mapping[str, Any]]  # (table, column -> value)


class Copies(Protocol):
    """The verbs that copy everything. Raw mails are bytes, all else is JSON values."""

    def layout(self) -> int:
        """Return the number of the schema; rows fit a store of the same number."""

    def copy_out(self) -> Iterator[CopiedRow]:
        """Yield every row as it is at one instant, but for logins and sessions.

        In an order in which no row names a later one.
        """

    def copy_in(self, rows: Iterable[CopiedRow]) -> int:
        """Insert rows of `copy_out` with their numbers; return how many.

        StoreError: there are tickets or mails here already, or a row does not fit.
        """
