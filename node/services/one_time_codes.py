"""One-time codes: read from paper or a screen, typed by a person, stored as their hash, good once."""

import re
import secrets

from protocols.flows.enrolment.messages import code_hash

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, 1, I or O: a code is read from paper and typed."""
_GROUPS, _GROUP = 4, 4
_TYPED = re.compile(rf"[{ALPHABET}]{{{_GROUPS * _GROUP}}}\Z", re.ASCII)


def new_code() -> str:
    """Four groups of four characters, 80 random bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def typed_hash(text: str) -> str | None:
    """The hash of a code as somebody typed it: small letters, spaces and dashes as they come; None where it is none."""
    if len(text) > 64:
        return None
    code = re.sub(r"[\s-]", "", text).upper()
    if not _TYPED.match(code):
        return None
    return code_hash("-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)))
