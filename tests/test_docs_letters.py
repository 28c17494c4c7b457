"""docs/letters.md tells of every letter with the values that it knows."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, meta

from mailroom.notice.letters import BUILT_IN, Letters

PAGE = Path(__file__).parent.parent / "docs" / "letters.md"
ROW = re.compile(r"^\| `(\w+)` \| .* \| ([`\w ]+) \|$", re.MULTILINE)
DOCUMENTED = {
    name: set(re.findall(r"\w+", values))
    for name, values in ROW.findall(PAGE.read_text())
}


def test_every_letter_is_told_of() -> None:
    assert sorted(DOCUMENTED) == Letters().names()


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_the_values_of_a_letter_are_told(name: str) -> None:
    text = (BUILT_IN / "en" / f"{name}.txt").read_text()
    asked = meta.find_undeclared_variables(Environment().parse(text))
    assert DOCUMENTED[name] == asked


def test_the_example_can_be_written_as_an_acknowledgement(tmp_path: Path) -> None:
    example = next(
        block
        for block in re.findall(r"```\w*\n(.*?)```", PAGE.read_text(), re.DOTALL)
        if "{{" in block
    )
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "vip.txt").write_text(example)
    assert Letters(tmp_path).check() == []
