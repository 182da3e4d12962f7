"""Whatever way the demo ends, no process of it is left, and its data are."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from traceability.config import paths
from traceability.config.supervision import free_port

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, so Linux only")


class Demo:
    """The demo without its story, on its own folder, begun as a person would begin it."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        theirs = {
            "DATABASE_URL",
            "DATABASE_OWNER_URL",
            "CELERY_BROKER_URL",
            "LOTLINE_STARTED",
            "ALLOWED_HOSTS",
        }
        environment = {name: value for name, value in os.environ.items() if name not in theirs}
        self.process = subprocess.Popen(
            [sys.executable, str(paths.ROOT / "manage.py"), "demo", "--empty", f"--port={self.port}"],
            env={**environment, "LOTLINE_DATA": str(data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said += line
            if "Lotline is at" in line:
                break
        else:
            raise AssertionError(said)
        self.started = descendants(self.process.pid)

    def left_over(self, *, within: float) -> set[str]:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            left = {name for pid, name in self.started.items() if name_of(pid) == name}
            if not left:
                return left
            time.sleep(0.1)
        return left


@pytest.fixture
def demo(tmp_path):
    running: list[Demo] = []

    def start() -> Demo:
        running.append(Demo(tmp_path))
        return running[-1]

    yield start
    for each in running:
        each.process.kill()
        each.process.wait()


def test_kill_9_leaves_no_process_and_the_data_survive_it(demo):
    first = demo()
    commands = " ".join(first.started.values())
    assert all(part in commands for part in ("postgres", "valkey-server", "gunicorn", "worker", "beat")), (
        commands
    )
    first.process.kill()
    first.process.wait()
    assert first.left_over(within=15) == set()

    # At once, as an impatient person would.
    second = demo()
    assert urlopen(f"http://127.0.0.1:{second.port}/readyz", timeout=10).read() == b"ready\n"
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(timeout=150) == 0
    assert second.left_over(within=2) == set()


def test_ctrl_c_stops_everything(demo):
    running = demo()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=150) == 0
    assert running.left_over(within=2) == set()


def descendants(pid: int) -> dict[int, str]:
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, waiting = {}, [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found[child] = name_of(child)
            waiting.append(child)
    return found


def name_of(pid: int) -> str:
    try:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return ""
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""
