"""Paragraphs out of format=flowed text (RFC 3676)."""

import re

_DEPTH = re.compile(r">*")


def unflow(text: str, delsp: bool) -> str:
    """Return the text with soft line breaks undone; quote depths keep their marks.

    A line ends softly when a space stands before its break; "-- " never does, and a
    change of quote depth always ends a paragraph (RFC 3676 4.2, 4.3, 4.5).
    """
    out: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        found = _DEPTH.match(line)
        level = found.end() if found else 0
        content = line[level:]
        content = content.removeprefix(" ")  # space-stuffing, 4.4
        signature = content == "-- "
        if paragraph and (level != depth or signature):
            out.append(_marked(depth, paragraph))
            paragraph = []
        depth = level
        if content.endswith(" ") and not signature:
            paragraph.append(content[:-1] if delsp else content)
        else:
            paragraph.append(content)
            out.append(_marked(depth, paragraph))
            paragraph = []
    if paragraph:
        out.append(_marked(depth, paragraph))
    return "\n".join(out)


def _marked(depth: int, pieces: list[str]) -> str:
    text = "".join(pieces)
    return f"{'>' * depth} {text}" if depth else text
