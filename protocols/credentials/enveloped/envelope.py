"""EnvelopedVerifiableCredential and EnvelopedVerifiablePresentation: a token as a `data:` URL in an object.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#enveloped-verifiable-credentials
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from protocols.credentials.contexts import CREDENTIALS_V2
from protocols.credentials.enveloped.vc_jose import (
    CREDENTIAL,
    PRESENTATION,
    Form,
    check_jwt,
    key_id,
    owner_in,
    parse_jwt,
)
from protocols.credentials.proofs.authority import Answer, Expected
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.shape import many
from protocols.dids.document import DidDocument
from protocols.errors import MalformedMessage, ProtocolError, UnsupportedMessage
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject

_FORMS = {"EnvelopedVerifiableCredential": CREDENTIAL, "EnvelopedVerifiablePresentation": PRESENTATION}
_MEMBERS = frozenset({"@context", "id", "type"})
_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "cnf"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What was in an envelope, and the answer about the token around it.

    Args:
        document: None where there is none that could be read; not to be believed unless the result is a yes.
    """

    document: JsonObject | None
    result: ProofResult


def wrap(token: str, form: Form = CREDENTIAL) -> JsonObject:
    """`token` as an enveloped object."""
    name = next(name for name, known in _FORMS.items() if known is form)
    return {"@context": [CREDENTIALS_V2], "id": f"data:application/{form.typ},{token}", "type": [name]}


def is_enveloped(value: JsonObject) -> bool:
    """Whether an object says that it is an envelope of either kind."""
    return not _FORMS.keys().isdisjoint(name for name in many(value.get("type")) if isinstance(name, str))


def contents_of(value: JsonObject) -> JsonObject | None:
    """The document in an envelope, unchecked: to know what has to be gathered before it can be checked."""
    try:
        return _without_claims(parse_jwt(*_token(value))[1])
    except ProtocolError:
        return None


def signer_of(value: JsonObject) -> str | None:
    """The DID whose document is needed to open an envelope, as the token in it says; unchecked."""
    try:
        token, form = _token(value)
        jws, document = parse_jwt(token, form)
        kid = key_id(jws, document, form)
    except ProtocolError:
        return None
    return kid.partition("#")[0] if kid else None


def open_envelope(
    value: JsonObject,
    documents: Mapping[str, DidDocument],
    *,
    purpose: str,
    now: datetime,
    challenge: str | None = None,
    domain: str | Sequence[str] | None = None,
    seen_at: Mapping[str, datetime] | None = None,
) -> Opened:
    """What is in an envelope, and whether its issuer, or its holder where it names one, signed it.

    Never raises for what a stranger sent.

    Args:
        documents: resolved DID documents by DID; one that is missing makes the answer "could not tell".
        purpose: the relationship the key must stand in: assertionMethod for credentials, authentication for
            presentations.
        challenge: what the token's `nonce` must be, None where nothing was asked; `domain` likewise its `aud`.
        seen_at: see `check_proofs`.
    """
    try:
        token, form = _token(value)
        jws, document = parse_jwt(token, form)
    except UnsupportedMessage as error:
        return Opened(document=None, result=_result("unknown", "", purpose, Outcome.COULD_NOT_TELL, error.sentence))
    except ProtocolError as error:
        return Opened(document=None, result=_result("jwt", "", purpose, Outcome.NO, error.sentence))
    owner, kid = owner_in(document, form), key_id(jws, document, form) or ""
    expected = Expected(purpose=purpose, now=now, controller=owner, seen_at=seen_at or {})
    domains = None if domain is None else frozenset((domain,) if isinstance(domain, str) else domain)
    try:
        if form is CREDENTIAL and owner is None:
            raise Answer(Outcome.NO, "The credential names no issuer.")
        signed_at = check_jwt(jws, document, form, documents, expected, challenge=challenge, domain=domains)
    except Answer as answer:
        result = _result(form.typ, kid, purpose, answer.outcome, answer.reason)
        return Opened(document=_without_claims(document), result=result)
    reason = "The signature fits the token, and the key may sign this."
    return Opened(
        document=_without_claims(document), result=_result(form.typ, kid, purpose, Outcome.YES, reason, signed_at)
    )


def _token(value: JsonObject) -> tuple[str, Form]:
    """The token in an envelope, and what kind its own media type says it is.

    Raises:
        UnsupportedMessage: a media type that is not opened here.
        MalformedMessage: not an envelope.
    """
    names = [name for name in many(value.get("type")) if isinstance(name, str) and name in _FORMS]
    if len(names) != 1 or many(value.get("@context"))[:1] != [CREDENTIALS_V2] or not value.keys() <= _MEMBERS:
        raise MalformedMessage("not an envelope", expected=f"{CREDENTIALS_V2}, an id and one enveloped type")
    url = value.get("id")
    if not isinstance(url, str) or not url.startswith("data:") or "," not in url:
        raise MalformedMessage("the id of an envelope is not a data: URL", found=str(url)[:20], expected="data:…,TOKEN")
    media_type, _, token = url.removeprefix("data:").partition(",")
    form = _FORMS[names[0]]
    if media_type != f"application/{form.typ}":
        raise UnsupportedMessage(
            "an envelope of a media type that is not opened here",
            found=media_type[:60],
            expected=f"application/{form.typ}",
        )
    return token, form


def _without_claims(document: JsonObject) -> JsonObject:
    """The document without the token's own claims, which no context of it defines."""
    return {name: value for name, value in document.items() if name not in _CLAIMS}


def _result(
    suite: str, kid: str, purpose: str, outcome: Outcome, reason: str, signed_at: datetime | None = None
) -> ProofResult:
    return ProofResult(
        suite=suite,
        verification_method=kid[:2048],
        purpose=purpose,
        created=signed_at,
        outcome=outcome,
        reason=reason[:500],
    )
