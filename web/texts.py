"""The pages' words in the visitor's language (gettext catalogues, read with Babel).

Catalogues are `web/translations/LANGUAGE.po`, compiled in memory: what is in git is what
is shown. A text without a translation is shown in English.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import g, request

FOLDER = Path(__file__).parent / "translations"
LANGUAGES = ("en", "de")


@cache
def catalogue(language: str) -> NullTranslations:
    """Return a language's catalogue; an empty one for English, which the source is."""
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        compiled = BytesIO()
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def language() -> str:
    """Return the visitor's language, as far as we have it; else English."""
    if "language" not in g:
        g.language = request.accept_languages.best_match(LANGUAGES, LANGUAGES[0])
    found: str = g.language
    return found


def gettext(text: str) -> str:
    """Return a text in the visitor's language."""
    return catalogue(language()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a text that goes with a number."""
    return catalogue(language()).ngettext(one, many, count)
