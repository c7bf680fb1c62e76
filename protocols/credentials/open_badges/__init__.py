"""Open Badges 3.0: what a badge says, as values that can be read and written whole.

Spec: https://www.imsglobal.org/spec/ob/v3p0 (1EdTech Open Badges 3.0, context 3.0.3)
"""

from protocols.credentials.open_badges.badge import (
    BADGE_TYPES,
    achievement_credential,
    achievements_of,
    alignments_of,
    identities_of,
    is_badge,
    read_badge,
    write_badge,
)
from protocols.credentials.open_badges.identity import (
    Identity,
    IdentityObject,
    hashed_identity,
    identity_hash,
    is_identity_of,
)
from protocols.credentials.open_badges.results import JoinedResult, results_of
from protocols.credentials.open_badges.values import (
    Achievement,
    AchievementSubject,
    Alignment,
    Badge,
    Criteria,
    Evidence,
    Image,
    Profile,
    Result,
    ResultDescription,
    RubricCriterionLevel,
)

__all__ = [
    "BADGE_TYPES",
    "Achievement",
    "AchievementSubject",
    "Alignment",
    "Badge",
    "Criteria",
    "Evidence",
    "Identity",
    "IdentityObject",
    "Image",
    "JoinedResult",
    "Profile",
    "Result",
    "ResultDescription",
    "RubricCriterionLevel",
    "achievement_credential",
    "achievements_of",
    "alignments_of",
    "hashed_identity",
    "identities_of",
    "identity_hash",
    "is_badge",
    "is_identity_of",
    "read_badge",
    "results_of",
    "write_badge",
]
