"""ecdsa-sd-2023: an issuer signs each statement, and a holder shows the ones they choose.

    base proof      for the holder: a signature for each statement that may be hidden, and one for all that may not
    derived proof   for a verifier: the signatures of what is shown

Blank nodes get labels that only the issuer could make, so that statements of two documents cannot be mixed, and what
is hidden does not show in how the rest is numbered.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-sd-2023
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from protocols.credentials.canonical import LIMITS, Reading, canonical_rdf
from protocols.credentials.proofs.sd_values import (
    MAX_STATEMENTS,
    BaseValue,
    DerivedValue,
    key_bytes,
    parse_base,
    parse_derived,
)
from protocols.credentials.proofs.suite import Selective, Suite, without_value
from protocols.credentials.rdf.group import Group, LabelMap, canonicalize_and_group, document_quads, relabelled
from protocols.credentials.rdf.rdfc import canonicalize
from protocols.credentials.rdf.select import select
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import JsonObject, b64url_encode
from protocols.jose.keys import Entropy, PrivateKey, PublicKey, Signer

HMAC_KEY_BYTES = 32


def hmac_labels(key: bytes) -> LabelMap:
    """Labels that nobody can make without `key` (createHmacIdLabelMapFunction)."""

    def labels(canonical: Mapping[str, str]) -> Mapping[str, str]:
        return {
            node: "u" + b64url_encode(hmac.digest(key, label.encode("utf-8"), "sha256"))
            for node, label in canonical.items()
        }

    return labels


def sign_base(
    document: JsonObject,
    options: JsonObject,
    signer: Signer,
    reading: Reading,
    mandatory_pointers: Sequence[str],
    entropy: Entropy,
) -> JsonObject:
    """The base proof (section 3.6.1): it has what the holder needs to derive others, and is not to be shown."""
    hmac_key = entropy(HMAC_KEY_BYTES)
    scoped = PrivateKey.generate("P-256", entropy)
    groups = {"mandatory": mandatory_pointers}
    grouped = canonicalize_and_group(document, groups, hmac_labels(hmac_key), reading)
    mandatory = grouped.groups["mandatory"].matching
    optional = [line for index, line in enumerate(grouped.lines) if index not in mandatory]
    if len(optional) > MAX_STATEMENTS:
        raise TooLarge("too many statements to be signed one by one", expected=f"at most {MAX_STATEMENTS}")
    data = sign_data(document, options, reading, scoped.public, mandatory.values())
    value = BaseValue(
        base_signature=signer.sign(data),
        public_key=scoped.public,
        hmac_key=hmac_key,
        signatures=tuple(scoped.sign(line.encode("utf-8")) for line in optional),
        mandatory_pointers=tuple(mandatory_pointers),
    )
    return {**options, "proofValue": value.encode()}


def derive(
    document: JsonObject, proof: JsonObject, pointers: Sequence[str], reading: Reading
) -> tuple[JsonObject, JsonObject]:
    """What is shown of the document, and the derived proof (section 3.6.6).

    Raises:
        MalformedCredential: not a base proof, a pointer that leads nowhere, or nothing would be shown.
    """
    base = parse_base(proof)
    combined = [*base.mandatory_pointers, *pointers]
    shown = select(document, combined)
    if shown is None:
        raise MalformedCredential("nothing would be shown", expected="pointers, where none are mandatory")
    groups = {"mandatory": base.mandatory_pointers, "selective": tuple(pointers), "combined": tuple(combined)}
    grouped = canonicalize_and_group(document, groups, hmac_labels(base.hmac_key), reading)
    mandatory, selective, all_shown = (grouped.groups[name] for name in groups)
    value = DerivedValue(
        base_signature=base.base_signature,
        public_key=base.public_key,
        signatures=_signatures_of(base, len(grouped.lines), mandatory, selective),
        labels=_labels_for(all_shown, grouped.labels),
        mandatory_indexes=tuple(place for place, index in enumerate(all_shown.matching) if index in mandatory.matching),
    )
    return shown, {**without_value(proof), "proofValue": value.encode()}


def verify(document: JsonObject, proof: JsonObject, key: PublicKey, reading: Reading) -> bytes | None:
    """A derived proof (section 3.6.7): the issuer's signature has to hold, and that of each statement shown."""
    value = parse_derived(proof)
    lines, _ = relabelled(document_quads(document, reading), _given_labels(value.labels))
    mandatory = set(value.mandatory_indexes)
    if len(mandatory) != len(value.mandatory_indexes) or any(index >= len(lines) for index in mandatory):
        return None
    optional = [line for index, line in enumerate(lines) if index not in mandatory]
    if len(optional) != len(value.signatures):
        return None
    signed = [line for index, line in enumerate(lines) if index in mandatory]
    data = sign_data(document, without_value(proof), reading, value.public_key, signed)
    if not key.verify(data, value.base_signature):
        return None
    pairs = zip(optional, value.signatures, strict=True)
    all_fit = all(value.public_key.verify(line.encode("utf-8"), signature) for line, signature in pairs)
    return data + value.base_signature if all_fit else None


def sign_data(
    document: JsonObject, options: JsonObject, reading: Reading, public_key: PublicKey, mandatory: Iterable[str]
) -> bytes:
    """99 bytes: the hash of the options' statements, the proof's own key, the hash of the mandatory lines."""
    config = {**options, "@context": document.get("@context", [])}
    proof_hash = sha256(canonical_rdf(config, reading)).digest()
    return proof_hash + key_bytes(public_key) + sha256("".join(mandatory).encode("utf-8")).digest()


def _signatures_of(base: BaseValue, count: int, mandatory: Group, selective: Group) -> tuple[bytes, ...]:
    """The signatures of what was selected, out of one for each line that is not mandatory."""
    optional = [index for index in range(count) if index not in mandatory.matching]
    if len(optional) != len(base.signatures):
        raise MalformedCredential("a base proof that is not of this document")
    pairs = zip(optional, base.signatures, strict=True)
    return tuple(signature for index, signature in pairs if index in selective.matching)


def _labels_for(shown: Group, labels: Mapping[str, str]) -> Mapping[str, str]:
    """The issuer's labels by those that a verifier will find in what is shown."""
    issued = canonicalize(shown.quads, limits=LIMITS).issued
    return {canonical: labels[node] for node, canonical in issued.items()}


def _given_labels(given: Mapping[str, str]) -> LabelMap:
    def labels(canonical: Mapping[str, str]) -> Mapping[str, str]:
        if set(canonical.values()) != set(given):
            raise MalformedCredential("the proof names other blank nodes than the document has")
        return {node: given[label] for node, label in canonical.items()}

    return labels


SUITE = Suite(
    name="ecdsa-sd-2023",
    proof_type="DataIntegrityProof",
    cryptosuite="ecdsa-sd-2023",
    curves=("P-256",),
    sign=None,
    verify=verify,
    selective=Selective(sign_base=sign_base, derive=derive),
)
