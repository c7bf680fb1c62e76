"""This node as a member of a trust network: joining one, and showing others that it belongs.

Spec: https://openid.net/specs/openid-federation-1_0.html and docs/protocols/membership.md
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.clock import Clock
from node.errors import Conflict, NotFound, Rejected
from node.services.did_document import Purpose
from node.services.entity_configuration import LIVES_FOR, OwnConfiguration
from node.services.identity import Identity
from node.services.resolved_marks import ResolvedMarks, resolved_marks
from node.services.web import APPLICATION, LEAVE_NOTICE, Web, get_configuration, token_in
from node.storage.repos import federation as rows
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, parse_object
from protocols.jose.jws import sign_compact
from protocols.trust.agreement import Agreement
from protocols.trust.chain import Anchors, Chain, validate_chain
from protocols.trust.directory import chain_of
from protocols.trust.entity import check_entity_id, did_of, entity_id_of
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.leaving import LeaveNotice
from protocols.trust.membership import Membership, MembershipEvent
from protocols.trust.network import JoinApplication, NetworkInvite, RolesWanted
from protocols.trust.standing import is_in_good_standing
from protocols.trust.times import to_seconds

RESOLVE_TYP = "resolve-response+jwt"
MAX_ANSWER_BYTES = 16 * 1024


class UnknownAnchor(NotFound):
    """A trust anchor that this node's network does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStanding:
    """This node's place in a network.

    Args:
        role: anchor or member.
        state: as in the membership log; `none` until the anchor took the application in.
        event: what led to the state, with the anchor's reason; None while the anchor's statement has not come.
        registration: what it is registered for, or has applied for.
    """

    anchor: str
    name: str
    role: str
    state: str
    event: MembershipEvent | None
    registration: JsonObject


@dataclass(frozen=True, slots=True)
class Federation:
    storage: UnitOfWork
    identity: Identity
    configuration: OwnConfiguration
    web: Web
    clock: Clock

    async def join(self, invitation: str, roles: RolesWanted, agreed: str | None = None) -> OwnStanding:
        """Applies to the network that `invitation` (a compact text or a link) is of; then its operator decides.

        Args:
            agreed: the version of the network's terms that this node's operator agrees to.

        Raises:
            StatementRefused: not an invitation, one that has expired, or an anchor that is not the one it names.
            Conflict: this node is in a network already, or the network has terms of another version.
            Rejected: the anchor refused the application; says why.
            Unreachable: the anchor does not answer; the same invitation can be tried again.
        """
        now = self.clock.now()
        invite = NetworkInvite.parse(invitation, now)
        if invite.anchor == self.configuration.entity_id:
            raise Conflict("the invitation is to this node's own network", expected="another node's invitation")
        token = token_in(await get_configuration(self.web, invite.anchor))
        terms = _terms_of(validate_chain([token], anchors={invite.anchor: invite.jwks}, now=now), agreed)
        await self.storage.run("federation.join", lambda session: self._enter(session, invite, roles))
        application = JoinApplication(
            anchor=invite.anchor,
            entity_id=self.configuration.entity_id,
            did=self.identity.did,
            jwks=self.configuration.keys(),
            roles=roles,
            invite_token_hash=invite.token_hash,
            name=self.identity.name,
            iat=now,
            agreement=terms,
        )
        signed = application.sign(self.identity.signer(Purpose.AUTHENTICATION))
        await self._post(f"{invite.anchor}/federation/join", signed, APPLICATION)

        def applied(session: Session) -> None:
            rows.change_network(session, invite.anchor, now=self.clock.now(), state="applied")

        await self.storage.run("federation.applied", applied)
        return (await self.standings())[0]

    async def leave(self, reason: str | None = None) -> OwnStanding:
        """Leaves the network: its anchor is told, and publishes it. The same again is no error.

        Raises:
            Conflict: this node is in no network, or is its anchor.
            Rejected: the anchor refused; says why.
            Unreachable: the anchor does not answer; nothing was changed.
        """

        def body(session: Session) -> tuple[str, datetime]:
            network, own = rows.network(session), rows.peer(session, self.identity.did)
            if network is None or network.role == rows.ANCHOR:
                found = "no network" if network is None else "its anchor"
                raise Conflict("there is no network that this node could leave", found=found, expected="a member")
            events = Membership.parse(own.membership).events if own and own.membership else ()
            applied = [event.at for event in events if event.event == "applied"]
            if not applied:
                raise Conflict("the network has not admitted this node", found=network.state, expected="a member")
            return network.anchor, applied[-1]

        anchor, since = await self.storage.read(body)
        now = self.clock.now()
        notice = LeaveNotice(anchor=anchor, did=self.identity.did, since=since, iat=now, reason=reason)
        signed = notice.sign(self.identity.signer(Purpose.AUTHENTICATION))
        await self._post(f"{anchor}/federation/leave", signed, LEAVE_NOTICE)
        await self.storage.run(
            "federation.left", lambda session: rows.change_network(session, anchor, now=now, state="left")
        )
        return (await self.standings())[0]

    async def standings(self) -> Sequence[OwnStanding]:
        """This node's place in each network it belongs to or applied to: one at most, for now."""

        def body(session: Session) -> list[OwnStanding]:
            network = rows.network(session)
            if network is None:
                return []
            own = rows.peer(session, self.identity.did)
            membership = Membership.parse(own.membership) if own and own.membership else None
            return [_standing(network, membership)]

        return await self.storage.read(body)

    async def own_chain(self) -> tuple[str, ...] | None:
        """[our configuration, the anchor's statement about us, its configuration], for whoever knows the anchor.

        The anchor's own is its configuration alone. None before the network admitted us and that was synced.
        """
        configuration = await self.configuration.current()

        def body(session: Session) -> tuple[str, ...] | None:
            network = rows.network(session)
            if network is None:
                return None
            if network.role == rows.ANCHOR:
                return (configuration,)
            own, anchor = rows.peer(session, self.identity.did), rows.peer(session, did_of(network.anchor))
            if own is None or own.statement_jws is None or anchor is None or anchor.configuration_jws is None:
                return None
            return configuration, own.statement_jws, anchor.configuration_jws

        return await self.storage.read(body)

    async def resolve(
        self, subject: str, anchors: Sequence[str], types: Collection[str] = (), *, everybody: bool = False
    ) -> str:
        """A resolve response about a member in good standing, by entity id or DID, from the synced copy (section 8.3).

        Args:
            anchors: the trust anchors that the asker would take; ours has to be one.
            types: the entity types whose metadata is wanted; all where none is named.
            everybody: suspended and past members too, whose statement in the chain says so.

        Raises:
            UnknownAnchor: none of the anchors is ours.
            NotFound: nobody we know.
            StatementRefused: ids that are none, or a chain that does not hold now.
        """
        entity_id = entity_id_of(subject) if subject.startswith("did:") else check_entity_id(subject)
        now = self.clock.now()

        def body(session: Session) -> tuple[list[str], Anchors]:
            chain = _chain_about(session, entity_id, anchors)
            own = rows.peer(session, did_of(entity_id))
            membership = Membership.parse(own.membership) if own and own.membership else None
            if not everybody and not (membership and is_in_good_standing(membership, now)):
                raise _stranger(entity_id)
            return chain

        tokens, trusted = await self.storage.read(body)
        now = now.replace(microsecond=0)
        chain = validate_chain(tokens, anchors=trusted, now=now)
        marks = await self.storage.read(lambda session: resolved_marks(session, chain, now))
        resolved = self._resolved(chain, tokens, marks, now, types)
        return sign_compact(resolved, self.configuration.signer(), typ=RESOLVE_TYP)

    def _resolved(
        self, chain: Chain, tokens: Sequence[str], marks: ResolvedMarks, now: datetime, types: Collection[str]
    ) -> JsonObject:
        wanted = {name: dict(value) for name, value in chain.metadata.items() if not types or name in types}
        return {
            "iss": self.configuration.entity_id,
            "sub": chain.subject,
            "iat": to_seconds(now),
            "exp": to_seconds(marks.exp(min(chain.exp, now + LIVES_FOR))),
            "metadata": wanted,
            "trust_chain": list(tokens),
            **marks.claims(),
        }

    def _enter(self, session: Session, invite: NetworkInvite, roles: RolesWanted) -> None:
        """The network as applied to, so that our configuration names it; the same one may be applied to again."""
        known, now = rows.network(session), self.clock.now()
        if known is not None and known.state == "none" and known.role == rows.MEMBER:
            rows.remove_network(session, known.anchor)  # its anchor never took an application in
            known = None
        if known is None:
            rows.add_network(
                session,
                anchor=invite.anchor,
                role=rows.MEMBER,
                name=invite.name,
                jwks=to_jwks(invite.jwks),
                state="none",
                registration=roles.to_json(),
                now=now,
            )
        elif known.anchor != invite.anchor or known.state in ("member", "suspended"):
            raise Conflict("this node is in a network already", found=known.anchor, expected="one network a node")
        else:
            jwks, registration = to_jwks(invite.jwks), roles.to_json()
            rows.change_network(session, invite.anchor, now=now, name=invite.name, jwks=jwks, registration=registration)

    async def _post(self, url: str, request: str, content_type: str) -> None:
        posted = await self.web.post(url, request.encode("ascii"), content_type=content_type)
        if posted.status == 202:
            return
        try:
            answer = parse_object(posted.body, max_bytes=MAX_ANSWER_BYTES)
        except ProtocolError:
            answer = {}
        raise Rejected(
            f"the network refused: {str(answer.get('error_description', 'it gave no reason'))[:300]}",
            found=f"HTTP {posted.status} {str(answer.get('error', ''))[:40]}".strip(),
            expected="a request that its anchor takes in",
        )


def _terms_of(anchor: Chain, agreed: str | None) -> Agreement | None:
    """What the network's anchor has applicants agree to, when `agreed` is its version."""
    stated = anchor.statements[0].metadata.get("ler_node", {}).get("agreement")
    terms = None if stated is None else Agreement.parse(stated)
    if terms is not None and terms.version != agreed:
        raise Conflict(
            f"this network has terms to agree to: read {anchor.anchor}/federation/terms",
            found="no agreement" if agreed is None else agreed,
            expected=f"agreement to version {terms.version}",
        )
    return terms


def _standing(network: rows.NetworkConfig, membership: Membership | None) -> OwnStanding:
    registration = network.registration
    if membership is not None:
        roles = RolesWanted(issuer=membership.issuer, verifier=membership.verifier, relay=membership.relay)
        registration = roles.to_json()
    return OwnStanding(
        anchor=network.anchor,
        name=network.name,
        role=network.role,
        state=network.state,
        event=membership.events[-1] if membership else None,
        registration=registration,
    )


def _chain_about(session: Session, entity_id: str, wanted: Sequence[str]) -> tuple[list[str], Anchors]:
    network = rows.network(session)
    if network is None or network.anchor not in wanted:
        found = ", ".join(wanted)[:120]
        raise UnknownAnchor("not the trust anchor of this node", found=found, expected="its network's anchor")
    anchor = network.anchor
    peer, top = rows.peer(session, did_of(entity_id)), rows.peer(session, did_of(anchor))
    if peer is None or peer.configuration_jws is None or top is None or top.configuration_jws is None:
        raise _stranger(entity_id)
    if peer.statement_jws is None and entity_id != anchor:
        raise _stranger(entity_id)
    tokens = chain_of(peer.configuration_jws, peer.statement_jws, top.configuration_jws)
    return tokens, {anchor: parse_jwks(network.jwks)}


def _stranger(entity_id: str) -> NotFound:
    return NotFound("nobody that this node knows", found=entity_id[:120], expected="a member of the network")
