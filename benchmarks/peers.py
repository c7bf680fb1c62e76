"""Other implementations of the same thing, each in a process and an environment of its own.

A peer's script reads its job as the first line of standard input; for every further line, a number of seconds, it
works that long and answers with a line: operations per second, or an object with `error`.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import SLICE_S, NotMeasured, Speed
from tests.interop.counterparts import NotInstalled, node_vc, python_didcomm

SCRIPTS = Path(__file__).parent / "peers"
VC_PACKAGE = "@digitalbazaar/vc"
DIDCOMM_PACKAGE = "didcomm"
DIDKIT_PACKAGE = "didkit"


def didcomm_command() -> list[str]:
    """PyPI `didcomm` 0.3.2, installed where `make interop` has it."""
    try:
        return [python_didcomm().command[0], str(SCRIPTS / "didcomm_roundtrip.py")]
    except NotInstalled as missing:
        raise NotMeasured(str(missing)) from missing


def vc_command() -> list[str]:
    """npm `@digitalbazaar/vc`, installed where `make interop` has it.

    Node.js looks for packages beside the script, so the script is copied there.
    """
    try:
        node, _, folder, _ = node_vc().command
    except NotInstalled as missing:
        raise NotMeasured(str(missing)) from missing
    return [node, shutil.copy(SCRIPTS / "vc_verify.mjs", folder)]


def didkit_command() -> list[str]:
    """PyPI `didkit`, which this project has among its own packages."""
    return [sys.executable, str(SCRIPTS / "didkit_verify.py")]


@contextmanager
def running(command: Sequence[str], job: dict[str, Any]) -> Iterator[Speed]:
    """The peer's speed, for as long as it runs."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    sent, answered = process.stdin, process.stdout
    assert sent is not None
    assert answered is not None

    def speed() -> float:
        print(SLICE_S, file=sent, flush=True)
        answer = json.loads(answered.readline() or '{"error": "it ended"}')
        if isinstance(answer, dict):
            raise NotMeasured(f"{Path(command[-1]).name}: {answer['error']}"[:300])
        return float(answer)

    try:
        print(json.dumps(job), file=sent, flush=True)
        yield speed
    finally:
        process.kill()
        process.communicate()
