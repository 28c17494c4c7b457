"""Letters from templates: text and simple HTML from the same source.

A template is one text file in `templates/LANGUAGE/NAME.txt` (or in the folder of the
`[letters]` table, which wins). Its first line is the subject; `words.txt` holds what
letters of one language share. Another language is another folder. In the folder, a
folder named after a mailbox's address holds such folders for that mailbox alone. Jinja2's
sandbox renders it; the HTML is made of the rendered text, by `notice.markup` or, where
a letter has tables, by `notice.sheet`. A faulty template of the folder never loses a
mail: the built-in one is used, the acknowledgement where there is none of its name, and
the fault is reported.
"""

import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.sandbox import SandboxedEnvironment

from mailroom.notice import sheet
from mailroom.notice.markup import html_of

log = logging.getLogger(__name__)
BUILT_IN = Path(__file__).parent / "templates"
DEFAULT_LANGUAGE = "en"
REPLY = "reply"  # an agent's own words
SHARED = "words"  # no letter: what letters of one language share
ACKNOWLEDGEMENT = "acknowledgement"  # whose values letters of other names know
_LINKS = ("status_url", "url")  # values that are links of ours
SHEETS = frozenset({"weekly", "digest", "shadow"})  # with tables, see `notice.sheet`
_NAME = re.compile(r"[\w-]{1,100}")  # of a letter: no path


@dataclass(frozen=True, slots=True)
class Written:
    """A letter's words."""

    subject: str
    text: str
    html: str


class Letters:
    """The templates, each compiled once."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._built_in = _environment(BUILT_IN)
        self._own = _environment(folder, BUILT_IN) if folder is not None else None
        self._compiled: dict[tuple[str, str, str | None, bool], Template] = {}
        self._languages = {path.name for path in _catalogues(BUILT_IN)}
        self._languages |= {path.name for path in self._own_catalogues()}

    def language(self, *wanted: str | None) -> str:
        """Return the first of these languages that there is a catalogue of."""
        known = (language for language in wanted if language in self._languages)
        return next(known, None) or DEFAULT_LANGUAGE

    def write(
        self,
        name: str,
        language: str,
        values: Mapping[str, Any],
        mailbox: str | None = None,
    ) -> Written:
        """Render a letter; in English where there is no catalogue of `language`.

        `mailbox`: the address it is from, whose own texts win.
        """
        if self._own is not None:
            try:
                return self._render(self._own, name, language, values, mailbox)
            except Exception as error:
                # The edge to texts of other people: whatever is wrong with one of them,
                # the letter goes out, in our words.
                log.warning(
                    "letter %s is faulty, built-in used: %s: %s",
                    *(name, type(error).__name__, error),
                )
        built_in = BUILT_IN / DEFAULT_LANGUAGE / f"{name}.txt"
        name = name if built_in.exists() else ACKNOWLEDGEMENT
        return self._render(self._built_in, name, language, values, None)

    def has_own(self, name: str, mailbox: str) -> bool:
        """Whether the folder has a letter of this name for a mailbox, in some language."""
        if self._folder is None or name == SHARED or not _NAME.fullmatch(name):
            return False
        places = (self._folder, self._folder / mailbox)
        return any(
            (root / f"{name}.txt").exists()
            for place in places
            for root in _catalogues(place)
        )

    def names(self) -> list[str]:
        """Return the names of all letters, the folder's own ones too."""
        roots = [*_catalogues(BUILT_IN), *self._own_catalogues()]
        found = {path.stem for root in roots for path in root.glob("*.txt")}
        return sorted(found - {SHARED})

    def check(self, mailboxes: Collection[str] = ()) -> list[str]:
        """Return what is wrong with the folder's templates, a line each.

        `mailboxes`: the addresses that may have texts of their own. A letter of a name of
        its own is an acknowledgement and knows its values.
        """
        if self._folder is None or self._own is None:
            return []
        advice = "belongs into a folder of its language, such as en/; it is not read"
        places = [self._folder, *_mailboxes(self._folder)]
        faults = [
            f"{path}: {advice}"
            for place in places
            for path in sorted(place.glob("*.txt"))
        ]
        for place in places[1:]:
            if place.name not in mailboxes:
                known = ", ".join(mailboxes)
                faults.append(f"{place}: is no address of a [[mailbox]] ({known})")
        for root in self._own_catalogues():
            for path in sorted(root.glob("*.txt")):
                faults += self._faults(path)
        return faults

    def _own_catalogues(self) -> list[Path]:
        """Return the folders of languages in the folder, those of mailboxes last."""
        if self._folder is None:
            return []
        places = [self._folder, *_mailboxes(self._folder)]
        return [root for place in places for root in _catalogues(place)]

    def _faults(self, path: Path) -> list[str]:
        """Compile one template of the folder, and look which values it asks for."""
        try:
            tree = _parse(self._built_in, path)
            asked = meta.find_undeclared_variables(tree)
        except TemplateSyntaxError as error:
            return [f"{path}:{error.lineno}: {error.message}"]
        except (OSError, UnicodeDecodeError) as error:
            return [f"{path}: cannot be read as UTF-8 text ({error})"]
        if path.stem == SHARED:
            return []
        built_in = BUILT_IN / DEFAULT_LANGUAGE / path.name
        if not built_in.exists():
            built_in = BUILT_IN / DEFAULT_LANGUAGE / f"{ACKNOWLEDGEMENT}.txt"
        known = meta.find_undeclared_variables(_parse(self._built_in, built_in))
        return [
            f"{path}: there is no value {name}; there are {', '.join(sorted(known))}"
            for name in sorted(asked - known)
        ]

    def _render(
        self,
        environment: SandboxedEnvironment,
        name: str,
        language: str,
        values: Mapping[str, Any],
        mailbox: str | None,
    ) -> Written:
        key = (name, language, mailbox, environment is self._own)
        if key not in self._compiled:
            places = ["", f"{mailbox}/"] if mailbox is not None else [""]
            self._compiled[key] = environment.select_template(
                [
                    f"{place}{folder}/{name}.txt"
                    for folder in (language, DEFAULT_LANGUAGE)
                    for place in reversed(places)
                ]
            )
        rendered = self._compiled[key].render(values)
        subject, _, text = rendered.partition("\n")
        body = re.sub(r"\n{3,}", "\n\n", text.strip("\n")) + "\n"
        subject = " ".join(subject.split())
        if name in SHEETS:
            shown = sheet.html_of(body, title=subject, language=language)
            return Written(subject, sheet.text_of(body), shown)
        own = [values[key] for key in _LINKS if values.get(key)]
        html = html_of(
            body,
            title=subject,
            language=language,
            own=own,
            quotable="goes_to" in values or name == REPLY,
        )
        return Written(subject, body, html)


def _parse(environment: SandboxedEnvironment, path: Path) -> nodes.Template:
    return environment.parse(path.read_text(encoding="utf-8"))


def _catalogues(root: Path) -> list[Path]:
    """Return the folders of languages in a folder."""
    return [path for path in _folders(root) if "@" not in path.name]


def _mailboxes(root: Path) -> list[Path]:
    """Return the folders of mailboxes in a folder: those named as an address."""
    return [path for path in _folders(root) if "@" in path.name]


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir())


def _environment(*folders: Path) -> SandboxedEnvironment:
    loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
    environment = SandboxedEnvironment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(sheet.MARKS)
    return environment
