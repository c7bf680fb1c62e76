"""The words a learner saw before they said yes, and the digest that the record keeps of them.

Whoever shows the screen draws these lines and no others, so that what was signed is what was read.
"""

from dataclasses import dataclass

from protocols.consent.digests import salted_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentScreen:
    """What is on the screen, each part as the words that are shown.

    Args:
        voucher: who vouches for the requester, and `vouched_since` in the words shown ("since March 2024").
        shared: one line for each thing that is shared, in the order shown.
        not_shared: one line for each thing asked or at hand that is not shared.
        language: BCP 47 tag of the words.
    """

    requester: str
    voucher: str
    vouched_since: str
    purpose: str
    retention: str
    shared: tuple[str, ...]
    not_shared: tuple[str, ...]
    language: str


def lines(screen: ConsentScreen) -> tuple[str, ...]:
    """The screen as labelled lines, in the order a reader meets them; every line break inside a part is escaped.

    The labels are not shown: they keep one part from being read as another.
    """
    parts: list[tuple[str, str]] = [
        ("language", screen.language),
        ("requester", screen.requester),
        ("voucher", screen.voucher),
        ("vouched since", screen.vouched_since),
        ("purpose", screen.purpose),
        ("retention", screen.retention),
        *(("shared", words) for words in screen.shared),
        *(("not shared", words) for words in screen.not_shared),
    ]
    return tuple(f"{label}: {_one_line(words)}" for label, words in parts)


def ui_hash(screen: ConsentScreen, salt: str) -> str:
    """The digest of every word shown.

    Salted, and the salt stays in the wallet: the screen also lists what is *not* shared, which the asker and the
    relays could otherwise find out by trying.
    """
    return salted_digest(salt, "\n".join(lines(screen)))


def _one_line(words: str) -> str:
    return words.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
