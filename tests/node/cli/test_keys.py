"""`ler-node keys backup|restore`: the master key leaves the machine encrypted, and comes back only where it fits."""

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from node.cli import keys as verbs
from node.cli import main
from tests.support.commands import ENVIRONMENT, ROOT
from tests.support.served import make_node

PASSPHRASE = "a lake, 12 boats"
DID = "did:web:localhost%3A8101"


def line_of(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr."""
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1), printed
    return printed.err.removeprefix("ler-node: ").rstrip()


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    make_node(tmp_path / "node")
    capsys.readouterr()
    monkeypatch.setenv("LER_PASSPHRASE", PASSPHRASE)
    return tmp_path / "node"


@pytest.fixture
def saved(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A backup of the key of `data`, whose key file is gone."""
    assert run("keys", "backup", tmp_path / "saved.json", "--data", data) == 0
    capsys.readouterr()
    (data / "secrets" / "master.key").rename(tmp_path / "was.key")
    return tmp_path / "saved.json"


def changed(saved: Path, **members: Any) -> None:
    saved.write_text(json.dumps({**json.loads(saved.read_text()), **members}))


def test_the_master_key_is_written_encrypted_and_comes_back(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, master = tmp_path / "backup.json", data / "secrets" / "master.key"
    was = master.read_text()
    assert run("keys", "backup", file, "--data", data) == 0
    assert capsys.readouterr().out == f"written to {file}; keep it and its passphrase apart from the database\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = json.loads(file.read_text())
    assert (written["type"], written["version"], written["did"]) == ("LerMasterKeyBackup", 1, DID)
    assert {**written["kdf"], "salt": ""} == {"name": "scrypt", "n": 131072, "r": 8, "p": 1, "salt": ""}
    assert was.strip() not in file.read_text()

    master.unlink()
    assert run("keys", "restore", file, "--data", data) == 0
    assert capsys.readouterr().out == f"written to {master}; it opens the 6 keys of the database\n"
    assert master.read_text() == was
    assert stat.S_IMODE(master.stat().st_mode) == 0o600
    assert run("db", "fsck", "--data", data) == 0


def test_each_backup_has_a_salt_of_its_own(data: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run("keys", "backup", tmp_path / name, "--data", data) == 0
    one, two = (json.loads((tmp_path / name).read_text()) for name in ("one", "two"))
    assert one["kdf"]["salt"] != two["kdf"]["salt"]
    assert one["sealed"] != two["sealed"]


def test_keys_under_rotation_are_kept_all_and_in_order(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    master = data / "secrets" / "master.key"
    both = "A" * 43 + "\n" + master.read_text()
    master.write_text(both)
    assert run("keys", "backup", tmp_path / "both.json", "--data", data) == 0
    master.unlink()
    assert run("keys", "restore", tmp_path / "both.json", "--data", data) == 0
    assert master.read_text() == both


def test_another_passphrase_is_refused_in_one_sentence_and_writes_nothing(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LER_PASSPHRASE", PASSPHRASE + ".")
    assert run("keys", "restore", saved, "--data", data) == 1
    assert line_of(capsys) == "the passphrase does not open this backup"
    assert not (data / "secrets" / "master.key").exists()


def test_letters_are_the_same_however_they_are_composed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LER_PASSPHRASE", "Zu\u0308richer See, 12")
    assert run("keys", "backup", tmp_path / "file", "--data", data) == 0
    (data / "secrets" / "master.key").unlink()
    monkeypatch.setenv("LER_PASSPHRASE", "Z\u00fcricher See, 12")
    assert run("keys", "restore", tmp_path / "file", "--data", data) == 0


def test_a_key_that_does_not_open_the_database_is_not_written(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(data)
    make_node(data)  # the same DID, another master key
    (data / "secrets" / "master.key").unlink()
    capsys.readouterr()
    assert run("keys", "restore", saved, "--data", data) == 1
    assert line_of(capsys).startswith("the key in the backup does not open the database: found ")
    assert not (data / "secrets" / "master.key").exists()


def test_where_there_is_no_database_yet_the_key_is_written_and_it_is_said(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in data.glob("node.sqlite3*"):
        part.unlink()
    assert run("keys", "restore", saved, "--data", data) == 0
    assert capsys.readouterr().out.endswith("; there is no database yet to try it on\n")


def test_a_database_that_does_not_answer_does_not_keep_the_key_away(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (data / "node.toml").open("a") as toml:
        toml.write(f'\n[database]\nurl = "postgresql+asyncpg://ler@/ler?host={data}"\n')
    assert run("keys", "restore", saved, "--data", data) == 0
    assert "; not tried on the database: the database cannot be reached" in capsys.readouterr().out


def test_nothing_is_overwritten(
    data: Path, saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "secrets" / "master.key").write_text("mine")
    assert run("keys", "restore", saved, "--data", data) == 78
    assert line_of(capsys).startswith(f"there is a master key already: found {data}/secrets/master.key")
    assert (data / "secrets" / "master.key").read_text() == "mine"

    (tmp_path / "was.key").replace(data / "secrets" / "master.key")
    before = saved.read_bytes()
    assert run("keys", "backup", saved, "--data", data) == 64
    assert line_of(capsys).endswith("saved.json exists; expected a new file")
    assert saved.read_bytes() == before

    monkeypatch.setenv("LER_KEYS__MASTER", "A" * 43)
    assert run("keys", "restore", saved, "--data", data) == 78
    assert line_of(capsys).startswith("this node's master key is no file: found keys.master or keys.master_command")


@pytest.mark.parametrize("passphrase", ["short", "x" * 11, "x" * 1025])
def test_a_passphrase_has_a_length(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, passphrase: str
) -> None:
    monkeypatch.setenv("LER_PASSPHRASE", passphrase)
    assert run("keys", "backup", tmp_path / "file", "--data", data) == 1
    found = f"found {len(passphrase)} characters, expected 12 to 1024"
    assert line_of(capsys) == f"a passphrase of another length: {found}"
    assert not (tmp_path / "file").exists()


def test_the_passphrase_is_asked_for_twice_when_it_is_new(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def prompt(text: str, **options: Any) -> str:
        asked.append({"text": text, **options})
        return PASSPHRASE

    monkeypatch.delenv("LER_PASSPHRASE")
    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr(verbs.sys.stdin, "isatty", lambda: True, raising=False)
    assert run("keys", "backup", tmp_path / "file", "--data", data) == 0
    (data / "secrets" / "master.key").unlink()
    assert run("keys", "restore", tmp_path / "file", "--data", data) == 0
    hidden = {"text": "Passphrase", "hide_input": True}
    assert asked == [{**hidden, "confirmation_prompt": True}, {**hidden, "confirmation_prompt": False}]


def test_without_a_terminal_and_without_the_variable_it_is_wrong_usage(data: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "node", "keys", "backup", str(tmp_path / "file"), "--data", str(data)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.endswith("nobody to ask for the passphrase; expected LER_PASSPHRASE, or a terminal\n")


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"type": "other"}, "not a backup of a master key"),
        ({"version": 2}, "not a backup of a master key"),
        ({"did": "did:web:other.example"}, "a backup of another node's key: found did:web:other.example"),
        ({"kdf": None}, "a backup under another key derivation"),
        ({"kdf": {"name": "pbkdf2"}}, "a backup under another key derivation"),
        ({"kdf": {"name": "scrypt", "n": True, "r": 8, "p": 1, "salt": ""}}, "scrypt without its parameters"),
        ({"kdf": {"name": "scrypt", "n": 2, "r": 8, "p": 1, "salt": ""}}, "parameters that are not used here"),
        ({"kdf": {"name": "scrypt", "n": 2**17 + 1, "r": 8, "p": 1, "salt": ""}}, "parameters that are not used here"),
        ({"kdf": {"name": "scrypt", "n": 2**30, "r": 8, "p": 1, "salt": ""}}, "parameters that are not used here"),
        ({"kdf": {"name": "scrypt", "n": 2**17, "r": 8, "p": 1, "salt": "!"}}, "a backup without salt"),
        ({"kdf": {"name": "scrypt", "n": 2**14, "r": 8, "p": 1, "salt": "AAAA"}}, "the passphrase does not open"),
        ({"sealed": None}, "a backup without sealed"),
        ({"sealed": "A" * 2000}, "a backup without sealed"),
        ({"sealed": ""}, "the passphrase does not open this backup"),
    ],
)
def test_a_file_that_is_no_backup_of_this_node_is_refused(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str], members: dict[str, Any], says: str
) -> None:
    changed(saved, **members)
    assert run("keys", "restore", saved, "--data", data) == 1
    assert says in line_of(capsys)
    assert not (data / "secrets" / "master.key").exists()


def test_a_file_that_is_not_json_or_not_there_is_refused(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved.write_text("{")
    assert run("keys", "restore", saved, "--data", data) == 1
    assert line_of(capsys).endswith("expected a JSON object")
    assert run("keys", "restore", saved.with_name("absent"), "--data", data) == 64
