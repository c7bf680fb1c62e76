"""An Open Badges 3.0 endorsement that is still to be signed: somebody says something good of somebody, in public.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#endorsementcredential
"""

from collections.abc import Sequence
from datetime import datetime

from protocols.credentials.contexts import CREDENTIALS_V2, OPEN_BADGES
from protocols.credentials.times import format_time
from protocols.jose.encoding import JsonObject


def endorsement(
    *,
    id: str,
    issuer: JsonObject,
    endorsed: str,
    name: str,
    comment: str,
    evidence: JsonObject,
    valid_from: datetime,
    valid_until: datetime | None = None,
    status: Sequence[JsonObject] = (),
) -> JsonObject:
    """The unsigned EndorsementCredential.

    Args:
        issuer: a Profile.
        endorsed: id of who or what is endorsed, a DID for instance.
        comment: what is said of it, for people.
        evidence: what that rests on, an Evidence.
    """
    made: JsonObject = {
        "@context": [CREDENTIALS_V2, OPEN_BADGES],
        "id": id,
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": name,
        "issuer": issuer,
        "validFrom": format_time(valid_from),
        "credentialSubject": {"id": endorsed, "type": ["EndorsementSubject"], "endorsementComment": comment},
        "evidence": [evidence],
    }
    if valid_until is not None:
        made["validUntil"] = format_time(valid_until)
    if status:
        made["credentialStatus"] = list(status)
    return made
