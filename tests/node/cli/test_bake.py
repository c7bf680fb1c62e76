"""`ler-node bake` and `unbake`, and `verify` of what travels in a picture or as a token."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.credentials.enveloped import sign_vc_jwt
from tests.node.cli.test_verify import ISSUER_KEY, badge_of_an_unknown_issuer
from tests.protocols.credentials.baking.test_baking import PICTURES
from tests.support.badges import SIGNED
from tests.support.commands import RunningNode, run_command, running_node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with running_node(tmp_path_factory.mktemp("bake") / "node") as running:
        yield running


@pytest.mark.parametrize("kind", PICTURES)
def test_a_badge_goes_into_a_picture_and_comes_out_again_and_is_verified_there(
    node: RunningNode, tmp_path: Path, kind: str
) -> None:
    badge, picture, baked = tmp_path / "badge.json", tmp_path / f"plain.{kind}", tmp_path / f"badge.{kind}"
    badge.write_text(json.dumps(badge_of_an_unknown_issuer()))
    picture.write_bytes(PICTURES[kind])
    assert run_command("bake", badge, picture, "--out", baked).returncode == 0
    out = tmp_path / "out.json"
    assert run_command("unbake", baked, "--out", out).returncode == 0
    assert json.loads(out.read_text()) == badge_of_an_unknown_issuer()
    as_json, as_picture = (node.run("verify", file, "--json") for file in (badge, baked))
    assert as_json.returncode == as_picture.returncode == 2
    told = [
        [(check["name"], check["outcome"]) for check in json.loads(done.stdout)["checks"]]
        for done in (as_json, as_picture)
    ]
    assert told[0] == told[1]
    assert ("proof", "yes") in told[0]


def test_a_token_is_baked_and_verified_too(node: RunningNode, tmp_path: Path) -> None:
    unsigned = {name: value for name, value in badge_of_an_unknown_issuer().items() if name != "proof"}
    token, picture, baked = tmp_path / "badge.jwt", tmp_path / "plain.png", tmp_path / "badge.png"
    token.write_text(sign_vc_jwt(unsigned, ISSUER_KEY, signed_at=SIGNED) + "\n")
    picture.write_bytes(PICTURES["png"])
    assert run_command("bake", token, picture, "--out", baked).returncode == 0
    for file in (token, baked):
        report = json.loads(node.run("verify", file, "--json").stdout)
        assert ("proof", "yes") in [(check["name"], check["outcome"]) for check in report["checks"]]


def test_nothing_is_overwritten_and_what_is_no_picture_is_told_in_one_line(tmp_path: Path) -> None:
    badge, picture = tmp_path / "badge.json", tmp_path / "plain.png"
    badge.write_text(json.dumps(badge_of_an_unknown_issuer()))
    picture.write_bytes(PICTURES["png"])
    there = run_command("bake", badge, picture, "--out", picture)
    assert (there.returncode, "exists; expected a new file" in there.stderr) == (64, True)
    assert picture.read_bytes() == PICTURES["png"]
    for wrong in (("bake", badge, badge), ("unbake", badge), ("unbake", picture)):
        done = run_command(*wrong)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    missing = run_command("unbake", tmp_path / "nothing.png")
    assert (missing.returncode, "expected a file that can be read" in missing.stderr) == (64, True)
