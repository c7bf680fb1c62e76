"""`ler-node` as scripts use it: real processes, exit codes, one line on errors."""

import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from tests.support.served import make_node

ROOT = Path(__file__).resolve().parents[3]
INIT = ("init", "--data", "D", "--did", "did:web:a.example", "--name", "C")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("LER_")}


def ler_node(*arguments: str | Path, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "node", *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT | environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def serving(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "node", "serve", "--data", str(data)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_until_ready(port, process)
            yield process
        finally:
            process.kill()


def wait_until_ready(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(300):
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as response:
                assert response.status == 200
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError("not ready in 15 s")


def test_init_says_where_everything_is_and_keeps_it_from_others(tmp_path: Path) -> None:
    data = tmp_path / "node"
    done = ler_node(
        "init", "--data", data, "--did", "did:web:localhost%3A8101", "--name", "C", "--listen", "127.0.0.1:1"
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in done.stdout.splitlines())
    token = (data / "secrets" / "api-token").read_text().strip()
    assert told["did"] == "did:web:localhost%3A8101"
    assert told["settings"] == str(data / "node.toml")
    assert told["api token"] == f"{token}  (also in {data}/secrets/api-token)"
    assert str(data / "secrets" / "master.key") in told["keys"]
    assert tomllib.loads((data / "node.toml").read_text()) == {
        "did": "did:web:localhost%3A8101",
        "name": "C",
        "listen": "127.0.0.1:1",
    }
    assert [path for path in data.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_init_does_not_overwrite(tmp_path: Path) -> None:
    make_node(tmp_path / "node")
    before = {path: path.read_bytes() for path in (tmp_path / "node").rglob("*") if path.is_file()}
    done = ler_node("init", "--data", tmp_path / "node", "--did", "did:web:other.example", "--name", "Other")
    assert done.returncode == 78
    assert done.stderr == (
        f"ler-node: there is a node here already: found {tmp_path}/node/node.toml, expected a new folder\n"
    )
    assert {path: path.read_bytes() for path in before} == before


def test_init_takes_what_it_is_not_given_from_the_environment(tmp_path: Path) -> None:
    done = ler_node("init", "--data", tmp_path / "node", LER_DID="did:web:example.edu", LER_NAME="Example")
    assert done.returncode == 0
    assert tomllib.loads((tmp_path / "node" / "node.toml").read_text())["did"] == "did:web:example.edu"


def test_init_is_called_again_where_the_database_was_away(tmp_path: Path) -> None:
    away = f"postgresql+asyncpg://ler@/ler?host={tmp_path}"
    refused = ler_node(*INIT[:2], tmp_path / "node", *INIT[3:], LER_DATABASE__URL=away)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "the database cannot be reached" in refused.stderr
    done = ler_node(*INIT[:2], tmp_path / "node", *INIT[3:])
    assert done.returncode == 0, done.stderr


def test_init_founds_a_network_and_takes_stand_ins_for_origins(tmp_path: Path) -> None:
    data, stand_in = tmp_path / "node", "https://b.example=http://127.0.0.1:9"
    init = ("init", "--data", data, "--did", "did:web:a.example", "--name", "C", "--network", "Our network")
    for origin in ("https://b.example", "https://b.example=http://b.example", "=http://127.0.0.1:9"):
        assert ler_node(*init, "--origin", origin).returncode == 78
    assert ler_node(*init[:-1], "n" * 201).returncode == 64
    assert not data.exists()
    done = ler_node(*init, "--origin", stand_in)
    assert done.returncode == 0, done.stderr
    settings = tomllib.loads((data / "node.toml").read_text())
    assert settings["fetch"] == {"origins": {"https://b.example": "http://127.0.0.1:9"}}
    with closing(sqlite3.connect(data / "node.sqlite3")) as database:
        (founded,) = database.execute("SELECT name, role, state FROM network_config").fetchall()
    assert founded == ("Our network", "anchor", "member")


def test_an_invitation_is_read_from_standard_input_and_a_node_waited_for(tmp_path: Path) -> None:
    assert ler_node(*INIT[:2], tmp_path / "node", *INIT[3:]).returncode == 0
    join = ("network", "join", "-", "--data", tmp_path / "node")
    begun = time.monotonic()
    for given, code in (("{}", 64), ('{"invitation": 7}', 64), ("word", 1)):
        done = ler_node(*join, "--wait", "1s", given=given)
        assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert time.monotonic() - begun > 1


def test_a_database_url_from_the_environment_stays_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/with-a-password-in-other-databases.sqlite3"
    done = ler_node(*INIT[:2], tmp_path / "node", *INIT[3:], LER_DATABASE__URL=url)
    assert done.returncode == 0, done.stderr
    assert "database" not in tomllib.loads((tmp_path / "node" / "node.toml").read_text())
    given = ler_node(*INIT[:2], tmp_path / "other", *INIT[3:], "--database-url", f"sqlite:///{tmp_path}/other.sqlite3")
    assert given.returncode == 0, given.stderr
    assert tomllib.loads((tmp_path / "other" / "node.toml").read_text())["database"] == {
        "url": f"sqlite:///{tmp_path}/other.sqlite3"
    }


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("serve",), 64, "Missing option '--data'"),
        (("no-such-verb",), 64, "No such command 'no-such-verb'"),
        (("init", "--data", "D", "--did"), 64, "--did"),
        (("keys", "rotate", "nonsense", "--data", "D"), 64, "nonsense"),
        (("init", "--data", "D", "--did", "did:key:z6Mk", "--name", "C"), 78, "found did:key:z6Mk"),
        (("init", "--data", "D", "--did", "did:web:127.0.0.1", "--name", "C"), 78, "found did:web:127.0.0.1"),
        (
            ("init", "--data", "D", "--did", "did:web:a.example", "--name", "C", "--listen", "8101"),
            78,
            "expected host:port",
        ),
        (("init", "--data", "D", "--did", "did:web:a.example"), 78, "name is not set"),
        (
            ("init", "--data", "D", "--did", "did:web:a.example", "--name", "C", "--tls-cert", "F"),
            78,
            "belong together",
        ),
        (
            ("init", "--data", "D", "--did", "did:web:a.example", "--name", "C", "--database-url", "mysql://x"),
            78,
            "expected",
        ),
        (("serve", "--data", "D"), 78, "expected"),
        (("keys", "list", "--data", "D"), 78, "expected"),
        (("db", "check", "--data", "D"), 78, "expected"),
    ],
)
def test_wrong_usage_exits_64_and_wrong_configuration_78_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    data = tmp_path / "node"
    done = ler_node(*(str(data) if argument == "D" else argument for argument in arguments))
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (data / "node.toml").exists()


def test_a_misspelt_setting_is_named(tmp_path: Path) -> None:
    make_node(tmp_path / "node")
    done = ler_node("db", "check", "--data", tmp_path / "node", LER_LISTENN="127.0.0.1:1")
    assert done.returncode == 78
    assert "LER_LISTENN" in done.stderr


def test_a_verb_that_needs_the_node_says_that_it_does_not_run(tmp_path: Path) -> None:
    make_node(tmp_path / "node")
    done = ler_node("keys", "list", "--data", tmp_path / "node")
    assert done.returncode == 1
    assert done.stderr == (
        "ler-node: the node does not answer: found nothing at http://127.0.0.1:8101,"
        " expected ler-node serve --data DIR\n"
    )


def test_another_master_key_does_not_start(tmp_path: Path) -> None:
    make_node(tmp_path / "node")
    done = ler_node("serve", "--data", tmp_path / "node", LER_KEYS__MASTER="A" * 43)
    assert done.returncode == 78
    assert "a stored key does not open" in done.stderr


def test_db_check_and_upgrade(tmp_path: Path) -> None:
    data = tmp_path / "node"
    make_node(data)
    assert ler_node("db", "check", "--data", data).stdout == "the tables are of this version\n"
    (data / "node.sqlite3").unlink()
    for leftover in data.glob("node.sqlite3-*"):
        leftover.unlink()
    missing = ler_node("db", "check", "--data", data)
    assert (missing.returncode, "ler-node db upgrade" in missing.stderr) == (1, True)
    assert ler_node("db", "upgrade", "--data", data).returncode == 0
    assert ler_node("db", "check", "--data", data).returncode == 0


def test_a_node_serves_rotates_by_command_and_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    data, port = tmp_path / "node", unused_port()
    assert (
        ler_node(
            "init",
            "--data",
            data,
            "--did",
            f"did:web:localhost%3A{port}",
            "--name",
            "C",
            "--listen",
            f"127.0.0.1:{port}",
        ).returncode
        == 0
    )
    with serving(data, port) as process:
        rotated = ler_node("keys", "rotate", "assertionMethod", "--data", data, "--json")
        assert json.loads(rotated.stdout)["kid"] == f"did:web:localhost%3A{port}#issue-2"
        listed = json.loads(ler_node("keys", "list", "--data", data, "--json").stdout)
        in_use = {key["purpose"]: key["kid"].rpartition("#")[2] for key in listed if key["retired_at"] is None}
        assert in_use.pop("federation")
        assert in_use == {
            "authentication": "auth-1",
            "assertionMethod": "issue-2",
            "assertionMethod-P-256": "issue-p256-1",
            "assertionMethod-P-384": "issue-p384-1",
            "keyAgreement": "agree-1",
        }
        taken = ler_node("serve", "--data", data)
        assert (taken.returncode, f"cannot listen there: found 127.0.0.1:{port}" in taken.stderr) == (78, True)

        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 10
        assert process.stderr is not None
        events = [json.loads(line)["event"] for line in process.stderr]
    assert events[0] == "node started"
    assert events[-2:] == ["node draining", "node stopped"]


def test_doctor_looks_at_everything_and_names_what_is_wrong(tmp_path: Path) -> None:
    data, port = tmp_path / "node", unused_port()
    ler_node(
        "init", "--data", data, "--did", f"did:web:localhost%3A{port}", "--name", "C", "--listen", f"127.0.0.1:{port}"
    )
    origins = json.dumps({f"https://localhost:{port}": f"http://127.0.0.1:{port}"})
    with serving(data, port):
        well = ler_node("doctor", "--data", data, "--json", LER_FETCH__ORIGINS=origins)
        assert (well.returncode, [row["ok"] for row in json.loads(well.stdout)]) == (0, [True] * 7)
    (data / "secrets" / "api-token").chmod(0o644)
    ill = ler_node("doctor", "--data", data, "--json", LER_FETCH__ORIGINS=origins)
    assert ill.returncode == 1
    wrong = {row["check"]: row["expected"] for row in json.loads(ill.stdout) if not row["ok"]}
    assert set(wrong) == {"secrets", "public address"}
    assert wrong["secrets"] == f"chmod 600 {data}/secrets/api-token"
