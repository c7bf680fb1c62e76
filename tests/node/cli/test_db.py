"""`ler-node db fsck|backup|restore`: as an operator uses them, beside a running node and after one was lost."""

import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from node.cli import db, main
from node.storage.copies import copy_database
from tests.support.commands import made_node, run_command, running_node
from tests.support.served import make_node

POSTGRES = '\n[database]\nurl = "postgresql+asyncpg://ler@/ler?host=/nowhere"\n'
HOLDS = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("SELECT count(*) FROM learner").fetchone()
print("open", flush=True)
sys.stdin.read()
"""
CHECKS = [
    "tables",
    "database file",
    "foreign keys",
    "membership log",
    "issuance log",
    "status lists",
    "sealed keys",
]


def learners_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [name for (name,) in database.execute("SELECT name FROM learner ORDER BY name")]


def line_of(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr."""
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1), printed
    return printed.err.removeprefix("ler-node: ").rstrip()


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    make_node(tmp_path / "node")
    capsys.readouterr()
    return tmp_path / "node"


@pytest.fixture
def saved(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A copy of the database of `data`."""
    assert run("db", "backup", tmp_path / "saved.sqlite3", "--data", data) == 0
    capsys.readouterr()
    return tmp_path / "saved.sqlite3"


def test_a_running_node_is_backed_up_lost_and_restored(tmp_path: Path) -> None:
    data, copy = tmp_path / "node", tmp_path / "copy #1%.sqlite3"
    port = made_node(data)
    with running_node(data, port) as node:
        node.json("learner", "enrol", "Ada Lovelace", "S-1")
        done = node.run("db", "backup", copy)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"copied to {copy}, {copy.stat().st_size} bytes\n"
        node.json("learner", "enrol", "Grace Hopper", "S-2")
        running = node.run("db", "restore", copy, "--replace")
        assert (running.returncode, running.stdout) == (1, "")
        assert running.stderr == (
            f"ler-node: the node runs: found something answers at 127.0.0.1:{port},"
            " expected a node that was stopped (SIGTERM)\n"
        )
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [copy.name, "node"]  # no log beside it
    assert learners_in(copy) == ["Ada Lovelace"]

    restored = run_command("db", "restore", copy, "--data", data, "--replace")
    assert restored.returncode == 0, restored.stderr
    (kept,) = data.glob("node.sqlite3.before-*Z")
    assert restored.stdout.splitlines() == [
        f"restored to {data}/node.sqlite3",
        f"the one before is kept as {kept}",
    ]
    assert learners_in(kept) == ["Ada Lovelace", "Grace Hopper"]
    assert stat.S_IMODE((data / "node.sqlite3").stat().st_mode) == 0o600
    with running_node(data, port) as node:
        assert [row["name"] for row in node.json("learner", "list")] == ["Ada Lovelace"]
        assert {row["outcome"] for row in node.json("db", "fsck")} == {"ok"}


def test_a_backup_overwrites_nothing(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    assert run("db", "backup", tmp_path / "file", "--data", data) == 64
    assert line_of(capsys).endswith("file exists; expected a new file")
    assert (tmp_path / "file").read_text() == "mine"
    assert run("db", "backup", tmp_path / "no" / "such" / "folder", "--data", data) == 64
    assert "expected a file that can be written" in line_of(capsys)


def test_a_large_copy_says_how_far_it_is(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "LARGE_BYTES", 0)
    assert run("db", "backup", tmp_path / "copy", "--data", data) == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("100 % of ")


def test_progress_is_told_step_by_step_and_a_copy_is_of_one_moment(tmp_path: Path) -> None:
    source, target, told = tmp_path / "source", tmp_path / "target", list[tuple[int, int]]()
    with closing(sqlite3.connect(source)) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute("CREATE TABLE t (x BLOB)")
        writing.executemany("INSERT INTO t VALUES (randomblob(4000))", [()] * 9_000)
        writing.commit()

        def progress(done_bytes: int, total_bytes: int) -> None:
            told.append((done_bytes, total_bytes))
            writing.execute("INSERT INTO t VALUES ('late')")
            writing.commit()

        target.touch()
        copy_database(source, target, progress)
    assert len(told) >= 3
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == told[-1][1] == target.stat().st_size
    with closing(sqlite3.connect(target)) as copied:
        assert copied.execute("SELECT count(*) FROM t").fetchone() == (9_000,)
        assert copied.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_restore_needs_an_empty_place_or_replace(data: Path, saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (data / "node.sqlite3").read_bytes()
    assert run("db", "restore", saved, "--data", data) == 1
    assert line_of(capsys) == (
        f"there is a database already: found {data}/node.sqlite3, expected an empty folder, or --replace"
    )
    assert (data / "node.sqlite3").read_bytes() == before

    for part in data.glob("node.sqlite3*"):
        part.unlink()
    (data / "node.sqlite3-wal").write_bytes(b"of another database")
    assert run("db", "restore", saved, "--data", data) == 1
    assert "node.sqlite3-wal" in line_of(capsys)
    (data / "node.sqlite3-wal").write_bytes(b"")

    (data / "node.sqlite3.coming").write_text("of a restore that was killed")
    assert run("db", "restore", saved, "--data", data) == 0
    assert capsys.readouterr().out == f"restored to {data}/node.sqlite3\n"
    assert run("db", "fsck", "--data", data) == 0
    assert sorted(path.name for path in data.glob("*.coming")) == []


def test_a_damaged_database_is_replaced_with_all_its_files(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "node.sqlite3").write_bytes(b"\xff" * 8192)
    (data / "node.sqlite3-wal").write_bytes(b"left over")
    assert run("db", "restore", saved, "--data", data, "--replace") == 0
    kept = sorted(path.name.partition("before-")[2][16:] for path in data.glob("*.before-*"))
    assert kept == ["", "-wal"]
    assert [path.name for path in data.glob("node.sqlite3-*")] == []
    capsys.readouterr()
    assert run("db", "check", "--data", data) == 0


def test_a_database_that_another_process_has_open_is_not_replaced(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(data / "node.sqlite3")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert run("db", "restore", saved, "--data", data, "--replace") == 1
        assert "the node runs: found another process has" in line_of(capsys)
        other.communicate()
    assert run("db", "restore", saved, "--data", data, "--replace") == 0


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize(
    ("statement", "code", "says"),
    [
        (
            "UPDATE organisation SET did = 'did:web:other.example'",
            78,
            "the database is of another node: found",
        ),
        ("DELETE FROM organisation", 78, "the database is of another node: found no identity"),
        ("UPDATE alembic_version SET version_num = '9999'", 1, "written by a newer version of this program: found sch"),
        ("DROP TABLE organisation", 1, "not a database of a node: found no such table"),
    ],
)
def test_what_is_no_database_of_this_node_is_not_restored(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str], statement: str, code: int, says: str
) -> None:
    spoil(saved, statement)
    before = sorted(path.name for path in data.iterdir()), (data / "node.sqlite3").read_bytes()
    assert run("db", "restore", saved, "--data", data, "--replace") == code
    assert says in line_of(capsys)
    assert (sorted(path.name for path in data.iterdir()), (data / "node.sqlite3").read_bytes()) == before


def test_a_file_that_is_cut_off_or_no_database_is_not_restored(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = saved.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    for content, code in ((whole[:middle] + b"\xff" * (len(whole) - middle), 1), (b"hello" * 2000, 1), (b"", 1)):
        saved.write_bytes(content)
        assert run("db", "restore", saved, "--data", data, "--replace") == code
        assert "expected" in line_of(capsys)
    assert run("db", "restore", saved.with_name("absent"), "--data", data, "--replace") == 64
    assert "expected a copy that `ler-node db backup` made" in line_of(capsys)
    assert list(data.glob("*before*")) == []


def test_an_older_version_is_restored_and_says_what_comes_next(
    data: Path, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(saved, "UPDATE alembic_version SET version_num = '0005'")
    spoil(saved, "DROP INDEX ix_peer_revision")
    for table, column in (("peer", "revision"), ("join_invitation", "invitee"), ("join_invitation", "approved_by")):
        spoil(saved, f"ALTER TABLE {table} DROP COLUMN {column}")
    assert run("db", "restore", saved, "--data", data, "--replace") == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"it is of an older version; next: ler-node db upgrade --data {data}"
    )
    assert run("db", "upgrade", "--data", data) == 0
    assert run("db", "fsck", "--data", data) == 0


@pytest.mark.parametrize(("verb", "tool"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_postgresql_has_tools_of_its_own(data: Path, capsys: pytest.CaptureFixture[str], verb: str, tool: str) -> None:
    with (data / "node.toml").open("a") as toml:
        toml.write(POSTGRES)
    assert run("db", verb, data / "file", "--data", data) == 78
    line = line_of(capsys)
    assert line.startswith(f"this node's database is PostgreSQL, which has tools of its own: expected {tool}")
    assert not (data / "file").exists()


def test_fsck_shows_each_check_and_exits_1_where_one_is_wrong(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("db", "fsck", "--data", data) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(CHECKS)

    spoil(data / "node.sqlite3", "UPDATE key SET sealed = x'01' WHERE purpose LIKE 'assertionMethod%'")
    assert run("db", "fsck", "--data", data, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["outcome"]) for row in found] == [
        *((name, "ok") for name in CHECKS[:-1]),
        ("sealed keys", "wrong"),
    ]
    assert len(found[-1]["problems"]) == 3
    assert run("db", "fsck", "--data", data) == 1
    printed = capsys.readouterr()
    assert "WRONG" in printed.out
    assert printed.err.splitlines() == [f"sealed keys: {problem}" for problem in found[-1]["problems"][1:]]


def test_fsck_says_that_it_is_no_database(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "node.sqlite3").write_bytes(b"\xff" * 8192)
    assert run("db", "fsck", "--data", data, "--json") == 1
    assert [(row["name"], row["outcome"]) for row in json.loads(capsys.readouterr().out)] == [("tables", "wrong")]
