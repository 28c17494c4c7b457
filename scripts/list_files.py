"""Writes the list of files into docs/architecture.md, from the line each opens with."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAD = "| file | what it is for |\n| --- | --- |\n"


def main() -> None:
    """Rewrite the table; the text around it stays."""
    page = ROOT / "docs" / "architecture.md"
    rows = []
    for room in ("desk", "ticket"):
        folder = ROOT / "mailroom" / room
        files = (f for f in folder.rglob("*.py") if f.name != "__init__.py")
        for file in sorted(files, key=lambda f: (f.parent != folder, f)):
            opening = ast.get_docstring(ast.parse(file.read_text())) or ""
            first = opening.splitlines()[0].replace("|", "/")
            place = file.relative_to(folder.parent)
            rows.append(f"| `{place}` | {first} |\n")
    table = re.compile(re.escape(HEAD) + r"(?:\|.*\n)*")
    text = page.read_text()
    page.write_text(table.sub(lambda match: HEAD + "".join(rows), text, count=1))


if __name__ == "__main__":
    main()
