"""What this node publishes about itself as an issuer: who it is, what it issues, what that evidences, how to verify.

One JSON-LD document in two vocabularies: an Open Badges 3.0 Profile with its Achievements, and CTDL for whoever reads
credentials that way. Peers keep a synced copy; it is not signed, so it explains and decides nothing.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#profile and https://credreg.net/ctdl/terms
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from node.services.achievements import Achievements
from node.services.identity import Identity
from node.services.issuer_facts import standing_of, who
from node.services.status_lists import StatusLists
from node.settings.organisation import Organisation
from node.storage.repos import federation
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.contexts import CREDENTIALS_V2, OPEN_BADGES
from protocols.dids.web import document_url
from protocols.jose.encoding import JsonObject
from protocols.trust.membership import Membership

CTDL: JsonObject = {
    "ceterms": "https://purl.org/ctdl/terms/",
    "ler": "https://w3id.org/ler-exchange/terms#",
    "ceterms:name": {"@id": "https://purl.org/ctdl/terms/name", "@container": "@language"},
}
CONTEXT = (CREDENTIALS_V2, OPEN_BADGES, CTDL)
PROOF_SUITES = ("eddsa-rdfc-2022",)
OFFERS = "ceterms:offers"
VERIFICATION = "ler:verification"
STATUS_LISTS = "ler:statusList"
MAX_STATUS_LISTS = 256
UNSAID = Organisation()
"""Of an operator who said nothing."""


@dataclass(frozen=True, slots=True)
class IssuerMetadata:
    storage: UnitOfWork
    identity: Identity
    achievements: Achievements
    status_lists: StatusLists
    facts: Organisation = UNSAID

    async def document(self) -> JsonObject:
        """The document as served at `/issuer`."""
        network, membership = await self.storage.read(self._standing)
        return {
            "@context": list(CONTEXT),
            **self.identity.profile(),
            "type": ["Profile", "ceterms:CredentialOrganization"],
            **who(self.facts, self.identity.name),
            **standing_of(membership),
            OFFERS: [described(achievement) for achievement in await self.achievements.all()],
            VERIFICATION: {
                "ler:didDocument": document_url(self.identity.did),
                "ler:entityConfiguration": f"{self.identity.base_url}/.well-known/openid-federation",
                "ler:trustAnchor": network,
                "ler:proofSuite": list(PROOF_SUITES),
                "ler:keyHistory": document_url(self.identity.did),
                "ler:statusMethod": "BitstringStatusList",
                STATUS_LISTS: list(await self.status_lists.urls()),
            },
        }

    async def achievement(self, slug: str) -> JsonObject:
        """One achievement as served at its id; raises NotFound."""
        return {"@context": list(CONTEXT), **described(await self.achievements.get(slug))}

    def _standing(self, session: Session) -> tuple[list[str], Membership | None]:
        """The anchors of this node's network, and what the last statement of theirs says about it."""
        network, own = federation.network(session), federation.peer(session, self.identity.did)
        membership = Membership.parse(own.membership) if own and own.membership else None
        return [] if network is None else [network.anchor], membership


def status_lists_of(metadata: JsonObject) -> tuple[str, ...]:
    """The status lists that a synced `/issuer` document names, at most 256; nothing for one that names none."""
    verification = metadata.get(VERIFICATION)
    named: object = cast(JsonObject, verification).get(STATUS_LISTS) if isinstance(verification, dict) else None
    urls = cast(list[object], named) if isinstance(named, list) else []
    return tuple(url for url in urls[:MAX_STATUS_LISTS] if isinstance(url, str))


def described(achievement: JsonObject) -> JsonObject:
    """An OB 3.0 Achievement that says the same in CTDL: what is required, skill by skill."""
    types = achievement.get("type", [])
    found: JsonObject = {
        **achievement,
        "type": [*types, "ceterms:Badge"],
        "ceterms:name": achievement.get("name"),
    }
    competencies = [_competency(alignment) for alignment in alignments(achievement)]
    if competencies:
        found["ceterms:requires"] = {
            "type": "ceterms:ConditionProfile",
            "ceterms:targetCompetency": competencies,
        }
    return found


def offers(metadata: JsonObject) -> Sequence[JsonObject]:
    """The achievements in anybody's metadata, ours or a peer's."""
    return _objects(metadata.get(OFFERS))


def alignments(achievement: Mapping[str, Any]) -> Sequence[JsonObject]:
    """The OB 3.0 alignments of an achievement, anybody's."""
    return [found for found in _objects(achievement.get("alignment")) if isinstance(found.get("targetUrl"), str)]


def skills_evidenced(metadata: JsonObject, achievement_id: str) -> Sequence[str]:
    """URIs of the skills that an issuer says, in its metadata, one of its achievements evidences."""
    return [
        alignment["targetUrl"]
        for achievement in offers(metadata)
        if achievement.get("id") == achievement_id
        for alignment in alignments(achievement)
    ]


def _competency(alignment: JsonObject) -> JsonObject:
    members = {
        "ceterms:targetNode": alignment.get("targetUrl"),
        "ceterms:targetNodeName": alignment.get("targetName"),
        "ceterms:frameworkName": alignment.get("targetFramework"),
        "ceterms:codedNotation": alignment.get("targetCode"),
    }
    stated = {name: value for name, value in members.items() if value is not None}
    return {"type": "ceterms:CredentialAlignmentObject", **stated}


def _objects(value: object) -> list[JsonObject]:
    entries = cast("list[object]", value) if isinstance(value, list) else [value]
    return [cast("JsonObject", entry) for entry in entries if isinstance(entry, dict)]
