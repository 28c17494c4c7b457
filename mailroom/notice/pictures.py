"""Pictures in a letter: shown where the words name them, else below the words.

Clients write `[cid:ID]` (Outlook), `[image: name]` (Gmail) or the alternative text, alone
on a line (Thunderbird), into the plain form; there the HTML shows the picture and the
text its name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from mailroom.notice.letters import Written
from mailroom.notice.markup import END


@dataclass(frozen=True, slots=True)
class Inline:
    """A picture that goes along: its Content-ID, file name and alternative text."""

    content_id: str
    name: str
    alt: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """What may stand for it in a text."""
        names = dict.fromkeys(name for name in (self.alt, self.name) if name)
        marks = (mark for name in names for mark in (f"[image: {name}]", f"[{name}]"))
        return (f"[cid:{self.content_id}]", *marks)


def show(written: Written, pictures: Sequence[Inline]) -> Written:
    """Return the letter with its pictures in the HTML."""
    for picture in pictures:
        drawn = (
            f'<img src="cid:{escape(picture.content_id)}" alt="{escape(picture.name)}"'
            ' style="max-width:100%;height:auto;border:0">'
        )
        written = _place(written, picture, drawn)
    return written


def _place(written: Written, picture: Inline, drawn: str) -> Written:
    text, html = written.text, written.html
    for mark in picture.marks:
        if escape(mark) in html:
            html = html.replace(escape(mark), drawn, 1)
            named = text.replace(mark, f"[{picture.name or 'image'}]", 1)
            return replace(written, text=named, html=html)
    line = re.search(rf"(?m)^{re.escape(picture.alt)}\r?$", text)
    alone = f">{escape(picture.alt)}<"
    if picture.alt and line is not None and alone in html:
        named = f"{text[: line.start()]}[{picture.name or 'image'}]{text[line.end() :]}"
        return replace(written, text=named, html=html.replace(alone, f">{drawn}<", 1))
    before, end, after = html.rpartition(END)
    shown = f'<p style="margin:0 0 14px">{drawn}</p>'
    html = f"{before}{shown}{end}{after}" if end else html + shown
    return replace(written, html=html)
