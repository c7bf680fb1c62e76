"""`ler-node` as scripts use it: real processes, and one node that runs as long as a module's tests need it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import unused_port

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("LER_")}
READY_WITHIN_S = 30


@dataclass(frozen=True)
class RunningNode:
    """A node process and the verbs on it."""

    data: Path
    port: int

    @property
    def did(self) -> str:
        return f"did:web:localhost%3A{self.port}"

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """`ler-node ARGUMENTS --data …`, however it ends."""
        return run_command(*arguments, "--data", self.data)

    def json(self, *arguments: str | Path) -> Any:
        """What the verb prints with --json; it must have succeeded."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def run_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "node", *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def running_node(data: Path) -> Iterator[RunningNode]:
    """A new node in `data`, served by a process of its own."""
    port = unused_port()
    node = RunningNode(data=data, port=port)
    made = run_command(
        "init", "--data", data, "--did", node.did, "--name", "Test College", "--listen", f"127.0.0.1:{port}"
    )
    assert made.returncode == 0, made.stderr
    with (
        (data / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "node", "serve", "--data", str(data)], cwd=ROOT, env=ENVIRONMENT, stderr=log
        ) as process,
    ):
        try:
            _wait_until_ready(port, process, data / "log")
            yield node
        finally:
            process.kill()


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"not ready in {READY_WITHIN_S} s")
