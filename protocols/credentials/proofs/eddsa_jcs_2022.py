"""eddsa-jcs-2022: Ed25519 over the JSON itself in RFC 8785 form. For the documents that nodes make for each other.

It signs the JSON and not its meaning, so contexts need not be known to check it.

Spec: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

from hashlib import sha256

from protocols.credentials.canonical import Reading, check_size
from protocols.credentials.proofs.suite import Suite, signature_of, signed_options, without_value
from protocols.credentials.shape import many
from protocols.errors import MalformedCredential, MalformedMessage
from protocols.jose.encoding import JsonObject, canonical_json
from protocols.jose.keys import PublicKey, Signer


def hash_data(document: JsonObject, options: JsonObject, reading: Reading) -> bytes:
    """64 bytes: SHA-256 of the options in RFC 8785 form, then of the document (section 3.3.4)."""
    check_size(document, reading.max_bytes)
    try:
        return b"".join(sha256(canonical_json(part)).digest() for part in (options, document))
    except MalformedMessage as error:
        raise MalformedCredential(error.detail) from error


def _sign(document: JsonObject, options: JsonObject, signer: Signer, reading: Reading) -> JsonObject:
    with_context = {**options, "@context": document["@context"]} if "@context" in document else options
    return signed_options(with_context, signer.sign(hash_data(document, with_context, reading)))


def _verify(document: JsonObject, proof: JsonObject, key: PublicKey, reading: Reading) -> bool:
    if "@context" in proof:
        signed, shown = many(proof["@context"]), many(document.get("@context"))
        if shown[: len(signed)] != signed:
            return False
        # contexts that were appended after signing do not count (section 3.3.2)
        document = {**document, "@context": proof["@context"]}
    return key.verify(hash_data(document, without_value(proof), reading), signature_of(proof))


SUITE = Suite(
    name="eddsa-jcs-2022",
    proof_type="DataIntegrityProof",
    cryptosuite="eddsa-jcs-2022",
    curves=("Ed25519",),
    sign=_sign,
    verify=_verify,
)
