"""A node that serves TLS by itself, with a certificate that nobody but its operator vouches for."""

import json
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from tests.support.certificates import make_certificate
from tests.support.commands import ENVIRONMENT, READY_WITHIN_S, ROOT, run_command


@contextmanager
def serving(data: Path, url: str, trusted: ssl.SSLContext) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "node", "serve", "--data", str(data)]
    with (
        (data / "log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stderr=log) as process,
    ):
        try:
            ends_at = time.monotonic() + READY_WITHIN_S
            while True:
                assert process.poll() is None, (data / "log").read_text()
                try:
                    urllib.request.urlopen(f"{url}/health/ready", context=trusted, timeout=2).close()
                    break
                except (urllib.error.URLError, ConnectionError):
                    assert time.monotonic() < ends_at, "not ready in time"
                    time.sleep(0.05)
            yield process
        finally:
            process.kill()


def test_a_node_with_its_own_certificate_serves_peers_and_commands(tmp_path: Path) -> None:
    data, port = tmp_path / "node", unused_port()
    cert, _ = make_certificate(tmp_path / "tls")
    trusted, url = ssl.create_default_context(cafile=str(cert)), f"https://localhost:{port}"
    did = f"did:web:localhost%3A{port}:campus"
    made = subprocess.run(
        [
            *(sys.executable, "-m", "node", "init", "--data", "node", "--did", did, "--name", "Test College"),
            *("--listen", f"127.0.0.1:{port}", "--tls-cert", "tls/cert.pem", "--tls-key", "tls/key.pem"),
        ],
        cwd=tmp_path,  # the paths are meant from here, wherever the node is started from later
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with serving(data, url, trusted) as process:
        with urllib.request.urlopen(f"{url}/campus/did.json", context=trusted, timeout=5) as response:
            assert json.load(response)["id"] == did
        with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
            urllib.request.urlopen(f"{url}/health/live", timeout=5)
        with pytest.raises((urllib.error.URLError, ConnectionError)):
            urllib.request.urlopen(f"http://localhost:{port}/health/live", timeout=5)
        listed = run_command("keys", "list", "--data", data, "--json")
        assert listed.returncode == 0, listed.stderr
        assert f"{did}#issue-1" in {key["kid"] for key in json.loads(listed.stdout)}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_files_that_are_no_certificate_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    cert, _ = make_certificate(tmp_path / "one")
    _, key = make_certificate(tmp_path / "other")
    identity = ("--did", "did:web:node.example", "--name", "Test College")
    for other in (key, tmp_path / "missing.pem"):
        done = run_command("init", "--data", tmp_path / "node", *identity, "--tls-cert", cert, "--tls-key", other)
        assert done.returncode == 78
        assert done.stderr.startswith(f"ler-node: the TLS certificate cannot be used: found {cert}, {other}")
        assert not (tmp_path / "node").exists()


def test_a_certificate_that_went_is_one_line_for_a_command(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path)
    files = ("--tls-cert", cert, "--tls-key", key)
    identity = ("--did", "did:web:node.example", "--name", "Test College")
    assert run_command("init", "--data", tmp_path / "node", *identity, *files).returncode == 0
    cert.unlink()
    done = run_command("keys", "list", "--data", tmp_path / "node")
    assert (done.returncode, done.stderr.count("\n")) == (78, 1)
