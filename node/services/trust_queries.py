"""Questions of the Trust Registry Query Protocol, answered by what the network says of an entity (trust_faces.py)."""

from dataclasses import dataclass

from node.clock import Clock
from node.errors import BadInput, NotFound
from node.services.health import NotReady
from node.services.trust_faces import TrustFaces, network_of
from protocols.jose.encoding import JsonObject
from protocols.trust.entity import did_of
from protocols.trust.standing import Role
from protocols.trust.statement import LEEWAY
from protocols.trust.times import format_instant
from protocols.trust.trqp import ACTIONS, RECOGNIZE, Kind, TrustQuery, trqp_answer


@dataclass(frozen=True, slots=True)
class TrustQueries:
    faces: TrustFaces
    clock: Clock

    async def answer(self, kind: Kind, query: TrustQuery) -> JsonObject:
        """The answer to a query of TRQP, as protocols/trust/trqp.py has it.

        Raises:
            NotFound: another authority than this network's anchor, or an action or resource that it does not have.
            BadInput: a time that has not come.
            NotReady: this node cannot tell, as its copy of the network is not fresh.
        """
        anchor = await self.faces.storage.read(lambda session: network_of(session).anchor)
        names = (anchor, did_of(anchor))
        if query.authority_id not in names:
            raise NotFound("another authority", found=query.authority_id[:120], expected=" or ".join(names))
        role, now = _role(kind, query, names), self.clock.now()
        if query.time is not None and query.time > now + LEEWAY:
            raise BadInput("a time that has not come", found=format_instant(query.time), expected="now, or earlier")
        decision = await self.faces.standing(
            query.entity_id,
            role=role,
            at=now if query.time is None else min(query.time, now),
            credential_type=query.resource if role == "issuer" else None,
            claim=query.resource if role == "verifier" else None,
        )
        if decision.outcome == "could_not_tell":
            raise NotReady(decision.reason, found=decision.cause, expected="a fresh copy; the anchor can always tell")
        return trqp_answer(kind, query, decision, now=now)


def _role(kind: Kind, query: TrustQuery, authority: tuple[str, ...]) -> Role | None:
    """The role that the action asks for; None for membership whatever the role."""
    if kind == "recognition" and query.action == RECOGNIZE:
        if query.resource not in authority:
            expected = " or ".join(authority)
            raise NotFound("not what this authority recognizes", found=query.resource[:120], expected=expected)
        return None
    role = ACTIONS.get(query.action)
    if role is None:
        known = [*ACTIONS, RECOGNIZE] if kind == "recognition" else ACTIONS
        raise NotFound(
            "not an action of this authority", found=f"{query.action[:80]} in {kind}", expected=", ".join(known)
        )
    return role
