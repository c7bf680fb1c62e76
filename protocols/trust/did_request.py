"""A request that a DID itself signs to an anchor: to be admitted, or to leave."""

from datetime import datetime, timedelta
from typing import Protocol

from protocols.dids.document import DidDocument
from protocols.errors import EnvelopeError
from protocols.jose.jws import parse_compact
from protocols.trust.refusal import StatementRefused

MAX_REQUEST_BYTES = 32 * 1024
MAX_AGE = timedelta(days=1)
_LEEWAY = timedelta(seconds=60)


class DidRequest(Protocol):
    """What is checked of one; `token` is its compact JWS."""

    @property
    def anchor(self) -> str: ...

    @property
    def did(self) -> str: ...

    @property
    def iat(self) -> datetime: ...

    @property
    def kid(self) -> str: ...

    @property
    def token(self) -> str: ...


def check_request(request: DidRequest, document: DidDocument, *, anchor: str, now: datetime) -> None:
    """Returns when the DID itself signed this, lately, for this anchor.

    Raises:
        StatementRefused: `aud`, `request_stale`, `issued_in_the_future`, `did_mismatch`, `kid_unknown`, `signature`.
    """
    if request.anchor != anchor:
        raise StatementRefused("a request to another network", rule="aud", found=request.anchor, expected=anchor)
    if request.iat > now + _LEEWAY:
        raise StatementRefused("a request of the future", rule="issued_in_the_future", expected="iat past")
    if now - request.iat > MAX_AGE:
        raise StatementRefused("an old request", rule="request_stale", expected="at most a day old")
    if document.id != request.did:
        raise StatementRefused(
            "a DID document of another DID", rule="did_mismatch", found=document.id[:80], expected=request.did
        )
    method = document.method(request.kid, "authentication")
    if method is None or method.revoked is not None or (method.expires is not None and method.expires <= now):
        raise StatementRefused(
            "signed with a key that the DID does not use now",
            rule="kid_unknown",
            found=request.kid[:80],
            expected="a current authentication key",
        )
    try:
        parse_compact(request.token, max_bytes=MAX_REQUEST_BYTES).verify(method.key)
    except EnvelopeError as error:
        raise StatementRefused(error.detail, rule="signature") from error
