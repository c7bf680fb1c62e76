"""Where a present-proof thread can stand, and which moves are legal.

verifier:  (none) --ask--> REQUESTED --presentation--> RECEIVED --presentation--> RECEIVED
                               |--declined--> DECLINED
                               '--problem---> ABANDONED
prover:    (none) --request--> REQUEST_RECEIVED --present--> PRESENTED --ack--> DONE
                                     '--decline--> DECLINED
"""

from enum import StrEnum


class State(StrEnum):
    REQUESTED = "requested"
    RECEIVED = "received"
    DECLINED = "declined"
    REQUEST_RECEIVED = "request-received"
    PRESENTED = "presented"
    DONE = "done"


VERIFIER = "verifier"
PROVER = "prover"
