"""The independent implementations, each installed once into an environment of its own under `.interop/`."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".interop"
INSTALL_S, RUN_S = 300, 120


class NotInstalled(Exception):
    """A counterpart cannot be had on this machine; says why."""


@dataclass(frozen=True, kw_only=True)
class Counterpart:
    """One implementation: a script that reads a job from standard input and writes its answers."""

    name: str
    curves: frozenset[str]
    command: tuple[str, ...]

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answers to `job`; raises RuntimeError with what the script said when it fails as a whole."""
        done = subprocess.run(
            self.command, input=json.dumps(job), capture_output=True, text=True, timeout=RUN_S, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{self.name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return json.loads(done.stdout)


def python_didcomm() -> Counterpart:
    """PyPI `didcomm` 0.3.2 (sicpa-dlab/didcomm-python)."""
    folder = FOLDER / "python"
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        _install([sys.executable, "-m", "venv", "--clear", str(folder)], "a virtual environment")
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "didcomm==0.3.2"]
        _install(pip, "PyPI didcomm 0.3.2")
        (folder / ".ready").touch()
    return Counterpart(
        name="PyPI didcomm 0.3.2",
        curves=frozenset({"X25519", "P-256", "P-384", "P-521"}),
        command=(str(python), str(HERE / "didcomm_python.py")),
    )


def node_didcomm() -> Counterpart:
    """npm `didcomm-node` 0.4.1 (sicpa-dlab/didcomm-rust as WebAssembly); it has neither P-384 nor P-521."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotInstalled("npm didcomm-node 0.4.1 needs node and npm, which are not on the PATH")
    folder = FOLDER / "node"
    if not (folder / ".ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"name": "interop", "private": true}\n')
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        _install([npm, "install", *flags, "--prefix", str(folder), "didcomm-node@0.4.1"], "npm didcomm-node 0.4.1")
        (folder / ".ready").touch()
    return Counterpart(
        name="npm didcomm-node 0.4.1",
        curves=frozenset({"X25519", "P-256"}),
        command=(node, str(HERE / "didcomm_node.mjs"), str(folder / "node_modules" / "didcomm-node" / "index.js")),
    )


def python_sd_jwt() -> Counterpart:
    """PyPI `sd-jwt` 0.10.4 (openwallet-foundation-labs/sd-jwt-python); its key binding is ES256 only."""
    folder = FOLDER / "sd-jwt-python"
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        _install([sys.executable, "-m", "venv", "--clear", str(folder)], "a virtual environment")
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "sd-jwt==0.10.4"]
        _install(pip, "PyPI sd-jwt 0.10.4")
        (folder / ".ready").touch()
    return Counterpart(
        name="PyPI sd-jwt 0.10.4",
        curves=frozenset({"P-256"}),
        command=(str(python), str(HERE / "sd_jwt_python.py")),
    )


def node_sd_jwt() -> Counterpart:
    """npm `@sd-jwt/sd-jwt-vc` 0.19.0 (openwallet-foundation/sd-jwt-js)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotInstalled("npm @sd-jwt/sd-jwt-vc 0.19.0 needs node and npm, which are not on the PATH")
    folder = FOLDER / "sd-jwt-node"
    if not (folder / ".ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"name": "interop", "private": true}\n')
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        packages = ["@sd-jwt/sd-jwt-vc@0.19.0", "@sd-jwt/crypto-nodejs@0.19.0"]
        _install([npm, "install", *flags, "--prefix", str(folder), *packages], "npm @sd-jwt/sd-jwt-vc 0.19.0")
        (folder / ".ready").touch()
    return Counterpart(
        name="npm @sd-jwt/sd-jwt-vc 0.19.0",
        curves=frozenset({"P-256", "Ed25519"}),
        command=(node, str(HERE / "sd_jwt_node.mjs"), str(folder)),
    )


def _install(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{what} cannot be installed: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise NotInstalled(f"{what} cannot be installed: {said[-1][:300]}")
