"""A status list as an issuer publishes it.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential
"""

from datetime import datetime

from protocols.credentials.contexts import CREDENTIALS_V2
from protocols.credentials.times import format_time
from protocols.jose.encoding import JsonObject
from protocols.status.bitstring import MAX_BYTES, MIN_ENTRIES, encode
from protocols.status.errors import StatusListLengthError

LIST_TYPE = "BitstringStatusListCredential"


def status_list_credential(
    *,
    url: str,
    issuer: str,
    purpose: str,
    bits: bytes,
    valid_from: datetime,
    valid_until: datetime | None,
    ttl_ms: int | None,
    size: int = 1,
) -> JsonObject:
    """The unsigned list at `url`, over data model 2.0.

    `valid_from` is to move forward with every change: verifiers refuse to go back to an older list. What the values of
    a list with `size` bits an entry mean stands in the credentials: the list has no terms for it.

    Raises:
        StatusListLengthError: fewer than 131,072 entries, or over 2 MiB.
    """
    least = MIN_ENTRIES * size // 8
    if not least <= len(bits) <= MAX_BYTES:
        raise StatusListLengthError(
            "a list of the wrong length", found=f"{len(bits)} bytes", expected=f"{least} to {MAX_BYTES}"
        )
    subject: JsonObject = {
        "id": f"{url}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": encode(bits),
    }
    if ttl_ms is not None:
        subject["ttl"] = ttl_ms
    credential: JsonObject = {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", LIST_TYPE],
        "issuer": issuer,
        "validFrom": format_time(valid_from),
        "credentialSubject": subject,
    }
    if valid_until is not None:
        credential["validUntil"] = format_time(valid_until)
    return credential
