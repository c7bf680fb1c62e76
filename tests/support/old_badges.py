"""An assertion of Open Badges 2.0, with its badge class and issuer inside it."""

from typing import Any

from protocols.credentials.open_badges import identity_hash

ASSERTION: dict[str, Any] = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Assertion",
    "id": "https://old.example/assertions/1",
    "recipient": {
        "type": "email",
        "hashed": True,
        "salt": "deadsea",
        "identity": identity_hash("ada@example.org", "deadsea"),
    },
    "image": "https://old.example/assertions/1.png",
    "evidence": ["https://old.example/evidence/1", {"narrative": "A talk.", "genre": "Talk"}],
    "narrative": "It went well.",
    "issuedOn": "2019-03-04T05:06:07+00:00",
    "expires": "2029-03-04",
    "verification": {"type": "hosted"},
    "badge": {
        "type": "BadgeClass",
        "id": "https://old.example/badges/5",
        "name": "Welding",
        "description": "Welds.",
        "image": {"id": "https://old.example/badges/5.png", "caption": "A torch"},
        "criteria": {"narrative": "Three welds."},
        "alignment": [{"targetName": "Welding", "targetUrl": "https://skills.example/weld", "targetCode": "W1"}, {}],
        "tags": ["metal"],
        "issuer": {
            "type": "Issuer",
            "id": "https://old.example/issuer",
            "name": "Old College",
            "url": "https://old.example",
            "email": "badges@old.example",
            "telephone": "+1 555 0100",
        },
    },
}
