"""PyLD's context processing, as it is used here: over the contexts in force alone, with what it keeps bounded.

Spec: https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm
"""

from functools import lru_cache
from typing import Any

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from protocols.credentials.contexts import Contexts
from protocols.credentials.rdf.quads import RELATIVE_BASE

_PYLD: Any = jsonld


class Processor:
    """Processes contexts and expands names in them; an `active` is PyLD's active context, to be handed back only.

    Args:
        keeps: whether what is processed is kept for the next; not for contexts that a stranger wrote.
    """

    def __init__(self, contexts: Contexts, *, keeps: bool = True) -> None:
        self._processor: Any = _PYLD.JsonLdProcessor()
        self._options: Any = {
            **pyld_options(contexts, keeps=keeps),
            "isFrame": False,
            "processingMode": "json-ld-1.1",
        }

    def initial(self) -> Any:
        """Where nothing is defined."""
        return self._processor._get_initial_context(self._options)

    def process(self, active: Any, local: Any, *, override_protected: bool = False, propagate: bool = True) -> Any:
        """What is in force after `local`, a context or several; raises JsonLdError."""
        return self._processor._process_context(
            active, local, self._options, override_protected=override_protected, propagate=propagate
        )

    def expand_name(self, active: Any, name: str) -> Any:
        """What the name of a property stands for: an IRI, a keyword, or what cannot be expanded, as it is."""
        return self._processor._expand_iri(active, name, vocab=True)

    def expand_value(self, active: Any, value: str, *, vocab: bool) -> str:
        """The IRI of an identifier, or with `vocab` of a type; a relative one stands under RELATIVE_BASE."""
        return self._processor._expand_iri(active, value, vocab=vocab, base=RELATIVE_BASE)


def context_value(active: Any, term: str, key: str) -> Any:
    """One part of a term's definition, None where it has none."""
    return _PYLD.JsonLdProcessor.get_context_value(active, term, key)


def pyld_options(contexts: Contexts, *, keeps: bool = True) -> Any:
    """How PyLD is to read: over these contexts alone, relative identifiers under a base that no document may use."""
    processed = _processed(contexts)
    return {
        "base": RELATIVE_BASE,
        "documentLoader": _loader(contexts),
        "contextResolver": ContextResolver(processed if keeps else dict(processed), _loader(contexts)),
    }


@lru_cache(maxsize=8)
def _processed(_: Contexts) -> dict[str, Any]:
    """PyLD's store of processed contexts, one for each set in force; only what that set holds becomes a key."""
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
