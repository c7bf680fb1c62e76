"""Entity ids and DIDs of one node, and the check that its three publications name each other.

Our profile of OpenID Federation: the entity id is the node's https URL, its DID is did:web on the same host. The two
forms map onto each other one to one, so only one spelling of each is accepted: federation compares ids code point by
code point (section 1.2), and a second spelling would be a second entity.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from protocols.dids.document import DidDocument
from protocols.jose.encoding import JsonObject, digest_json
from protocols.trust.refusal import StatementRefused, shown

MAX_ENTITY_ID_CHARACTERS = 512
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"(?:{_LABEL}\.)*[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
"""A DNS name in lower case whose last label starts with a letter: did:web knows no IP addresses."""
_SEGMENT = r"(?!\.{1,2}(?:[/:]|\Z))[A-Za-z0-9._~-]+"
_ENTITY_ID = re.compile(rf"https://({_HOST})(?::([1-9][0-9]{{0,4}}))?((?:/{_SEGMENT})*)\Z")
_DID_WEB = re.compile(rf"did:web:({_HOST})(?:%3A([1-9][0-9]{{0,4}}))?((?::{_SEGMENT})*)\Z")
_EXPECTED = "https://host[:port][/path] in lower case, without query, fragment, default port or trailing slash"


class Configuration(Protocol):
    """What is needed of an entity configuration here."""

    @property
    def sub(self) -> str: ...

    @property
    def metadata(self) -> Mapping[str, Mapping[str, Any]]: ...


def check_entity_id(url: object) -> str:
    """`url` itself when it is an entity id of this profile.

    Raises:
        StatementRefused: `entity_id`, for another scheme, an IP address, a query, or a spelling that is not the one.

    Spec: https://openid.net/specs/openid-federation-1_0.html#section-1.2 (Entity Identifier)
    """
    found = _ENTITY_ID.match(url) if isinstance(url, str) and len(url) <= MAX_ENTITY_ID_CHARACTERS else None
    if not isinstance(url, str) or found is None or not _is_port(found[2], default=443):
        raise StatementRefused("not an entity id", rule="entity_id", found=shown(url), expected=_EXPECTED)
    return url


def entity_id_of(did: object) -> str:
    """The entity id of the node whose did:web is `did`; raises StatementRefused (`did`) for any other DID."""
    found = _DID_WEB.match(did) if isinstance(did, str) and len(did) <= MAX_ENTITY_ID_CHARACTERS else None
    if found is None or not _is_port(found[2], default=443):
        raise StatementRefused(
            "not a did:web of a node", rule="did", found=shown(did), expected="did:web:host[%3Aport][:path]"
        )
    host, port, path = found.groups()
    return check_entity_id(f"https://{host}{f':{port}' if port else ''}{path.replace(':', '/')}")


def did_of(entity_id: str) -> str:
    """The did:web of the node whose entity id is `entity_id`."""
    found = _ENTITY_ID.match(check_entity_id(entity_id))
    if found is None:
        raise StatementRefused("not an entity id", rule="entity_id", found=shown(entity_id), expected=_EXPECTED)
    host, port, path = found.groups()
    return f"did:web:{host}{f'%3A{port}' if port else ''}{path.replace('/', ':')}"


def node_did(metadata: Mapping[str, Mapping[str, Any]]) -> str | None:
    """`ler_node.did` of statement metadata; None where it is absent or not a string."""
    did = metadata.get("ler_node", {}).get("did")
    return did if isinstance(did, str) else None


def agree(entity_id: str, did: str, did_document: DidDocument, configuration: Configuration) -> None:
    """Returns when the entity id, the DID document and the entity configuration all name each other.

    Either publication alone can be had by whoever controls one file on the host; a node is believed to be both only
    when both say so.

    Raises:
        StatementRefused: `host_mismatch`, `document_mismatch`, `configuration_mismatch`, `did_not_in_configuration`
            or `entity_id_not_in_document`, the first that fails in this order.
    """
    if entity_id_of(did) != check_entity_id(entity_id):
        raise StatementRefused(
            "the DID is on another host", rule="host_mismatch", found=did, expected=did_of(entity_id)
        )
    if did_document.id != did:
        raise StatementRefused(
            "a DID document of another DID", rule="document_mismatch", found=did_document.id[:80], expected=did
        )
    if configuration.sub != entity_id:
        raise StatementRefused(
            "a configuration of another entity",
            rule="configuration_mismatch",
            found=configuration.sub,
            expected=entity_id,
        )
    if node_did(configuration.metadata) != did:
        raise StatementRefused(
            "the entity configuration does not carry the DID",
            rule="did_not_in_configuration",
            found=shown(node_did(configuration.metadata)),
            expected=f"metadata.ler_node.did {did}",
        )
    if entity_id not in did_document.also_known_as:
        raise StatementRefused(
            "the DID document does not carry the entity id",
            rule="entity_id_not_in_document",
            found=f"{len(did_document.also_known_as)} other names",
            expected=f"alsoKnownAs with {entity_id}",
        )


def states_document(configuration: Configuration, did_document: JsonObject) -> bool:
    """Whether the node states with its federation key that this is its DID document, False where it states none.

    A did:web document has no signature of its own. From the host itself it comes with the host's certificate; from
    anyone else, as in a directory or a bundle, it is only as good as this statement.

    Args:
        did_document: as served, of which `metadata.ler_node.did_document_sha256` is `digest_json`.

    Raises:
        StatementRefused: `did_document_digest`, it states another.
    """
    stated = configuration.metadata.get("ler_node", {}).get("did_document_sha256")
    if stated is not None and stated != (found := digest_json(did_document)):
        raise StatementRefused(
            "not the DID document that the entity configuration states",
            rule="did_document_digest",
            found=found,
            expected=shown(stated),
        )
    return stated is not None


def _is_port(port: str | None, *, default: int) -> bool:
    return port is None or (int(port) <= 65535 and int(port) != default)
