"""ecdsa-sd-2023: every value of the W3C's vectors, and that nothing can be added, dropped or mixed."""

import copy
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest

from protocols.credentials.canonical import Reading
from protocols.credentials.proofs import add_proof, check_proofs, derive_proof
from protocols.credentials.proofs.ecdsa_sd_2023 import hmac_labels, sign_data
from protocols.credentials.proofs.sd_values import key_bytes, parse_base, parse_derived
from protocols.credentials.proofs.suite import without_value
from protocols.credentials.rdf.group import canonicalize_and_group
from protocols.dids.key import did_key, resolve_key
from protocols.dids.multiformats import base58_decode, decode_multikey
from protocols.errors import MalformedCredential, UnsupportedMessage
from protocols.findings import Outcome
from protocols.jose.encoding import b64url_decode, b64url_encode
from protocols.jose.keys import PrivateKey
from tests.support.badges import EXAMPLES
from tests.support.citizenship import CITIZENSHIP

FOLDERS = {"prc": ("prCredMandatory", "prCredSelective"), "employ": ("employMandatory", "employSelective")}
in_each_folder = pytest.mark.parametrize("folder", FOLDERS)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(shared_dir: Path, *path: str) -> Any:
    return json.loads((shared_dir / "vectors" / "vc-di-ecdsa").joinpath(*path).read_text("utf-8"))


def vector(shared_dir: Path, folder: str, name: str) -> Any:
    return read(shared_dir, "ecdsa-sd-2023", folder, f"{name}.json")


def unsigned(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


def checked(document: dict[str, Any], reading: Reading = EXAMPLES) -> tuple[Outcome, str]:
    did = document["proof"]["verificationMethod"].partition("#")[0]
    [result] = check_proofs(
        document,
        {did: resolve_key(did)},
        purpose="assertionMethod",
        now=NOW,
        expected_controller=None,
        reading=reading,
    )
    return result.outcome, result.reason


@in_each_folder
def test_the_base_proof_of_the_vectors_value_by_value(shared_dir: Path, folder: str) -> None:
    signed = vector(shared_dir, folder, "addSignedSDBase")
    base = parse_base(signed["proof"])
    raw = vector(shared_dir, folder, "addRawBaseSignatureInfo")
    assert base.base_signature.hex() == raw["baseSignature"]
    assert [signature.hex() for signature in base.signatures] == raw["signatures"]
    assert list(base.mandatory_pointers) == raw["mandatoryPointers"]
    assert key_bytes(base.public_key) == base58_decode(raw["publicKey"][1:])
    transform = vector(shared_dir, folder, "addBaseTransform")
    assert base.hmac_key.hex() == transform["hmacKeyString"].lower()
    assert base.encode() == signed["proof"]["proofValue"]

    grouped = canonicalize_and_group(
        unsigned(signed), {"mandatory": base.mandatory_pointers}, hmac_labels(base.hmac_key), CITIZENSHIP
    )
    assert list(grouped.lines) == vector(shared_dir, folder, "addBaseDocHMACCanon")
    mandatory = grouped.groups["mandatory"].matching
    assert [[index, line] for index, line in mandatory.items()] == transform["mandatory"]["value"]
    optional = [[index, line] for index, line in enumerate(grouped.lines) if index not in mandatory]
    assert optional == transform["nonMandatory"]["value"]

    hashes = vector(shared_dir, folder, "addHashData")
    options = without_value(signed["proof"])
    data = sign_data(unsigned(signed), options, CITIZENSHIP, base.public_key, mandatory.values())
    assert (data[:32].hex(), data[67:].hex()) == (hashes["proofHash"], hashes["mandatoryHash"])
    assert decode_multikey(signed["proof"]["verificationMethod"].partition("#")[2]).verify(data, base.base_signature)


@in_each_folder
def test_what_is_derived_from_the_vectors_base_proof_is_theirs_to_the_byte(shared_dir: Path, folder: str) -> None:
    pointers = read(shared_dir, f"{FOLDERS[folder][1]}.json")
    derived = derive_proof(vector(shared_dir, folder, "addSignedSDBase"), pointers=pointers, reading=CITIZENSHIP)
    assert derived == vector(shared_dir, folder, "derivedRevealDocument")
    value = parse_derived(derived["proof"])
    data = vector(shared_dir, folder, "derivedDisclosureData")
    assert list(value.mandatory_indexes) == data["mandatoryIndexes"]
    assert [signature.hex() for signature in value.signatures] == data["signatures"]
    assert [list(pair) for pair in value.labels.items()] == data["labelMap"]["value"]
    assert checked(derived, CITIZENSHIP)[0] is Outcome.YES


# What follows is about documents of our own.

ISSUER = PrivateKey.from_secret("P-256", b"issuer".ljust(32, b"."))
ISSUER_DID = did_key(ISSUER.public)
SIGNER = ISSUER.named(f"{ISSUER_DID}#{ISSUER_DID.removeprefix('did:key:')}")
RECORD: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "urn:uuid:1",
    "type": ["VerifiableCredential"],
    "issuer": ISSUER_DID,
    "validFrom": "2024-01-01T00:00:00Z",
    "credentialSubject": {
        "degree": {"type": "Degree", "title": "Engineer"},
        "courses": [{"code": "A"}, {"code": "B", "grade": 1}, {"code": "C", "grade": 2.5}],
        "names": ["Ann", "Annie"],
    },
}


def entropy(seed: int = 1) -> Any:
    return random.Random(seed).randbytes


def base(
    document: dict[str, Any] = RECORD, mandatory: tuple[str, ...] = ("/issuer", "/validFrom"), seed: int = 1
) -> Any:
    return add_proof(
        document,
        suite="ecdsa-sd-2023",
        signer=SIGNER,
        purpose="assertionMethod",
        created=datetime(2024, 1, 1, tzinfo=UTC),
        mandatory_pointers=mandatory,
        entropy=entropy(seed),
        reading=EXAMPLES,
    )


def shown(*pointers: str, **options: Any) -> Any:
    return derive_proof(base(**options), pointers=pointers, reading=EXAMPLES)


@pytest.mark.parametrize(
    ("pointers", "subject"),
    [
        (("/credentialSubject/degree/title",), {"degree": {"type": "Degree", "title": "Engineer"}}),
        (("/credentialSubject/courses/1",), {"courses": [{"code": "B", "grade": 1}]}),
        (
            ("/credentialSubject/courses/0/code", "/credentialSubject/courses/2/grade"),
            {"courses": [{"code": "A"}, {"grade": 2.5}]},
        ),
        (("/credentialSubject/names/1",), {"names": ["Annie"]}),
        (("/credentialSubject",), RECORD["credentialSubject"]),
        (("/credentialSubject/courses",), {"courses": RECORD["credentialSubject"]["courses"]}),
        ((), None),
    ],
)
def test_what_was_chosen_is_shown_and_holds(pointers: tuple[str, ...], subject: Any) -> None:
    document = shown(*pointers)
    assert document.get("credentialSubject") == subject
    assert (document["issuer"], document["validFrom"]) == (ISSUER_DID, "2024-01-01T00:00:00Z")
    assert checked(document) == (Outcome.YES, "The signature fits the document, and the key may sign this.")


def test_a_document_without_an_id_and_a_proof_without_mandatory_parts_hold_too() -> None:
    nameless = {name: value for name, value in RECORD.items() if name != "id"}
    document = derive_proof(base(nameless, ()), pointers=["/credentialSubject/names"], reading=EXAMPLES)
    assert checked(document)[0] is Outcome.YES
    with pytest.raises(MalformedCredential, match="nothing would be shown"):
        derive_proof(base(RECORD, ()), pointers=[], reading=EXAMPLES)


def test_two_base_proofs_share_no_label_signature_or_key() -> None:
    first, second = (parse_base(base(seed=seed)["proof"]) for seed in (1, 2))
    assert first.hmac_key != second.hmac_key
    assert first.public_key != second.public_key
    assert not set(first.signatures) & set(second.signatures)


def with_value(document: dict[str, Any], header: bytes, parts: list[Any]) -> dict[str, Any]:
    value = "u" + b64url_encode(header + cbor2.dumps(parts))
    return {**document, "proof": {**document["proof"], "proofValue": value}}


def parts_of(document: dict[str, Any]) -> tuple[bytes, list[Any]]:
    data = b64url_decode(document["proof"]["proofValue"][1:])
    return data[:3], cbor2.loads(data[3:])


def altered(document: dict[str, Any], place: int, change: Any) -> dict[str, Any]:
    """The derived proof with one of its five parts changed."""
    header, parts = parts_of(document)
    parts[place] = change(copy.deepcopy(parts[place]))
    return with_value(document, header, parts)


def forgeries() -> dict[str, dict[str, Any]]:
    good = shown("/credentialSubject/degree/title", "/credentialSubject/courses/1")
    other = shown("/credentialSubject/courses/2", seed=2)
    subject = good["credentialSubject"]
    zero = bytes(64)
    return {
        "the base proof itself": base(),
        "another title": {**good, "credentialSubject": {**subject, "degree": {"type": "Degree", "title": "Doctor"}}},
        "a statement that was added": {**good, "credentialSubject": {**subject, "age": 5}},
        "a statement that was dropped": {**good, "credentialSubject": {"degree": subject["degree"]}},
        "a mandatory part that was dropped": {name: value for name, value in good.items() if name != "validFrom"},
        "another mandatory part": {**good, "validFrom": "2020-01-01T00:00:00Z"},
        "another issuer": {**good, "issuer": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
        "another date of the proof": {**good, "proof": {**good["proof"], "created": "2023-01-01T00:00:00Z"}},
        "parts of two documents": {**good, "credentialSubject": {**subject, **other["credentialSubject"]}},
        "the value of another document": {**good, "proof": other["proof"]},
        "another base signature": altered(good, 0, lambda _: parts_of(other)[1][0]),
        "a base signature of zeros": altered(good, 0, lambda _: zero),
        "a base signature that is short": altered(good, 0, lambda value: value[:-1]),
        "another proof key": altered(good, 1, lambda _: key_bytes(ISSUER.public)),
        "a proof key that is no point": altered(good, 1, lambda value: value[:2] + b"\x02" + b"\xff" * 32),
        "a proof key of another curve": altered(good, 1, lambda value: b"\xed\x01" + value[2:34]),
        "one signature fewer": altered(good, 2, lambda value: value[:-1]),
        "one signature more": altered(good, 2, lambda value: [*value, value[0]]),
        "signatures in another order": altered(good, 2, lambda value: value[::-1]),
        "a signature of zeros": altered(good, 2, lambda value: [zero, *value[1:]]),
        "signatures that are none": altered(good, 2, lambda value: "text"),
        "labels exchanged": altered(good, 3, lambda value: dict(zip(value, [*value.values()][::-1], strict=True))),
        "a label fewer": altered(good, 3, lambda value: dict([*value.items()][1:])),
        "a label more": altered(good, 3, lambda value: {**value, 99: bytes(32)}),
        "one label twice": altered(good, 3, lambda value: dict.fromkeys(value, next(iter(value.values())))),
        "labels that are none": altered(good, 3, lambda value: []),
        "a mandatory index fewer": altered(good, 4, lambda value: value[:-1]),
        "a mandatory index more": altered(good, 4, lambda value: [*value, max(value) + 1]),
        "a mandatory index out of range": altered(good, 4, lambda value: [*value[:-1], 4000]),
        "a mandatory index twice": altered(good, 4, lambda value: [*value, value[0]]),
        "a negative mandatory index": altered(good, 4, lambda value: [-1, *value[1:]]),
        "six parts": with_value(good, parts_of(good)[0], [*parts_of(good)[1], 0]),
        "a map in place of the parts": with_value(good, parts_of(good)[0], {}),  # type: ignore[arg-type]
        "nothing after the header": {
            **good,
            "proof": {**good["proof"], "proofValue": "u" + b64url_encode(b"\xd9\x5d\x01")},
        },
        "another header": with_value(good, b"\xd9\x5d\x02", parts_of(good)[1]),
        "a value in base58": {**good, "proof": {**good["proof"], "proofValue": "z3tpJ"}},
        "a value that is a number": {**good, "proof": {**good["proof"], "proofValue": 5}},
        "no value": {**good, "proof": without_value(good["proof"])},
    }


@pytest.mark.parametrize("forgery", forgeries())
def test_a_forgery_does_not_hold(forgery: str) -> None:
    outcome, reason = checked(forgeries()[forgery])
    assert outcome is Outcome.NO
    assert reason


def test_the_forgeries_begin_with_something_that_holds() -> None:
    good = shown("/credentialSubject/degree/title", "/credentialSubject/courses/1")
    assert checked(good)[0] is Outcome.YES
    assert checked(with_value(good, *parts_of(good)))[0] is Outcome.YES


@pytest.mark.parametrize(
    "pointer", ["/nothing", "/credentialSubject/courses/3", "/credentialSubject/courses/x", "issuer"]
)
def test_a_pointer_that_leads_nowhere_is_named(pointer: str) -> None:
    for attempt in (lambda: base(mandatory=(pointer,)), lambda: shown(pointer)):
        with pytest.raises(MalformedCredential) as refused:
            attempt()
        assert refused.value.found == pointer


def test_only_a_base_proof_can_be_derived_from_and_only_a_selective_suite_takes_pointers() -> None:
    for document in (RECORD, shown(), {**base(), "proof": [base()["proof"]] * 2}):
        with pytest.raises(MalformedCredential):
            derive_proof(document, pointers=["/issuer"], reading=EXAMPLES)
    with pytest.raises(UnsupportedMessage, match="shows all"):
        add_proof(
            RECORD,
            suite="ecdsa-rdfc-2019",
            signer=SIGNER,
            purpose="assertionMethod",
            created=NOW,
            mandatory_pointers=("/issuer",),
            reading=EXAMPLES,
        )


def test_what_is_hidden_stands_nowhere_in_what_is_shown() -> None:
    document = shown("/credentialSubject/names")
    assert document["credentialSubject"] == {"names": ["Ann", "Annie"]}
    signed = b64url_decode(document["proof"]["proofValue"][1:])
    for hidden in ("Engineer", "grade", "courses"):
        assert hidden not in json.dumps(document)
        assert hidden.encode() not in signed
