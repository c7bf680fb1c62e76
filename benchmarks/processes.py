"""Nodes as an operator starts them, for benchmarks that need real processes."""

import contextlib
import io
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import NotMeasured
from node.cli import main

READY_S = 30.0
STOP_S = 10.0


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def init_node(data: Path, port: int, name: str = "Test College") -> None:
    """`ler-node init` in `data`, quietly."""
    arguments = ["init", "--data", str(data), "--did", f"did:web:localhost%3A{port}", "--name", name]
    with contextlib.redirect_stdout(io.StringIO()):
        code = main([*arguments, "--listen", f"127.0.0.1:{port}"])
    if code:
        raise NotMeasured(f"ler-node init ended with {code}")


@contextmanager
def serving(data: Path, port: int) -> Iterator[None]:
    """`ler-node serve`, ready; its log in `data`/bench.log."""
    command = [sys.executable, "-m", "node", "serve", "--data", str(data)]
    with (data / "bench.log").open("w") as log, _process(command, stderr=log):
        _wait(f"http://127.0.0.1:{port}/health/ready", f"ler-node serve, see {log.name}")
        yield


@contextmanager
def running_module(module: str, job: dict[str, Any], port: int) -> Iterator[None]:
    """`python -m module`, given `job`, until it listens on `port`."""
    with _process([sys.executable, "-m", module], stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        print(json.dumps(job), file=process.stdin, flush=True)
        _wait(f"http://127.0.0.1:{port}/", module)
        yield


@contextmanager
def _process(command: Sequence[str], **options: Any) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, who: str) -> None:
    """Returns when `url` answers; 404 is an answer, 503 is not yet one."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise NotMeasured(f"{who} was not ready within {READY_S:.0f} s")
