"""JSON-LD expansion that refuses what it would drop, over pinned contexts only.

The processor is PyLD. Around it stand the checks that make reading the JSON and reading the RDF the same thing: a
property has one spelling, the short one of its context. Otherwise a holder could write `credentialStatus` as its full
IRI: the signature would hold, and a reader of JSON would see no status.

Specs: https://www.w3.org/TR/json-ld11-api/#expansion-algorithm,
https://www.w3.org/TR/vc-data-model-2.0/#json-ld (compacted form)
"""

from typing import Any, NoReturn

from pyld import jsonld

from protocols.credentials.contexts import BASES, Contexts, ContextUnknown
from protocols.credentials.rdf.inline import check_inline
from protocols.credentials.rdf.processor import pyld_options
from protocols.credentials.shape import as_object, many
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import MAX_JSON_DEPTH, JsonObject

_PYLD: Any = jsonld
MAX_OBJECTS = 2048
"""JSON objects in a document: expansion costs about 0.2 ms for each, before statements can be counted."""
_VALUE_KEYWORDS = {"@value", "@language"}


def expand(document: JsonObject, contexts: Contexts) -> list[Any]:
    """The expanded form of `document`, in which relative identifiers stand under RELATIVE_BASE.

    Raises:
        ContextUnknown: a context that is not in force.
        MalformedCredential: an undefined term, an inline context, a property in another spelling than its context's,
            or not JSON-LD.
        TooLarge: nested too deeply, or too many objects.
    """
    check_form(document, contexts)
    try:
        options = pyld_options(contexts, keeps=not contexts.open_terms)
        expanded: Any = _PYLD.expand(document, options, on_property_dropped=refuse_undefined)
    except jsonld.JsonLdError as error:
        raise MalformedCredential("not valid JSON-LD", found=str(error.args[0])[:120].rstrip(".")) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # PyLD meets some malformed input with the error of the Python operation that failed on it
        raise MalformedCredential("not valid JSON-LD") from error
    return expanded


def check_form(document: JsonObject, contexts: Contexts) -> None:
    """Raises unless every name in `document` is a plain term and every context a known URL; see `expand`."""
    own_id = document.get("id")
    objects = 0
    pending: list[tuple[Any, int]] = [(document, 1)]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_JSON_DEPTH:
            raise TooLarge("JSON nested too deeply", expected=f"at most {MAX_JSON_DEPTH} levels")
        if isinstance(value, list):
            pending += ((item, depth + 1) for item in many(value))  # pyright: ignore[reportUnknownArgumentType]
        elif node := as_object(value):
            objects += 1
            if objects > MAX_OBJECTS:
                raise TooLarge("too many JSON objects", expected=f"at most {MAX_OBJECTS}")
            if value is not document and node.get("id") == own_id is not None and not _only_names(node):
                raise MalformedCredential("properties of the document hidden inside it", expected="each at the top")
            if not _VALUE_KEYWORDS.isdisjoint(node) and node.get("@value") is None:
                raise MalformedCredential(
                    "a value object without a value", expected="a text, a number or a truth value"
                )
            for name, item in node.items():
                _check_name(name, node)
                if name == "@context":
                    _check_context(item, contexts)
                else:
                    pending.append((item, depth + 1))


def _only_names(node: JsonObject) -> bool:
    """Whether an object with the document's id adds nothing to the document: a reference, or what an endorsement of the
    document says that it endorses (Open Badges 3.0, EndorsementSubject).
    """
    endorses = node.keys() <= {"id", "type", "endorsementComment"} and many(node.get("type")) == ["EndorsementSubject"]
    return len(node) == 1 or endorses


def _check_name(name: str, node: JsonObject) -> None:
    if name == "@context" or (name in _VALUE_KEYWORDS and node.keys() <= _VALUE_KEYWORDS):
        return
    if name.startswith("@") or ":" in name:
        raise MalformedCredential(
            "a property in another form than its context's", found=name[:80], expected="a plain term"
        )


def _check_context(context: Any, contexts: Contexts) -> None:
    items = many(context)
    for item in items:
        if isinstance(item, str) and item not in contexts:
            raise ContextUnknown("an unknown JSON-LD context", found=item[:120], expected="one of the pinned contexts")
    if all(isinstance(item, str) for item in items):
        return
    if not contexts.open_terms or items[0] not in BASES:
        raise MalformedCredential("an inline context", expected="URLs of known contexts")
    check_inline(items, contexts)


def refuse_undefined(name: object) -> NoReturn:
    """Raises MalformedCredential for a term that no context defines."""
    raise MalformedCredential("an undefined term", found=str(name)[:80], expected="a term of the contexts named")
