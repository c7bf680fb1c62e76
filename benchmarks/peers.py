"""Other implementations of the same thing, each in a process and an environment of its own.

A peer's script reads its job as the first line of standard input; for every further line, a number of seconds, it
works that long and answers with a line: operations per second, or an object with `error`.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import SLICE_S, NotMeasured, Speed
from tests.interop.counterparts import FOLDER, NotInstalled, python_didcomm
from tests.interop.credentials import PACKAGES

SCRIPTS = Path(__file__).parent / "peers"
VC_PACKAGE = "@digitalbazaar/vc"
DIDCOMM_PACKAGE = "didcomm"
INSTALL_S = 120


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
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotMeasured(f"npm {VC_PACKAGE} needs node and npm, which are not on the PATH")
    home = FOLDER / "vc-node"
    if not (home / "node_modules" / VC_PACKAGE).is_dir():
        home.mkdir(parents=True, exist_ok=True)
        _install([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home), *PACKAGES])
    return [node, shutil.copy(SCRIPTS / "vc_verify.mjs", home)]


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


def _install(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotMeasured(f"npm {VC_PACKAGE} cannot be installed: {error}") from error
    if done.returncode:
        raise NotMeasured(f"npm {VC_PACKAGE} cannot be installed: {done.stderr.strip()[-200:]}")
