"""Sets of federation keys by key id.

Federation keys sign statements and nothing else (OpenID Federation 1.0 section 3.1.1): they are not the node's
DIDComm or credential keys.
"""

from collections.abc import Mapping

from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey
from protocols.trust.refusal import StatementRefused, refusing
from protocols.trust.shape import list_of, object_of

MAX_KEYS = 20
CURVES = ("Ed25519", "P-256")
"""The curves of the algorithms that statements may be signed with here: EdDSA and ES256."""


def parse_jwks(value: object) -> dict[str, PublicKey]:
    """The signing keys of a JWK set, by kid, those of algorithms we do not verify left out.

    Raises:
        StatementRefused: `jwks` where it is not a set of public keys, has too many or none that we can use;
            `kid_missing` and `kid_not_unique`.
    """
    entries = list_of(object_of(value, rule="jwks").get("keys"), rule="jwks", at_most=MAX_KEYS)
    usable: dict[str, PublicKey] = {}
    seen: set[str] = set()
    for entry in entries:
        jwk, kid = _named(entry)
        if kid in seen:
            raise StatementRefused(
                "two keys with one kid", rule="kid_not_unique", found=kid[:80], expected="a unique kid each"
            )
        seen.add(kid)
        key = _signing_key(jwk)
        if key is not None:
            usable[kid] = key
    if not usable:
        raise StatementRefused("no key that can be used here", rule="jwks", expected=" or ".join(CURVES))
    return usable


def to_jwks(keys: Mapping[str, PublicKey]) -> JsonObject:
    """The JWK set of `keys`, in the order given, each with its kid, algorithm and use."""
    return {"keys": [{**key.to_jwk(), "kid": kid, "alg": key.alg, "use": "sig"} for kid, key in keys.items()]}


def _named(entry: object) -> tuple[JsonObject, str]:
    jwk = object_of(entry, rule="jwks")
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not kid:
        raise StatementRefused("a key without kid", rule="kid_missing", expected="a non-empty kid in every JWK")
    return jwk, kid


def _signing_key(jwk: JsonObject) -> PublicKey | None:
    """None for a public key of a kind that we do not verify; secrets of any kind are refused."""
    if "d" in jwk or "k" in jwk:
        raise StatementRefused("a secret key in a JWK set", rule="jwks", expected="public keys")
    if jwk.get("kty") not in ("OKP", "EC") or jwk.get("crv") not in CURVES or jwk.get("use", "sig") != "sig":
        return None
    with refusing("jwks"):
        key = PublicKey.from_jwk(jwk)
    return key if jwk.get("alg", key.alg) in (key.alg, key.crv) else None
