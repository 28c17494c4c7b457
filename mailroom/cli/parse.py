"""`mailroom parse`: what Mailroom reads in raw mails, as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from mailroom.errors import MessageError
from mailroom.message.anonymous import anonymised
from mailroom.message.manifest import describe
from mailroom.message.mbox import messages, unquoted
from mailroom.message.parse import parse

_SUFFIXES = frozenset((".eml", ".msg", ".box", ".txt", ".mbox"))


@click.command("parse")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(path_type=Path),
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write one file for each mail into DIR.",
)
@click.option(
    "--report",
    is_flag=True,
    help="Write an anonymised copy of each mail to PATH.report.eml (or into DIR).",
)
def parse_command(paths: tuple[Path, ...], out: Path | None, report: bool) -> None:
    """Show what Mailroom reads in raw mails.

    PATH is a mail, an mbox file (.mbox) or a folder, which stands for every .eml, .msg,
    .box, .txt and .mbox file below it. Prints one JSON object a line.
    """
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"{path}: no such file or folder")
        for file, name in _files(path):
            _one_file(file, name, out, report)


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield (file, its name for --out)."""
    if not path.is_dir():
        yield path, path.name
        return
    for file in sorted(path.rglob("*")):
        if file.suffix.lower() in _SUFFIXES and file.is_file():
            yield file, file.relative_to(path).as_posix().replace("/", "__")


def _one_file(file: Path, name: str, out: Path | None, report: bool) -> None:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from error
    mails = _mails(raw) if file.suffix.lower() == ".mbox" else [raw]
    if report:
        _write_report(file, name, out, mails)
        return
    lines = [json.dumps(_read(mail, file), ensure_ascii=False) for mail in mails]
    text = "".join(line + "\n" for line in lines)
    if out is None:
        click.echo(_printable(text), nl=False)
    else:
        (out / f"{name}.json").write_text(_printable(text), encoding="utf-8")


def _read(raw: bytes, file: Path) -> dict[str, object]:
    try:
        return {"file": str(file), **describe(parse(raw))}
    except MessageError as error:
        return {"file": str(file), "error": str(error)}


def _printable(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates have no form in it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _mails(raw: bytes) -> list[bytes]:
    """Return the messages of an mbox file, quoted From lines restored."""
    found = [unquoted(raw[m.start : m.end]) for m in messages(raw)]
    return found or [raw]


def _write_report(file: Path, name: str, out: Path | None, mails: list[bytes]) -> None:
    for number, mail in enumerate(mails, 1):
        suffix = f".{number}.report.eml" if len(mails) > 1 else ".report.eml"
        target = (out / (name + suffix)) if out else file.with_name(file.name + suffix)
        target.write_bytes(anonymised(mail))
        click.echo(f"{target}: letters and digits replaced; look before you send it.")
