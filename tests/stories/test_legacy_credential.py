"""A record of before: a VC 1.1 badge whose issuer is a key, checked by the contained legacy engine and reported."""

import copy
import sys
from typing import Any

import pytest

from node.adapters.didkit_worker import Didkit, didkit_pool
from node.clock import entropy
from node.metrics import Metrics
from protocols.dids.multiformats import encode_multikey
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PrivateKey
from tests.support.findings import faults, one
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import BUDGETS, Asked, Network
from tests.support.rude import drafted

pytestmark = [
    SHARED_LOOP,
    pytest.mark.skipif(sys.version_info >= (3, 13), reason="didkit has no build for this Python"),
]

ISSUER_KEY = PrivateKey.generate("Ed25519", entropy)
ISSUER = f"did:key:{encode_multikey(ISSUER_KEY.public)}"


async def legacy_badge(holder: str) -> JsonObject:
    """A badge about budgets as issued years ago, about `holder`."""
    unsigned: dict[str, Any] = {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
        ],
        "id": "urn:uuid:6a9a4d2e-2f6a-4a3c-9f0e-5a8b1a1d2c3b",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Budgeting",
        "issuer": {"id": ISSUER, "type": "Profile", "name": "A school that is gone"},
        "issuanceDate": "2022-08-19T21:41:50Z",
        "credentialSubject": {
            "id": holder,
            "type": "AchievementSubject",
            "achievement": {
                "id": "urn:uuid:0c6a2f0a-94a0-4a66-8a40-0c54d5d6f9a1",
                "type": "Achievement",
                "name": "Budgeting",
                "description": "Keeps a budget.",
                "criteria": {"narrative": "Kept one."},
                "alignment": [{"type": "Alignment", "targetUrl": BUDGETS.uri, "targetName": BUDGETS.name}],
            },
        },
    }
    pool = didkit_pool(Metrics())
    try:
        return await Didkit(pool).issue(unsigned, suite="Ed25519Signature2018", seed_jwk=ISSUER_KEY.to_jwk())
    finally:
        await pool.close()


async def shared(network: Network, change: Any = None) -> Asked:
    learner = await network.learner()
    badge = copy.deepcopy(await legacy_badge(learner.holder))
    if change is not None:
        change(badge)
    asked = await network.ask()
    draft = drafted(learner, await learner.meets(asked.link), badge)
    await draft.sent()
    assert await draft.answer() == ("delivered", {})
    return asked


async def test_its_signature_is_checked_and_its_issuer_is_nobody_the_network_knows(network: Network) -> None:
    asked = await shared(network)
    report = await asked.report("not_verified")
    proof = one(report, 4, "proof")
    assert (proof["outcome"], proof["evidence"]["suite"]) == ("yes", "Ed25519Signature2018")
    assert proof["reason"] == "The signature fits the document (checked by the legacy engine)."
    assert one(report, 4, "signed by its issuer")["outcome"] == "yes"
    assert one(report, 8, "presented by the one it is about")["outcome"] == "yes"
    standing = one(report, 7, "issuer standing as of signing")
    assert (standing["outcome"], standing["evidence"]["issuer"]) == ("no", ISSUER)
    assert faults(report) == [(7, "issuer standing as of signing", "no"), (10, "skill asked", "no")]


async def test_a_changed_one_is_found_out(network: Network) -> None:
    def raised(badge: dict[str, Any]) -> None:
        badge["credentialSubject"]["achievement"]["name"] = "Budgeting, with honours"

    asked = await shared(network, raised)
    report = await asked.report("not_verified")
    assert one(report, 4, "proof")["outcome"] == "no"
    assert one(report, 4, "signed by its issuer")["reason"] == "the issuer's proof does not hold"
