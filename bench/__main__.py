"""All benchmarks, one after another, and a table of what they found beside the budgets.

    python -m bench [--quick] [accept whole rest parse store clocks]

Ratios come from interleaved runs and hold on any machine; absolute times depend on it.
`--quick` runs fewer rounds: good for a look, not for a comparison.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table; `budget` as a bound: at least for ratios, else at most."""

    what: str
    found: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def budget(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:g} {self.unit}".rstrip()
        if self.at_most is not None:
            return f"<= {self.at_most:g} {self.unit}".rstrip()
        return ""

    @property
    def verdict(self) -> str:
        if self.at_least is not None:
            return "ok" if self.found >= self.at_least else "MISSED"
        if self.at_most is not None:
            return "ok" if self.found <= self.at_most else "MISSED"
        return ""


def run(script: str, *arguments: object) -> list[str]:
    """Run a benchmark of this folder, show what it says, and return its lines."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    print(f"-- {script} {' '.join(map(str, arguments))}", flush=True)
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(f"   {line.rstrip()}", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"bench: {script} failed with {process.returncode}")
    return lines


def documents(lines: list[str]) -> list[dict[str, object]]:
    """Return the lines that are JSON objects."""
    return [json.loads(line) for line in lines if line.startswith("{")]


def number(document: dict[str, object], key: str) -> float:
    """Return a figure of a JSON line."""
    return float(str(document[key]))


def accept(quick: bool) -> Iterator[Figure]:
    """Durable accept against a handler that discards."""
    rounds = 1 if quick else 5
    lowest = {False: 0.90, True: 0.80}
    for wait in (0, 5):
        found = documents(
            run("accept_speed.py", "--rounds", rounds, "--fsync-ms", wait, "-n", 1500)
        )
        for line in found[-2:]:
            kept = bool(line["kept"])
            how = "kept connections" if kept else "a connection a mail"
            slow = f", fsync + {wait} ms" if wait else ""
            yield Figure(
                f"durable accept / discard, {how}{slow}",
                number(line, "median_ratio"),
                at_least=0.70 if wait else lowest[kept],
            )


def whole(quick: bool) -> Iterator[Figure]:
    """Accepted, processed, acknowledged at the relay."""
    rounds, seconds = (1, 8) if quick else (5, 20)
    *runs, ratio, steady = documents(
        run("whole_way.py", "--rounds", rounds, "--seconds", seconds)
    )
    rates = [number(line, "per_second") for line in runs if line["desk"] == "mailroom"]
    yield Figure("whole way", sorted(rates)[len(rates) // 2], "mails/s")
    yield Figure("whole way / floor", number(ratio, "median_ratio"), at_least=0.5)
    name = "acknowledgement after the 250 at 50 mails/s"
    yield Figure(f"{name}, p50", number(steady, "p50_ms"), "ms", at_most=20)
    yield Figure(f"{name}, p99", number(steady, "p99_ms"), "ms", at_most=100)


def rest(quick: bool) -> Iterator[Figure]:
    """A desk that has nothing to do."""
    (line,) = documents(run("at_rest.py", "--seconds", 10 if quick else 30))
    yield Figure(
        "at rest: start to listening",
        number(line, "seconds_to_listening"),
        "s",
        at_most=1.5,
    )
    yield Figure(
        "at rest: share of a core", number(line, "percent_of_a_core"), "%", at_most=1
    )
    yield Figure("at rest: memory of all", number(line, "megabytes"), "MB", at_most=150)


def parse(quick: bool) -> Iterator[Figure]:
    """Reading one mail."""
    for line in run("parse_speed.py"):
        found = re.match(r"mailroom parse.*?(\d+) us +([\d.]+) x", line)
        if found:
            yield Figure("parse, a mail of 4 KB", float(found[1]), "us", at_most=300)
            yield Figure("parse / compat32 alone", float(found[2]))


def store(quick: bool) -> Iterator[Figure]:
    """The database by its size."""
    sizes = "1000,5000" if quick else "1000,50000"
    found = documents(
        run("store_speed.py", "--tickets", sizes, "--rounds", 2 if quick else 5)
    )
    new = [line for line in found if line["case"] == "a typical new ticket"]
    yield Figure("store, a new ticket", number(new[-1], "us"), "us")
    largest = new[-1]["tickets"]
    yield Figure(
        f"store, a new ticket among {largest} / among {new[0]['tickets']}",
        number(new[-1], "times_the_smallest"),
        at_most=1.3,
    )


def clocks(quick: bool) -> Iterator[Figure]:
    """The arithmetic of service levels."""
    figures = json.loads("".join(run("clock_speed.py", "--json")))
    for name, found in figures.items():
        yield Figure(f"clocks, {name}", round(float(found), 1), "us")


GROUPS: dict[str, Callable[[bool], Iterator[Figure]]] = {
    "accept": accept,
    "whole": whole,
    "rest": rest,
    "parse": parse,
    "store": store,
    "clocks": clocks,
}


def show(figures: list[Figure]) -> None:
    """Print the table."""
    width = max(len(figure.what) for figure in figures)
    print(f"\n{'what':{width}}  {'found':>12}  {'budget':>12}")
    for figure in figures:
        found = f"{figure.found:g} {figure.unit}".rstrip()
        print(
            f"{figure.what:{width}}  {found:>12}  {figure.budget:>12}  {figure.verdict}"
        )


def main() -> None:
    """Run what is asked for, all by default."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__.splitlines()[0]
    )
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    given = parser.parse_args()
    if unknown := set(given.groups) - set(GROUPS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    for name in given.groups or GROUPS:
        figures.extend(GROUPS[name](given.quick))
    show(figures)


if __name__ == "__main__":
    main()
