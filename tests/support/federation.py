"""A small trust network for tests: one anchor, one member, and the statements that say so."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from protocols.dids.document import DidDocument, VerificationMethod
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import sign_compact
from protocols.jose.keys import PrivateKey
from protocols.trust.entity import did_of
from protocols.trust.jwks import to_jwks
from protocols.trust.membership import EventName, Membership, MembershipEvent
from protocols.trust.registration import IssuerRegistration, VerifierRegistration
from protocols.trust.statement import STATEMENT_TYP, member_metadata, sign_configuration, sign_subordinate

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANCHOR = "https://network.example"
MEMBER = "https://college.example"
OTHER = "https://other.example"
MEMBER_DID = did_of(MEMBER)


def key(name: str, crv: str = "Ed25519", kid: str = "") -> PrivateKey:
    """The key that this name always stands for."""
    return PrivateKey.from_secret(crv, hashlib.sha256(name.encode()).digest(), kid)


ANCHOR_KEY = key("anchor")
MEMBER_KEY = key("member")
STRANGER_KEY = key("stranger")
ANCHORS = {ANCHOR: {ANCHOR_KEY.kid: ANCHOR_KEY.public}}


def events(
    *names: EventName, start: datetime = NOW - 100 * DAY, every: timedelta = 10 * DAY
) -> tuple[MembershipEvent, ...]:
    """The named events, `every` so often from `start`."""
    return tuple(MembershipEvent(event=name, at=start + index * every) for index, name in enumerate(names))


def membership(*names: EventName, did: str = MEMBER_DID, **changes: Any) -> Membership:
    """A member registered in every role, after the named events (applied and approved, where none are named)."""
    given: dict[str, Any] = {
        "did": did,
        "events": events(*(names or ("applied", "approved"))),
        "issuer": IssuerRegistration(types=("OpenBadgeCredential",)),
        "verifier": VerifierRegistration(purposes=("hiring",), claims=("OpenBadgeCredential",), max_retention_days=30),
        "relay": True,
    }
    return Membership(**{**given, **changes})


def member_configuration(*, signer: PrivateKey = MEMBER_KEY, **changes: Any) -> str:
    given: dict[str, Any] = {
        "entity_id": MEMBER,
        "signer": signer,
        "jwks": {signer.kid: signer.public},
        "metadata": {
            "federation_entity": {"organization_name": "What it calls itself"},
            "ler_node": {"did": MEMBER_DID},
        },
        "iat": NOW - DAY,
        "exp": NOW + 10 * DAY,
        "authority_hints": [ANCHOR],
    }
    return sign_configuration(**{**given, **changes})


def subordinate(**changes: Any) -> str:
    given: dict[str, Any] = {
        "issuer": ANCHOR,
        "subject": MEMBER,
        "signer": ANCHOR_KEY,
        "jwks": {MEMBER_KEY.kid: MEMBER_KEY.public},
        "metadata": member_metadata("Example College", MEMBER_DID),
        "membership": membership(),
        "iat": NOW - DAY,
        "exp": NOW + 2 * DAY,
    }
    return sign_subordinate(**{**given, **changes})


def anchor_configuration(*, signer: PrivateKey = ANCHOR_KEY, **changes: Any) -> str:
    given: dict[str, Any] = {
        "entity_id": ANCHOR,
        "signer": signer,
        "jwks": {signer.kid: signer.public},
        "metadata": {"federation_entity": {"organization_name": "Example Network"}},
        "iat": NOW - DAY,
        "exp": NOW + 5 * DAY,
    }
    return sign_configuration(**{**given, **changes})


def chain() -> list[str]:
    return [member_configuration(), subordinate(), anchor_configuration()]


def configuration_claims(**changes: Any) -> JsonObject:
    """The claims of a good entity configuration, changed; a value of None takes the claim out."""
    claims: JsonObject = {
        "iss": MEMBER,
        "sub": MEMBER,
        "iat": int((NOW - DAY).timestamp()),
        "exp": int((NOW + DAY).timestamp()),
        "jwks": to_jwks({MEMBER_KEY.kid: MEMBER_KEY.public}),
        "metadata": {"ler_node": {"did": MEMBER_DID}},
        "authority_hints": [ANCHOR],
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def subordinate_claims(**changes: Any) -> JsonObject:
    """The claims of a good subordinate statement, changed as in `configuration_claims`."""
    return configuration_claims(
        **{"iss": ANCHOR, "authority_hints": None, "ler_membership": membership().to_json(), **changes}
    )


def signed(claims: JsonObject, signer: PrivateKey = MEMBER_KEY, header: Mapping[str, Any] | None = None) -> str:
    """A statement over whatever claims, right or wrong."""
    return sign_compact(claims, signer, typ=STATEMENT_TYP, header=header)


def did_document(did: str, *keys: PrivateKey, also_known_as: tuple[str, ...] = ()) -> DidDocument:
    """A document whose `keys` (named by absolute kids) are for authentication."""
    methods = {
        each.kid: VerificationMethod(id=each.kid, controller=did, type="Multikey", key=each.public) for each in keys
    }
    return DidDocument(
        id=did, also_known_as=also_known_as, methods=methods, relationships={"authentication": tuple(methods)}
    )
