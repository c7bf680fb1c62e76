"""Credentials within a credential: the badges of a Comprehensive Learner Record, and endorsements; JSON or tokens.

Specs: https://www.imsglobal.org/spec/ob/v3p0#endorsementcredential, https://www.imsglobal.org/spec/clr/v2p0
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from protocols.credentials.enveloped import as_envelope, contents_of, is_enveloped, issuer_of
from protocols.credentials.shape import as_object, as_text, many
from protocols.errors import ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject

MAX_EMBEDDED = 64
MAX_DEPTH = 3
"""Credentials in credentials: a record, a badge of it, an endorsement of that."""
_OBJECTS = ("verifiableCredential", "endorsement")
_TOKENS = ("endorsementJwt",)


@dataclass(frozen=True, slots=True)
class Embedded:
    """One credential in another, unchecked; a token as its envelope. `pointer` (RFC 6901) leads to it."""

    pointer: str
    document: JsonObject


def embedded_in(document: Mapping[str, Any]) -> tuple[Embedded, ...]:
    """Every credential that stands in `document`, not those within these.

    Raises:
        TooLarge: more than 64.
    """
    found: list[Embedded] = []
    for embedded in _within(document, ""):
        found.append(embedded)
        if len(found) > MAX_EMBEDDED:
            raise TooLarge("too many embedded credentials", expected=f"at most {MAX_EMBEDDED}")
    return tuple(found)


def every_credential(credentials: Iterable[JsonObject], depth: int = 0) -> Iterator[JsonObject]:
    """Each of `credentials`, and whatever is embedded in it, as deep as is looked; as it stands, unchecked."""
    for each in credentials:
        yield each
        if depth < MAX_DEPTH:
            with contextlib.suppress(ProtocolError):
                yield from every_credential((inner.document for inner in embedded_in(stated(each))), depth + 1)


def stated(credential: JsonObject) -> JsonObject:
    """What a credential says, out of its envelope where it has one, unchecked; empty where that cannot be read."""
    return (contents_of(credential) or {}) if is_enveloped(credential) else credential


def stated_issuer(credential: JsonObject) -> str:
    """The issuer's id as the credential or its envelope says it, unchecked; empty where neither does."""
    issuer = stated(credential).get("issuer")
    found = as_object(issuer)
    named = as_text(issuer if found is None else found.get("id"))
    return named or (issuer_of(credential) if is_enveloped(credential) else None) or ""


def endorsable_ids(document: Mapping[str, Any]) -> frozenset[str]:
    """The ids of everything in `document` that an endorsement within it can be about."""
    return frozenset(_ids(document))


def _within(value: Any, pointer: str) -> Iterator[Embedded]:
    if isinstance(value, list):
        for index, item in enumerate(many(value)):  # pyright: ignore[reportUnknownArgumentType]
            yield from _within(item, f"{pointer}/{index}")
        return
    for name, item in (as_object(value) or {}).items():
        here = f"{pointer}/{name}"
        if name in _OBJECTS or name in _TOKENS:
            for index, each in enumerate(many(item)):
                place = f"{here}/{index}" if isinstance(item, list) else here
                held = as_envelope(text) if (text := as_text(each)) is not None else as_object(each)
                if held is not None:
                    yield Embedded(place, held)
        elif name not in ("proof", "@context"):
            yield from _within(item, here)


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in many(value):  # pyright: ignore[reportUnknownArgumentType]
            yield from _ids(item)
        return
    for name, item in (as_object(value) or {}).items():
        if name == "id" and isinstance(item, str):
            yield item
        elif name not in (*_OBJECTS, *_TOKENS, "proof", "@context"):
            yield from _ids(item)
