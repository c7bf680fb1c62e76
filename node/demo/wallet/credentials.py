"""What is checked before a credential is kept: whose it is, who made it, and whether it holds."""

from collections.abc import Mapping
from datetime import datetime

from protocols.credentials.model import parse_credential
from protocols.credentials.proofs import check_proofs
from protocols.credentials.validity import check_dates
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject


def fault_of(
    document: JsonObject, *, issuer: str, holder: str, documents: Mapping[str, DidDocument], now: datetime
) -> str | None:
    """Why a credential is not to be kept, as a sentence; None where it is in order.

    Args:
        issuer: the institution that offered it and must have signed it.
        holder: the did:key that the wallet asked it to be bound to.
    """
    try:
        credential = parse_credential(document)
    except ProtocolError as error:
        return f"It is not a credential: {error.detail}."
    if credential.issuer != issuer:
        return "It was issued by another than the institution that offered it."
    if credential.subject_ids != (holder,):
        return "It is about another key than this wallet's."
    dates, reason = check_dates(credential, now)
    if dates is not Outcome.YES:
        return reason
    proofs = check_proofs(
        document, documents, purpose="assertionMethod", now=now, expected_controller=credential.issuer
    )
    return next((proof.reason for proof in proofs if proof.outcome is not Outcome.YES), None)
