"""Where an issue-credential thread can stand, and which moves are legal.

    issuer:  (none) --Offer--> OFFER_SENT --request-credential--> REQUEST_RECEIVED
                               --Issue--> CREDENTIAL_ISSUED --ack--> DONE
    holder:  (none) --offer-credential--> OFFER_RECEIVED --Request--> REQUEST_SENT --issue-credential--> DONE
    either:  any of these but DONE --problem-report or Abandon--> ABANDONED

A problem report that is a warning, or rejects one message only, leaves the thread where it is.
The specification's `credential-received` is passed through: the acknowledgement goes out in the same step. A message
that comes once more after its move changes nothing; a credential that does is acknowledged again, since the issuer
would not repeat it had the acknowledgement arrived.

Spec: https://github.com/decentralized-identity/waci-didcomm/blob/main/issue_credential/README.md#states
"""

from enum import StrEnum


class State(StrEnum):
    OFFER_SENT = "offer-sent"
    REQUEST_RECEIVED = "request-received"
    CREDENTIAL_ISSUED = "credential-issued"
    OFFER_RECEIVED = "offer-received"
    REQUEST_SENT = "request-sent"
    DONE = "done"
    ABANDONED = "abandoned"


ISSUER = "issuer"
HOLDER = "holder"

MOVES: dict[tuple[str | None, str | None, str], State] = {
    (None, None, "Offer"): State.OFFER_SENT,
    (ISSUER, State.OFFER_SENT, "request-credential"): State.REQUEST_RECEIVED,
    (ISSUER, State.REQUEST_RECEIVED, "Issue"): State.CREDENTIAL_ISSUED,
    (ISSUER, State.CREDENTIAL_ISSUED, "ack"): State.DONE,
    (None, None, "offer-credential"): State.OFFER_RECEIVED,
    (HOLDER, State.OFFER_RECEIVED, "Request"): State.REQUEST_SENT,
    (HOLDER, State.REQUEST_SENT, "issue-credential"): State.DONE,
}
"""(role, state, message or command) -> state. `machine` moves by this table and by ABANDONED only."""

OPEN = frozenset(State) - {State.DONE, State.ABANDONED}
"""The states that can still be abandoned."""
