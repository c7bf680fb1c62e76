"""Rotation of DIDs: accepted when the old DID says so of the new one, and never else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from protocols.didcomm.envelope import NeedsDocument, pack_anoncrypt, pack_authcrypt, pack_plain, pack_signed, unpack
from protocols.didcomm.from_prior import FromPrior, sign_from_prior
from protocols.errors import EnvelopeError, MalformedMessage, ProtocolError
from protocols.jose.jws import sign_compact
from tests.support.parties import NOW, documents, entropy_of, lunch, party

ALICE, BOB, CHARLIE = party("alice"), party("bob"), party("charlie")
"""Charlie is who Alice was before."""
entropy = entropy_of("from_prior")
ROTATED = datetime(2026, 3, 1, tzinfo=UTC)


def sent(token: str, sender=ALICE) -> bytes:
    message = lunch(sender, BOB, from_prior=token)
    if sender is None:
        return pack_anoncrypt(message, recipients=BOB.recipients(), entropy=entropy)
    return pack_authcrypt(message, sender=sender.agreement(), recipients=BOB.recipients(), entropy=entropy)


def opened(data: bytes, *known):
    return unpack(data, secrets=BOB.secrets, documents=documents(*(known or (ALICE, CHARLIE))), now=NOW)


def jwt(claims: dict[str, object], signer=None) -> str:
    return sign_compact(claims, signer or CHARLIE.signer(), typ="JWT")


@pytest.mark.parametrize("crv", ["Ed25519", "P-256", "secp256k1"])
def test_the_old_did_names_the_new_one(crv):
    token = sign_from_prior(old=CHARLIE.did, new=ALICE.did, signer=CHARLIE.signer(crv), rotated_at=ROTATED)

    assert opened(sent(token)).prior == FromPrior(old=CHARLIE.did, new=ALICE.did, rotated_at=ROTATED)


def test_the_old_dids_document_is_asked_for():
    token = sign_from_prior(old=CHARLIE.did, new=ALICE.did, signer=CHARLIE.signer(), rotated_at=ROTATED)

    with pytest.raises(NeedsDocument) as need:
        opened(sent(token), ALICE)

    assert need.value.did == CHARLIE.did


def test_a_relationship_ends_without_a_new_did():
    token = sign_from_prior(old=CHARLIE.did, new=None, signer=CHARLIE.signer(), rotated_at=ROTATED)

    assert opened(sent(token, None)).prior == FromPrior(old=CHARLIE.did, new=None, rotated_at=ROTATED)


@pytest.mark.parametrize("data", [pack_plain, lambda message: pack_signed(message, ALICE.signer())])
def test_a_rotation_in_the_open_is_refused(data):
    token = sign_from_prior(old=CHARLIE.did, new=ALICE.did, signer=CHARLIE.signer(), rotated_at=ROTATED)

    with pytest.raises(MalformedMessage, match="not encrypted"):
        opened(data(lunch(ALICE, BOB, from_prior=token)))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": CHARLIE.did, "sub": BOB.did},
        {"iss": CHARLIE.did},
        {"iss": CHARLIE.did, "sub": ALICE.did, "iat": int((NOW + timedelta(minutes=6)).timestamp())},
        {"iss": CHARLIE.did, "sub": ALICE.did, "iat": "yesterday"},
        {"iss": "charlie", "sub": ALICE.did},
        {"sub": ALICE.did},
    ],
)
def test_claims_that_do_not_fit_are_refused(claims):
    with pytest.raises(ProtocolError):
        opened(sent(jwt(claims)))


def test_a_did_does_not_succeed_itself():
    with pytest.raises(MalformedMessage, match="not about this sender"):
        opened(sent(jwt({"iss": ALICE.did, "sub": ALICE.did}, ALICE.signer())))


@pytest.mark.parametrize(
    "signer",
    [
        ALICE.signer(),
        ALICE.signer().named(CHARLIE.signer().kid),
        CHARLIE.agreement("P-256"),
        CHARLIE.signer().named(f"{CHARLIE.did}#other"),
    ],
)
def test_a_signature_that_is_not_the_old_dids_is_refused(signer):
    with pytest.raises(EnvelopeError):
        opened(sent(jwt({"iss": CHARLIE.did, "sub": ALICE.did, "iat": 1}, signer)))


def test_the_invalid_rotations_of_the_sicpa_suite_are_refused(shared_dir: Path):
    file = shared_dir / "vectors/didcomm/sicpa-didcomm-python/didcomm_messages__messages.json"
    cases = [case["from_prior"] for case in json.loads(file.read_bytes())["INVALID_FROM_PRIOR_MESSAGES"]]

    for claims in cases:
        signer = ALICE.signer() if claims["iss"] == ALICE.did else CHARLIE.signer()
        with pytest.raises(MalformedMessage):
            opened(sent(jwt(claims, signer)))

    assert [claims["iss"] for claims in cases] == [ALICE.did, CHARLIE.did]


def test_a_valid_rotation_of_the_sicpa_suite_is_accepted_without_its_time(shared_dir: Path):
    file = shared_dir / "vectors/didcomm/sicpa-didcomm-python/didcomm_messages__messages.json"
    vectors = json.loads(file.read_bytes())

    minimal, full = (opened(sent(jwt(vectors[name]))).prior for name in ("TEST_FROM_PRIOR_MINIMAL", "TEST_FROM_PRIOR"))

    assert minimal == FromPrior(old=CHARLIE.did, new=ALICE.did, rotated_at=None)
    assert full == FromPrior(old=CHARLIE.did, new=ALICE.did, rotated_at=datetime.fromtimestamp(123456, UTC))
