"""Letters from templates: text and simple HTML from the same source.

A template is one text file in `templates/LANGUAGE/NAME.txt` (or in the folder of the
`[letters]` table, which wins). Its first line is the subject; `words.txt` holds what
letters of one language share. Another language is another folder. Jinja2's sandbox renders
it; the HTML is made of the rendered text, so that the two never disagree: paragraphs,
bare links, and `> ` quotes, in tables with inline styles, which Outlook, Gmail and
Apple Mail show alike. A faulty template of the folder never loses a mail: the built-in
one is used, the acknowledgement where there is none of its name, and the fault is
reported.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
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

log = logging.getLogger(__name__)
BUILT_IN = Path(__file__).parent / "templates"
DEFAULT_LANGUAGE = "en"
SHARED = "words"  # no letter: what letters of one language share
ACKNOWLEDGEMENT = "acknowledgement"  # whose values letters of other names know
_LINK = re.compile(r"(https?://[^\s<>\"]+[^\s<>\".,;:!?)])")
_NAME = re.compile(r"[\w-]{1,100}")  # of a letter: no path
_FONT = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"


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
        self._compiled: dict[tuple[str, str, bool], Template] = {}
        folders = [BUILT_IN] if folder is None else [folder, BUILT_IN]
        self._languages = {path.name for root in folders for path in _catalogues(root)}

    def language(self, *wanted: str | None) -> str:
        """Return the first of these languages that there is a catalogue of."""
        known = (language for language in wanted if language in self._languages)
        return next(known, None) or DEFAULT_LANGUAGE

    def write(self, name: str, language: str, values: Mapping[str, Any]) -> Written:
        """Render a letter; in English where there is no catalogue of `language`."""
        if self._own is not None:
            try:
                return self._render(self._own, name, language, values)
            except Exception as error:
                # The edge to texts of other people: whatever is wrong with one of them,
                # the letter goes out, in our words.
                log.warning(
                    "letter %s is faulty, built-in used: %s: %s",
                    *(name, type(error).__name__, error),
                )
        built_in = BUILT_IN / DEFAULT_LANGUAGE / f"{name}.txt"
        name = name if built_in.exists() else ACKNOWLEDGEMENT
        return self._render(self._built_in, name, language, values)

    def has_own(self, name: str) -> bool:
        """Whether the folder has a letter of this name, in some language."""
        if self._folder is None or name == SHARED or not _NAME.fullmatch(name):
            return False
        return any(
            (root / f"{name}.txt").exists() for root in _catalogues(self._folder)
        )

    def names(self) -> list[str]:
        """Return the names of all letters, the folder's own ones too."""
        folders = [BUILT_IN] if self._folder is None else [BUILT_IN, self._folder]
        found = {path.stem for root in folders for path in root.glob("*/*.txt")}
        return sorted(found - {SHARED})

    def check(self) -> list[str]:
        """Return what is wrong with the folder's templates, a line each.

        A letter of a name of its own is an acknowledgement and knows its values.
        """
        if self._folder is None or self._own is None:
            return []
        misplaced = sorted(self._folder.glob("*.txt"))
        advice = "belongs into a folder of its language, such as en/; it is not read"
        faults = [f"{path}: {advice}" for path in misplaced]
        for path in sorted(self._folder.glob("*/*.txt")):
            faults += self._faults(path)
        return faults

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
    ) -> Written:
        key = (name, language, environment is self._own)
        if key not in self._compiled:
            names = [f"{language}/{name}.txt", f"{DEFAULT_LANGUAGE}/{name}.txt"]
            self._compiled[key] = environment.select_template(names)
        rendered = self._compiled[key].render(values)
        subject, _, text = rendered.partition("\n")
        body = re.sub(r"\n{3,}", "\n\n", text.strip("\n")) + "\n"
        return Written(" ".join(subject.split()), body, html_of(body))


def html_of(text: str) -> str:
    """Return text as a small HTML document: paragraphs, links, quotes, nothing remote."""
    blocks = [_block(part) for part in text.strip().split("\n\n") if part.strip()]
    return (
        '<!DOCTYPE html><html><body style="margin:0;padding:0">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0">'
        f'<tr><td style="padding:16px;max-width:640px;{_FONT};font-size:15px;'
        'line-height:1.5;color:#1c2733">' + "".join(blocks) + "</td></tr></table>"
        "</body></html>\n"
    )


def _block(part: str) -> str:
    lines = part.split("\n")
    if all(line.startswith(">") for line in lines):
        quoted = "<br>".join(_inline(line[1:].strip()) for line in lines)
        return (
            '<blockquote type="cite" style="margin:0 0 14px;padding:0 0 0 12px;'
            f'border-left:3px solid #c9d3dd;color:#5b6b7b">{quoted}</blockquote>'
        )
    return '<p style="margin:0 0 14px">' + "<br>".join(map(_inline, lines)) + "</p>"


def _inline(line: str) -> str:
    pieces = _LINK.split(line)
    linked = [
        f'<a href="{escape(piece)}" style="color:#0b61a4">{escape(piece)}</a>'
        if at % 2
        else escape(piece)
        for at, piece in enumerate(pieces)
    ]
    return "".join(linked)


def _parse(environment: SandboxedEnvironment, path: Path) -> nodes.Template:
    return environment.parse(path.read_text(encoding="utf-8"))


def _catalogues(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def _environment(*folders: Path) -> SandboxedEnvironment:
    loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
    return SandboxedEnvironment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
