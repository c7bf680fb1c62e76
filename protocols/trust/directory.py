"""The directory of a network as one document: every member's statements and DID document, for whoever checks them.

A wallet downloads it whole, so that nobody learns whom it is about to deal with, and believes none of it on the word
of whoever served it: each member counts only with a chain to an anchor that the wallet knows out of band, and with
the DID document whose digest its own configuration states.

    {"anchor": configuration, "members": [{"entity_id", "did", "configuration", "statement", "did_document"}, …],
     "synced_at": RFC 3339}

The `statement` of the anchor itself is null: its configuration says what there is to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from protocols.dids.document import DidDocument
from protocols.dids.parse import parse_document
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.trust.chain import Anchors, Chain, validate_chain
from protocols.trust.entity import agree, states_document
from protocols.trust.membership import Membership
from protocols.trust.refusal import StatementRefused
from protocols.trust.shape import list_of, object_of
from protocols.trust.standing import Role, TrustDecision, standing
from protocols.trust.times import format_instant

MAX_MEMBERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is published about one member. `statement` None: this is the anchor."""

    entity_id: str
    did: str
    configuration: str
    statement: str | None
    did_document: JsonObject

    def to_json(self) -> JsonObject:
        return {
            "entity_id": self.entity_id,
            "did": self.did,
            "configuration": self.configuration,
            "statement": self.statement,
            "did_document": self.did_document,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A member whose chain held, whose publications name each other and who states this `document`.

    `name` is what the anchor approved.
    """

    entity_id: str
    did: str
    name: str | None
    membership: Membership
    document: DidDocument
    chain: Chain

    def standing(self, role: Role, now: datetime) -> TrustDecision:
        """Whether it is a member in good standing now, registered for `role`."""
        return standing(self.membership, role=role, at=now, now=now, statement_fresh_until=self.chain.exp)


def directory_document(anchor: str, members: Sequence[Entry], synced_at: datetime) -> JsonObject:
    """The document. `anchor` is the anchor's entity configuration."""
    return {
        "anchor": anchor,
        "members": [member.to_json() for member in members],
        "synced_at": format_instant(synced_at),
    }


def read_directory(value: object, anchors: Anchors, now: datetime) -> tuple[Listed, ...]:
    """The members that hold; what does not hold is left out, as if it had not been listed.

    Raises:
        StatementRefused: `directory`, when it is not of the form above; those of `validate_chain` when the anchor's
            own configuration does not hold.
    """
    document = object_of(value, rule="directory")
    anchor = document.get("anchor")
    if not isinstance(anchor, str):
        raise StatementRefused("a directory without anchor", rule="directory", expected="its entity configuration")
    validate_chain([anchor], anchors=anchors, now=now)
    members = list_of(document.get("members"), rule="directory", at_most=MAX_MEMBERS, at_least=0)
    found = (_listed(member, anchor, anchors, now) for member in members)
    return tuple(member for member in found if member is not None)


def chain_of(configuration: str, statement: str | None, anchor: str) -> list[str]:
    """The chain of a member, or of the anchor itself, which has no statement about it."""
    return [anchor] if statement is None else [configuration, statement, anchor]


def _listed(value: object, anchor: str, anchors: Anchors, now: datetime) -> Listed | None:
    try:
        member = object_of(value, rule="directory")
        raw = object_of(member.get("did_document"), rule="directory")
        configuration, statement = str(member.get("configuration")), member.get("statement")
        chain = validate_chain(
            chain_of(configuration, None if statement is None else str(statement), anchor), anchors=anchors, now=now
        )
        if chain.membership is None:
            return None
        did = chain.membership.did
        parsed = parse_document(raw, did)
        agree(chain.subject, did, parsed, chain.statements[0])
        if not states_document(chain.statements[0], raw):
            return None  # the word of whoever served the directory, and of nobody else
    except ProtocolError:
        return None
    return Listed(
        entity_id=chain.subject,
        did=did,
        name=chain.vouching.organization_name,
        membership=chain.membership,
        document=parsed,
        chain=chain,
    )
