"""A stand-in for https://w3id.org/citizenship/v4rc1, which no registry package has: the terms that vectors use.

Written from the statements in the vectors; that those come out byte for byte shows that it says the same of them.
"""

import json

from protocols.credentials.canonical import Reading
from protocols.credentials.contexts import Contexts

URL = "https://w3id.org/citizenship/v4rc1"
_C = "https://w3id.org/citizenship#"
_S = "https://schema.org/"
_TIME = "http://www.w3.org/2001/XMLSchema#dateTime"

_TERMS = {
    **{
        name: _C + name
        for name in (
            "PermanentResidentCardCredential",
            "EmploymentAuthorizationDocumentCredential",
            "PermanentResident",
            "EmployablePerson",
            "PermanentResidentCard",
            "EmploymentAuthorizationDocument",
            "birthCountry",
            "commuterClassification",
            "permanentResidentCard",
            "employmentAuthorizationDocument",
            "lprCategory",
            "lprNumber",
        )
    },
    **{name: _S + name for name in ("Person", "additionalName", "familyName", "gender", "givenName", "identifier")},
    "image": {"@id": f"{_S}image", "@type": "@id"},
    "birthDate": {"@id": f"{_S}birthDate", "@type": _TIME},
    "residentSince": {"@id": f"{_C}residentSince", "@type": _TIME},
}
CITIZENSHIP = Reading(contexts=Contexts(((URL, json.dumps({"@context": _TERMS}).encode()),)))
