"""The proof that follows a credential to its learner: it stands in the issuer's log, under a head that others cosigned.

It travels with a presentation, so that nobody has to ask anybody for it, and nobody learns who is checked. What the
log commits to tells nothing about the credential: the digest is of signed bytes, under a salt of its own.

    {"type": "LerIssuanceProof", "log": entity id, "digest", "salt", "position", "size", "path": [hash, …],
     "cosignatures": [JWS, …]}
"""

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode
from protocols.trust.entity import check_entity_id
from protocols.trust.issuance_log.head import (
    LogHead,
    parse_cosignature,
    parse_hash,
    parse_path,
    parse_size,
    path_json,
)
from protocols.trust.issuance_log.merkle import is_included, leaf_hash
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.shape import object_of, texts_of

TYPE = "LerIssuanceProof"
SALT_BYTES = 16
MAX_COSIGNATURES = 16
MAX_PROOF_BYTES = 64 * 1024


def leaf_of(salt: bytes, digest: bytes) -> bytes:
    """The leaf that commits to a signature.

    Args:
        salt: 16 unpredictable bytes.
        digest: SHA-256 of the bytes that were signed and the signature; of a selective proof, those of the base proof.
    """
    return leaf_hash(salt + digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceProof:
    """A parsed proof, whose path leads to the root that all its cosignatures name; whose they are is another question.

    `digest` is base64url, as `ProofResult.digest` has it.
    """

    log: str
    digest: str
    size: int
    root: bytes
    cosignatures: tuple[LogHead, ...]

    @staticmethod
    def parse(value: object) -> "IssuanceProof":
        """The proof in a JSON object.

        Raises:
            StatementRefused: `issuance_proof`, its form; `inclusion`, the path leads elsewhere;
                `cosignature_of_another`, they are of other heads; those of `parse_cosignature`.
        """
        entry = object_of(value, rule="issuance_proof")
        if entry.get("type") != TYPE:
            raise StatementRefused("no issuance proof", rule="issuance_proof", found=shown(entry.get("type")))
        log, digest = check_entity_id(entry.get("log")), entry.get("digest")
        size = parse_size(entry.get("size"), rule="issuance_proof")
        tokens = texts_of(entry.get("cosignatures"), rule="issuance_proof", at_most=MAX_COSIGNATURES)
        cosignatures = tuple(map(parse_cosignature, tokens))
        root = cosignatures[0].root
        if any((each.log, each.size, each.root) != (log, size, root) for each in cosignatures):
            raise StatementRefused(
                "cosignatures of other heads", rule="cosignature_of_another", expected=f"{size} entries of {log}"
            )
        leaf = leaf_of(_salt(entry.get("salt")), parse_hash(digest, rule="issuance_proof"))
        path = parse_path(entry.get("path"), rule="issuance_proof")
        position = parse_size(entry.get("position"), rule="issuance_proof")
        if not is_included(leaf, position, size, path, root):
            raise StatementRefused(
                "a path that does not lead to the head", rule="inclusion", found=f"position {position} of {size}"
            )
        return IssuanceProof(log=log, digest=str(digest), size=size, root=root, cosignatures=cosignatures)


def proof_json(
    *, log: str, digest: str, salt: bytes, position: int, size: int, path: Sequence[bytes], cosignatures: Sequence[str]
) -> JsonObject:
    """The proof as it travels; `cosignatures` are the tokens of witnesses for the head of `size` entries."""
    return {
        "type": TYPE,
        "log": log,
        "digest": digest,
        "salt": b64url_encode(salt),
        "position": position,
        "size": size,
        "path": path_json(path),
        "cosignatures": list(cosignatures[:MAX_COSIGNATURES]),
    }


def _salt(value: object) -> bytes:
    with refusing("issuance_proof"):
        found = b64url_decode(value) if isinstance(value, str) else b""
    if len(found) != SALT_BYTES:
        raise StatementRefused("not a salt", rule="issuance_proof", found=shown(value), expected="16 bytes, base64url")
    return found
