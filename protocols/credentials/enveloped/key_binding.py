"""The key binding JWT: that whoever presents an SD-JWT has the key it was issued to, now, and for this verifier.

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-4.3 and #section-7.3
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from protocols.credentials.enveloped.sd_jwt import SdJwt, hash_text
from protocols.credentials.enveloped.token import (
    Asked,
    Token,
    check_asked,
    check_claims_times,
    check_header,
    check_signature,
    compact,
    numeric_date,
    parse_token,
    seconds,
    token_result,
    unreadable,
)
from protocols.credentials.proofs.authority import CLOCK_SKEW, Answer, authorised_method
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.shape import as_object, as_text
from protocols.credentials.times import format_time
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.keys import PublicKey, Signer

TYP = "kb+jwt"
PURPOSE = "authentication"
BOUND = "The holder's key signed this presentation."
MAX_AGE = timedelta(hours=24)
"""How old a key binding may be: a presentation may wait in a mailbox; the nonce is what makes it fresh."""
_MAX_BYTES = 16 * 1024


def bind(sd_jwt: SdJwt, signer: Signer, *, algorithm: str, audience: str, nonce: str, signed_at: datetime) -> SdJwt:
    """`sd_jwt` with a key binding JWT by `signer`, whose kid is not told: the verifier knows the key from `cnf`."""
    claims = {
        "aud": audience,
        "iat": seconds(signed_at),
        "nonce": nonce,
        "sd_hash": hash_text(sd_jwt.without_key_binding, algorithm),
    }
    return replace(sd_jwt, key_binding=compact({"typ": TYP}, claims, signer))


def check_key_binding(
    sd_jwt: SdJwt,
    confirmation: Mapping[str, Any] | None,
    algorithm: str,
    documents: Mapping[str, DidDocument],
    expected: Asked,
    *,
    max_age: timedelta | None,
) -> ProofResult | None:
    """What is known of the key binding; None where there is none and neither challenge nor domain was set."""
    if sd_jwt.key_binding is None:
        if expected.challenge is None and expected.domain is None:
            return None
        reason = "There is no key binding: whoever presents this did not prove to have its key."
        return token_result(None, TYP, PURPOSE, Outcome.NO, reason)
    token: Token | None = None
    created: datetime | None = None
    try:
        token = parse_token(sd_jwt.key_binding, max_payload_bytes=_MAX_BYTES)
        created = numeric_date(token.payload, "iat")
        _check(token, sd_jwt, confirmation, algorithm, documents, expected, created, max_age)
    except Answer as answer:
        return token_result(token, TYP, PURPOSE, answer.outcome, answer.reason, created=created)
    except ProtocolError as error:
        return token_result(token, TYP, PURPOSE, Outcome.NO, unreadable(error), created=created)
    return token_result(token, TYP, PURPOSE, Outcome.YES, BOUND, created=created)


def _check(
    token: Token,
    sd_jwt: SdJwt,
    confirmation: Mapping[str, Any] | None,
    algorithm: str,
    documents: Mapping[str, DidDocument],
    expected: Asked,
    created: datetime | None,
    max_age: timedelta | None,
) -> None:
    curve = check_header(token, types=(TYP,))
    key, method = _holder_key(confirmation, created, documents, expected)
    if key.crv != curve:
        raise Answer(Outcome.NO, f"The holder's key is of curve {key.crv}, which {token.header['alg']} does not use.")
    _check_bound(token, sd_jwt, algorithm, created, expected, max_age)
    check_claims_times(token.payload, method, created, expected.now)
    check_signature(token, key)


def _holder_key(
    confirmation: Mapping[str, Any] | None,
    created: datetime | None,
    documents: Mapping[str, DidDocument],
    expected: Asked,
) -> tuple[PublicKey, VerificationMethod | None]:
    """The key that the issuer's `cnf` names (RFC 7800): a JWK, or by kid one of a DID document."""
    if confirmation is None:
        raise Answer(Outcome.NO, "The credential names no key that its holder could be bound to.")
    jwk, kid = as_object(confirmation.get("jwk")), confirmation.get("kid")
    if jwk is not None:
        return PublicKey.from_jwk(jwk), None
    if isinstance(kid, str):
        own = replace(expected, purpose=PURPOSE, controller=None)
        method = authorised_method(kid, own, documents, created)
        return method.key, method
    raise Answer(Outcome.COULD_NOT_TELL, "The holder's key is named in a way that is not read here, but by jwk or kid.")


def _check_bound(
    token: Token, sd_jwt: SdJwt, algorithm: str, created: datetime | None, expected: Asked, max_age: timedelta | None
) -> None:
    claims = token.payload
    if created is None or as_text(claims.get("nonce")) is None or as_text(claims.get("aud")) is None:
        raise Answer(Outcome.NO, "The key binding lacks one of iat, nonce, aud.")
    check_asked(claims["nonce"], claims["aud"], expected)
    if max_age is not None and created < expected.now - max_age - CLOCK_SKEW:
        raise Answer(Outcome.NO, f"The key binding is of {format_time(created)}, which is too long ago.")
    if claims.get("sd_hash") != hash_text(sd_jwt.without_key_binding, algorithm):
        raise Answer(Outcome.NO, "The key binding was made for other disclosures, or another credential.")
