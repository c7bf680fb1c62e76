"""A presentation: who presents, and the credentials in it.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocols.credentials.basics import optional_url, owner_of, parse_contexts, parse_types
from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES, MAX_PRESENTATION_BYTES, check_size
from protocols.credentials.contexts import CREDENTIALS_V2
from protocols.credentials.properties import check_properties
from protocols.credentials.shape import as_object, as_text, many
from protocols.dids.did import did_of
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import JsonObject

MAX_CREDENTIALS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """A well-formed presentation; its credentials are still raw, each to be parsed and checked by itself.

    Args:
        holder: the DID of whoever presents; None where the presentation does not say.
        credentials: raw objects, enveloped ones (`EnvelopedVerifiableCredential`) included.
    """

    raw: Mapping[str, Any]
    id: str | None
    holder: str | None
    types: tuple[str, ...]
    credentials: tuple[JsonObject, ...]
    contexts: tuple[str, ...]
    version: str


def parse_presentation(value: JsonObject) -> Presentation:
    """The presentation in a JSON object.

    Raises:
        MalformedCredential: a rule of the data model is broken.
        TooLarge: over 288 KiB, over 20 credentials, or one of them over 256 KiB.
    """
    check_size(value, MAX_PRESENTATION_BYTES)
    contexts, version = parse_contexts(value)
    types = parse_types(value, "VerifiablePresentation")
    check_properties({name: item for name, item in value.items() if name in ("termsOfUse", "proof")}, version)
    credentials = _credentials(value)
    if "holder" not in value:
        _check_nobody_speaks_of_themselves(value, credentials)
    return Presentation(
        raw=value,
        id=optional_url(value, "id"),
        holder=owner_of(value, "holder") if "holder" in value else None,
        types=types,
        credentials=credentials,
        contexts=contexts,
        version=version,
    )


def presentation_of(credentials: list[JsonObject], *, id: str, holder: str) -> JsonObject:
    """An unsigned presentation of `credentials` by `holder`, for data model 2.0."""
    return {
        "@context": [CREDENTIALS_V2],
        "id": id,
        "type": ["VerifiablePresentation"],
        "holder": holder,
        "verifiableCredential": credentials,
    }


def _credentials(value: JsonObject) -> tuple[JsonObject, ...]:
    found = many(value.get("verifiableCredential"))
    if len(found) > MAX_CREDENTIALS:
        raise TooLarge("too many credentials", found=str(len(found)), expected=f"at most {MAX_CREDENTIALS}")
    credentials = [as_object(item) for item in found]
    if not all(credentials):
        raise MalformedCredential("a credential that is not an object", expected="objects in verifiableCredential")
    kept = tuple(credential for credential in credentials if credential)
    for credential in kept:
        check_size(credential, MAX_CREDENTIAL_BYTES)
    return kept


def _check_nobody_speaks_of_themselves(value: JsonObject, credentials: tuple[JsonObject, ...]) -> None:
    """A credential by whoever signs the presentation needs a holder beside it (section 4.13.4)."""
    proofs = (as_object(proof) or {} for proof in many(value.get("proof")))
    signers = {did_of(as_text(proof.get("verificationMethod")) or "") for proof in proofs}
    for credential in credentials:
        issuer = credential.get("issuer")
        found = as_object(issuer)
        if as_text(issuer if found is None else found.get("id")) in signers:
            raise MalformedCredential(
                "a credential by whoever presents it, and no holder", expected="its issuer as holder"
            )
