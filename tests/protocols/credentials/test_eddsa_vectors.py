"""The W3C's vc-di-eddsa vectors: every intermediate value of both suites, proof sets and proof chains."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from protocols.credentials.canonical import canonical_rdf
from protocols.credentials.proofs import add_proof, check_proofs, jcs, rdfc
from protocols.credentials.proofs.suite import signature_of
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.dids.multiformats import base58_decode
from protocols.findings import Outcome
from protocols.jose.encoding import canonical_json
from protocols.jose.keys import PrivateKey, PublicKey
from tests.support.badges import EXAMPLES

CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)


@pytest.fixture
def folder(shared_dir: Path) -> Path:
    return shared_dir / "vectors" / "vc-di-eddsa"


def _text(path: Path) -> str:
    return path.read_text("utf-8").strip()


def _signer(pair: dict[str, str]) -> PrivateKey:
    public = pair["publicKeyMultibase"]
    return PrivateKey.from_secret(
        "Ed25519", base58_decode(pair["privateKeyMultibase"][1:])[2:], f"did:key:{public}#{public}"
    )


def _documents(proofs: list[dict[str, Any]]) -> dict[str, DidDocument]:
    found: dict[str, DidDocument] = {}
    for proof in proofs:
        kid = proof["verificationMethod"]
        did, _, fragment = kid.partition("#")
        key = PublicKey.from_raw("Ed25519", base58_decode(fragment[1:])[2:])
        method = VerificationMethod(id=kid, controller=did, type="Multikey", key=key)
        found[did] = DidDocument(id=did, methods={kid: method}, relationships={"assertionMethod": (kid,)})
    return found


def _outcomes(document: dict[str, Any]) -> list[Outcome]:
    proofs = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
    results = check_proofs(
        document,
        _documents(proofs),
        purpose="assertionMethod",
        now=datetime(2026, 1, 1, tzinfo=UTC),
        expected_controller=None,
        reading=EXAMPLES,
    )
    return [result.outcome for result in results]


def test_every_intermediate_value_of_eddsa_rdfc_2022(folder: Path) -> None:
    own = folder / "eddsa-rdfc-2022"
    document = json.loads(_text(folder / "unsigned.json"))
    options = json.loads(_text(own / "proofConfigDataInt.json"))
    assert canonical_rdf(document, EXAMPLES).decode().strip() == _text(own / "canonDocDataInt.txt")
    assert canonical_rdf(options, EXAMPLES).decode().strip() == _text(own / "proofCanonDataInt.txt")
    combined = rdfc.hash_data(document, options, EXAMPLES, "Ed25519")
    assert combined.hex() == _text(own / "combinedHashDataInt.txt")
    assert combined.hex() == _text(own / "proofHashDataInt.txt") + _text(own / "docHashDataInt.txt")
    signed = json.loads(_text(own / "signedDataInt.json"))
    assert signature_of(signed["proof"]).hex() == _text(own / "sigHexDataInt.txt")
    assert _outcomes(signed) == [Outcome.YES]


def test_every_intermediate_value_of_eddsa_jcs_2022(folder: Path) -> None:
    own = folder / "eddsa-jcs-2022"
    document = json.loads(_text(folder / "unsigned.json"))
    options = json.loads(_text(own / "proofConfigJCS.json"))
    assert canonical_json(document).decode() == _text(own / "canonDocJCS.txt")
    assert canonical_json(options).decode() == _text(own / "proofCanonJCS.txt")
    assert sha256(canonical_json(document)).hexdigest() == _text(own / "docHashJCS.txt")
    assert jcs.hash_data(document, options, EXAMPLES, "Ed25519").hex() == _text(own / "combinedHashJCS.txt")
    assert _outcomes(json.loads(_text(own / "signedJCS.json"))) == [Outcome.YES]


@pytest.mark.parametrize(
    ("suite", "result"),
    [
        ("eddsa-rdfc-2022", "eddsa-rdfc-2022/signedDataInt.json"),
        ("eddsa-jcs-2022", "eddsa-jcs-2022/signedJCS.json"),
    ],
)
def test_signing_with_the_vectors_key_gives_the_vectors_document(folder: Path, suite: str, result: str) -> None:
    signed = add_proof(
        json.loads(_text(folder / "unsigned.json")),
        suite=suite,
        signer=_signer(json.loads(_text(folder / "keyPair.json"))),
        purpose="assertionMethod",
        created=CREATED,
        reading=EXAMPLES,
    )
    assert signed == json.loads(_text(folder / result))


@pytest.mark.parametrize(
    ("name", "count"),
    [("signedProofSet1", 1), ("signedProofSet2", 2), ("signedProofChain1", 3), ("signedProofChain2", 4)],
)
def test_proof_sets_and_chains_hold(folder: Path, name: str, count: int) -> None:
    document = json.loads(_text(folder / "proof-set-chain" / f"{name}.json"))
    assert _outcomes(document) == [Outcome.YES] * count


def test_a_link_whose_predecessor_is_gone_does_not_hold(folder: Path) -> None:
    document = json.loads(_text(folder / "proof-set-chain" / "signedProofChain2.json"))
    first, second, third, fourth = document["proof"]
    assert _outcomes({**document, "proof": [first, third, fourth]}) == [Outcome.YES, Outcome.NO, Outcome.NO]
    assert _outcomes({**document, "proof": [first, second, fourth]}) == [Outcome.YES, Outcome.YES, Outcome.NO]


def test_the_fourth_link_of_the_vectors_chain_is_what_we_would_have_signed(folder: Path) -> None:
    own = folder / "proof-set-chain"
    document = json.loads(_text(own / "signedProofChain2.json"))
    pair = json.loads(_text(own / "multiKeyPairs.json"))["keyPair4"]
    added = add_proof(
        {**document, "proof": document["proof"][:3]},
        suite="eddsa-rdfc-2022",
        signer=_signer(pair),
        purpose="assertionMethod",
        created=datetime(2023, 2, 26, 22, 16, 38, tzinfo=UTC),
        previous_proof=document["proof"][2]["id"],
        reading=EXAMPLES,
    )
    assert added == document


def test_the_vectors_of_employment_say_which_context_they_lack(folder: Path) -> None:
    document = json.loads(_text(folder / "eddsa-rdfc-2022" / "employ" / "signedDataInt.json"))
    assert _outcomes(document) == [Outcome.COULD_NOT_TELL]  # https://w3id.org/citizenship/v4rc1 is not pinned


def test_the_six_jcs_vectors(shared_dir: Path) -> None:
    own = shared_dir / "vectors" / "jcs"
    wrong = [
        path.name
        for path in sorted((own / "input").glob("*.json"))
        if canonical_json(json.loads(path.read_text("utf-8"))) != (own / "output" / path.name).read_bytes().strip()
    ]
    assert wrong == []
