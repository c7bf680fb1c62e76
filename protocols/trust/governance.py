"""What a network is and how it can be asked, as one public document: the `policy_uri` of its anchor.

    {"name", "anchor": {"entity_id", "did"}, "terms": {"version", "sha256", "uri"}, "marks": {type: [issuer, …]},
     "roles": {role: {"action", "resources": […]}}, "faces": {face: URL}}

`action` and `resources` are the words of the Trust Registry Query Protocol, which asks that they be found here. `terms`
is absent where applicants agree to nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

from protocols.jose.encoding import JsonObject
from protocols.trust.entity import did_of
from protocols.trust.membership import Membership
from protocols.trust.standing import Role
from protocols.trust.trqp import ACTIONS

FACES: Mapping[str, str] = {
    "entity_configuration": "/.well-known/openid-federation",
    "fetch": "/federation/fetch",
    "list": "/federation/list",
    "resolve": "/federation/resolve",
    "historical_keys": "/federation/historical_keys",
    "directory": "/federation/directory",
    "registry": "/federation/registry.json",
    "trqp_authorization": "/trqp/authorization",
    "trqp_recognition": "/trqp/recognition",
}
"""Every face by the path it has at the anchor."""
TERMS = "/federation/terms"


def governance_document(
    anchor: str,
    name: str,
    *,
    members: Iterable[Membership],
    marks: Mapping[str, Sequence[str]],
    terms: JsonObject | None,
) -> JsonObject:
    """The document of the network whose anchor has the entity id `anchor`.

    Args:
        members: those in good standing, whose registrations are the resources that can be asked about.
        marks: trust mark type → entity ids of who may issue it; none: anybody.
        terms: version and sha256 of what applicants agree to.
    """
    known = list(members)
    document: JsonObject = {
        "name": name,
        "anchor": {"entity_id": anchor, "did": did_of(anchor)},
        "marks": {mark_type: list(issuers) for mark_type, issuers in marks.items()},
        "roles": {
            role: {"action": action, "resources": sorted({text for each in known for text in _registered(each, role)})}
            for action, role in ACTIONS.items()
        },
        "faces": {face: f"{anchor}{path}" for face, path in FACES.items()},
    }
    if terms is not None:
        document["terms"] = {**terms, "uri": f"{anchor}{TERMS}"}
    return document


def _registered(membership: Membership, role: Role) -> Sequence[str]:
    """What a member is registered for in a role; a relay relays whatever is consented to."""
    match role:
        case "issuer":
            return membership.issuer.types if membership.issuer else ()
        case "verifier":
            return membership.verifier.claims if membership.verifier else ()
        case "relay":
            return ()
