"""How far a folder has been read, where no mail goes with it: a first contact."""

from mailroom.desk.office import Office
from mailroom.store.contract import Cursor


def save_cursor(office: Office, cursor: Cursor) -> None:
    """Keep a cursor for good."""
    with office.store.transaction():
        office.store.save_cursor(cursor)
