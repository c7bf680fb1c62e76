"""Step 3 of the numbered check: the shape that Open Badges 3.0 and CLR 2.0 ask of a credential, all problems at once.

A credential can name schemas itself (`credentialSchema`). Those of 1EdTech mean what is checked here; what stands
behind another id is not known here, is never fetched, and is not held against the credential.

Specs: https://www.imsglobal.org/spec/ob/v3p0#data-models, https://www.w3.org/TR/vc-data-model-2.0/#data-schemas
"""

import re
from dataclasses import dataclass

from protocols.credentials.clr import is_clr
from protocols.credentials.contexts import OPEN_BADGES_ALL
from protocols.credentials.model import Credential
from protocols.credentials.open_badges import is_badge
from protocols.credentials.schema.check import part_problems
from protocols.credentials.shape import as_object, as_text, many

__all__ = ["NamedSchema", "named_schemas", "part_problems", "schema_problems"]

_TYPES = frozenset({"1EdTechJsonSchemaValidator2019", "JsonSchema"})
_KNOWN = re.compile(
    r"https://purl\.imsglobal\.org/spec/(?:ob/v3p0|clr/v2p0)/schema/json(?:-ld)?/"
    r"(?:ob_v3p0|clr_v2p0)_(?:any)?(achievement|endorsement|clr)credential_schema\.json\Z"
)
_CLASSES = {
    "achievement": "AchievementCredential",
    "endorsement": "EndorsementCredential",
    "clr": "ClrCredential",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSchema:
    """A schema that a credential names; `problems` None where it is not known here, so that it was not checked."""

    id: str
    type: str
    problems: tuple[str, ...] | None


def schema_problems(credential: Credential) -> tuple[str, ...] | None:
    """What is wrong with the shape of a badge, an endorsement or a learner record; None for other credentials."""
    name = _class_of(credential)
    return None if name is None else _problems(credential, name)


def named_schemas(credential: Credential) -> tuple[NamedSchema, ...]:
    """Each schema that the credential names, in order, with what does not fit."""
    found = (as_object(item) or {} for item in many(credential.raw.get("credentialSchema")))
    return tuple(
        _named(credential, as_text(item.get("id")) or "", [type for type in many(item.get("type")) if as_text(type)])
        for item in found
    )


def _named(credential: Credential, id: str, types: list[str]) -> NamedSchema:
    known = _KNOWN.match(id) if _TYPES.intersection(types) else None
    problems = None if known is None else _problems(credential, _CLASSES[known[1]])
    return NamedSchema(id=id, type=", ".join(types), problems=problems)


def _class_of(credential: Credential) -> str | None:
    if is_badge(credential):
        return "AchievementCredential"
    if is_clr(credential):
        return "ClrCredential"
    is_ours = any(url.startswith(OPEN_BADGES_ALL) for url in credential.contexts)
    return "EndorsementCredential" if is_ours and "EndorsementCredential" in credential.types else None


def _problems(credential: Credential, name: str) -> tuple[str, ...]:
    return tuple(part_problems(dict(credential.raw), name, version=credential.version))
