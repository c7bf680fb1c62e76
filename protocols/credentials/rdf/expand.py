"""JSON-LD expansion that refuses what it would drop, over pinned contexts only.

The processor is PyLD. Around it stand the checks that make reading the JSON and reading the RDF the same thing: a
property has one spelling, the short one of its context. Otherwise a holder could write `credentialStatus` as its full
IRI: the signature would hold, and a reader of JSON would see no status.

Specs: https://www.w3.org/TR/json-ld11-api/#expansion-algorithm,
https://www.w3.org/TR/vc-data-model-2.0/#json-ld (compacted form)
"""

from functools import lru_cache
from typing import Any, NoReturn

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from protocols.credentials.contexts import CLR_ALL, OPEN_BADGES_ALL, Contexts, ContextUnknown
from protocols.credentials.rdf.quads import RELATIVE_BASE
from protocols.credentials.shape import as_object, many
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import MAX_JSON_DEPTH, JsonObject

_PYLD: Any = jsonld
MAX_OBJECTS = 2048
"""JSON objects in a document: expansion costs about 0.2 ms for each, before statements can be counted."""
_TOKENS = "endorsementJwt"
_VALUE_KEYWORDS = {"@value", "@language"}


def expand(document: JsonObject, contexts: Contexts) -> list[Any]:
    """The expanded form of `document`, in which relative identifiers stand under RELATIVE_BASE.

    Raises:
        ContextUnknown: a context that is not in force.
        MalformedCredential: an undefined term, an inline context, a property in another spelling than its context's,
            or not JSON-LD.
        TooLarge: nested too deeply, or too many objects.
    """
    stated = check_form(document, contexts)
    try:
        expanded: Any = _PYLD.expand(stated, pyld_options(contexts), on_property_dropped=refuse_undefined)
    except jsonld.JsonLdError as error:
        raise MalformedCredential("not valid JSON-LD", found=str(error.args[0])[:120].rstrip(".")) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # PyLD meets some malformed input with the error of the Python operation that failed on it
        raise MalformedCredential("not valid JSON-LD") from error
    return expanded


def check_form(document: JsonObject, contexts: Contexts) -> JsonObject:
    """`document`, of which every name is a plain term and every context a known URL, or an error; see `expand`.

    One member of Open Badges is left out of what is returned: `endorsementJwt`, which 1EdTech specifies and its
    contexts do not define (up to 3.0.3). What others sign as RDF is without it, so nothing else would verify. Each of
    its tokens is signed by itself, is checked by itself, and has to endorse the very thing that it stands in.
    """
    own_id, has_tokens = document.get("id"), False
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
            for name, item in node.items():
                _check_name(name, node)
                if name == "@context":
                    _check_context(item, contexts)
                elif name == _TOKENS and _is_badge(document):
                    if not all(isinstance(token, str) for token in many(item)):
                        refuse_undefined(name)
                    has_tokens = True
                else:
                    pending.append((item, depth + 1))
    return _without_tokens(document) if has_tokens else document


def _is_badge(document: JsonObject) -> bool:
    contexts = [item for item in many(document.get("@context")) if isinstance(item, str)]
    return any(item.startswith((OPEN_BADGES_ALL, CLR_ALL)) for item in contexts)


def _without_tokens(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_tokens(item) for item in many(value)]  # pyright: ignore[reportUnknownArgumentType]
    found = as_object(value)
    return value if found is None else {name: _without_tokens(item) for name, item in found.items() if name != _TOKENS}


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
    for url in many(context):
        if not isinstance(url, str):
            raise MalformedCredential("an inline context", expected="URLs of known contexts")
        if url not in contexts:
            raise ContextUnknown("an unknown JSON-LD context", found=url[:120], expected="one of the pinned contexts")


def pyld_options(contexts: Contexts) -> Any:
    """How PyLD is to read: over these contexts alone, relative identifiers under a base that no document may use."""
    return {
        "base": RELATIVE_BASE,
        "documentLoader": _loader(contexts),
        "contextResolver": ContextResolver(_resolved(contexts), _loader(contexts)),
    }


def refuse_undefined(name: object) -> NoReturn:
    """Raises MalformedCredential for a term that no context defines."""
    raise MalformedCredential("an undefined term", found=str(name)[:80], expected="a term of the contexts named")


@lru_cache(maxsize=8)
def _resolved(_: Contexts) -> dict[str, Any]:
    """PyLD's store of processed contexts, one for each set in force; only URLs of that set become keys."""
    return {}


def _loader(contexts: Contexts) -> Any:
    def load(url: str, _: Any) -> dict[str, Any]:
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": contexts.document(url),
            "tag": "static",
        }

    return load
