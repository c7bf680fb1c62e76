"""`ler-node report` and `ler-node why`, of a file: no node has to run."""

import json
from pathlib import Path

import pytest

from protocols.status.lookup import StatusOutcome
from protocols.verification.evidence import Policy
from tests.support.commands import run_command
from tests.support.evidence_story import credential, evaluated, evidence, status


@pytest.fixture
def file(tmp_path: Path) -> Path:
    revoked = credential(statuses=(status(StatusOutcome.SET),))
    path = tmp_path / "report.json"
    path.write_text(json.dumps(evaluated(evidence(revoked), Policy()).to_json()))
    return path


def test_a_report_in_a_file_is_shown_and_made_a_page(file: Path, tmp_path: Path) -> None:
    shown = run_command("report", file, "--data", tmp_path)
    assert (shown.returncode, "NOT VERIFIED" in shown.stdout) == (0, True), shown.stderr
    page = tmp_path / "report.html"
    assert run_command("report", file, "--html", page, "--data", tmp_path).returncode == 0
    assert "<h1>Not verified</h1>" in page.read_text("utf-8")
    again = run_command("report", file, "--html", page, "--data", tmp_path)
    assert (again.returncode, "expected a new file" in again.stderr) == (64, True)
    assert json.loads(run_command("report", file, "--json", "--data", tmp_path).stdout) == json.loads(file.read_text())


def test_why_walks_to_the_first_cause(file: Path, tmp_path: Path) -> None:
    shown = run_command("why", file, "--data", tmp_path)
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("NOT VERIFIED, as of ")
    assert lines[1] == "└─ 10 skill asked: NO"
    assert any(line.startswith("   └─ 6 status: revocation: NO (") for line in lines)
    assert "      revoked by its issuer" in lines
    found = json.loads(run_command("why", file, "--json", "--data", tmp_path).stdout)
    assert [cause["name"] for cause in found["because"][0]["causes"]] == ["status: revocation"]


def test_what_is_no_report_is_told_in_one_line(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"id": "x"}')
    for verb in ("why", "report"):
        done = run_command(
            verb, other, "--data", tmp_path, *(("--html", tmp_path / "x.html") if verb == "report" else ())
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert "not a verification report" in done.stderr
        assert len(done.stderr.splitlines()) == 1
