"""Heads of an issuance log and their cosignatures, as the tokens that nodes hand each other.

    head           the log's owner: "my log has so many entries, and this is their root"
    cosignature    a witness: "I saw that head then, and it only adds to the last one that I signed"

Both are signed with federation keys. What is said of one log is only ever added to: a witness keeps the last head it
signed, and signs no other that does not begin with that one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from protocols.errors import EnvelopeError
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.entity import check_entity_id
from protocols.trust.issuance_log.merkle import HASH_BYTES, MAX_PATH, MAX_SIZE
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.shape import list_of
from protocols.trust.times import from_seconds, to_seconds

HEAD_TYP = "ler-log-head+jwt"
COSIGNATURE_TYP = "ler-log-cosignature+jwt"
MAX_TOKEN_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The log of `log` (an entity id) has `size` entries under `root`, as of `at`; to be believed after `verify_with`.

    A cosignature is the same said by a witness, `by` whom; a head is said by its log's own node.
    """

    log: str
    size: int
    root: bytes
    at: datetime
    by: str
    kid: str
    token: str

    def verify_with(self, jwks: Mapping[str, PublicKey]) -> None:
        """Returns when one of `jwks` signed it.

        Raises:
            StatementRefused: `kid_unknown` or `signature`.
        """
        key = jwks.get(self.kid)
        if key is None:
            raise StatementRefused(
                "signed with a key that its signer does not have", rule="kid_unknown", found=self.kid[:80]
            )
        try:
            parse_compact(self.token, max_bytes=MAX_TOKEN_BYTES).verify(key)
        except EnvelopeError as error:
            raise StatementRefused(error.detail, rule="signature") from error

    def is_same_tree(self, other: "LogHead") -> bool:
        return (self.log, self.size, self.root) == (other.log, other.size, other.root)


def sign_head(log: str, size: int, root: bytes, *, signer: Signer, at: datetime) -> str:
    """The owner's word for a head; `signer` is a federation key of `log`."""
    claims: JsonObject = {"iss": log, "size": size, "root": b64url_encode(root), "iat": to_seconds(at)}
    return sign_compact(claims, signer, typ=HEAD_TYP)


def cosign(head: LogHead, *, witness: str, signer: Signer, at: datetime) -> str:
    """A witness's word for a head that it has checked; `signer` is a federation key of `witness`."""
    claims: JsonObject = {
        "iss": witness,
        "sub": head.log,
        "size": head.size,
        "root": b64url_encode(head.root),
        "iat": to_seconds(at),
    }
    return sign_compact(claims, signer, typ=COSIGNATURE_TYP)


def parse_head(token: str) -> LogHead:
    """The head in `token`, unverified.

    Raises:
        StatementRefused: `too_large`, `not_a_jws`, `entity_id`, `log_head`, `iat_invalid`.
    """
    return _parse(token, HEAD_TYP)


def parse_cosignature(token: str) -> LogHead:
    """As `parse_head`, of a cosignature."""
    return _parse(token, COSIGNATURE_TYP)


def parse_hash(value: object, *, rule: str) -> bytes:
    """32 bytes out of base64url."""
    with refusing(rule):
        found = b64url_decode(value) if isinstance(value, str) else b""
    if len(found) != HASH_BYTES:
        raise StatementRefused("not a hash", rule=rule, found=shown(value), expected="32 bytes, base64url")
    return found


def parse_path(value: object, *, rule: str) -> tuple[bytes, ...]:
    """The hashes of a Merkle proof."""
    steps = list_of(value, rule=rule, at_most=MAX_PATH, at_least=0)
    return tuple(parse_hash(step, rule=rule) for step in steps)


def path_json(path: Sequence[bytes]) -> list[str]:
    return [b64url_encode(step) for step in path]


def parse_size(value: object, *, rule: str) -> int:
    """A number of entries."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SIZE:
        raise StatementRefused("not a number of entries", rule=rule, found=shown(value), expected="0 or more")
    return value


def _parse(token: str, typ: str) -> LogHead:
    with refusing("not_a_jws"):
        jws = parse_compact(token, typ=typ, max_bytes=MAX_TOKEN_BYTES)
        claims, kid = jws.claims, jws.kid
    by = check_entity_id(claims.get("iss"))
    return LogHead(
        log=by if typ == HEAD_TYP else check_entity_id(claims.get("sub")),
        size=parse_size(claims.get("size"), rule="log_head"),
        root=parse_hash(claims.get("root"), rule="log_head"),
        at=from_seconds(claims.get("iat"), claim="iat"),
        by=by,
        kid=kid,
        token=token,
    )
