"""The parts of Open Badges 3.0 and CLR 2.0 as a table: for each part its members, for each member a rule.

A rule is a kind, before which `!` says that the member is required and `*` that a list is allowed. A kind is one of
those in `kinds.py` or another part; a part that is `CLOSED` may have no other members.

Written from the data models of the specifications; 1EdTech's own JSON Schemas are not copied here, but tests compare
the answers.

Specs: https://www.imsglobal.org/spec/ob/v3p0#data-models, https://www.imsglobal.org/spec/clr/v2p0#data-models
"""

from collections.abc import Mapping

CLOSED = frozenset({"IdentityObject", "Image", "IdentifierEntry", "Association"})
OPEN = frozenset({"Service", "Typed", "Proof"})
"""Parts of other specifications, of which only what is common to all is known here."""
ONE_TYPE = frozenset({"IdentityObject", "Image", "IdentifierEntry", "GeoCoordinates", "Association"})
"""Parts whose type is one string; the types of others may stand in a list, with more."""
UNTYPED = OPEN | {"Criteria"}
"""Parts that have no type, or may have any."""
TYPES_OF: Mapping[str, tuple[frozenset[str], ...]] = {
    "AchievementCredential": (
        frozenset({"VerifiableCredential"}),
        frozenset({"AchievementCredential", "OpenBadgeCredential"}),
    ),
    "EndorsementCredential": (frozenset({"VerifiableCredential"}), frozenset({"EndorsementCredential"})),
    "ClrCredential": (frozenset({"VerifiableCredential"}), frozenset({"ClrCredential"})),
    "AnyCredential": (frozenset({"VerifiableCredential"}),),
}
"""For credentials, of each set one has to be among the types; every other part has its own name for a type."""

_ENDORSED = {"endorsement": "*EndorsementCredential", "endorsementJwt": "*jws"}
_CREDENTIAL = {
    "issuer": "!ProfileRef",
    "validFrom": "!time",
    "validUntil": "time",
    "credentialSchema": "*Service",
    "refreshService": "Service",
    "proof": "*Proof",
    "credentialStatus": "*Typed",
    "termsOfUse": "*Typed",
}
PARTS: Mapping[str, Mapping[str, str]] = {
    "AchievementCredential": {
        **_CREDENTIAL,
        **_ENDORSED,
        "@context": "!badge contexts",
        "id": "!url",
        "name": "text",
        "description": "text",
        "image": "Image",
        "awardedDate": "time",
        "credentialSubject": "!AchievementSubject",
        "evidence": "*Evidence",
    },
    "EndorsementCredential": {
        **_CREDENTIAL,
        "@context": "!badge contexts",
        "id": "!url",
        "name": "!text",
        "description": "text",
        "awardedDate": "time",
        "credentialSubject": "!EndorsementSubject",
        "evidence": "*Evidence",
    },
    "ClrCredential": {
        **_CREDENTIAL,
        **_ENDORSED,
        "@context": "!record contexts",
        "id": "!url",
        "name": "!text",
        "description": "text",
        "image": "Image",
        "awardedDate": "time",
        "partial": "boolean",
        "credentialSubject": "!ClrSubject",
        "evidence": "*Evidence",
    },
    "AnyCredential": {**_CREDENTIAL, "@context": "!contexts", "id": "url", "credentialSubject": "!*object"},
    "ClrSubject": {
        "id": "url",
        "identifier": "*IdentityObject",
        "achievement": "*Achievement",
        "verifiableCredential": "!*record",
        "association": "*Association",
    },
    "Association": {"associationType": "!association type", "sourceId": "!url", "targetId": "!url"},
    "AchievementSubject": {
        "id": "url",
        "achievement": "!Achievement",
        "identifier": "*IdentityObject",
        "result": "*Result",
        "activityStartDate": "time",
        "activityEndDate": "time",
        "creditsEarned": "number",
        "image": "Image",
        "licenseNumber": "text",
        "narrative": "text",
        "role": "text",
        "source": "Profile",
        "term": "text",
    },
    "EndorsementSubject": {"id": "!url", "endorsementComment": "text"},
    "Achievement": {
        **_ENDORSED,
        "id": "!url",
        "name": "!text",
        "description": "!text",
        "criteria": "!Criteria",
        "achievementType": "achievement type",
        "alignment": "*Alignment",
        "creator": "Profile",
        "creditsAvailable": "number",
        "fieldOfStudy": "text",
        "humanCode": "text",
        "image": "Image",
        "inLanguage": "language",
        "otherIdentifier": "*IdentifierEntry",
        "related": "*Related",
        "resultDescription": "*ResultDescription",
        "specialization": "text",
        "tag": "*text",
        "version": "text",
    },
    "Criteria": {"id": "url", "narrative": "text"},
    "Related": {"id": "!url", "inLanguage": "language", "version": "text"},
    "Alignment": {
        "targetUrl": "!url",
        "targetName": "!text",
        "targetCode": "text",
        "targetDescription": "text",
        "targetFramework": "text",
        "targetType": "alignment type",
    },
    "Image": {"id": "!url", "caption": "text"},
    "Evidence": {
        "id": "url",
        "narrative": "text",
        "name": "text",
        "description": "text",
        "genre": "text",
        "audience": "text",
    },
    "Result": {
        "achievedLevel": "url",
        "alignment": "*Alignment",
        "resultDescription": "url",
        "status": "result status",
        "value": "text",
    },
    "ResultDescription": {
        "id": "!url",
        "name": "!text",
        "resultType": "!result type",
        "alignment": "*Alignment",
        "allowedValue": "*text",
        "requiredLevel": "url",
        "requiredValue": "text",
        "rubricCriterionLevel": "*RubricCriterionLevel",
        "valueMax": "text",
        "valueMin": "text",
    },
    "RubricCriterionLevel": {
        "id": "!url",
        "name": "!text",
        "alignment": "*Alignment",
        "description": "text",
        "level": "text",
        "points": "text",
    },
    "IdentityObject": {
        "hashed": "!boolean",
        "identityHash": "!text",
        "identityType": "!identifier type",
        "salt": "text",
    },
    "IdentifierEntry": {"identifier": "!text", "identifierType": "!identifier type"},
    "Profile": {
        **_ENDORSED,
        "id": "!url",
        "name": "text",
        "url": "url",
        "phone": "text",
        "description": "text",
        "image": "Image",
        "email": "text",
        "address": "Address",
        "otherIdentifier": "*IdentifierEntry",
        "official": "text",
        "parentOrg": "Profile",
        "familyName": "text",
        "givenName": "text",
        "additionalName": "text",
        "patronymicName": "text",
        "honorificPrefix": "text",
        "honorificSuffix": "text",
        "familyNamePrefix": "text",
        "dateOfBirth": "date",
    },
    "Address": {
        "addressCountry": "text",
        "addressCountryCode": "text",
        "addressRegion": "text",
        "addressLocality": "text",
        "streetAddress": "text",
        "postOfficeBoxNumber": "text",
        "postalCode": "text",
        "geo": "GeoCoordinates",
    },
    "Service": {"id": "!text", "type": "!text"},
    "Typed": {"id": "text", "type": "!text"},
    "Proof": {
        "type": "!text",
        "created": "string",
        "cryptosuite": "text",
        "challenge": "text",
        "domain": "text",
        "nonce": "text",
        "proofPurpose": "text",
        "proofValue": "text",
        "verificationMethod": "text",
    },
    "GeoCoordinates": {"latitude": "!number", "longitude": "!number"},
}
