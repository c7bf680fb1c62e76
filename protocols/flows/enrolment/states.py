"""Where an enrolment thread can stand.

    learner:      (none) --Enrol--> REQUESTED --enrolled-------> ENROLLED
                                         '-----problem-report--> REFUSED
    institution:  (none) --enrol, with a code that holds--> ENROLLED

A refused learner asks again in a new thread. The institution keeps no thread for a code that does not hold.
"""

from enum import StrEnum


class State(StrEnum):
    REQUESTED = "requested"
    ENROLLED = "enrolled"
    REFUSED = "refused"


LEARNER = "learner"
INSTITUTION = "institution"

MOVES: dict[tuple[str | None, str | None, str], State] = {
    (None, None, "Enrol"): State.REQUESTED,
    (LEARNER, State.REQUESTED, "enrolled"): State.ENROLLED,
    (LEARNER, State.REQUESTED, "problem-report"): State.REFUSED,
    (None, None, "enrol"): State.ENROLLED,
    (INSTITUTION, State.ENROLLED, "enrol"): State.ENROLLED,
}
"""(role, state, message or command) -> state; a second `enrol` is judged like the first."""
