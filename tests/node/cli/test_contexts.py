"""`ler-node contexts`: an operator's own contexts are pinned in node.toml, and every verifier reads with them."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from node.errors import ConfigurationError
from node.settings import load_settings
from protocols.credentials.canonical import Reading
from protocols.credentials.contexts import CREDENTIALS_V2, PINNED, Contexts
from protocols.credentials.proofs import add_proof
from protocols.dids.key import did_key
from tests.support.badges import NOW, key_of
from tests.support.commands import run_command
from tests.support.served import make_node, served_node

URL = "https://college.example/contexts/grades.jsonld"
GRADES = json.dumps({"@context": {"grade": "https://college.example/terms#grade"}}).encode()
OTHERS = json.dumps({"@context": {"grade": "https://college.example/terms#mark"}}).encode()
KEY = key_of("did:web:issuer.example")
ISSUER = did_key(KEY.public)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    make_node(tmp_path / "node")
    return tmp_path / "node"


def add(data: Path, context: bytes, *options: str, url: str = URL) -> tuple[int, str]:
    file = data.parent / "context.jsonld"
    file.write_bytes(context)
    done = run_command("contexts", "add", file, "--url", url, "--data", data, *options)
    return done.returncode, done.stdout + done.stderr


def own(data: Path) -> list[dict[str, str]]:
    listed = json.loads(run_command("contexts", "list", "--json", "--data", data).stdout)
    assert listed[: len(PINNED)] == [
        {"url": url, "sha256": digest, "source": "built-in"} for url, (_, digest) in PINNED.items()
    ]
    return listed[len(PINNED) :]


def graded(context: bytes = GRADES) -> dict[str, Any]:
    """A credential of somebody whose key is in its DID, with a term of the context."""
    document = {
        "@context": [CREDENTIALS_V2, URL],
        "type": ["VerifiableCredential"],
        "issuer": ISSUER,
        "credentialSubject": {"id": "urn:learner", "grade": "A"},
    }
    return add_proof(
        document,
        suite="eddsa-rdfc-2022",
        signer=KEY.named(f"{ISSUER}#{ISSUER.removeprefix('did:key:')}"),
        purpose="assertionMethod",
        created=NOW,
        reading=Reading(contexts=Contexts(added=((URL, context),))),
    )


def verified(data: Path, document: Any) -> tuple[str, str]:
    """What is said of its contexts and of its proof."""
    file = data.parent / "document.json"
    file.write_text(json.dumps(document))
    done = run_command("verify", file, "--json", "--data", data)
    assert done.stdout, done.stderr
    found = {check["name"]: check["outcome"] for check in json.loads(done.stdout)["checks"]}
    return found["known contexts and terms"], found["proof"]


def test_a_context_is_pinned_listed_and_read_with(data: Path) -> None:
    toml = data / "node.toml"
    toml.write_text(f"# ours\n{toml.read_text()}")
    before, settings = toml.read_text(), tomllib.loads(toml.read_text())
    assert (own(data), verified(data, graded())[0]) == ([], "no")
    code, shown = add(data, GRADES)
    assert (code, digest(GRADES) in shown) == (0, True)
    assert toml.read_text().startswith(before.rstrip("\n")), "what the operator wrote stands as it was"
    assert tomllib.loads(toml.read_text()) == {**settings, "contexts": {"allowed": {URL: digest(GRADES)}}}
    assert own(data) == [{"url": URL, "sha256": digest(GRADES), "source": "own"}]
    assert verified(data, graded()) == ("yes", "yes")
    assert verified(data, graded(OTHERS)) == ("yes", "no"), "it was signed with another meaning"
    assert verified(data, {**graded(), "credentialSubject": {"mark": "A"}})[0] == "no"


def test_the_same_again_changes_nothing_and_other_bytes_need_replace(data: Path) -> None:
    add(data, GRADES)
    written = (data / "node.toml").read_bytes()
    code, shown = add(data, GRADES)
    assert (code, "pinned before" in shown, (data / "node.toml").read_bytes()) == (0, True, written)
    code, shown = add(data, OTHERS)
    assert (code, shown.count("\n")) == (1, 1)
    assert f"found {digest(OTHERS)}, expected {digest(GRADES)}, or --replace" in shown
    assert [each["sha256"] for each in own(data)] == [digest(GRADES)]
    second = "https://college.example/contexts/more.jsonld"
    assert (add(data, GRADES, url=second)[0], add(data, OTHERS, "--replace")[0]) == (0, 0)
    assert {each["url"]: each["sha256"] for each in own(data)} == {URL: digest(OTHERS), second: digest(GRADES)}
    assert verified(data, graded(OTHERS)) == ("yes", "yes")


@pytest.mark.parametrize("fault", ["changed", "gone"])
def test_a_file_that_is_not_as_it_was_pinned_stops_the_start_until_it_is_added_again(data: Path, fault: str) -> None:
    add(data, GRADES)
    [file] = (data / "contexts").iterdir()
    if fault == "changed":
        file.write_bytes(OTHERS)
    else:
        file.unlink()
    document = data.parent / "document.json"
    document.write_text(json.dumps(graded()))
    for verb in (("verify", document), ("serve",)):
        done = run_command(*verb, "--data", data)
        assert (done.returncode, done.stdout) == (78, "")
        assert done.stderr.count("\n") == 1
        assert f"the context {URL}" in done.stderr
        assert f"expected SHA-256 {digest(GRADES)}; add it again with `ler-node contexts add`" in done.stderr
        assert fault == "gone" or f"SHA-256 {digest(OTHERS)}" in done.stderr
    assert doctored(data) == (False, f"SHA-256 {digest(GRADES)}; add it again with `ler-node contexts add`")
    assert add(data, GRADES)[0] == 0
    assert (verified(data, graded()), doctored(data)) == (("yes", "yes"), (True, None))


def doctored(data: Path) -> tuple[bool, str | None]:
    """What `ler-node doctor` says of contexts."""
    [row] = [
        row for row in json.loads(run_command("doctor", "--json", "--data", data).stdout) if row["check"] == "contexts"
    ]
    return row["ok"], row["expected"]


def test_what_must_not_be_a_context_is_refused_and_nothing_is_kept(data: Path) -> None:
    for context, found in (
        (json.dumps({"@context": {"name": "https://x.example/n"}}).encode(), "found name, expected no other meaning"),
        (b"<html>", "found not JSON, expected a JSON object"),
        (b" " * 200_000, "found 200000 bytes, expected at most 131072 bytes"),
    ):
        code, shown = add(data, context)
        assert (code, found in shown, shown.count("\n")) == (1, True, 1), shown
    assert add(data, GRADES, url="ftp://college.example/c")[0] == 1
    assert (own(data), (data / "contexts").exists()) == ([], False)


def test_pins_from_elsewhere_are_not_overruled(data: Path) -> None:
    secret = data / "secrets" / "contexts__allowed"
    secret.write_text("{}")
    code, shown = add(data, GRADES)
    assert (code, "contexts cannot be pinned in node.toml" in shown) == (78, True)
    secret.unlink()
    toml = data / "node.toml"
    toml.write_text(toml.read_text() + '\n[contexts]\nallowed = {"https://a.example/c" = "' + "0" * 64 + '"}\n')
    before = toml.read_text()
    code, shown = add(data, GRADES)
    assert (code, "node.toml cannot be changed" in shown, toml.read_text()) == (78, True, before)


@pytest.mark.parametrize("value", ["abc", "0" * 63, "A" * 64])
def test_a_pin_that_is_no_digest_is_refused(data: Path, value: str) -> None:
    toml = data / "node.toml"
    toml.write_text(toml.read_text() + f'\n[contexts.allowed]\n"{URL}" = "{value}"\n')
    with pytest.raises(ConfigurationError, match=r"contexts\.allowed"):
        load_settings(data)


async def test_a_node_issues_and_verifies_with_it_by_vc_api_too(tmp_path: Path, data: Path) -> None:
    assert add(data, GRADES)[0] == 0
    async with served_node(load_settings(data, vc_api={"open": True})) as node:
        unsigned = {**graded(), "issuer": node.settings.did}
        del unsigned["proof"]
        async with node.client.post("/vc-api/credentials/issue", json={"credential": unsigned}) as response:
            assert response.status == 201, await response.text()
            made = await response.json()
        for document, status in ((made, 200), ({**made, "credentialSubject": {"grade": "B"}}, 400)):
            body = {"verifiableCredential": document}
            async with node.client.post("/vc-api/credentials/verify", json=body) as response:
                assert response.status == status, await response.text()
