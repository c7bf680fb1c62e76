"""Where a receipt can stand.

asker:    (none) --acknowledge--> SENT --countersigned--> COMPLETE
learner:  (none) --receipt--> RECEIVED --receipt--> RECEIVED (again: countersigned again)
"""

from enum import StrEnum


class State(StrEnum):
    SENT = "sent"
    COMPLETE = "complete"
    RECEIVED = "received"


ASKER = "asker"
LEARNER = "learner"
