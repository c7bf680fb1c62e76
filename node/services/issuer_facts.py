"""Who an issuer is and how it stands, as members of its `/issuer` document, in Open Badges 3.0 and in CTDL.

What the operator left out is not there: nothing is made up, and an empty member would say something.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#profile and https://credreg.net/ctdl/terms
"""

from node.settings.organisation import Organisation
from protocols.jose.encoding import JsonObject
from protocols.trust.membership import Membership
from protocols.trust.times import format_instant

STANDING = "ler:standing"
DISPUTES = "ler:disputeContact"
LEGAL_NAME = "ler:legalName"
PREVIOUS_NAMES = "ler:previousName"
POLICY = "ler:policy"
HOMEPAGE = "ceterms:subjectWebpage"


def who(facts: Organisation, name: str) -> JsonObject:
    """The organisation itself.

    Args:
        name: as set for the node; the display name where there is none by language.
    """
    return _stated(
        {
            "ceterms:name": {**facts.names} or name,
            "image": None if facts.logo is None else {"id": facts.logo, "type": "Image"},
            "email": facts.email,
            "phone": facts.phone,
            "address": _address(facts),
            "ceterms:address": _place(facts),
            "otherIdentifier": _identifiers(facts),
            "ceterms:ctid": facts.ctid,
            "ceterms:sameAs": facts.ror,
            HOMEPAGE: facts.homepage,
            POLICY: facts.policy,
            LEGAL_NAME: facts.legal_name,
            PREVIOUS_NAMES: list(facts.previous_names),
            DISPUTES: facts.dispute_contact,
        }
    )


def standing_of(membership: Membership | None) -> JsonObject:
    """How it stands in its network by its anchor's last word: nothing for who is in none."""
    if membership is None:
        return {}
    approved = [event.at for event in membership.events if event.event == "approved"]
    last = membership.events[-1] if membership.events else None
    return {
        STANDING: _stated(
            {
                "ler:state": membership.state,
                "ler:memberSince": format_instant(approved[0]) if approved else None,
                "ler:successor": last.successor if last else None,
            }
        )
    }


def _address(facts: Organisation) -> JsonObject | None:
    parts = _stated(
        {
            "addressCountryCode": facts.country,
            "addressRegion": facts.region,
            "addressLocality": facts.locality,
        }
    )
    return {"type": ["Address"], **parts} if parts else None


def _place(facts: Organisation) -> JsonObject | None:
    parts = _stated(
        {
            "ceterms:addressCountry": facts.country,
            "ceterms:addressRegion": facts.region,
            "ceterms:addressLocality": facts.locality,
        }
    )
    return {"type": "ceterms:Place", **parts} if parts else None


def _identifiers(facts: Organisation) -> list[JsonObject]:
    known = {"ext:ROR": facts.ror, "ext:CTID": facts.ctid}
    return [
        {"type": "IdentifierEntry", "identifier": value, "identifierType": kind}
        for kind, value in known.items()
        if value is not None
    ]


def _stated(members: JsonObject) -> JsonObject:
    return {name: value for name, value in members.items() if value not in (None, [], {})}
