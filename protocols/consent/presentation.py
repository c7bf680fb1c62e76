"""The presentation that answers a request, and what only the asker learns with it.

The presentation itself names the per-asker DID, so that a presentation cut out of one exchange cannot be shown to
belong to another; the disclosure carries the salts that tie it to the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from protocols.credentials.shape import as_object
from protocols.errors import MalformedCredential, MalformedMessage
from protocols.jose.encoding import JsonObject, canonical_json
from protocols.jose.jws import parse_compact
from protocols.requests.members import Members
from protocols.requests.query import MAX_ITEMS, objects, type_names
from protocols.trust.issuance_log.inclusion import MAX_PROOF_BYTES

SHARED_AS = "https://w3id.org/ler-exchange/consent/1.0#SharedAs"
"""Type of the `termsOfUse` entry of a presentation whose `id` is the per-asker DID it is shared under."""
ENVELOPED = "EnvelopedVerifiableCredential"
_ENVELOPE = "data:application/vc+jwt,"
CREDENTIALS_CONTEXT = "https://www.w3.org/ns/credentials/v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSalts:
    """The salts of one entry of a record's `records`."""

    issuer: str
    credential: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What travels sealed beside the presentation: salts in the order of `records`, language, jurisdiction.

    `dates` are the issuance proofs of the credentials in it that have one, unverified.
    """

    salts: tuple[RecordSalts, ...]
    language: str = "en"
    jurisdiction: str | None = None
    dates: tuple[JsonObject, ...] = ()

    def to_json(self) -> JsonObject:
        value: JsonObject = {
            "salts": [{"issuer": salts.issuer, "credential": salts.credential} for salts in self.salts],
            "language": self.language,
        }
        if self.dates:
            value["dates"] = list(self.dates)
        return value if self.jurisdiction is None else {**value, "jurisdiction": self.jurisdiction}


def parse_disclosure(value: Any) -> Disclosure:
    """The disclosure in a JSON object; raises MalformedMessage or TooLarge."""
    members = Members(value, "disclosure")
    disclosure = Disclosure(
        salts=members.items("salts", MAX_ITEMS, _salts),
        language=members.text("language", 35),
        jurisdiction=members.optional_text("jurisdiction", 64),
        dates=members.items("dates", MAX_ITEMS, _date),
    )
    members.done()
    return disclosure


def _date(value: Any) -> JsonObject:
    proof = as_object(value)
    if proof is None or len(canonical_json(proof)) > MAX_PROOF_BYTES:
        raise MalformedMessage("not an issuance proof", expected=f"an object of at most {MAX_PROOF_BYTES} bytes")
    return proof


def presentation(credentials: Sequence[JsonObject], *, holder: str, shared_as: str) -> JsonObject:
    """An unsigned VCDM 2.0 presentation of `credentials` by `holder`, shared under the per-asker DID `shared_as`."""
    return {
        "@context": [CREDENTIALS_CONTEXT],
        "type": ["VerifiablePresentation"],
        "holder": holder,
        "verifiableCredential": list(credentials),
        "termsOfUse": [{"id": shared_as, "type": SHARED_AS}],
    }


def shared_as(document: Mapping[str, Any]) -> str | None:
    """The per-asker DID that a presentation names; None where it names none, or more than one."""
    named = [term.get("id") for term in objects(document.get("termsOfUse")) if term.get("type") == SHARED_AS]
    return named[0] if len(named) == 1 and isinstance(named[0], str) else None


def credentials_of(document: Mapping[str, Any]) -> tuple[JsonObject | str, ...]:
    """The credentials of a presentation: JSON objects as they stand, enveloped ones as compact JOSE.

    Raises MalformedCredential for anything else in their place, and for more than 20.
    """
    value = document.get("verifiableCredential", [])
    items = cast(list[Any], value) if isinstance(value, list) else [value]
    if len(items) > MAX_ITEMS:
        raise MalformedCredential("too many credentials", found=str(len(items)), expected=f"at most {MAX_ITEMS}")
    for item in items:
        if not isinstance(item, dict | str):
            raise MalformedCredential("not a credential", found=type(item).__name__, expected="an object or a string")
    return tuple(items)


def opened(credential: JsonObject | str) -> JsonObject:
    """The credential's own document, unverified: of a JOSE one (VC-JWT 1.1, vc+jwt, enveloped) the one inside.

    Raises MalformedMessage for a token that does not parse.
    """
    if not isinstance(credential, str):
        envelope = credential.get("id")
        if ENVELOPED not in type_names(credential.get("type")) or not isinstance(envelope, str):
            return credential
        credential = envelope.removeprefix(_ENVELOPE)
    claims = parse_compact(credential).claims
    inside = claims.get("vc")
    document = cast(JsonObject, inside) if isinstance(inside, dict) else claims
    return document if "issuer" in document or "iss" not in claims else {**document, "issuer": claims["iss"]}


def _salts(value: Any) -> RecordSalts:
    members = Members(value, "salts")
    salts = RecordSalts(issuer=members.token("issuer", 86), credential=members.token("credential", 86))
    members.done()
    return salts
