"""Opening whatever secures a credential or presentation with JOSE: the one door for the node.

Step 1 and step 4 of the numbered check of a credential, for envelopes. Pure and picklable in and out.

Specs: https://www.w3.org/TR/vc-jose-cose/, https://www.rfc-editor.org/rfc/rfc9901#section-7,
https://www.w3.org/TR/vc-data-model/#jwt-decoding
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from protocols.credentials.enveloped.key_binding import MAX_AGE, check_key_binding
from protocols.credentials.enveloped.kinds import Kind, Opened
from protocols.credentials.enveloped.reading import Read, read_token, sealed_in, status_in, token_of
from protocols.credentials.enveloped.sd_jwt import SdJwt, algorithm_of
from protocols.credentials.enveloped.token import (
    HOLDS,
    Asked,
    Token,
    check_asked,
    check_claims_times,
    check_header,
    check_signature,
    digest_of,
    issuer_method,
    numeric_date,
    token_result,
    unreadable,
)
from protocols.credentials.enveloped.vc_jose import check_replicated
from protocols.credentials.proofs.authority import Answer, check_leaked_key, out_of_use
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.shape import as_object
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.errors import ProtocolError, UnsupportedMessage
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject

_CONTENT_OF = {Kind.VC_JWT: "vc", Kind.VP_JWT: "vp", Kind.VC_SD_JWT: "vc"}


def open_envelope(
    value: JsonObject | str,
    documents: Mapping[str, DidDocument],
    *,
    purpose: str,
    now: datetime,
    challenge: str | None = None,
    domain: str | Sequence[str] | None = None,
    expected_controller: str | None = None,
    seen_at: Mapping[str, datetime] | None = None,
    attested: Mapping[str, datetime] | None = None,
    key_binding_max_age: timedelta | None = MAX_AGE,
) -> Opened:
    """The document in an envelope or token, and one result for each signature on it.

    Never raises for what a stranger sent. Credentials in an opened presentation are opened one by one, by whoever
    reads them; an envelope within an envelope is not opened.

    Args:
        value: an EnvelopedVerifiableCredential or EnvelopedVerifiablePresentation, or a compact token.
        documents: resolved DID documents by DID; one that is missing makes the answer "could not tell".
        purpose: the relationship the key must stand in: assertionMethod for credentials, authentication for
            presentations. Key binding is always authentication.
        challenge: what nonce must say; for an SD-JWT it, or `domain`, makes key binding necessary.
        domain: likewise what aud must say, as a set.
        expected_controller: whose key it must be besides; that of the issuer or holder named inside it always is.
        seen_at, attested: as in `check_proofs`.
        key_binding_max_age: how long ago an SD-JWT's key binding may have been made; None for any time.
    """
    asked = Asked(
        purpose=purpose,
        now=now,
        controller=expected_controller,
        seen_at=seen_at or {},
        attested=attested or {},
        challenge=challenge,
        domain=None if domain is None else frozenset((domain,) if isinstance(domain, str) else domain),
    )
    token: Token | None = None
    try:
        sealed = sealed_in(value)
        token = token_of(sealed)
        read = read_token(token, sealed)
    except (Answer, ProtocolError) as error:
        outcome, reason = _verdict(error)
        result = token_result(token, token.typ[:80] if token else Kind.UNKNOWN.value, purpose, outcome, reason)
        return Opened(document=None, results=(result,), kind=Kind.UNKNOWN)
    results = [_signed(read, documents, asked)]
    if read.sd_jwt is not None and (bound := _bound(read, read.sd_jwt, documents, asked, key_binding_max_age)):
        results.append(bound)
    confirmation = as_object(read.token.payload.get("cnf"))
    return Opened(
        document=read.document,
        results=tuple(results),
        kind=read.kind,
        confirmation=confirmation,
        status=status_in(read.token, read.kind),
        owner=read.owner,
        disclosed_count=len(read.sd_jwt.disclosures) if read.sd_jwt else 0,
    )


def _signed(read: Read, documents: Mapping[str, DidDocument], asked: Asked) -> ProofResult:
    """The result for the issuer's or holder's own signature."""
    created: datetime | None = None
    try:
        created = _created(read)
        method = _check(read, documents, asked, created)
    except (Answer, ProtocolError) as error:
        outcome, reason = _verdict(error)
        return token_result(read.token, read.kind.value, asked.purpose, outcome, reason, created=created)
    found = token_result(read.token, read.kind.value, asked.purpose, Outcome.YES, HOLDS, created=created)
    digest = digest_of(read.token)
    return replace(found, digest=digest, attested_at=asked.attested.get(digest), key_until=out_of_use(method))


def _check(
    read: Read, documents: Mapping[str, DidDocument], asked: Asked, created: datetime | None
) -> VerificationMethod:
    token = read.token
    curve = check_header(token, types=read.types, content=_CONTENT_OF.get(read.kind))
    check_replicated(token, read.owner)
    if read.sd_jwt is None:
        check_asked(token.payload.get("nonce"), token.payload.get("aud"), asked)
    method = issuer_method(token, read.owner, curve, documents, created, asked)
    check_claims_times(token.payload, method, created, asked.now)
    check_signature(token, method.key)
    check_leaked_key(method, asked.now, asked.attested.get(digest_of(token)))
    return method


def _bound(
    read: Read, sd_jwt: SdJwt, documents: Mapping[str, DidDocument], asked: Asked, max_age: timedelta | None
) -> ProofResult | None:
    payload = read.token.payload
    confirmation = as_object(payload.get("cnf"))
    return check_key_binding(sd_jwt, confirmation, algorithm_of(payload), documents, asked, max_age=max_age)


def _created(read: Read) -> datetime | None:
    """When the token says it was made; VC 1.1 knows no iat, and nbf is its issuanceDate."""
    claims = read.document if read.kind is Kind.DC_SD_JWT else read.token.payload
    created = numeric_date(claims, "iat")
    return numeric_date(claims, "nbf") if created is None and read.kind in (Kind.JWT_VC, Kind.JWT_VP) else created


def _verdict(error: Answer | ProtocolError) -> tuple[Outcome, str]:
    if isinstance(error, Answer):
        return error.outcome, error.reason
    unknown = isinstance(error, UnsupportedMessage)
    return Outcome.COULD_NOT_TELL if unknown else Outcome.NO, unreadable(error)
