"""The whole story as `make demo KEEP=1` tells it, what is left of it, and what a step that does not hold does."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from node.demo import story
from node.demo.knowledge import traces
from node.demo.processes import StepFailed
from node.demo.stage import Stage
from protocols.verification.report_schema import REPORT_SCHEMA
from tests.support.commands import ENVIRONMENT, ROOT, run_command

TOLD_WITHIN_S = 300


@dataclass(frozen=True)
class Kept:
    """A story that was told and is kept running: its folder and what it printed."""

    folder: Path
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def printed(self) -> str:
        return self.output.read_text()

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "report.json").read_text())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    where = tmp_path_factory.mktemp("demo")
    output = where / "output"
    with (
        output.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "node.demo", "--keep"],
            cwd=where,
            env=ENVIRONMENT | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=out,
            start_new_session=True,
        ) as process,
    ):
        kept = Kept(folder=where / ".demo", process=process, output=output)
        try:
            deadline = time.monotonic() + TOLD_WITHIN_S
            while "Ctrl-C ends it." not in kept.printed:
                assert process.poll() is None, kept.printed
                assert time.monotonic() < deadline, kept.printed
                time.sleep(0.2)
            yield kept
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.timeout(200)
def test_the_story_ends_with_a_verified_report_and_then_with_a_revoked_one(kept: Kept) -> None:
    report = kept.report
    assert list(report) == ["before", "after", "receipt", "timings_ms"]
    for each in (report["before"], report["after"]):
        Draft202012Validator(REPORT_SCHEMA).validate(each)
    assert (report["before"]["verdict"], report["after"]["verdict"]) == ("verified", "not_verified")
    answers = [
        {skill["asked"]["name"]: skill["answer"] for skill in report[key]["skills"]}
        for key in report
        if key in ("before", "after")
    ]
    assert answers == [
        {"manage budgets": "met", "Writing": "not_met"},
        {"manage budgets": "not_met", "Writing": "not_met"},
    ]
    said = [check["reason"] for check in report["after"]["checks"] if check["outcome"] == "no"]
    assert "revoked by its issuer" in said
    assert len(report["receipt"]["signatures"]) == 2
    steps = [name for _, steps in story.ACTS for name, _, _ in steps]
    assert list(report["timings_ms"]) == [*steps, "total"]


def test_every_step_is_told_without_a_terminal_in_plain_lines(kept: Kept) -> None:
    for _, steps in story.ACTS:
        for _, title, _ in steps:
            assert f"  ✓ {title} (" in kept.printed
    assert "\x1b" not in kept.printed
    assert "Maya Lindgren" in kept.printed


def test_what_is_kept_running_can_be_looked_at_where_it_says(kept: Kept) -> None:
    pages = re.findall(r"http://127\.0\.0\.1:\d+/\S*", kept.printed.partition("Still running")[2])
    assert len(pages) == 5
    for page in pages:
        with urllib.request.urlopen(urllib.request.Request(page, headers={"Accept": "text/html"})) as response:
            assert (response.status, response.headers.get_content_type()) == (200, "text/html"), page
    tokens = re.findall(r"its token\s+(\S+)", kept.printed)
    assert [Path(token).is_file() for token in tokens] == [True] * 3


def test_the_employer_reads_both_reports_and_the_receipt_by_command(kept: Kept) -> None:
    data = kept.folder / "employer" / "data"
    request = re.search(r"ler-node request show (\S+)", kept.printed)
    assert request is not None
    shown = run_command("request", "show", request[1], "--data", data).stdout
    for each in (kept.report["before"], kept.report["after"]):
        assert each["id"] in shown
        for check in (*each["checks"], *each["consent"]["checks"]):
            assert check["reason"] in shown
    assert re.search(r"learners +1 shared", shown)
    assert "complete" in shown.partition("\nreceipts\n")[2]
    lists = json.loads(run_command("status", "show", "--data", data, "--json").stdout)["lists"]
    assert [row["freshness"] for row in lists] == ["fresh", "fresh"], "of revocations and of suspensions"
    assert json.loads(run_command("status", "sync", "--data", data, "--json").stdout) == {"lists": 2, "failed": 0}


def test_the_learner_is_known_to_no_one_but_the_college(kept: Kept) -> None:
    """Except what she shared: the employer keeps that sealed."""
    for node in ("network", "employer"):
        assert traces(kept.folder / node / "data" / "node.sqlite3", ["Maya Lindgren", "S-20417"]).count == 0


def test_it_ends_when_told_and_a_badge_is_then_checked_with_every_node_gone(kept: Kept) -> None:
    kept.process.send_signal(signal.SIGTERM)
    assert kept.process.wait(timeout=40) == 0, kept.printed
    data, badge = kept.folder / "employer" / "data", kept.folder / "wallet" / "badge.json"
    done = run_command("verify", badge, "--data", data, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"], report["issuer"]["name"]) == (1, "not_verified", "Lakeside College")
    assert report["status"]["freshness"] == "fresh"


async def _holds(stage: Stage) -> str:
    (stage.folder / "began").write_text("yes")
    return "it held"


async def _does_not_hold(stage: Stage) -> str:
    raise StepFailed("found a snag, expected none")


async def _is_broken(stage: Stage) -> str:
    raise ZeroDivisionError("by nought")


def test_the_first_step_that_does_not_hold_ends_it_with_its_reason_and_where_the_logs_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = (("one", "First", _holds), ("two", "Second", _does_not_hold), ("three", "Third", _holds))
    assert story.main(folder=tmp_path, acts=(("An act", steps),)) == 1
    printed = capsys.readouterr().out
    assert "✗ Second\n    found a snag, expected none\n" in printed
    assert f"The story ended at “Second”. What everybody said: {tmp_path}/*/log" in printed
    assert "Third" not in printed
    assert not (tmp_path / "report.json").exists()


def test_a_fault_of_our_own_is_a_step_that_does_not_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert story.main(folder=tmp_path, acts=(("An act", (("one", "First", _is_broken),)),)) == 1
    assert "✗ First\n    ZeroDivisionError: by nought\n" in capsys.readouterr().out


def test_what_an_earlier_story_left_is_removed_first(tmp_path: Path) -> None:
    (tmp_path / "college").mkdir()
    (tmp_path / "college" / "log").write_text("old")
    (tmp_path / "report.json").write_text("old")
    assert story.main(folder=tmp_path, acts=(("An act", (("one", "First", _holds),)),)) == 0
    assert not (tmp_path / "college").exists()
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["before"], list(report["timings_ms"])) == (None, ["one", "total"])


def test_two_stories_are_not_told_in_one_folder_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert story.main(folder=tmp_path, acts=(("An act", (("one", "First", _holds),)),)) == 1
    assert capsys.readouterr().out.startswith(f"A story is being told in {tmp_path} already")
    assert not (tmp_path / "began").exists()
