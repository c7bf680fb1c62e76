"""What an anchor says of types of trust marks: who may issue one, and who owns it. Published in its configuration.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-3.1.2
"""

from collections.abc import Sequence
from dataclasses import dataclass

from node.clock import Clock
from node.errors import BadInput, Conflict, NotFound
from node.services.mark_claims import rules_json
from node.services.mark_rules import good_standing_type, own_rules
from node.services.membership_log import own_network
from node.storage.repos import trust_marks as rows
from node.storage.repos.trust_marks import MarkType
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import JsonObject, canonical_json
from protocols.trust.entity import check_entity_id
from protocols.trust.jwks import parse_jwks
from protocols.trust.mark_validation import MAX_ISSUERS, MAX_TYPES
from protocols.trust.marks import check_mark_type

MAX_RULES_BYTES = 24 * 1024
"""Of what is published about all types together, which has to fit into a statement."""


@dataclass(frozen=True, slots=True)
class MarkTypes:
    """The types that the network of which this node is the anchor recognises."""

    storage: UnitOfWork
    clock: Clock

    async def set(
        self,
        trust_mark_type: str,
        issuers: Sequence[str],
        *,
        owner: str | None = None,
        owner_jwks: JsonObject | None = None,
        actor: str,
    ) -> MarkType:
        """Recognises a type from now on, or changes who may issue it.

        Args:
            issuers: entity ids; none: anybody in the network may.
            owner: entity id of who has to delegate it; None: nobody.
            owner_jwks: keys of an owner outside the network; a member's are those that it publishes.

        Raises:
            Conflict: this node is not the anchor of a network, the type is the network's own, or the keys of its owner
                are not known.
            StatementRefused: not a type, an entity id or a set of keys.
            BadInput: too many types or issuers, or keys without owner.
        """
        checked = [check_entity_id(issuer) for issuer in dict.fromkeys(issuers)]
        check_mark_type(trust_mark_type)
        if owner is not None:
            check_entity_id(owner)
        if owner_jwks is not None:
            parse_jwks(owner_jwks)
        if len(checked) > MAX_ISSUERS or (owner_jwks is not None and owner is None):
            raise BadInput(
                "not who may issue a type and who owns it",
                expected=f"at most {MAX_ISSUERS} issuers, keys with an owner",
            )

        def body(session: Session) -> MarkType:
            network = own_network(session)
            if trust_mark_type == good_standing_type(network.anchor):
                raise Conflict("good standing is the anchor's to state", found=trust_mark_type, expected="another type")
            row = rows.type_named(session, trust_mark_type) or MarkType(
                trust_mark_type=trust_mark_type, changed_at=self.clock.now(), changed_by=actor
            )
            row.issuers, row.owner, row.owner_jwks = checked, owner, owner_jwks
            row.changed_at, row.changed_by = self.clock.now(), actor
            rows.add(session, row)
            _check_known(session, network.anchor, row)
            return row

        return await self.storage.run("marks.type", body)

    async def remove(self, trust_mark_type: str) -> None:
        """Recognises a type no longer: its marks are refused from the next sync on. Raises NotFound or Conflict."""

        def body(session: Session) -> None:
            own_network(session)
            row = rows.type_named(session, trust_mark_type)
            if row is None:
                raise NotFound("no such type is recognised here", found=trust_mark_type[:160])
            rows.remove_type(session, row)

        await self.storage.run("marks.type_removed", body)

    async def list(self) -> Sequence[MarkType]:
        """Every type that was set here, by name; the network's own is not among them."""
        return await self.storage.read(rows.types)


def _check_known(session: Session, anchor: str, row: MarkType) -> None:
    """The keys of its owner are known, and there is room for it."""
    rules = own_rules(session, anchor)
    if row.trust_mark_type not in rules.issuers:
        raise Conflict("whose keys are not known here cannot own a type", found=row.owner, expected="a member, or keys")
    size = len(canonical_json(rules_json(rules)))
    if size > MAX_RULES_BYTES or len(rules.issuers) > MAX_TYPES:
        raise BadInput(
            "more types and issuers than a configuration has room for",
            found=f"{size} bytes",
            expected=f"at most {MAX_TYPES - 1} types and {MAX_RULES_BYTES} bytes",
        )
