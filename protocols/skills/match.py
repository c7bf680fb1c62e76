"""Which credential met which skill that was asked for, and by what way.

A skill is met by a credential whose achievement is aligned to the very URI that was asked: compared code point by code
point, because an identifier that is tidied up is another identifier. Names are for people and never compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verified = Literal["yes", "no", "could_not_tell"]
Answer = Literal["met", "partly", "not_met", "could_not_tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillAsked:
    """A skill as a request names it."""

    uri: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillOffer:
    """One alignment of one credential, and whether that credential was verified."""

    credential_id: str
    target_url: str
    target_name: str
    achievement_name: str
    verified: Verified
    target_framework: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillAnswer:
    """The answer for one skill asked.

    `by` is the id of the credential that it rests on, None where there is none. `hops` tells the way from the
    achievement to the skill asked, a line each: the alignment first, then every crosswalk that was crossed.
    """

    asked: SkillAsked
    answer: Answer
    reason: str
    by: str | None = None
    hops: tuple[str, ...] = ()
    level: str | None = None


_ANSWERS: tuple[tuple[Verified, Answer, str], ...] = (
    ("yes", "met", "A verified credential is aligned to this skill."),
    ("could_not_tell", "could_not_tell", "A credential is aligned to this skill, but it could not be fully checked."),
    ("no", "not_met", "A credential is aligned to this skill, but it did not verify."),
)
"""The best offer wins; among equals, the one that comes first."""


def match(asked: Sequence[SkillAsked], offers: Sequence[SkillOffer]) -> tuple[SkillAnswer, ...]:
    """One answer for each skill asked, in the order asked; a credential that did not verify meets nothing."""
    return tuple(_answer(skill, [offer for offer in offers if offer.target_url == skill.uri]) for skill in asked)


def _answer(skill: SkillAsked, offers: Sequence[SkillOffer]) -> SkillAnswer:
    for verified, answer, reason in _ANSWERS:
        for offer in offers:
            if offer.verified == verified:
                return SkillAnswer(
                    asked=skill,
                    answer=answer,
                    reason=reason,
                    by=offer.credential_id,
                    hops=(_alignment(offer),),
                    level=offer.level,
                )
    return SkillAnswer(asked=skill, answer="not_met", reason="No credential presented is aligned to this skill.")


def _alignment(offer: SkillOffer) -> str:
    framework = f"{offer.target_framework}: " if offer.target_framework else ""
    return f"{offer.achievement_name} is aligned to {framework}{offer.target_name} <{offer.target_url}>"
