"""Federation keys that an entity signed with before, so that what they signed can still be checked.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8.7
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from protocols.jose.encoding import JsonObject
from protocols.jose.jws import sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.times import to_seconds

HISTORICAL_KEYS_TYP = "jwk-set+jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalKey:
    """One key that signs no more.

    Args:
        issued_at: when it was made.
        expires_at: after which nothing that it signed is valid.
        revoked_at: when it was reported that others have it; None: it only came to its end.
    """

    kid: str
    public: PublicKey
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def to_json(self) -> JsonObject:
        value: JsonObject = {
            **self.public.to_jwk(),
            "kid": self.kid,
            "alg": self.public.alg,
            "use": "sig",
            "iat": to_seconds(self.issued_at),
            "exp": to_seconds(self.expires_at),
        }
        if self.revoked_at is not None:
            value["revoked"] = {"revoked_at": to_seconds(self.revoked_at), "reason": "compromised"}
        return value


def sign_historical_keys(keys: Iterable[HistoricalKey], *, issuer: str, signer: Signer, now: datetime) -> str:
    """The token of `issuer`'s former keys, signed by the key that it signs with now."""
    claims: JsonObject = {"iss": issuer, "iat": to_seconds(now), "keys": [key.to_json() for key in keys]}
    return sign_compact(claims, signer, typ=HISTORICAL_KEYS_TYP)
