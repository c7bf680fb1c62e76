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
    """A node and the verbs on it. `process` is None for one that does not run."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def did(self) -> str:
        return did_at(self.port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return (self.data / "secrets" / "api-token").read_text().strip()

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


def did_at(port: int) -> str:
    return f"did:web:localhost%3A{port}"


def made_node(data: Path) -> int:
    """Makes a node in `data`; the port that it will listen at."""
    port = unused_port()
    made = run_command(
        "init", "--data", data, "--did", did_at(port), "--name", "Test College", "--listen", f"127.0.0.1:{port}"
    )
    assert made.returncode == 0, made.stderr
    return port


@contextmanager
def running_node(data: Path, port: int | None = None) -> Iterator[RunningNode]:
    """A new node in `data`, or the one made there for `port`, served by a process of its own."""
    port = port or made_node(data)
    with (
        (data / "log").open("a") as log,
        subprocess.Popen(
            [sys.executable, "-m", "node", "serve", "--data", str(data)], cwd=ROOT, env=ENVIRONMENT, stderr=log
        ) as process,
    ):
        try:
            _wait_until_ready(port, process, data / "log")
            yield RunningNode(data=data, port=port, process=process)
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
