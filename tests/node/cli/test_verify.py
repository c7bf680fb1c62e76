"""`ler-node verify`: offline, beside a running node or without one, an exit code for each verdict."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from protocols.dids.key import did_key
from protocols.jose.keys import PrivateKey
from protocols.verification.report_schema import REPORT_SCHEMA
from tests.support.badges import badge, key_of, signed
from tests.support.commands import RunningNode, run_command, running_node


def own_key(name: str) -> tuple[str, PrivateKey]:
    """A did:key and its signing key: nothing of it has to be synced."""
    key = key_of(name)
    did = did_key(key.public)
    return did, replace(key, kid=f"{did}#{did.removeprefix('did:key:')}")


ISSUER, ISSUER_KEY = own_key("did:web:issuer.example")
LEARNER, LEARNER_KEY = own_key("did:web:learner.example")


def badge_of_an_unknown_issuer() -> dict[str, Any]:
    unsigned = badge(issuer={"id": ISSUER, "type": ["Profile"], "name": "Somebody"})
    unsigned["credentialSubject"]["id"] = LEARNER
    return signed(unsigned, signer=ISSUER_KEY)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with running_node(tmp_path_factory.mktemp("verify") / "node") as running:
        yield running


def report_on(node: RunningNode, folder: Path, document: Any) -> tuple[int, dict[str, Any]]:
    file = folder / "document.json"
    file.write_text(json.dumps(document))
    done = node.run("verify", file, "--json")
    report = json.loads(done.stdout)
    Draft202012Validator(REPORT_SCHEMA).validate(report)
    return done.returncode, report


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in report["checks"]}


def test_where_no_network_was_synced_an_unknown_issuer_is_could_not_tell(node: RunningNode, tmp_path: Path) -> None:
    code, report = report_on(node, tmp_path, badge_of_an_unknown_issuer())
    assert (code, report["verdict"], report["subject"]) == (2, "could_not_tell", LEARNER)
    found = outcomes(report)
    assert (found["proof"], found["signed by its issuer"], found["schema"]) == ("yes", "yes", "yes")
    assert found["issuer standing as of signing"] == "could_not_tell"


def test_a_tampered_badge_is_not_verified_and_says_why(node: RunningNode, tmp_path: Path) -> None:
    document = badge_of_an_unknown_issuer()
    document["credentialSubject"]["achievement"]["name"] = "Rocket science"
    code, report = report_on(node, tmp_path, document)
    assert (code, report["verdict"], outcomes(report)["proof"]) == (1, "not_verified", "no")
    shown = node.run("verify", tmp_path / "document.json")
    assert shown.returncode == 1
    assert shown.stdout.startswith("verdict     NOT VERIFIED\n")
    assert [check["reason"] in shown.stdout for check in report["checks"]] == [True] * len(report["checks"])


def test_a_presentation_is_checked_with_the_credentials_in_it(node: RunningNode, tmp_path: Path) -> None:
    unsigned = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": LEARNER,
        "verifiableCredential": [badge_of_an_unknown_issuer()],
    }
    document = signed(unsigned, signer=LEARNER_KEY, purpose="authentication")
    code, report = report_on(node, tmp_path, document)
    found = outcomes(report)
    assert (code, found["presentation proof"], found["presentation signed by its holder"]) == (2, "yes", "yes")
    document["holder"] = ISSUER
    code, report = report_on(node, tmp_path, document)
    assert (code, outcomes(report)["presentation proof"]) == (1, "no")


def test_what_is_no_credential_at_all_is_not_verified_and_a_file_without_an_object_has_no_verdict(
    node: RunningNode, tmp_path: Path
) -> None:
    code, report = report_on(node, tmp_path, {"hello": "world"})
    assert (code, outcomes(report)["parsed within limits"]) == (1, "no")
    for text in (b"[1]", b"", b"{", b'{"a": "\xff"}', b'{"a": 1, "a": 2}'):
        (tmp_path / "document.json").write_bytes(text)
        done = node.run("verify", tmp_path / "document.json", "--json")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (65, "", 1)
        assert "expected a JSON object" in done.stderr


def test_it_needs_no_running_node_and_writes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "node"
    run_command("init", "--data", data, "--did", "did:web:college.example", "--name", "Test College")
    before = (data / "node.sqlite3").read_bytes()
    code, report = report_on(RunningNode(data=data, port=1), tmp_path, badge_of_an_unknown_issuer())
    assert (code, report["verdict"]) == (2, "could_not_tell")
    assert (data / "node.sqlite3").read_bytes() == before
    (data / "node.sqlite3").unlink()
    done = run_command("verify", tmp_path / "document.json", "--data", data)
    assert (done.returncode, "no database here" in done.stderr) == (69, True)
    assert not (data / "node.sqlite3").exists()
