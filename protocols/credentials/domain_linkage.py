"""A DID and a web origin that say of each other that they belong together.

Spec: https://identity.foundation/.well-known/resources/did-configuration/
"""

from collections.abc import Sequence
from datetime import datetime

from protocols.credentials.contexts import CREDENTIALS_V1
from protocols.credentials.times import format_time
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import sign_compact
from protocols.jose.keys import Signer

CONTEXT = "https://identity.foundation/.well-known/did-configuration/v1"


def domain_linkage(did: str, origin: str, *, signer: Signer, valid_from: datetime, valid_until: datetime) -> str:
    """A Domain Linkage Credential in JWT form: `did` says that `origin` is its own.

    Args:
        origin: scheme, host and port, without path.
        signer: an assertionMethod key of `did`; the header holds its `kid` and `alg` and, as the form wants it, no
            `typ`.
    """
    credential: JsonObject = {
        "@context": [CREDENTIALS_V1, CONTEXT],
        "type": ["VerifiableCredential", "DomainLinkageCredential"],
        "issuer": did,
        "issuanceDate": format_time(valid_from),
        "expirationDate": format_time(valid_until),
        "credentialSubject": {"id": did, "origin": origin},
    }
    claims: JsonObject = {
        "iss": did,
        "sub": did,
        "nbf": int(valid_from.timestamp()),
        "exp": int(valid_until.timestamp()),
        "vc": credential,
    }
    return sign_compact(claims, signer, typ=None)


def did_configuration(linkages: Sequence[str]) -> JsonObject:
    """What stands at `/.well-known/did-configuration.json` of an origin."""
    return {"@context": CONTEXT, "linked_dids": list(linkages)}
