"""The page on the house lists every file of the desk and the ticket as it opens."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text()
FILES = [
    file
    for room in ("desk", "ticket")
    for file in sorted((ROOT / "mailroom" / room).rglob("*.py"))
    if file.name != "__init__.py"
]


def _place(file: Path) -> str:
    return file.relative_to(ROOT / "mailroom").as_posix()


@pytest.mark.parametrize("file", FILES, ids=_place)
def test_file_is_listed_with_the_line_that_it_opens_with(file: Path) -> None:
    opening = (ast.get_docstring(ast.parse(file.read_text())) or "").splitlines()[0]
    line = f"| `{_place(file)}` | {opening.replace('|', '/')} |"
    assert line in PAGE, "run scripts/list_files.py"
