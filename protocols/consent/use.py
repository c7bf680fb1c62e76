"""The use of a consent: a small JWS that goes with every sending and binds it to one request and one ciphertext."""

from dataclasses import dataclass
from datetime import datetime

from protocols.jose.encoding import JsonObject
from protocols.jose.jws import CompactJws, parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.requests.members import Members, seconds

USE_TYP = "ler-consent-use+jwt"
MAX_USE_BYTES = 32 * 1024
"""Generous for five short members: the kid of a long-form did:peer:4 is most of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One sending under a consent. Nothing in a parsed one is to be believed before `verify_use`.

    Args:
        record_hash: `record.record_hash` of the consent it is made under.
        request_hash: `request.request_hash` of the request it answers.
        payload_hash: `digests.payload_hash` of the inner JWE it goes with.
    """

    id: str
    record_hash: str
    request_hash: str
    payload_hash: str
    issued_at: datetime


def sign_use(use: Use, signer: Signer) -> str:
    """The use as a compact JWS, by the same key as its record."""
    claims: JsonObject = {
        "id": use.id,
        "record_hash": use.record_hash,
        "request_hash": use.request_hash,
        "payload_hash": use.payload_hash,
        "iat": seconds(use.issued_at),
    }
    token = sign_compact(claims, signer, typ=USE_TYP)
    parse_use(token)
    return token


def parse_use(token: str) -> Use:
    """The use in a compact JWS, its signature not yet checked; raises MalformedMessage or TooLarge."""
    return _read(parse_compact(token, typ=USE_TYP, max_bytes=MAX_USE_BYTES))


def verify_use(token: str, key: PublicKey) -> Use:
    """The use once `key` was found to have signed it; raises EnvelopeError when it did not."""
    jws = parse_compact(token, typ=USE_TYP, max_bytes=MAX_USE_BYTES)
    jws.verify(key)
    return _read(jws)


def _read(jws: CompactJws) -> Use:
    members = Members(jws.claims, "consent use")
    use = Use(
        id=members.identifier("id"),
        record_hash=members.digest("record_hash"),
        request_hash=members.digest("request_hash"),
        payload_hash=members.digest("payload_hash"),
        issued_at=members.time("iat"),
    )
    members.done()
    return use
