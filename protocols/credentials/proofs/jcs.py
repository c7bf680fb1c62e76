"""What the suites over the JSON itself share: RFC 8785 form, two hashes, one signature.

They sign the JSON and not its meaning, so contexts need not be known to check them.

Specs: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022, https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-jcs-2019
"""

from protocols.credentials.canonical import Reading
from protocols.credentials.proofs.suite import Suite, digest_for, signature_of, signed_options, without_value
from protocols.credentials.shape import many
from protocols.errors import MalformedCredential, MalformedMessage, TooLarge
from protocols.jose.encoding import JsonObject, canonical_json
from protocols.jose.keys import PublicKey, Signer


def hash_data(document: JsonObject, options: JsonObject, reading: Reading, curve: str) -> bytes:
    """The hash of the options in RFC 8785 form, then that of the document: 64 bytes, 96 for P-384."""
    try:
        parts = [canonical_json(part) for part in (options, document)]
    except MalformedMessage as error:
        raise MalformedCredential(error.detail) from error
    if len(parts[1]) > reading.max_bytes:
        raise TooLarge("a document too large", found=f"{len(parts[1])} bytes", expected=f"at most {reading.max_bytes}")
    return b"".join(digest_for(curve, part) for part in parts)


def jcs_suite(name: str, *, curves: tuple[str, ...]) -> Suite:
    """A suite of this kind; its cryptosuite is its name."""

    def sign(document: JsonObject, options: JsonObject, signer: Signer, reading: Reading) -> JsonObject:
        with_context = {**options, "@context": document["@context"]} if "@context" in document else options
        data = hash_data(document, with_context, reading, signer.public.crv)
        return signed_options(with_context, signer.sign(data))

    return Suite(name=name, proof_type="DataIntegrityProof", cryptosuite=name, curves=curves, sign=sign, verify=_verify)


def _verify(document: JsonObject, proof: JsonObject, key: PublicKey, reading: Reading) -> bytes | None:
    if "@context" in proof:
        signed, shown = many(proof["@context"]), many(document.get("@context"))
        if shown[: len(signed)] != signed:
            return None
        # contexts that were appended after signing do not count (section 3.3.2)
        document = {**document, "@context": proof["@context"]}
    data, signature = hash_data(document, without_value(proof), reading, key.crv), signature_of(proof)
    return data + signature if key.verify(data, signature) else None
