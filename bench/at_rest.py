"""`mailroom run` at rest: time to listening, share of a core, memory of all processes.

    python bench/at_rest.py [--seconds 20]

Memory is the proportional set size: pages that processes share count once. Targets:
1.5 s, 1 % of a core, 150 MB. Linux only (/proc). One JSON line.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from whole_way import system


def tree(root: int) -> list[int]:
    """Return a process and all below it."""
    found = [root]
    for process in found:
        children = Path(f"/proc/{process}/task/{process}/children").read_text()
        found.extend(int(child) for child in children.split())
    return found


def seconds_used(processes: list[int]) -> float:
    """Return the processor time that processes have used, of user and system."""
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def megabytes(processes: list[int]) -> float:
    """Return the proportional set size of processes."""
    kilobytes = 0
    for process in processes:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1000


def main() -> None:
    """Start a desk, leave it alone, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--starts", type=int, default=3)
    given = parser.parse_args()
    starts = []
    for _ in range(given.starts):
        with (
            tempfile.TemporaryDirectory() as folder,
            system("mailroom", Path(folder), 1) as (_, _, running),
        ):
            starts.append(running.seconds_to_ready)
            time.sleep(1)
            if len(starts) < given.starts:
                continue
            processes = tree(running.pid)
            before, at = seconds_used(processes), time.monotonic()
            time.sleep(given.seconds)
            used = seconds_used(processes) - before
            share = used / (time.monotonic() - at)
            memory = megabytes(processes)
    line = {
        "bench": "at_rest",
        "seconds_to_listening": round(min(starts), 2),
        "starts": [round(start, 2) for start in starts],
        "percent_of_a_core": round(100 * share, 2),
        "megabytes": round(memory, 1),
        "processes": len(processes),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
