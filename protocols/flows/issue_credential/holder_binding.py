"""Proof that a holder has the key their credential will be bound to: our attachment format for request-credential.

    {"did": "did:key:z6Mk…", "jwt": <compact JWS, typ ler-holder-proof+jwt, by that key>}
    claims: {"aud": the issuer's DID, "thid": the thread of the offer, "iat": seconds}

Without it a learner could have a credential bound to a key of somebody else's, who could then present it. Audience and
thread keep a proof made for one issuer and offer from being used with another.
"""

from datetime import datetime, timedelta

from protocols.dids.key import resolve_key
from protocols.errors import DidError, EnvelopeError, MalformedMessage, UnsupportedMessage
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer

FORMAT = "https://w3id.org/ler-exchange/holder-binding@v1.0"
TYP = "ler-holder-proof+jwt"
MAX_PROOF_CHARS = 4096
MAX_AGE = timedelta(hours=24)
"""A request may wait in an outbox; the thread it names is what keeps the proof from being used again."""
MAX_SKEW = timedelta(minutes=5)


def holder_proof(signer: Signer, *, issuer: str, thread_id: str, now: datetime) -> str:
    """The proof by `signer`, whose kid is the did:key of its public key or a DID URL of it."""
    claims = {"aud": issuer, "thid": thread_id, "iat": int(now.timestamp())}
    return sign_compact(claims, signer, typ=TYP)


def check_holder_proof(did: str, jwt: str, *, issuer: str, thread_id: str, now: datetime) -> None:
    """Accepts a proof that `did` made for this issuer and thread.

    Raises:
        UnsupportedMessage: `did` is no did:key of an Ed25519 key.
        MalformedMessage: not a proof of this form.
        EnvelopeError: made by another key, for another issuer or thread, or at another time; all look alike.
    """
    key = _key_of(did)
    token = parse_compact(jwt, typ=TYP, max_bytes=MAX_PROOF_CHARS)
    if token.kid.partition("#")[0] != did:
        raise EnvelopeError("the proof of the holder's key does not hold")
    token.verify(key)
    claims = token.claims
    issued_at = claims.get("iat")
    if not isinstance(issued_at, int) or isinstance(issued_at, bool):
        raise MalformedMessage("a proof without a time", expected="iat in seconds")
    age_s = now.timestamp() - issued_at
    is_timely = -MAX_SKEW.total_seconds() <= age_s <= MAX_AGE.total_seconds()
    if (claims.get("aud"), claims.get("thid")) != (issuer, thread_id) or not is_timely:
        raise EnvelopeError("the proof of the holder's key does not hold")


def _key_of(did: str) -> PublicKey:
    if not did.startswith("did:key:"):
        raise UnsupportedMessage("a holder of a kind that is not issued to", expected="did:key of an Ed25519 key")
    try:
        methods = resolve_key(did).keys_for("authentication", "Ed25519")
    except DidError as error:
        raise MalformedMessage("not a did:key", expected="did:key of an Ed25519 key") from error
    if not methods:
        raise UnsupportedMessage("a holder's key that is not issued to", expected="did:key of an Ed25519 key")
    return methods[0].key
