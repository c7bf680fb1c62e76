"""An offline bundle is verified from itself alone, and whoever changes a byte of it shows."""

import copy
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.settings import write_initial
from protocols.credentials.proofs import add_proof
from protocols.dids.key import did_key, key_document
from protocols.dids.multiformats import encode_multikey
from protocols.verification.bundle import Bundle, BundleRefused, StatusListCopy, read_bundle, write_bundle
from tests.support.badges import badge, key_of, signed
from tests.support.commands import run_command
from tests.support.findings import faults
from tests.support.network import Network
from tests.support.nodes import wait_until


@pytest_asyncio.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    async with Network(tmp_path) as made:
        yield made


def verified(file: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = run_command("bundle", "verify", file, "--json", *options)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


async def test_what_a_member_bundled_verifies_anywhere_with_the_network_unplugged(
    network: Network, tmp_path: Path
) -> None:
    employer, learner = network.employer, await network.learner()
    write_initial(employer.settings)
    [held] = [item["document"] for item in learner.wallet.credentials()]

    async def synced() -> bool:
        kept = {item["url"]: item["fetched_at"] for item in await employer.items("/status")}
        return all(kept.get(entry["statusListCredential"]) is not None for entry in held["credentialStatus"])

    await wait_until("the employer to keep the college's status lists", synced)
    badge_file, file = tmp_path / "held.json", tmp_path / "held.lerbundle"
    badge_file.write_text(json.dumps(held))
    made = run_command("bundle", "make", badge_file, "--out", file, "--data", employer.data)
    assert made.returncode == 0, made.stderr
    await network.__aexit__(None, None, None)

    code, answer = verified(file)
    assert (code, answer["report"]["verdict"], faults(answer["report"])) == (0, "verified", [])
    assert (answer["made_by"], answer["maker_is_known"]) == (employer.settings.did, True)
    assert answer["anchor_is_known"] is False
    [anchor] = answer["anchors"]
    code, known = verified(file, "--anchor", anchor.partition("#")[2])
    assert (code, known["anchors"], known["report"]["checks"]) == (0, [anchor], answer["report"]["checks"])
    assert (known["maker_is_known"], known["anchor_is_known"]) == (True, True)
    code, unknown = verified(file, "--anchor", "A" * 43)
    assert (code, unknown["anchors"], unknown["report"]["issuer"]["standing"]) == (2, [], "could_not_tell")
    assert (unknown["maker_is_known"], unknown["anchor_is_known"]) == (False, False)
    assert answer["report"]["checked_at"] == answer["made_at"]
    assert answer["report"]["issuer"]["standing"] == "yes"
    assert answer["report"]["status"]["freshness"] == "fresh"
    assert_every_byte_counts(file.read_bytes())
    assert_what_is_signed_in_it_is_checked(read_bundle(file.read_bytes()), tmp_path / "lie.lerbundle")
    assert_nobody_gets_a_key_into_anothers_document(read_bundle(file.read_bytes()), tmp_path / "forged.lerbundle")


def assert_every_byte_counts(data: bytes) -> None:
    """Every 97th byte, and each of the first and last hundred."""
    places = [*range(100), *range(0, len(data), 97), *range(len(data) - 100, len(data))]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(BundleRefused):
            read_bundle(bytes(changed))
    for other in (data + b"\n", b" " + data, data[:-1], data + data, json.dumps(json.loads(data)).encode()):
        with pytest.raises(BundleRefused):
            read_bundle(other)


MALLORY = key_of("did:web:mallory.example")
MALLORY_DID = did_key(MALLORY.public)
MALLORY_KEY = MALLORY.named(f"{MALLORY_DID}#{encode_multikey(MALLORY.public)}")
BY_MALLORY: Any = {"signer": MALLORY_KEY, "purpose": "assertionMethod"}
MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)


def resigned(document: dict[str, Any]) -> bytes:
    """What a liar makes of a bundle: signed anew, by a key of their own."""
    value = {name: item for name, item in document.items() if name != "proof"}
    value |= {"made_by": MALLORY_DID, "documents": {MALLORY_DID: key_document(MALLORY_DID)}}
    return write_bundle(add_proof(value, suite="eddsa-jcs-2022", created=MADE_AT, **BY_MALLORY))


def assert_what_is_signed_in_it_is_checked(bundle: Bundle, file: Path) -> None:
    """Whoever bundles can leave out and misdate, but can make nobody else say anything."""
    lies: dict[str, Any] = {}
    for name in ("badge", "list", "statement"):
        lie = copy.deepcopy(bundle.to_json())
        if name == "badge":
            lie["held"]["credentialSubject"]["achievement"]["name"] = "Brain surgery"
        elif name == "list":
            lie["status_lists"][0]["document"]["credentialSubject"]["statusPurpose"] = "refresh"
        else:
            lie["directory"]["members"] = [
                {**member, "statement": member["statement"] and member["statement"][:-8] + "AAAAAAAA"}
                for member in lie["directory"]["members"]
            ]
        lies[name] = lie
    expected = {
        "badge": (1, [(4, "proof", "no"), (4, "signed by its issuer", "no")]),
        "list": (2, [(6, "status: revocation", "could_not_tell")]),
    }
    for name, lie in lies.items():
        file.write_bytes(resigned(lie))
        code, answer = verified(file)
        assert answer["made_by"] == MALLORY_DID
        if name in expected:
            assert (code, faults(answer["report"])) == expected[name], name
        else:
            assert code != 0
            assert answer["report"]["issuer"]["standing"] != "yes"


def assert_nobody_gets_a_key_into_anothers_document(bundle: Bundle, file: Path) -> None:
    """A did:web document has no signature: what counts is what its owner states of it under the anchor."""
    issuer = bundle.held["issuer"]
    college = issuer["id"] if isinstance(issuer, dict) else issuer
    value = copy.deepcopy(bundle.to_json())
    [member] = [each for each in value["directory"]["members"] if each["did"] == college]
    member["did_document"]["verificationMethod"].append(method_of_mallory(college))
    member["did_document"]["assertionMethod"].append(f"{college}#mallory")
    forged = {name: item for name, item in value["held"].items() if name not in ("proof", "credentialStatus")}
    forged["credentialSubject"]["achievement"]["name"] = "Brain surgery"
    by_college = {**BY_MALLORY, "signer": MALLORY.named(f"{college}#mallory")}
    value["held"] = add_proof(forged, suite="eddsa-rdfc-2022", created=bundle.made_at, **by_college)

    file.write_bytes(resigned(value))
    code, answer = verified(file)
    assert (code, answer["report"]["verdict"], answer["report"]["issuer"]["standing"]) == (
        2,
        "could_not_tell",
        "could_not_tell",
    )

    maker = bundle.made_by
    method = method_of_mallory(maker)
    value["documents"] = {maker: {"id": maker, "verificationMethod": [method], "assertionMethod": [method["id"]]}}
    by_maker = {**BY_MALLORY, "signer": MALLORY.named(method["id"])}
    file.write_bytes(write_bundle(add_proof(value, suite="eddsa-jcs-2022", created=bundle.made_at, **by_maker)))
    done = run_command("bundle", "verify", file)
    assert (done.returncode, done.stdout) == (65, "")
    assert "not signed by its maker as the network knows it" in done.stderr


def method_of_mallory(did: str) -> dict[str, Any]:
    key = encode_multikey(MALLORY.public)
    return {"id": f"{did}#mallory", "type": "Multikey", "controller": did, "publicKeyMultibase": key}


def a_bundle(**changes: Any) -> dict[str, Any]:
    held = signed(badge(issuer={"id": MALLORY_DID, "type": ["Profile"], "name": "M"}), signer=MALLORY_KEY)
    made = Bundle(
        made_at=MADE_AT,
        made_by=MALLORY_DID,
        held=held,
        anchors=[],
        directory=None,
        metadata={},
        documents={},
        status_lists=[],
    )
    return {**made.to_json(), **changes}


NOT_ONE: dict[str, Any] = {
    "of another type": {"type": "Something"},
    "of another version": {"version": 2},
    "of no time": {"made_at": "yesterday"},
    "of a time without zone": {"made_at": "2026-11-01T00:00:00"},
    "with other contexts": {"contexts": {"https://www.w3.org/ns/credentials/v2": "00"}},
    "without contexts": {"contexts": {}},
    "with a credential that is a text": {"held": "x"},
    "with lists that are none": {"status_lists": ["x"]},
    "with too many lists": {
        "status_lists": [{"url": "u", "issuer": "i", "fetched_at": "2026-11-01T00:00:00Z", "document": {}}] * 300
    },
}


def test_a_bundle_is_read_as_it_was_made() -> None:
    lists = [StatusListCopy.of("https://x.example/1", MALLORY_DID, MADE_AT, body) for body in (b'{"a":1}', b"a.b.c")]
    bundle = read_bundle(resigned(a_bundle(status_lists=[item.to_json() for item in lists])))
    assert bundle.held["name"] == "Cash-flow forecasting"
    assert [item.body for item in bundle.status_lists] == [b'{"a":1}', b"a.b.c"]


@pytest.mark.parametrize("fault", NOT_ONE)
def test_what_is_no_bundle_is_refused_whoever_signed_it(fault: str) -> None:
    with pytest.raises(BundleRefused):
        read_bundle(resigned(a_bundle(**NOT_ONE[fault])))


def test_a_maker_that_cannot_be_had_or_signed_otherwise_is_refused() -> None:
    unsigned = a_bundle()
    with pytest.raises(BundleRefused):
        read_bundle(write_bundle(unsigned))
    other = {**unsigned, "made_by": "did:web:employer.example"}
    with pytest.raises(BundleRefused, match="without its maker's DID document"):
        read_bundle(write_bundle(add_proof(other, suite="eddsa-jcs-2022", created=MADE_AT, **BY_MALLORY)))
    late = MADE_AT + timedelta(days=1)
    with pytest.raises(BundleRefused, match="not as its maker signed it"):
        read_bundle(write_bundle(add_proof(unsigned, suite="eddsa-jcs-2022", created=late, **BY_MALLORY)))


def test_the_command_says_in_one_line_what_does_not_hold(tmp_path: Path) -> None:
    file = tmp_path / "x.lerbundle"
    file.write_bytes(resigned(a_bundle())[:-1] + b" ")
    done = run_command("bundle", "verify", file)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (65, "", 1)
