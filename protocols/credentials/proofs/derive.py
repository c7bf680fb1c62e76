"""Showing a part of a document whose issuer signed it so that its holder may.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#add-derived-proof-ecdsa-sd-2023
"""

from collections.abc import Sequence

from protocols.credentials.canonical import USUAL, Reading
from protocols.credentials.proofs.create import proofs_of
from protocols.credentials.proofs.suite import Selective, suite_of
from protocols.credentials.shape import as_object
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject


def derive_proof(document: JsonObject, *, pointers: Sequence[str], reading: Reading = USUAL) -> JsonObject:
    """What `pointers` name of the document, and what has to be shown in any case, with a proof of just that.

    Args:
        pointers: JSON pointers (RFC 6901) into the document.

    Raises:
        MalformedCredential: no base proof, or several; a pointer that leads nowhere.
    """
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    found = [
        (selective, proof) for item in proofs_of(document) if (proof := as_object(item)) and (selective := _of(proof))
    ]
    if len(found) != 1:
        raise MalformedCredential(
            "no proof that others can be derived from", found=f"{len(found)} base proofs", expected="one"
        )
    selective, proof = found[0]
    shown, derived = selective.derive(unsigned, proof, pointers, reading)
    return {**shown, "proof": derived}


def _of(proof: JsonObject) -> Selective | None:
    suite = suite_of(proof)
    return suite.selective if suite is not None else None
