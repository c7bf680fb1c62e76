"""The independent implementations, each installed once into an environment of its own under `.interop/`."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".interop"
INSTALL_S, RUN_S, STREAM_S = 300, 120, 600


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

    def stream(self, values: Sequence[Any]) -> list[Any]:
        """The answers to a job of one line for each value; raises RuntimeError as `run` does."""
        lines = "\n".join(map(json.dumps, values)) + "\n"
        done = subprocess.run(self.command, input=lines, capture_output=True, text=True, timeout=STREAM_S, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return [json.loads(line) for line in done.stdout.splitlines()]


def python_didcomm() -> Counterpart:
    """PyPI `didcomm` 0.3.2 (sicpa-dlab/didcomm-python)."""
    return Counterpart(
        name="PyPI didcomm 0.3.2",
        curves=frozenset({"X25519", "P-256", "P-384", "P-521"}),
        command=(str(_python("python", "didcomm==0.3.2")), str(HERE / "didcomm_python.py")),
    )


def node_didcomm() -> Counterpart:
    """npm `didcomm-node` 0.4.1 (sicpa-dlab/didcomm-rust as WebAssembly); it has neither P-384 nor P-521."""
    node, folder = _node("node", "didcomm-node@0.4.1")
    module = folder / "node_modules" / "didcomm-node" / "index.js"
    return Counterpart(
        name="npm didcomm-node 0.4.1",
        curves=frozenset({"X25519", "P-256"}),
        command=(node, str(HERE / "didcomm_node.mjs"), str(module)),
    )


def python_sd_jwt() -> Counterpart:
    """PyPI `sd-jwt` 0.10.4 (openwallet-foundation-labs/sd-jwt-python); its key binding is ES256 only."""
    return Counterpart(
        name="PyPI sd-jwt 0.10.4",
        curves=frozenset({"P-256"}),
        command=(str(_python("sd-jwt-python", "sd-jwt==0.10.4")), str(HERE / "sd_jwt_python.py")),
    )


def python_webvh() -> Counterpart:
    """PyPI `did-webvh` 1.0.1 (decentralized-identity/didwebvh-py)."""
    return Counterpart(
        name="PyPI did-webvh 1.0.1",
        curves=frozenset({"Ed25519"}),
        command=(str(_python("webvh-python", "did-webvh==1.0.1")), str(HERE / "histories_python.py")),
    )


def node_sd_jwt() -> Counterpart:
    """npm `@sd-jwt/sd-jwt-vc` 0.19.0 (openwallet-foundation/sd-jwt-js)."""
    node, folder = _node("sd-jwt-node", "@sd-jwt/sd-jwt-vc@0.19.0", "@sd-jwt/crypto-nodejs@0.19.0")
    return Counterpart(
        name="npm @sd-jwt/sd-jwt-vc 0.19.0",
        curves=frozenset({"P-256", "Ed25519"}),
        command=(node, str(HERE / "sd_jwt_node.mjs"), str(folder)),
    )


def node_vc() -> Counterpart:
    """npm `@digitalbazaar/vc` 7.3.0, with its suites."""
    node, folder = _node(
        "vc-node",
        "@digitalbazaar/vc@7.3.0",
        "@digitalbazaar/data-integrity@2.5.0",
        "@digitalbazaar/eddsa-rdfc-2022-cryptosuite@1.3.0",
        "@digitalbazaar/ed25519-multikey@1.3.1",
        "@digitalbazaar/ed25519-signature-2020@5.4.0",
        "@digitalbazaar/ed25519-verification-key-2020@4.2.0",
    )
    return Counterpart(
        name="npm @digitalbazaar/vc 7.3.0",
        curves=frozenset({"Ed25519"}),
        command=(node, str(HERE / "credentials_node.mjs"), str(folder), "digitalbazaar"),
    )


def node_verifier_core() -> Counterpart:
    """npm `@digitalcredentials/verifier-core` 1.0.0-beta.11, and the libraries it stands on to issue with."""
    node, folder = _node("verifier-core-node", "@digitalcredentials/verifier-core@1.0.0-beta.11")
    return Counterpart(
        name="npm @digitalcredentials/verifier-core 1.0.0-beta.11",
        curves=frozenset({"Ed25519"}),
        command=(node, str(HERE / "credentials_node.mjs"), str(folder), "digitalcredentials"),
    )


def node_jsonld() -> Counterpart:
    """npm `jsonld` 9.0.0 (digitalbazaar/jsonld.js), in safe mode."""
    node, folder = _node("jsonld-node", "jsonld@9.0.0")
    return Counterpart(
        name="npm jsonld 9.0.0, safe mode",
        curves=frozenset(),
        command=(node, str(HERE / "jsonld_node.mjs"), str(folder)),
    )


def node_trust() -> Counterpart:
    """npm `@digitalcredentials/issuer-registry-client` 3.1.0 and `@openid-federation/core` 0.2.1 (both read only)."""
    node, folder = _node(
        "trust-node", "@digitalcredentials/issuer-registry-client@3.1.0", "@openid-federation/core@0.2.1"
    )
    return Counterpart(
        name="npm @digitalcredentials/issuer-registry-client 3.1.0 and @openid-federation/core 0.2.1",
        curves=frozenset({"Ed25519"}),
        command=(node, str(HERE / "trust_node.mjs"), str(folder)),
    )


def _python(name: str, package: str) -> Path:
    """A virtual environment with `package`; its interpreter."""
    folder = FOLDER / name
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        _install([sys.executable, "-m", "venv", "--clear", str(folder)], "a virtual environment")
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", package]
        _install(pip, f"PyPI {package}")
        (folder / ".ready").touch()
    return python


def _node(name: str, *packages: str) -> tuple[str, Path]:
    """The path of node, and a folder with `packages` in its node_modules."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotInstalled(f"npm {packages[0]} needs node and npm, which are not on the PATH")
    folder = FOLDER / name
    if not (folder / ".ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"name": "interop", "private": true}\n')
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        _install([npm, "install", *flags, "--prefix", str(folder), *packages], f"npm {packages[0]}")
        (folder / ".ready").touch()
    return node, folder


def _install(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{what} cannot be installed: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise NotInstalled(f"{what} cannot be installed: {said[-1][:300]}")
