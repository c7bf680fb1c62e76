"""`ler-node verify`: offline, beside a running node or without one, an exit code for each verdict."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from protocols.credentials.enveloped import issue_sd_jwt_vc, present_sd_jwt
from protocols.credentials.enveloped.token import compact
from protocols.credentials.open_badges import Identity, hashed_identity
from protocols.credentials.open_badges.codec import write_part
from protocols.dids.key import did_key
from protocols.jose.keys import PrivateKey
from protocols.verification.report_schema import REPORT_SCHEMA
from tests.support.badges import badge, key_of, signed
from tests.support.commands import RunningNode, run_command, running_node
from tests.support.learner_record import learner_record
from tests.support.whole_badge import endorsement


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


ENDORSER, ENDORSER_KEY = own_key("did:web:association.example")


def endorsed_badge(**changes: Any) -> dict[str, Any]:
    """A badge with an embedded endorsement of itself and one of its achievement as a token, all really signed."""
    unsigned = badge(issuer={"id": ISSUER, "type": ["Profile"], "name": "Somebody"}, **changes)
    unsigned["credentialSubject"]["id"] = LEARNER
    unsigned["endorsement"] = [signed(endorsement(unsigned["id"], by=ENDORSER), signer=ENDORSER_KEY)]
    achievement = unsigned["credentialSubject"]["achievement"]
    achievement["endorsementJwt"] = [badge_token(endorsement(achievement["id"], by=ENDORSER))]
    return unsigned


def test_an_identity_in_a_badge_is_compared_with_the_one_that_is_known(node: RunningNode, tmp_path: Path) -> None:
    document = badge_of_an_unknown_issuer()
    del document["proof"], document["credentialSubject"]["id"]
    hashed = hashed_identity(Identity(type="emailAddress", value="ada@example.org"), "salt")
    document["credentialSubject"]["identifier"] = [write_part(hashed)]
    file = tmp_path / "badge.json"
    file.write_text(json.dumps(signed(document, signer=ISSUER_KEY)))
    for known, outcome, code in (("ada@example.org", "yes", 2), ("eve@example.org", "no", 1)):
        done = node.run("verify", file, "--json", "--identity", f"emailAddress={known}")
        found = outcomes(json.loads(done.stdout))
        assert (found["identity of the one it is about"], found["schema"], done.returncode) == (outcome, "yes", code)
        assert known not in done.stdout
    wrong = node.run("verify", file, "--identity", "ada@example.org")
    assert (wrong.returncode, "expected TYPE=VALUE" in wrong.stderr) == (64, True)


def badge_token(document: dict[str, Any]) -> str:
    """As Open Badges 3.0 section 8.2 has tokens: the credential itself, and the typ JWT."""
    return compact({"kid": ENDORSER_KEY.kid, "typ": "JWT"}, {**document, "iss": ENDORSER}, ENDORSER_KEY)


def test_endorsements_are_opened_and_verified_where_they_stand(node: RunningNode, tmp_path: Path) -> None:
    code, report = report_on(node, tmp_path, signed(endorsed_badge(), signer=ISSUER_KEY))
    by_place = {
        (check["evidence"].get("credential"), check["name"]): check["outcome"]
        for check in report["checks"]
        if check["name"] in ("proof", "endorses what it stands in", "schema", "known contexts and terms")
    }
    places = ("/endorsement/0", "/credentialSubject/achievement/endorsementJwt/0")
    for place in places:
        assert by_place[place, "proof"] == "yes"
        assert by_place[place, "endorses what it stands in"] == "yes"
        assert by_place[place, "known contexts and terms"] == "yes"
    assert (code, by_place["", "proof"], by_place["", "schema"]) == (2, "yes", "yes"), report


def test_an_endorsement_that_was_changed_or_made_up_makes_the_badge_not_verified(
    node: RunningNode, tmp_path: Path
) -> None:
    changed, forged = endorsed_badge(), endorsed_badge()
    changed["endorsement"][0]["credentialSubject"]["endorsementComment"] = "The best of all."
    token = forged["credentialSubject"]["achievement"]["endorsementJwt"][0]
    forged["credentialSubject"]["achievement"]["endorsementJwt"] = [token[:-8] + "AAAAAAAA"]
    for document in (changed, forged):
        code, report = report_on(node, tmp_path, signed(document, signer=ISSUER_KEY))
        faults = {check["name"] for check in report["checks"] if check["outcome"] == "no"}
        assert (code, faults) == (1, {"proof", "signed by its issuer", "embedded credentials and endorsements"})


def record_of(*credentials: dict[str, Any], **changes: Any) -> dict[str, Any]:
    issuer = {"id": ISSUER, "type": ["Profile"], "name": "Somebody"}
    made = learner_record(*credentials, issuer=issuer, subject_did=LEARNER, associations=(), **changes)
    return signed(made, signer=ISSUER_KEY)


def test_each_credential_in_a_learner_record_is_verified_by_itself(node: RunningNode, tmp_path: Path) -> None:
    inner = signed(endorsed_badge(), signer=ISSUER_KEY)
    code, report = report_on(node, tmp_path, record_of(inner))
    place = "/credentialSubject/verifiableCredential/0"
    found = {(check["evidence"].get("credential"), check["name"]): check["outcome"] for check in report["checks"]}
    assert (code, found["", "proof"], found["", "known contexts and terms"]) == (2, "yes", "yes")
    assert (found[place, "proof"], found[place, "about the one that the record is about"]) == ("yes", "yes")
    assert found[f"{place}/endorsement/0", "proof"] == "yes"
    assert found[f"{place}/credentialSubject/achievement/endorsementJwt/0", "endorses what it stands in"] == "yes"


def test_what_somebody_else_achieved_does_not_pass_in_a_learner_record(node: RunningNode, tmp_path: Path) -> None:
    stolen = badge(issuer={"id": ISSUER, "type": ["Profile"], "name": "Somebody"})
    code, report = report_on(node, tmp_path, record_of(signed(stolen, signer=ISSUER_KEY)))
    assert (code, outcomes(report)["about the one that the record is about"]) == (1, "no")


def test_a_record_with_an_association_to_nowhere_is_named(node: RunningNode, tmp_path: Path) -> None:
    document = record_of(badge_of_an_unknown_issuer())
    del document["proof"]
    document["credentialSubject"]["association"] = [
        {"type": "Association", "associationType": "isChildOf", "sourceId": "urn:a", "targetId": "urn:b"}
    ]
    code, report = report_on(node, tmp_path, signed(document, signer=ISSUER_KEY))
    assert (code, outcomes(report)["associations within the record"]) == (1, "no")


def test_an_sd_jwt_vc_in_a_file_is_checked_with_what_its_holder_was_asked_to_repeat(
    node: RunningNode, tmp_path: Path
) -> None:
    at = datetime.now(UTC)
    issued = issue_sd_jwt_vc(
        {"given_name": "Ada"},
        vct="https://issuer.example/types/1",
        signer=ISSUER_KEY,
        holder=LEARNER_KEY.public,
        disclosable=[("given_name",)],
        issued_at=at,
        entropy=secrets.token_bytes,
    )
    asked = {"audience": "https://employer.example", "nonce": "abc"}
    shown = present_sd_jwt(issued, disclose=[("given_name",)], signer=LEARNER_KEY, signed_at=at, **asked)
    file = tmp_path / "shown.txt"
    file.write_text(shown)

    def told(*options: str) -> tuple[int, str, str]:
        done = node.run("verify", file, "--json", *options)
        report = json.loads(done.stdout)
        Draft202012Validator(REPORT_SCHEMA).validate(report)
        found = outcomes(report)
        return done.returncode, found["proof"], found["key binding"]

    domain = ("--domain", "https://employer.example")
    assert told("--challenge", "abc", *domain) == (2, "yes", "yes"), "its issuer is in no network"
    assert told("--challenge", "abd", *domain) == (1, "yes", "no")
    assert told("--challenge", "abc", "--domain", "https://other.example") == (1, "yes", "no")
    file.write_text(issued)
    assert told("--challenge", "abc") == (1, "yes", "no"), "there has to be a key binding"
    file.write_text(json.dumps(badge_of_an_unknown_issuer()))
    done = node.run("verify", file, "--challenge", "abc")
    assert (done.returncode, done.stdout) == (64, ""), "what nobody looks at must not seem to be checked"
    assert "expected a presentation or an SD-JWT" in done.stderr
