"""Where a recipient's thread can stand. The mediator remembers no thread: it answers each request as it comes.

    recipient:  (none) --RequestMediation--> REQUEST_SENT --mediate-grant--> GRANTED
                                                  '--------mediate-deny----> DENIED
                (none) --UpdateRecipients--> UPDATE_SENT --recipient-update-response--> UPDATED
                (none) --QueryRecipients---> QUERY_SENT  --recipient--> ANSWERED

An answer that nobody waits for is refused, so that no stranger can hand us a mediator.
"""

from enum import StrEnum


class State(StrEnum):
    REQUEST_SENT = "request-sent"
    GRANTED = "granted"
    DENIED = "denied"
    UPDATE_SENT = "update-sent"
    UPDATED = "updated"
    QUERY_SENT = "query-sent"
    ANSWERED = "answered"


RECIPIENT = "recipient"

MOVES: dict[tuple[str, str], State] = {
    (State.REQUEST_SENT, "mediate-grant"): State.GRANTED,
    (State.REQUEST_SENT, "mediate-deny"): State.DENIED,
    (State.UPDATE_SENT, "recipient-update-response"): State.UPDATED,
    (State.QUERY_SENT, "recipient"): State.ANSWERED,
}
"""(state, message) -> state, for answers; anything else is refused."""
