"""A context that an operator adds: what it may do, checked once, before it is ever in force.

Whoever adds one vouches for what its terms mean. It must not change what a credential says in the terms of the pinned
contexts, nor say the same a second way that a reader of JSON overlooks, nor reach for anything that is not at hand.

Spec: https://www.w3.org/TR/json-ld11/#context-definitions, #protected-term-definitions
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pyld import jsonld

from protocols.credentials.contexts import (
    BUNDLED,
    CLR,
    CREDENTIALS_V1,
    CREDENTIALS_V2,
    FOR_EXAMPLES,
    OPEN_BADGES,
    OPEN_BADGES_EXTENSIONS,
    PINNED,
)
from protocols.credentials.rdf.inline import ALIASES, MAX_DEPTH, spellings_of
from protocols.credentials.rdf.processor import Processor
from protocols.credentials.shape import as_object, as_text, is_url, many
from protocols.errors import MalformedCredential, ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject, parse_object

MAX_BYTES = 128 * 1024
BESIDE = (
    (CREDENTIALS_V1,),
    (CREDENTIALS_V2,),
    (CREDENTIALS_V2, OPEN_BADGES),
    (CREDENTIALS_V2, OPEN_BADGES, OPEN_BADGES_EXTENSIONS),
    (CREDENTIALS_V2, CLR, OPEN_BADGES),
)
"""The contexts that stand before it in credentials, in order."""
_KEYWORDS = frozenset({"@version", "@protected"})
_SCOPED_KEYWORDS = _KEYWORDS | {"@propagate"}


def check_added(url: str, data: bytes) -> None:
    """Raises ProtocolError unless `data` can be the context at `url`.

    Raises:
        TooLarge: over 128 KiB, nested over 32 levels, or contexts over 6 within one another.
        MalformedCredential: not an http(s) URL, one of a built-in context, not JSON, no context, or one that redefines
            a protected term, names a term of a built-in context anew, renames a keyword, or refers to others.
    """
    _check_url(url)
    context = _read(data)["@context"]
    spellings: dict[str, frozenset[str]] = {}
    for known in {name for names in BESIDE for name in names}:
        for iri, terms in spellings_of(known, BUNDLED).items():
            spellings[iri] = spellings.get(iri, frozenset()) | terms
    parts = _parts(context, 1)
    processor = Processor(BUNDLED, keeps=False)
    for names in BESIDE:
        try:
            active = processor.process(processor.initial(), list(names))
            for part in parts:
                active = _check(part, active, processor, spellings, is_scoped=False)
        except jsonld.JsonLdError as error:
            raise _explained(error, spellings) from error


def _check_url(url: str) -> None:
    parts = urlsplit(url) if is_url(url) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
        raise MalformedCredential("not the URL of a context", found=url[:120], expected="http or https, no fragment")
    if url in PINNED or url in FOR_EXAMPLES:
        raise MalformedCredential("a context that is built in", found=url[:120], expected="another URL")


def _read(data: bytes) -> JsonObject:
    if len(data) > MAX_BYTES:
        raise TooLarge("a context too large", found=f"{len(data)} bytes", expected=f"at most {MAX_BYTES} bytes")
    try:
        found = parse_object(data, max_bytes=MAX_BYTES)
    except TooLarge:
        raise
    except ProtocolError as error:
        raise MalformedCredential("not a JSON-LD context", found=error.detail, expected="a JSON object") from error
    if "@context" not in found:
        raise MalformedCredential(
            "a document without @context", found=", ".join(sorted(found))[:80] or "{}", expected='{"@context": …}'
        )
    return found


def _parts(context: Any, depth: int) -> list[JsonObject]:
    """The objects that a context consists of; contexts within it likewise."""
    if depth > MAX_DEPTH:
        raise TooLarge("contexts too deep within one another", found=f"{depth}", expected=f"at most {MAX_DEPTH}")
    parts = [as_object(item) for item in many(context)]
    if not parts or None in parts:
        found = next((item for item in many(context) if as_object(item) is None), context)
        raise _refused("refers to another context, or resets what is in force", str(found), "terms alone")
    objects = [part for part in parts if part is not None]
    for part in objects:
        if unknown := sorted(
            name for name in part if name[:1] == "@" and name not in (_SCOPED_KEYWORDS if depth > 1 else _KEYWORDS)
        ):
            raise _refused("sets a keyword for all that stands beside it", unknown[0], ", ".join(sorted(_KEYWORDS)))
        for definition in part.values():
            fields = as_object(definition)
            if fields is not None and "@context" in fields:
                _parts(fields["@context"], depth + 1)
    return objects


def _check(
    terms: JsonObject, active: Any, processor: Processor, spellings: Mapping[str, frozenset[str]], *, is_scoped: bool
) -> Any:
    """What is in force after `terms`; raises for one that it must not have."""
    after = processor.process(active, terms, override_protected=is_scoped)
    for name, definition in terms.items():
        if name.startswith("@"):
            continue
        iri = as_text((as_object(after["mappings"].get(name)) or {}).get("@id"))
        if iri is None:
            raise _refused("takes a term its meaning", name, "an IRI for each term")
        if iri.startswith("@") and (name, iri) not in ALIASES:
            raise _refused("has another name for a keyword", name, "id and type alone")
        if name not in spellings.get(iri, ()) and any(name in terms for terms in spellings.values()):
            raise _refused("redefines a protected term", name, "no other meaning for terms of built-in contexts")
        if iri in spellings and name not in spellings[iri]:
            raise _refused(f"has another name for {min(spellings[iri])}", name, "terms with IRIs of their own")
        local = (as_object(definition) or {}).get("@context")
        for part in many(local) if local is not None else ():
            _check(part, after, processor, spellings, is_scoped=True)
    return after


def _explained(error: Any, spellings: Mapping[str, frozenset[str]]) -> MalformedCredential:
    """What PyLD's `error` says, in terms of the context; it names no term, so what can be meant is named."""
    if error.code == "protected term redefinition":
        known = frozenset[str]().union(*spellings.values())
        terms = ", ".join(sorted(known & set(error.details["context"])))
        return _refused("redefines a protected term", terms, "no other meaning for terms of built-in contexts")
    found = str(error.args[0])[:120].rstrip(".")
    return MalformedCredential("not a JSON-LD context", found=found, expected="JSON-LD 1.1")


def _refused(detail: str, found: str, expected: str) -> MalformedCredential:
    return MalformedCredential(f"a context that {detail}", found=found[:120], expected=expected)
