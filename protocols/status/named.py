"""Which status lists credentials name, before any of it is checked: to have them at hand when it is."""

import contextlib
from collections.abc import Iterable

from protocols.credentials.embedded import stated, stated_issuer
from protocols.credentials.enveloped import is_enveloped, issuer_of, status_claim_of
from protocols.credentials.shape import as_object, as_text, many
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.status.entry import MAX_ENTRIES
from protocols.status.token_status import parse_reference


def lists_named(credentials: Iterable[JsonObject]) -> dict[str, str]:
    """The lists that `credentials`, in envelopes or not, name: what each is kept under, and the issuer who named it.

    Of one credential, as many as are looked at.
    """
    found: dict[str, str] = {}
    for each in credentials:
        claim = status_claim_of(each) if is_enveloped(each) else None
        if claim is not None:
            with contextlib.suppress(ProtocolError):
                found.setdefault(parse_reference(claim).key, issuer_of(each) or "")
        for status in many(stated(each).get("credentialStatus"))[:MAX_ENTRIES]:
            if url := as_text((as_object(status) or {}).get("statusListCredential")):
                found.setdefault(url, stated_issuer(each))
    return found
