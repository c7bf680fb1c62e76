"""How long a failed try waits for the next one."""

from datetime import timedelta

STEPS_S = (5, 30, 120, 600, 3_600, 21_600)
SPREAD = 0.2


def backoff(failures: int, jitter: float) -> timedelta:
    """5 s, 30 s, 2 min, 10 min, 1 h, then every 6 h, each spread by a tenth either way.

    Args:
        failures: how many tries have failed, at least 1.
        jitter: at least 0, less than 1.
    """
    step_s = STEPS_S[min(failures, len(STEPS_S)) - 1]
    return timedelta(seconds=step_s * (1 - SPREAD / 2 + SPREAD * jitter))
