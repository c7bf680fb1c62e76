"""The signed presentation request: who asks what, why, for how long, and until when it may be answered.

A compact JWS of type `ler-presentation-request+jwt`, signed by the asker. It travels as received: everyone on the way
names it by the digest of its exact characters, so nobody has to agree on how to write it again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from protocols.errors import MalformedMessage
from protocols.jose.encoding import JsonObject, digest
from protocols.jose.jws import CompactJws, parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.requests.members import Members, seconds
from protocols.requests.query import PresentationQuery, parse_query

REQUEST_TYP = "ler-presentation-request+jwt"
MAX_REQUEST_BYTES = 96 * 1024
MAX_CHAIN_STATEMENTS = 8
MAX_LIFETIME = timedelta(days=90)
MAX_RETENTION_DAYS = 3_660

NO_REDISCLOSURE = "none"
"""The asker gives what it gets to nobody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why: a code of the trust network's list, and the text as the learner will read it."""

    code: str
    text: str

    def to_json(self) -> JsonObject:
        return {"code": self.code, "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationRequest:
    """A request as its issuer states it. Nothing in a parsed one is to be believed before `verify_request`.

    Args:
        issuer: the asker's DID.
        id: `jti`, unique per issuer.
        nonce: unpredictable, so that two requests never share a hash.
        retention_days: how many days after receipt the asker deletes what it got.
        redisclosure: to whom the asker may pass it on, in words; `NO_REDISCLOSURE` for nobody.
        trust_chain: the asker's federation statements, unverified, so that a phone need fetch nothing.
        kid: the signing key; empty before it is signed.
    """

    issuer: str
    id: str
    issued_at: datetime
    expires_at: datetime
    nonce: str
    purpose: Purpose
    retention_days: int
    query: PresentationQuery
    redisclosure: str = NO_REDISCLOSURE
    trust_chain: tuple[str, ...] = ()
    kid: str = ""


def sign_request(request: PresentationRequest, signer: Signer) -> str:
    """The request as a compact JWS, its `trust_chain` in the header. `signer.kid` must be a key of `request.issuer`."""
    claims: JsonObject = {
        "iss": request.issuer,
        "jti": request.id,
        "iat": seconds(request.issued_at),
        "exp": seconds(request.expires_at),
        "nonce": request.nonce,
        "purpose": request.purpose.to_json(),
        "retention_days": request.retention_days,
        "query": request.query.to_json(),
        "redisclosure": request.redisclosure,
    }
    header = {"trust_chain": list(request.trust_chain)} if request.trust_chain else None
    token = sign_compact(claims, signer, typ=REQUEST_TYP, header=header)
    parse_request(token)  # we send nothing that we would not read
    return token


def parse_request(token: str) -> PresentationRequest:
    """The request in a compact JWS, its signature not yet checked.

    Raises:
        MalformedMessage: a member missing, unknown or of the wrong form; a kid that is not the issuer's.
        TooLarge: over 96 KiB, 20 items or 8 chain statements.
    """
    return _read(parse_compact(token, typ=REQUEST_TYP, max_bytes=MAX_REQUEST_BYTES))


def verify_request(token: str, key: PublicKey) -> PresentationRequest:
    """The request once `key`, looked up in the issuer's DID document under its kid, was found to have signed it.

    Raises EnvelopeError when it did not, and what `parse_request` raises.
    """
    jws = parse_compact(token, typ=REQUEST_TYP, max_bytes=MAX_REQUEST_BYTES)
    jws.verify(key)
    return _read(jws)


def request_hash(token: str) -> str:
    """The name of a request: SHA-256 of its exact characters."""
    return digest(token.encode("ascii"))


def read_purpose(value: Any) -> Purpose:
    """The purpose in a JSON object: a code of at most 100 characters, a text of at most 500."""
    members = Members(value, "purpose")
    purpose = Purpose(code=members.code("code"), text=members.text("text", 500))
    members.done()
    return purpose


def _read(jws: CompactJws) -> PresentationRequest:
    members = Members(jws.claims, "request")
    header = Members({"trust_chain": jws.header.get("trust_chain", [])}, "header")
    request = PresentationRequest(
        issuer=members.did("iss"),
        id=members.identifier("jti"),
        issued_at=members.time("iat"),
        expires_at=members.time("exp"),
        nonce=members.token("nonce", 128),
        purpose=read_purpose(members.take("purpose")),
        retention_days=members.integer("retention_days", 0, MAX_RETENTION_DAYS),
        query=parse_query(members.take("query")),
        redisclosure=members.text("redisclosure", 200),
        trust_chain=header.tokens("trust_chain", MAX_CHAIN_STATEMENTS, MAX_REQUEST_BYTES),
        kid=jws.kid,
    )
    members.done()
    _check_sense(request)
    return request


def _check_sense(request: PresentationRequest) -> None:
    if request.kid.partition("#")[0] != request.issuer:
        raise MalformedMessage("a request signed under another DID's key id", expected="a kid of its issuer")
    lifetime = request.expires_at - request.issued_at
    if not timedelta() < lifetime <= MAX_LIFETIME:
        raise MalformedMessage(
            "a request with a lifetime that is not allowed",
            found=f"{lifetime.total_seconds():.0f} s",
            expected=f"more than 0 and at most {MAX_LIFETIME.days} days",
        )
