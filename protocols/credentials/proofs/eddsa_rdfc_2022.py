"""eddsa-rdfc-2022: Ed25519 over the statements of a document. The default for badges.

Spec: https://www.w3.org/TR/vc-di-eddsa/#eddsa-rdfc-2022
"""

from hashlib import sha256

from protocols.credentials.canonical import Reading, canonical_rdf
from protocols.credentials.proofs.suite import Suite, signature_of, signed_options, without_value
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey, Signer


def hash_data(document: JsonObject, options: JsonObject, reading: Reading) -> bytes:
    """64 bytes: SHA-256 of the options' statements, then of the document's (section 3.2.4).

    The options are read with the document's contexts, whatever `@context` they carry themselves.
    """
    config = {**options, "@context": document.get("@context", [])}
    statements = (canonical_rdf(config, reading), canonical_rdf(document, reading))
    return b"".join(sha256(part).digest() for part in statements)


def _sign(document: JsonObject, options: JsonObject, signer: Signer, reading: Reading) -> JsonObject:
    return signed_options(options, signer.sign(hash_data(document, options, reading)))


def _verify(document: JsonObject, proof: JsonObject, key: PublicKey, reading: Reading) -> bool:
    return key.verify(hash_data(document, without_value(proof), reading), signature_of(proof))


SUITE = Suite(
    name="eddsa-rdfc-2022",
    proof_type="DataIntegrityProof",
    cryptosuite="eddsa-rdfc-2022",
    curves=("Ed25519",),
    sign=_sign,
    verify=_verify,
)
