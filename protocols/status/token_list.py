"""Status List Tokens: a list signed as `statuslist+jwt`, published, and taken into use.

Spec: https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/ (sections 5.1 and 8.3)
"""

from collections.abc import Mapping
from datetime import datetime

from protocols.credentials.enveloped.token import (
    Token,
    check_claims_times,
    check_header,
    check_signature,
    compact,
    issuer_method,
    numeric_date,
    parse_token,
    seconds,
)
from protocols.credentials.proofs.authority import Answer, Expected
from protocols.credentials.shape import as_object, as_text
from protocols.dids.document import DidDocument
from protocols.errors import MalformedMessage
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import Signer
from protocols.status.acceptance import MAX_LIST_DOCUMENT_BYTES, Snapshot
from protocols.status.bitstring import compress, inflate
from protocols.status.entry import Form
from protocols.status.errors import MalformedValueError, StatusVerificationError
from protocols.status.freshness import MAX_TTL_S
from protocols.status.token_status import MECHANISM, SIZES, count_taken_back, decode_list, encode_list

TYP = "statuslist+jwt"
MEDIA_TYPE = f"application/{TYP}"


def sign_status_list(
    data: bytes,
    *,
    uri: str,
    size: int,
    signer: Signer,
    issued_at: datetime,
    expires_at: datetime | None,
    ttl_s: int | None,
    aggregation_uri: str | None = None,
) -> str:
    """The token of a list, compact; equal arguments give equal tokens where the key's signatures are deterministic.

    Args:
        data: the list, as `token_status.pack` makes it; `size` bits an entry.
        signer: its kid is a DID URL; the DID becomes `iss`, which the specification leaves open.
        aggregation_uri: where the URIs of all lists of this issuer stand.

    Raises:
        ValueError: a size other than 1, 2, 4 or 8.
    """
    if size not in SIZES:
        raise ValueError(f"a status of {size} bits")
    status_list: JsonObject = {"bits": size, "lst": encode_list(data)}
    if aggregation_uri is not None:
        status_list["aggregation_uri"] = aggregation_uri
    payload: JsonObject = {
        "iss": signer.kid.partition("#")[0],
        "sub": uri,
        "iat": seconds(issued_at),
        MECHANISM: status_list,
    }
    if expires_at is not None:
        payload["exp"] = seconds(expires_at)
    if ttl_s is not None:
        payload["ttl"] = ttl_s
    return compact({"kid": signer.kid, "typ": TYP}, payload, signer)


def parse_list_token(text: str) -> Token:
    """The token in `text`, nothing of it verified; raises MalformedValueError where it is none."""
    try:
        return parse_token(text, max_payload_bytes=MAX_LIST_DOCUMENT_BYTES, max_characters=MAX_LIST_DOCUMENT_BYTES)
    except MalformedMessage as error:
        raise MalformedValueError(f"the list is not a token: {error.detail}", found=error.found) from error


def issuer_named(token: Token) -> str | None:
    """Who a token says it is by, unverified: `iss`, or else the DID of its key."""
    named = as_text(token.payload.get("iss")) or token.key_name.partition("#")[0]
    return named or None


def accept_token(
    token: Token,
    documents: Mapping[str, DidDocument],
    *,
    uri: str,
    key: str,
    fetched_at: datetime,
    expected_issuer: str,
    previous: Snapshot | None,
) -> Snapshot:
    """The snapshot of a token that was fetched from `uri`.

    Args:
        documents: with that of `expected_issuer`.
        key: what the snapshot is kept under.
        previous: the snapshot in use until now.

    Raises:
        StatusVerificationError: not signed by the issuer, about another list, out of its dates, or older than the
            previous one.
        MalformedValueError, StatusListLengthError: a list that cannot be read.
    """
    payload = token.payload
    try:
        created, ends = numeric_date(payload, "iat"), numeric_date(payload, "exp")
        method = _verified(token, documents, created, fetched_at, expected_issuer)
    except Answer as error:
        raise StatusVerificationError("the signature of the list does not hold", found=error.reason) from error
    except MalformedMessage as error:
        raise MalformedValueError(error.detail, expected=error.expected) from error
    if payload.get("sub") != uri:
        raise StatusVerificationError(
            "another list than was asked for", found=str(payload.get("sub"))[:120], expected=uri[:120]
        )
    if created is None:
        raise MalformedValueError("iat is missing", expected="seconds since 1970")
    if previous is not None and previous.made_at is not None and created < previous.made_at:
        raise StatusVerificationError("an older list than the one in use")
    data, size = _list(payload)
    return Snapshot(
        url=key,
        issuer=expected_issuer,
        purposes=(MECHANISM,),
        compressed=compress(data),
        fetched_at=fetched_at,
        valid_from=created,
        valid_until=ends,
        made_at=created,
        ttl_s=_ttl(payload),
        verification_method=method,
        signed_at=created,
        cleared_count=_cleared(previous, data, size),
        form=Form.JWT,
        size=size,
    )


def _verified(
    token: Token,
    documents: Mapping[str, DidDocument],
    created: datetime | None,
    now: datetime,
    issuer: str,
) -> str:
    """The id of the key whose signature holds; raises Answer for everything else."""
    expected = Expected(purpose="assertionMethod", now=now, controller=issuer)
    curve = check_header(token, types=(TYP,))
    method = issuer_method(token, as_text(token.payload.get("iss")) or issuer, curve, documents, created, expected)
    check_claims_times(token.payload, method, created, now)
    check_signature(token, method.key)
    return method.id


def _list(payload: JsonObject) -> tuple[bytes, int]:
    claim = as_object(payload.get(MECHANISM))
    if claim is None:
        raise MalformedValueError("status_list is missing", expected="an object with bits and lst")
    size, encoded = claim.get("bits"), claim.get("lst")
    if isinstance(size, bool) or not isinstance(size, int) or size not in SIZES:
        raise MalformedValueError("bits", found=str(size)[:32], expected="1, 2, 4 or 8")
    if not isinstance(encoded, str):
        raise MalformedValueError("lst is missing", expected="base64url")
    return decode_list(encoded), size


def _ttl(payload: JsonObject) -> float | None:
    ttl = payload.get("ttl")
    if ttl is None and "ttl" not in payload:
        return None
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or ttl <= 0:
        raise MalformedValueError("ttl", found=str(ttl)[:32], expected="a positive number of seconds")
    return min(float(ttl), MAX_TTL_S)


def _cleared(previous: Snapshot | None, data: bytes, size: int) -> int:
    if previous is None:
        return 0
    if previous.size != size:
        return previous.cleared_count  # the entries do not lie where they lay
    return previous.cleared_count + count_taken_back(inflate(previous.compressed), data, size)
