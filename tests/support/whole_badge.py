"""A badge with everything that Open Badges 3.0 knows, unsigned and as JSON, and endorsements of it."""

from typing import Any

from protocols.credentials.contexts import CREDENTIALS_V2, OPEN_BADGES, OPEN_BADGES_EXTENSIONS
from tests.support.badges import COLLEGE, LEARNER

ASSOCIATION = "did:web:association.example"
BADGE_ID = "https://college.example/credentials/whole"
ACHIEVEMENT_ID = "https://college.example/achievements/analysis"
MASTERED = f"{ACHIEVEMENT_ID}#mastered"
GRADE, RUBRIC = f"{ACHIEVEMENT_ID}#grade", f"{ACHIEVEMENT_ID}#rubric"
SKILL, LEVEL_SKILL = "https://skills.example/analysis", "https://skills.example/analysis/expert"


def alignment(url: str, name: str) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetUrl": url,
        "targetName": name,
        "targetDescription": "As the framework has it.",
        "targetFramework": "Example Skills",
        "targetType": "CFItem",
        "targetCode": "A1",
    }


def profile(did: str, name: str) -> dict[str, Any]:
    return {
        "id": did,
        "type": ["Profile"],
        "name": name,
        "url": "https://college.example",
        "phone": "+1 555 0100",
        "email": "badges@college.example",
        "description": "It teaches.",
        "image": {"id": "https://college.example/logo.png", "type": "Image", "caption": "A logo"},
        "address": {
            "type": ["Address"],
            "addressCountry": "Example",
            "addressCountryCode": "EX",
            "addressRegion": "North",
            "addressLocality": "Town",
            "streetAddress": "1 Main Street",
            "postOfficeBoxNumber": "7",
            "postalCode": "12345",
            "geo": {"type": "GeoCoordinates", "latitude": 1.5, "longitude": 2.5},
        },
        "otherIdentifier": [{"type": "IdentifierEntry", "identifier": "C-1", "identifierType": "sourcedId"}],
        "official": "The registrar",
    }


def endorsement(endorsed: str, by: str = ASSOCIATION, **changes: Any) -> dict[str, Any]:
    """An unsigned endorsement of the thing with id `endorsed`."""
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES],
        "id": "https://association.example/endorsements/1",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsement",
        "issuer": {"id": by, "type": ["Profile"], "name": "An association"},
        "validFrom": "2026-05-01T09:00:00Z",
        "credentialSubject": {
            "id": endorsed,
            "type": ["EndorsementSubject"],
            "endorsementComment": "It is what it says.",
        },
        **changes,
    }


def results() -> list[dict[str, Any]]:
    return [
        {
            "type": ["Result"],
            "resultDescription": RUBRIC,
            "achievedLevel": MASTERED,
            "status": "Completed",
            "alignment": [alignment(f"{SKILL}/result", "analysis, as shown")],
        },
        {"type": ["Result"], "resultDescription": GRADE, "value": "3.7"},
    ]


def achievement() -> dict[str, Any]:
    return {
        "id": ACHIEVEMENT_ID,
        "type": ["Achievement"],
        "achievementType": "Competency",
        "name": "Analysis",
        "description": "Analyses data.",
        "criteria": {"id": "https://college.example/criteria", "narrative": "Three analyses, reviewed."},
        "creator": {"id": "did:web:creator.example", "type": ["Profile"], "name": "The author"},
        "creditsAvailable": 3.5,
        "fieldOfStudy": "Statistics",
        "humanCode": "STA-101",
        "image": {"id": "https://college.example/analysis.png", "type": "Image"},
        "inLanguage": "en",
        "otherIdentifier": [{"type": "IdentifierEntry", "identifier": "7", "identifierType": "ext:catalogue"}],
        "related": [
            {
                "id": "https://college.example/older",
                "type": ["Related"],
                "inLanguage": "en",
                "version": "1",
            }
        ],
        "specialization": "Applied",
        "tag": ["data", "analysis"],
        "version": "2",
        "alignment": [alignment(SKILL, "analysis")],
        "resultDescription": [
            {
                "id": RUBRIC,
                "type": ["ResultDescription"],
                "name": "Rubric",
                "resultType": "RubricCriterionLevel",
                "requiredLevel": f"{ACHIEVEMENT_ID}#begun",
                "rubricCriterionLevel": [
                    {
                        "id": MASTERED,
                        "type": ["RubricCriterionLevel"],
                        "name": "Mastered",
                        "description": "Without help.",
                        "level": "2",
                        "points": "10",
                        "alignment": [alignment(LEVEL_SKILL, "analysis, expert")],
                    },
                    {"id": f"{ACHIEVEMENT_ID}#begun", "type": ["RubricCriterionLevel"], "name": "Begun"},
                ],
            },
            {
                "id": GRADE,
                "type": ["ResultDescription"],
                "name": "Grade",
                "resultType": "GradePointAverage",
                "requiredValue": "2.0",
                "valueMin": "0",
                "valueMax": "4",
                "alignment": [alignment(f"{SKILL}/grade", "analysis, graded")],
            },
        ],
    }


def whole_badge(**changes: Any) -> dict[str, Any]:
    """It, with `changes` of its outermost members."""
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES, OPEN_BADGES_EXTENSIONS],
        "id": BADGE_ID,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Analysis",
        "description": "Of data.",
        "image": {"id": "https://college.example/badge.png", "type": "Image", "caption": "A chart"},
        "awardedDate": "2026-05-30T12:00:00Z",
        "issuer": profile(COLLEGE, "Test College"),
        "validFrom": "2026-06-01T09:00:00Z",
        "validUntil": "2036-06-01T00:00:00Z",
        "credentialSubject": {
            "id": LEARNER,
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399",
                    "identityType": "emailAddress",
                    "salt": "Kosher",
                }
            ],
            "activityStartDate": "2026-01-10T00:00:00Z",
            "activityEndDate": "2026-05-20T00:00:00Z",
            "creditsEarned": 3.5,
            "image": {"id": "https://college.example/own.png", "type": "Image"},
            "licenseNumber": "L-1",
            "narrative": "Analysed three data sets.",
            "role": "analyst",
            "term": "Spring 2026",
            "source": {"id": "did:web:source.example", "type": ["Profile"], "name": "The department"},
            "result": results(),
            "achievement": achievement(),
        },
        "evidence": [
            {
                "id": "https://college.example/evidence/1",
                "type": ["Evidence"],
                "name": "The third analysis",
                "narrative": "Of the harvest.",
                "description": "A report.",
                "genre": "Report",
                "audience": "Practitioners",
            },
            {"type": ["Evidence"], "narrative": "A talk."},
        ],
        "credentialStatus": {
            "id": "https://college.example/status/1#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": "https://college.example/status/1",
        },
        "credentialSchema": [
            {
                "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
                "type": "1EdTechJsonSchemaValidator2019",
            }
        ],
        "refreshService": {"id": "https://college.example/refresh/1", "type": "1EdTechCredentialRefresh"},
        **changes,
    }
