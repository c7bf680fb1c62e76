"""A log, its heads and its witnesses for tests, without any node."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from protocols.jose.encoding import JsonObject, b64url_encode
from protocols.trust.entity import did_of
from protocols.trust.issuance_log.attested import Witness
from protocols.trust.issuance_log.head import cosign, parse_head, sign_head
from protocols.trust.issuance_log.inclusion import leaf_of, proof_json
from protocols.trust.issuance_log.merkle import Tree
from tests.support.federation import ANCHOR, MEMBER, key, membership

EMPLOYER = "https://employer.example"
LIBRARY = "https://library.example"
SALT = bytes(range(16))
DIGEST = sha256(b"what was signed, and the signature").digest()


def witness(entity_id: str, **changes: Any) -> Witness:
    held = key(entity_id)
    given: dict[str, Any] = {
        "entity_id": entity_id,
        "membership": membership(did=did_of(entity_id)),
        "keys": {held.kid: (held.public, None)},
    }
    return Witness(**{**given, **changes})


@dataclass
class KnownLogs:
    """Implements `attested.Known`."""

    witnesses: Mapping[str, Witness] = field(
        default_factory=lambda: {each: witness(each) for each in (ANCHOR, MEMBER, EMPLOYER, LIBRARY)}
    )
    roots: dict[tuple[str, int], bytes] = field(default_factory=dict[tuple[str, int], bytes])
    forked: set[str] = field(default_factory=set[str])

    def witness(self, entity_id: str) -> Witness | None:
        return self.witnesses.get(entity_id)

    def root(self, log: str, size: int) -> bytes | None:
        return self.roots.get((log, size))

    def is_forked(self, log: str) -> bool:
        return log in self.forked


def tree_with(digest: bytes = DIGEST, *, size: int = 16, position: int = 5) -> Tree:
    leaves = [leaf_of(SALT, sha256(str(number).encode()).digest()) for number in range(size)]
    leaves[position] = leaf_of(SALT, digest)
    return Tree(leaves)


def proof(
    tree: Tree,
    at: Mapping[str, datetime],
    *,
    log: str = MEMBER,
    digest: bytes = DIGEST,
    position: int = 5,
) -> JsonObject:
    """The proof that `digest` stands in `tree`, cosigned by each entity of `at` at its time."""
    head = parse_head(sign_head(log, tree.size, tree.root(), signer=key(log), at=min(at.values())))
    return proof_json(
        log=log,
        digest=b64url_encode(digest),
        salt=SALT,
        position=position,
        size=tree.size,
        path=tree.inclusion(position, tree.size),
        cosignatures=[cosign(head, witness=each, signer=key(each), at=when) for each, when in at.items()],
    )
