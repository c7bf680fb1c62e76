"""What the suites over a document's statements share: two canonical forms, two hashes, one signature.

A suite differs from its siblings by its name, its curves, and the hash that goes with the key.

Specs: https://www.w3.org/TR/vc-di-eddsa/#eddsa-rdfc-2022, https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-rdfc-2019
"""

from protocols.credentials.canonical import Reading, canonical_rdf
from protocols.credentials.proofs.suite import Suite, digest_for, signature_of, signed_options, without_value
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey, Signer


def hash_data(document: JsonObject, options: JsonObject, reading: Reading, curve: str) -> bytes:
    """The hash of the options' statements, then that of the document's: 64 bytes, 96 for P-384.

    The options are read with the document's contexts, whatever `@context` they carry themselves.
    """
    config = {**options, "@context": document.get("@context", [])}
    return b"".join(digest_for(curve, canonical_rdf(part, reading)) for part in (config, document))


def rdfc_suite(name: str, *, proof_type: str, cryptosuite: str | None, curves: tuple[str, ...]) -> Suite:
    """A suite of this kind."""

    def sign(document: JsonObject, options: JsonObject, signer: Signer, reading: Reading) -> JsonObject:
        return signed_options(options, signer.sign(hash_data(document, options, reading, signer.public.crv)))

    def verify(document: JsonObject, proof: JsonObject, key: PublicKey, reading: Reading) -> bytes | None:
        data, signature = hash_data(document, without_value(proof), reading, key.crv), signature_of(proof)
        return data + signature if key.verify(data, signature) else None

    return Suite(name=name, proof_type=proof_type, cryptosuite=cryptosuite, curves=curves, sign=sign, verify=verify)
