"""Where the pages find the desk that they belong to."""

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


def plain(text: str) -> str:
    """Return somebody's text without the capabilities that it may quote."""
    return capability.plain(desk().office.book, text)
