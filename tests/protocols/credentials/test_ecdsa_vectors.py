"""The W3C's vectors of the ECDSA suites and of Ed25519Signature2020: every intermediate value."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from protocols.credentials.canonical import canonical_rdf
from protocols.credentials.proofs import add_proof, check_proofs, jcs, rdfc
from protocols.credentials.proofs.suite import signature_of, suite_named
from protocols.dids.key import resolve_key
from protocols.dids.multiformats import base58_decode
from protocols.findings import Outcome
from protocols.jose.encoding import canonical_json
from protocols.jose.keys import PrivateKey
from tests.support.badges import EXAMPLES

CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Vector:
    """A folder of vectors: the names of its files end in `mark`."""

    suite: str
    curve: str
    folder: str
    mark: str
    pair: str
    config: str = "proofConfig"

    def read(self, shared_dir: Path, name: str, kind: str = "txt") -> str:
        return (shared_dir / "vectors" / self.folder / f"{name}{self.mark}.{kind}").read_text("utf-8").strip()

    def beside(self, shared_dir: Path, name: str) -> Any:
        return json.loads((shared_dir / "vectors" / self.folder).parent.joinpath(name).read_text("utf-8"))

    @property
    def secret_member(self) -> str:
        return "privateKeyMultibase" if self.curve == "Ed25519" else "secretKeyMultibase"


VECTORS = [
    Vector("ecdsa-rdfc-2019", "P-256", "vc-di-ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256", "p256KeyPair.json"),
    Vector("ecdsa-rdfc-2019", "P-384", "vc-di-ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", "p384KeyPair.json"),
    Vector("ecdsa-jcs-2019", "P-256", "vc-di-ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", "p256KeyPair.json"),
    Vector("ecdsa-jcs-2019", "P-384", "vc-di-ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384", "p384KeyPair.json"),
    Vector("Ed25519Signature2020", "Ed25519", "vc-di-eddsa/Ed25519Signature2020", "EdSig", "keyPair.json"),
]


def outcome(document: dict[str, Any]) -> Outcome:
    did = document["proof"]["verificationMethod"].partition("#")[0]
    [result] = check_proofs(
        document,
        {did: resolve_key(did)},
        purpose="assertionMethod",
        now=datetime(2026, 1, 1, tzinfo=UTC),
        expected_controller=None,
        reading=EXAMPLES,
    )
    return result.outcome


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector.suite}-{vector.curve}")
def test_every_intermediate_value(shared_dir: Path, vector: Vector) -> None:
    options = json.loads(vector.read(shared_dir, "proofConfig", "json"))
    document = vector.beside(shared_dir, "unsigned.json")
    if vector.curve == "Ed25519":
        document["@context"] = options["@context"]
    if "jcs" in vector.suite:
        assert canonical_json(document).decode() == vector.read(shared_dir, "canonDoc")
        assert canonical_json(options).decode() == vector.read(shared_dir, "proofCanon")
        combined = jcs.hash_data(document, options, EXAMPLES, vector.curve)
    else:
        assert canonical_rdf(document, EXAMPLES).decode().strip() == vector.read(shared_dir, "canonDoc")
        assert canonical_rdf(options, EXAMPLES).decode().strip() == vector.read(shared_dir, "proofCanon")
        combined = rdfc.hash_data(document, options, EXAMPLES, vector.curve)
    assert combined.hex() == vector.read(shared_dir, "combinedHash")
    assert combined.hex() == vector.read(shared_dir, "proofHash") + vector.read(shared_dir, "docHash")
    signed = json.loads(vector.read(shared_dir, "signed", "json"))
    assert signature_of(signed["proof"]).hex() == vector.read(shared_dir, "sigHex")
    assert signed["proof"]["proofValue"] == vector.read(shared_dir, "sigBTC58")
    assert outcome(signed) is Outcome.YES


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector.suite}-{vector.curve}")
def test_what_the_vectors_key_signs_here_verifies_and_carries_the_vectors_options(
    shared_dir: Path, vector: Vector
) -> None:
    """ECDSA signatures differ from one to the next; everything around them is the same."""
    pair = vector.beside(shared_dir, vector.pair)
    public = pair["publicKeyMultibase"]
    kid = f"did:key:{public}#{public}"
    secret = base58_decode(pair[vector.secret_member][1:])[2:]
    theirs = json.loads(vector.read(shared_dir, "signed", "json"))
    unsigned = {name: value for name, value in theirs.items() if name != "proof"}
    ours = add_proof(
        unsigned,
        suite=vector.suite,
        signer=PrivateKey.from_secret(vector.curve, secret, kid),
        purpose="assertionMethod",
        created=CREATED,
        reading=EXAMPLES,
    )
    assert {**ours["proof"], "proofValue": ""} == {**theirs["proof"], "proofValue": ""}
    assert (ours == theirs) is (vector.curve == "Ed25519")
    assert outcome(ours) is Outcome.YES


def test_a_key_of_a_curve_that_the_suite_has_not_is_refused() -> None:
    assert {name: suite_named(name).curves for name in ("ecdsa-rdfc-2019", "Ed25519Signature2020")} == {
        "ecdsa-rdfc-2019": ("P-256", "P-384"),
        "Ed25519Signature2020": ("Ed25519",),
    }
