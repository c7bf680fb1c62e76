"""What an envelope can be, and what is known once it was opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from protocols.credentials.proofs.result import ProofResult
from protocols.jose.encoding import JsonObject

MAX_ENVELOPE_CHARACTERS = 400 * 1024
"""Base64url of the largest presentation, its header and its signature fit."""


class Kind(StrEnum):
    """The forms read here. `VC_SD_JWT` is a W3C credential in SD-JWT form; `DC_SD_JWT` an SD-JWT VC, whatever its typ.

    `JWT_VC` and `JWT_VP` are VC 1.1's, with a `vc` or `vp` claim.
    """

    VC_JWT = "vc+jwt"
    VP_JWT = "vp+jwt"
    VC_SD_JWT = "vc+sd-jwt"
    DC_SD_JWT = "dc+sd-jwt"
    JWT_VC = "jwt_vc"
    JWT_VP = "jwt_vp"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What was in an envelope, and what is known about who signed it.

    Args:
        document: the credential or presentation, or the processed claims of an SD-JWT VC; None where it cannot be
            read. It is there whatever the results say, and nothing in it is to be believed unless all are "yes".
        results: the issuer's or holder's signature first; for an SD-JWT with or in need of key binding a second one,
            of purpose authentication.
        confirmation: the `cnf` claim: the key that its holder has to prove, None where it names none.
        status: the `status` claim as it came: where the issuer says whether the token still counts. None where there
            is none, or where it is a property of the credential inside.
        owner: the issuer or holder that is named inside, else the DID whose key the header names; empty for neither.
        disclosed_count: how many disclosures came with an SD-JWT.
    """

    document: JsonObject | None
    results: tuple[ProofResult, ...]
    kind: Kind
    confirmation: Mapping[str, Any] | None = None
    status: Any = None
    owner: str = ""
    disclosed_count: int = 0

    @property
    def key_binding(self) -> ProofResult | None:
        """What is known of the key binding of an SD-JWT; None where it has none and none was asked for."""
        return next(iter(self.results[1:]), None)
