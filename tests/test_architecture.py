"""The house stays as it was drawn: floors, rooms, the three sentences, sizes.

Only `gateway/` opens sockets; only `store/` speaks SQL; only `desk/` opens transactions.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Bottom up. A file imports from its own room or from lower floors only.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("rules", "errors", "clock", "logs", "version"),
    ("message", "config"),
    ("ticket",),
    ("notice", "store"),
    ("desk", "rehearsal", "report"),
    ("gateway", "tasks"),
    ("app",),
    ("worker", "web"),
    ("cli",),
)
# Within the desk: its own files may be used everywhere, a room only by those above it.
DESK_ROOMS = {
    room: floor
    for floor, rooms in enumerate(
        (("letters",), ("orders", "pages", "reports"), ("incoming", "archive"))
    )
    for room in rooms
}
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# Rooms that are more than one file beside the others, and the files that are one room.
ROOM_OF_FILE = {
    "setting": "config",
    "settings": "config",
    "keys": "config",
    "__main__": "cli",
    "__init__": "version",
}

SOCKETS = {
    "socket",
    "socketserver",
    "smtplib",
    "imaplib",
    "poplib",
    "ftplib",
    "ssl",
    "imapclient",
    "aiosmtpd",
    "waitress",
    "http.client",
    "http.server",
    "urllib.request",
    "requests",
}
SOCKET_CALLS = {
    "start_server",
    "start_unix_server",
    "create_server",
    "create_unix_server",
    "open_connection",
    "create_connection",
}
DATABASES = {"sqlite3", "sqlite_utils", "psycopg", "psycopg_pool"}
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET"
    r"|DELETE\s+FROM|(CREATE|ALTER|DROP)\s+(TABLE|INDEX)|PRAGMA\s+\w+)\b",
    re.DOTALL,
)
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
NAMELESS = {"utils", "util", "helpers", "common", "manager", "base", "data", "info"}


@dataclass(frozen=True)
class Module:
    """One of our files, with what its text says."""

    path: Path

    @property
    def place(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        first, *others = self.path.relative_to(ROOT).with_suffix("").parts
        if first != "mailroom":
            return first
        return ROOM_OF_FILE.get(others[0], others[0])

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.place)

    @cached_property
    def imports(self) -> frozenset[str]:
        """Dotted names of all that is imported, `from a import b` as `a.b`."""
        return _imported(ast.walk(self.tree))

    @cached_property
    def imports_at_load(self) -> frozenset[str]:
        """The same, without what functions import when they run."""
        return _imported(iter(self.tree.body))

    def imports_any(self, names: set[str]) -> set[str]:
        return {
            imported
            for imported in self.imports
            for name in names
            if imported == name or imported.startswith(f"{name}.")
        }

    @property
    def calls(self) -> Iterator[tuple[str, str]]:
        """(object, method) of every `object.method(...)` and `x.object.method(...)`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                name = getattr(owner, "id", getattr(owner, "attr", ""))
                yield name, node.func.attr


def _imported(nodes: Iterator[ast.AST]) -> frozenset[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def _modules() -> list[Module]:
    return [
        Module(path)
        for folder in ("mailroom", "rules", "web")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


MODULES = _modules()
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda m: m.place)


def _room_of_import(name: str) -> str | None:
    first, *others = name.split(".")
    if first in ("rules", "web"):
        return first
    if first != "mailroom":
        return None
    room = others[0] if others else "__init__"
    known = (ROOT / "mailroom" / room).is_dir() or (
        ROOT / "mailroom" / f"{room}.py"
    ).exists()
    return ROOM_OF_FILE.get(room, room) if known else "version"


@every_module
def test_each_file_stands_in_a_room_of_the_picture(module: Module) -> None:
    assert module.room in FLOOR_OF


@every_module
def test_imports_go_down(module: Module) -> None:
    floor = FLOOR_OF[module.room]
    upward = {
        name
        for name in module.imports
        if (room := _room_of_import(name))
        and room != module.room
        and FLOOR_OF[room] >= floor
    }
    assert not upward


@every_module
def test_a_room_of_the_desk_imports_only_from_those_below_it(module: Module) -> None:
    own = _desk_room(".".join(module.path.relative_to(ROOT).with_suffix("").parts))
    if own is None:
        return
    rooms = {room for name in module.imports if (room := _desk_room(name))} - {own}
    assert {room for room in rooms if DESK_ROOMS[room] >= DESK_ROOMS[own]} == set()


def _desk_room(name: str) -> str | None:
    """The room within the desk that a module lies in; None for the desk's own files."""
    parts = name.split(".")
    inside = parts[:2] == ["mailroom", "desk"] and len(parts) > 3
    return parts[2] if inside and parts[2] in DESK_ROOMS else None


def test_every_room_of_the_desk_has_its_floor() -> None:
    rooms = (ROOT / "mailroom" / "desk").glob("*/__init__.py")
    assert {room.parent.name for room in rooms} == set(DESK_ROOMS)


@every_module
def test_the_ground_floor_knows_nothing_of_mailroom(module: Module) -> None:
    if FLOOR_OF[module.room] == 0:
        assert not module.imports_any({"mailroom", "web"})


def test_there_is_no_circle() -> None:
    names = {
        ".".join(m.path.relative_to(ROOT).with_suffix("").parts): m for m in MODULES
    }
    edges = {
        name: {
            other
            for other in names
            if other != name and other in _prefixes(module.imports_at_load)
        }
        for name, module in names.items()
    }
    done: set[str] = set()
    while ready := {n for n, to in edges.items() if n not in done and to <= done}:
        done |= ready
    assert not set(edges) - done, (
        "these import each other in a circle, or those that do"
    )


def _prefixes(imports: frozenset[str]) -> set[str]:
    return set(imports) | {name.rpartition(".")[0] for name in imports}


@every_module
def test_imports_are_absolute_and_name_what_they_take(module: Module) -> None:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert all(alias.name != "*" for alias in node.names)


@every_module
def test_only_the_gateway_opens_sockets(module: Module) -> None:
    if module.room != "gateway":
        assert not module.imports_any(SOCKETS)
        assert not {method for _, method in module.calls} & SOCKET_CALLS


@every_module
def test_only_the_store_speaks_sql(module: Module) -> None:
    if module.room == "store":
        return
    assert not module.imports_any(DATABASES)
    texts = [
        node.value
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if SQL.search(text)]


@every_module
def test_only_the_desk_opens_transactions(module: Module) -> None:
    if module.room not in ("desk", "store"):
        assert "transaction" not in {method for _, method in module.calls}


def test_the_desk_sees_no_concrete_store() -> None:
    for module in MODULES:
        if module.room in ("desk", "rehearsal", "report", "gateway", "web"):
            seen = module.imports_any({"mailroom.store"})
            assert all(name.startswith("mailroom.store.contract") for name in seen)


@every_module
def test_only_the_clock_reads_the_time(module: Module) -> None:
    if module.place != "mailroom/clock.py":
        assert not set(module.calls) & CLOCKS


def test_only_the_condition_knows_the_rule_engine() -> None:
    users = {m.place for m in MODULES if m.imports_any({"rule_engine"})}
    assert users <= {"rules/condition.py"}


@every_module
def test_files_and_functions_are_short(module: Module) -> None:
    assert len(module.text.splitlines()) <= 400
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        f"{node.name}: {length}"
        for node in ast.walk(module.tree)
        if isinstance(node, functions)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > 40
    ]
    assert not long


@every_module
def test_each_file_says_what_it_is_for(module: Module) -> None:
    assert ast.get_docstring(module.tree)


@every_module
def test_names_say_something(module: Module) -> None:
    assert not set(module.path.relative_to(ROOT).with_suffix("").parts) & NAMELESS


@pytest.mark.parametrize(
    "folder", [path for path in (ROOT / "tests").rglob("*") if path.is_dir()]
)
def test_no_folder_of_tests_is_a_package(folder: Path) -> None:
    assert not (folder / "__init__.py").exists()  # it would hide the real `rules`
