"""Where the pages find the desk that they belong to."""

from collections.abc import Callable

from flask import current_app

from mailroom.app import App
from web import capability
from web.errands import Errands


def desk() -> App:
    """Return the desk of the site that answers."""
    found: App = current_app.extensions["mailroom"]
    return found


def errands() -> Errands:
    """Return the site's thread for what is done after an answer."""
    found: Errands = current_app.extensions["errands"]
    return found


def mail_soon(write: Callable[[str, str], object], address: str, peer: str) -> None:
    """Have a letter written after the answer, and the bell rung for it.

    What is done is the same for an address that we know and one that we do not.
    """
    app = desk()

    def errand() -> None:
        write(address, peer)
        app.bells.deliver(0)

    errands().do(errand)


def plain(text: str) -> str:
    """Return somebody's text without the capabilities that it may quote."""
    return capability.plain(desk().office.book, text)
