"""The measuring programs run: on a handful of tickets, for whether, not for how fast."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_long_history_is_made_and_measured(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bench.history_speed",
        str(tmp_path / "desk"),
        "30",
    ]
    done = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "report" in done.stdout
