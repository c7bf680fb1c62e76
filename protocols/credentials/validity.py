"""Step 5 of the numbered check: is the credential in force at a given time, by its own dates?

Spec: https://www.w3.org/TR/vc-data-model-2.0/#validity-period
"""

from datetime import datetime

from protocols.credentials.model import Credential
from protocols.credentials.times import format_time
from protocols.findings import Outcome


def check_dates(credential: Credential, now: datetime) -> tuple[Outcome, str]:
    """Yes or no, with the reason. A credential without dates is in force: its issuer set no bounds."""
    if credential.valid_from is not None and now < credential.valid_from:
        return Outcome.NO, f"It is not valid before {format_time(credential.valid_from)}."
    if credential.valid_until is not None and now > credential.valid_until:
        return Outcome.NO, f"It was valid until {format_time(credential.valid_until)}."
    if credential.valid_until is not None:
        return Outcome.YES, f"It is valid until {format_time(credential.valid_until)}."
    return Outcome.YES, "It has begun and has no end." if credential.valid_from else "It has no dates."
