"""The faces of the network that are documents: the known-issuer registry, and what the network is and how to ask it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node.clock import Clock
from node.errors import NotFound
from node.services.entity_configuration import OwnConfiguration
from node.services.trust_faces import TrustFaces, network_of
from node.storage.repos import federation
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact
from protocols.trust.agreement import Agreement
from protocols.trust.governance import governance_document
from protocols.trust.registry import RegistryEntry, known_issuers
from protocols.trust.statement import MAX_STATEMENT_BYTES


@dataclass(frozen=True, slots=True)
class TrustDocuments:
    faces: TrustFaces
    configuration: OwnConfiguration
    clock: Clock

    async def registry(self) -> JsonObject:
        """Everybody in good standing who is registered as an issuer (protocols/trust/registry.py).

        Raises:
            NotFound: this node is in no network, or has not synced yet.
        """
        history = [known.membership for known in await self.faces.everybody()]
        issuers = await self.faces.in_good_standing("issuer")
        entries = [RegistryEntry(did=known.did, name=known.name, url=known.entity_id) for known in issuers]
        return known_issuers(entries, history, self.clock.now())

    async def governance(self) -> JsonObject:
        """What this network is (protocols/trust/governance.py); raises NotFound where this node is not its anchor."""
        network = await self.faces.storage.read(network_of)
        if network.role != federation.ANCHOR:
            raise NotFound("another node governs this network", expected=f"{network.anchor}, its anchor")
        members = await self.faces.in_good_standing()
        return governance_document(
            network.anchor,
            network.name,
            members=[known.membership for known in members],
            marks=await self._marks(),
            terms=None if network.terms is None else Agreement.parse(network.terms).to_json(),
        )

    async def _marks(self) -> Mapping[str, Sequence[str]]:
        """Who may issue which trust marks, as our own entity configuration states it."""
        claims = parse_compact(await self.configuration.current(), max_bytes=MAX_STATEMENT_BYTES).claims
        return claims.get("trust_mark_issuers", {})
