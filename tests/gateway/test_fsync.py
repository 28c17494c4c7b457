"""Between each mail's last octet and its 250 the disk was asked to keep it."""

import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("strace") is None and not os.environ.get("CI"),
        reason="there is no strace",
    ),
]

SERVER = """
import os, sys, threading, signal
from pathlib import Path
from mailroom.gateway.doors import DoorLoop
from mailroom.gateway.group_commit import GroupCommit
from mailroom.gateway.smtp import ListenerSettings, SmtpDoor
from mailroom.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]) / "mailroom.db")

def accept(arrivals):
    with store.transaction():
        return store.add_inbound(arrivals)

commit = GroupCommit(accept, lambda id: None)
settings = ListenerSettings(listen="127.0.0.1:0", hostname="mx.test")
door = SmtpDoor(settings, lambda address, trusted: "ok", commit.submit)
doors = DoorLoop([door], commit)
doors.start()
stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
(Path(sys.argv[1]) / "pid").write_text(str(os.getpid()))
(Path(sys.argv[1]) / "port").write_text(str(door.address.port))
while not stopped.wait(0.2):  # a signal may reach another thread
    pass
doors.stop()
"""

MAILS = 20


def test_each_250_comes_after_an_fsync_of_its_own(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,recvfrom,sendto"
    traced = ["strace", "-f", "-o", str(trace), "-e", calls, "-s", "80"]
    server = subprocess.Popen([*traced, sys.executable, "-c", SERVER, str(tmp_path)])
    try:
        port = wait_for_port(tmp_path / "port", server)
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            for number in range(MAILS):
                raw = b"Subject: %d\r\n\r\nlast line of it\r\n" % number
                smtp.sendmail("a@b.example", ["support@desk.example"], raw)
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
        server.wait(60)
    answered = story(trace.read_text())
    assert answered == ["mail", "fsync", "250"] * MAILS


def story(trace: str) -> list[str]:
    """What happened in the order of its completion: mail, fsync, 250.

    Of several fsyncs in a row one is told, so that each mail must have its own.
    """
    told: list[str] = []
    for line in trace.splitlines():
        if re.search(r"recvfrom\(.*last line of it\\r\\n\.\\r\\n", line) or re.search(
            r"recvfrom resumed.*last line of it\\r\\n\.\\r\\n", line
        ):
            told.append("mail")
        elif re.search(r"f(data)?sync(\(\d+\)| resumed.*\)) += 0", line):
            if told and told[-1] == "mail":
                told.append("fsync")
        elif re.search(r'sendto\(\d+, "250 2\.0\.0 Mail', line):
            told.append("250")
    return told


def wait_for_port(path: Path, server: "subprocess.Popen[bytes]") -> int:
    until = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert server.poll() is None, "the server ended"
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.02)
    return int(path.read_text())
