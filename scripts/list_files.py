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
        for file in sorted((ROOT / "mailroom" / room).glob("*.py")):
            if file.name == "__init__.py":
                continue
            opening = ast.get_docstring(ast.parse(file.read_text())) or ""
            first = opening.splitlines()[0].replace("|", "/")
            rows.append(f"| `{room}/{file.name}` | {first} |\n")
    table = re.compile(re.escape(HEAD) + r"(?:\|.*\n)*")
    text = page.read_text()
    page.write_text(table.sub(lambda match: HEAD + "".join(rows), text, count=1))


if __name__ == "__main__":
    main()
