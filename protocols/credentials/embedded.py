"""What is inside a credential and is a credential itself: endorsements, and the records of a learner record.

Step 9 of the numbered check of a credential looks at each of them by the same list.

Specs: https://www.imsglobal.org/spec/ob/v3p0/#endorsementcredential, https://www.imsglobal.org/spec/clr/v2p0/#clrsubject
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from protocols.credentials.contexts import CLR_ALL, OPEN_BADGES_ALL
from protocols.credentials.enveloped import as_envelope, contents_of, is_enveloped, issuer_of
from protocols.credentials.shape import as_object, as_text, many
from protocols.jose.encoding import MAX_JSON_DEPTH, JsonObject

MAX_EMBEDDED = 32
"""In one credential, at every depth together; what is left over is counted."""
MAX_DEPTH = 3
"""Credentials within credentials: a badge in a learner record, its endorsement, and one more."""
_TOKENS, _RECORDS, _ENDORSEMENTS = "endorsementJwt", "verifiableCredential", "endorsement"
_NOT_ENTERED = frozenset({"@context", "proof"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A credential within another one, unread and unverified.

    Args:
        at: JSON pointer (RFC 6901) to it within the credential around it.
        document: the credential, or the envelope for a token.
        around: the ids of the objects that it stands in, from the credential inwards.
    """

    at: str
    document: JsonObject
    around: tuple[str, ...]


def embedded_in(document: Mapping[str, Any]) -> tuple[Embedded, ...]:
    """The credentials directly inside a credential of Open Badges or of a learner record, in document order.

    None in a credential without one of their contexts: there the names would mean something else. What is inside of
    those found is for another look, at each of them.
    """
    contexts = [item for item in many(document.get("@context")) if isinstance(item, str)]
    if not any(context.startswith((OPEN_BADGES_ALL, CLR_ALL)) for context in contexts):
        return ()
    return tuple(_walk(document, "", ()))


def _walk(value: Any, at: str, around: tuple[str, ...]) -> Iterator[Embedded]:
    if at.count("/") > MAX_JSON_DEPTH:  # as deep as a document may nest: step 2 of the check refuses such a one
        return
    if isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _walk(item, f"{at}/{index}", around)
    found = as_object(value)
    if found is None:
        return
    inside = (*around, found["id"]) if isinstance(found.get("id"), str) else around
    for name, member in found.items():
        here = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
        if name in (_TOKENS, _RECORDS, _ENDORSEMENTS):
            yield from _credentials(name, member, here, inside)
        elif name not in _NOT_ENTERED:
            yield from _walk(member, here, inside)


def _credentials(name: str, member: Any, at: str, around: tuple[str, ...]) -> Iterator[Embedded]:
    """Tokens where tokens may stand; an object that should be a credential and is none is refused when it is read."""
    for index, item in enumerate(many(member)):
        where = f"{at}/{index}" if isinstance(member, list) else at
        if isinstance(item, str) and name != _ENDORSEMENTS:
            yield Embedded(at=where, document=as_envelope(item), around=around)
        elif (document := as_object(item)) is not None and name != _TOKENS:
            yield Embedded(at=where, document=document, around=around)


def every_credential(credentials: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
    """`credentials` and those inside them at every depth, as they stand, unverified; of each no more than is looked at.

    It is for knowing what has to be gathered before they can be checked.
    """
    found, layer = list(credentials), list(credentials)
    for _ in range(MAX_DEPTH):
        layer = [item.document for around in layer for item in embedded_in(stated(around))]
        layer = layer[: MAX_EMBEDDED * len(credentials)]
        found += layer
    return tuple(found[: (MAX_EMBEDDED + 1) * len(credentials)])


def stated(credential: JsonObject) -> JsonObject:
    """What a credential says, out of its envelope where it has one, unchecked; empty where that cannot be read."""
    return (contents_of(credential) or {}) if is_enveloped(credential) else credential


def stated_issuer(credential: JsonObject) -> str:
    """The issuer's id as the envelope or the credential says it, unchecked; empty where neither does.

    The envelope's comes first: in an SD-JWT VC, a claim `issuer` can be about anything.
    """
    issuer = stated(credential).get("issuer")
    found = as_object(issuer)
    named = as_text(issuer if found is None else found.get("id"))
    return (issuer_of(credential) if is_enveloped(credential) else None) or named or ""
