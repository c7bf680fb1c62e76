"""Contexts that a document brings along, and what they may do: name things that no pinned context names.

The data model allows them (VC Data Model 2.0, section 4.3). Read freely they would undo what expansion checks: a
signed statement could get a second spelling that a reader of JSON overlooks, or an identifier another meaning. So
this is the part of JSON-LD that gives new terms their IRIs, and everything else is refused.

Spec: https://www.w3.org/TR/json-ld11/#context-definitions, #expanded-term-definition
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pyld import jsonld

from protocols.credentials.contexts import Contexts
from protocols.credentials.rdf.processor import Processor
from protocols.credentials.shape import as_object, as_text, many
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import JsonObject

MAX_TERMS = 256
MAX_DEPTH = 6
"""Contexts within contexts: PyLD looks through each once for every one around it."""
_PREFIX_ENDS = frozenset(":/?#[]@")
"""A term whose IRI ends so would be a prefix too (JSON-LD 1.1, create term definition, step 14.2.5)."""
_OF_CONTEXT = frozenset({"@version", "@protected", "@vocab"})
_OF_TERM = frozenset({"@id", "@type", "@container", "@protected", "@context"})
_CONTAINERS = frozenset({"@set", "@list", "@language"})
ALIASES = frozenset({("id", "@id"), ("type", "@type")})
"""The other names of keywords that every context may have."""

Spellings = Mapping[str, frozenset[str]]
"""IRI → the terms that pinned contexts have for it, in any scope."""


def check_inline(items: Sequence[Any], contexts: Contexts) -> None:
    """Raises MalformedCredential unless the objects among `items`, a document's contexts in order, add terms only.

    Args:
        items: URLs of contexts in force, and at least one object.

    Raises:
        TooLarge: more than MAX_TERMS terms in all, or nested deeper than MAX_DEPTH.
    """
    _check_size(items)
    spellings: dict[str, frozenset[str]] = {}
    for url in (item for item in items if isinstance(item, str)):
        for iri, terms in spellings_of(url, contexts).items():
            spellings[iri] = spellings.get(iri, frozenset()) | terms
    processor = Processor(contexts, keeps=False)
    active = processor.initial()
    for item in items:
        try:
            if isinstance(item, str):
                active = processor.process(active, item)
            else:
                active = _check(item, active, processor, spellings, is_scoped=False)
        except jsonld.JsonLdError as error:
            raise MalformedCredential("not a JSON-LD context", found=str(error.args[0])[:120].rstrip(".")) from error


def _check_size(items: Sequence[Any]) -> None:
    terms, pending = 0, [(item, 1) for item in items]
    while pending:
        value, depth = pending.pop()
        fields = as_object(value) or {}
        terms += len(fields)
        if terms > MAX_TERMS or depth > MAX_DEPTH:
            raise TooLarge("an inline context too large", expected=f"{MAX_TERMS} terms, {MAX_DEPTH} within one another")
        definitions = [found for item in fields.values() if (found := as_object(item))]
        pending += [(found["@context"], depth + 1) for found in definitions if "@context" in found]


def _check(context: Any, active: Any, processor: Processor, spellings: Spellings, *, is_scoped: bool) -> Any:
    """What is in force after `context`, where it is one that may be."""
    terms = as_object(context)
    if terms is None:
        raise _refused("a context within a context that is not an object", str(context))
    for name, definition in terms.items():
        if name.startswith("@"):
            _check_keyword(name, definition, spellings)
        else:
            _check_form(name, definition)
    after = processor.process(active, terms, override_protected=is_scoped)
    names = frozenset[str]().union(*spellings.values())
    for name, definition in terms.items():
        if name.startswith("@"):
            continue
        iri = as_text(after["mappings"][name]["@id"])
        if iri is None:
            raise _refused("a term without meaning", name)
        if iri.startswith("@") and (name, iri) not in ALIASES:
            raise _refused("another name for a keyword", name)
        if (iri in spellings or name in names) and name not in spellings.get(iri, ()):
            raise _refused("another name or meaning for a term of a pinned context", name)
        local = (as_object(definition) or {}).get("@context")
        if local is not None:
            _check(local, after, processor, spellings, is_scoped=True)
    return after


def _check_keyword(name: str, value: Any, spellings: Spellings) -> None:
    if name not in _OF_CONTEXT:
        raise _refused("a keyword that contexts of a document may not use", name)
    if name == "@vocab" and (not as_text(value) or any(iri.startswith(value) for iri in spellings)):
        raise _refused("a vocabulary that pinned contexts have terms of", str(value))


def _check_form(name: str, definition: Any) -> None:
    fields = {"@id": definition} if isinstance(definition, str) else as_object(definition)
    if not fields:
        raise _refused("a term without meaning", name)
    unknown = sorted(fields.keys() - _OF_TERM)
    if unknown:
        raise _refused("a keyword that terms of a document may not use", unknown[0])
    iri = fields.get("@id", "")
    if isinstance(definition, str) and iri[-1:] in _PREFIX_ENDS:
        raise _refused("a prefix", name)
    containers = many(fields.get("@container", []))
    if not all(isinstance(item, str) and item in _CONTAINERS for item in containers):
        raise _refused("a container that terms of a document may not use", str(containers))


@lru_cache(maxsize=64)
def spellings_of(url: str, contexts: Contexts) -> Spellings:
    """The terms of the context at `url`, in force in `contexts`, by IRI."""
    processor = Processor(contexts)
    found: dict[str, set[str]] = {}
    pairs = _terms(processor, processor.initial(), contexts.document(url)["@context"], is_scoped=False)
    for name, iri in pairs:
        found.setdefault(iri, set()).add(name)
    return {iri: frozenset(names) for iri, names in found.items()}


def _terms(processor: Processor, active: Any, context: Any, *, is_scoped: bool) -> Iterator[tuple[str, str]]:
    """Every term of a context and of the contexts within it, with its IRI."""
    after = processor.process(active, context, override_protected=is_scoped)
    for part in many(context):
        fields: JsonObject = as_object(part) or {}
        for name, definition in fields.items():
            mapping = after["mappings"].get(name)
            if mapping:
                yield name, str(mapping["@id"])
            local = (as_object(definition) or {}).get("@context")
            if local is not None:
                yield from _terms(processor, after, local, is_scoped=True)


def _refused(detail: str, found: str) -> MalformedCredential:
    return MalformedCredential(
        f"an inline context with {detail}", found=found[:80], expected="new terms with IRIs of their own"
    )
