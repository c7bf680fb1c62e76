"""`ler-node bake`, `unbake`, and `verify` of what was baked."""

import json
from pathlib import Path

import pytest

from protocols.credentials.baking import bake
from tests.support.badges import badge, signed
from tests.support.commands import run_command
from tests.support.envelopes import vc_jwt, vp_jwt
from tests.support.pictures import PNG, SVG

BADGE = signed(badge())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "badge.json").write_text(json.dumps(BADGE))
    (tmp_path / "badge.jwt").write_text(vc_jwt() + "\n")
    (tmp_path / "picture.png").write_bytes(PNG)
    (tmp_path / "picture.svg").write_bytes(SVG)
    return tmp_path


@pytest.mark.parametrize("picture", ["picture.png", "picture.svg"])
def test_a_badge_is_baked_and_comes_out_again(folder: Path, picture: str) -> None:
    baked = folder / f"baked-{picture}"
    done = run_command("bake", folder / picture, folder / "badge.json", "--output", baked)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(run_command("unbake", baked).stdout) == BADGE
    assert run_command("bake", baked, folder / "badge.jwt", "--output", baked).returncode == 0
    assert run_command("unbake", baked, "--output", folder / "out.jwt").returncode == 0
    assert (folder / "out.jwt").read_text() == vc_jwt()
    assert run_command("bake", folder / picture, baked, "--output", folder / "again").returncode == 0
    assert (folder / "again").read_bytes() == baked.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("unbake", "picture.png"), "a picture without exactly one badge"),
        (("unbake", "badge.json"), "not a picture that can hold a badge"),
        (("bake", "badge.json", "badge.json", "--output", "out"), "not a picture that can hold a badge"),
        (("bake", "picture.png", "picture.svg", "--output", "out"), "a picture without exactly one badge"),
    ],
)
def test_what_cannot_be_baked_or_unbaked_is_one_line(folder: Path, arguments: tuple[str, ...], reason: str) -> None:
    done = run_command(*(folder / item if "." in item or item == "out" else item for item in arguments))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert reason in done.stderr
    assert not (folder / "out").exists()


def test_a_file_that_cannot_be_read_or_written_is_wrong_usage(folder: Path) -> None:
    assert run_command("unbake", folder / "nowhere.png").returncode == 64
    nowhere = folder / "nowhere" / "out.png"
    done = run_command("bake", folder / "picture.png", folder / "badge.json", "--output", nowhere)
    assert (done.returncode, str(nowhere) in done.stderr) == (64, True)


@pytest.mark.parametrize("form", ["badge.json", "badge.jwt", "baked.png", "baked.svg"])
def test_a_baked_badge_is_verified_like_the_badge_itself(folder: Path, form: str) -> None:
    (folder / "baked.png").write_bytes(bake(PNG, vc_jwt()))
    (folder / "baked.svg").write_bytes(bake(SVG, BADGE))
    node = folder / "node"
    run_command("init", "--data", node, "--did", "did:web:employer.example", "--name", "Employer")
    done = run_command("verify", folder / form, "--data", node, "--json")
    found = {check["name"]: check["outcome"] for check in json.loads(done.stdout)["checks"]}
    assert (done.returncode, found["parsed within limits"], found["schema"]) == (2, "yes", "yes")
    (folder / "shown.jwt").write_text(vp_jwt())
    shown = json.loads(run_command("verify", folder / "shown.jwt", "--data", node, "--json").stdout)
    assert "presentation proof" in {check["name"] for check in shown["checks"]}
    empty = run_command("verify", folder / "picture.png", "--data", node)
    assert (empty.returncode, "exactly one badge" in empty.stderr) == (65, True)
