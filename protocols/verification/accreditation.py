"""Step 7, beside the issuer's standing: is it accredited for what it issued?

It decides nothing. A network need not have accreditors, and what an issuer is accredited for is for people to weigh;
but what was issued outside of it is said, with `warning` in the evidence, so that whoever shows the report can point at
it.
"""

from datetime import datetime

from protocols.credentials.open_badges import achievements_of
from protocols.findings import Finding, Outcome
from protocols.jose.encoding import JsonObject
from protocols.requests.query import type_names
from protocols.trust.accreditation import Accreditation, AccreditationAnswer, Accredited, accredited
from protocols.verification.evidence import CredentialEvidence

NAME = "accreditation of its issuer"
MAX_SHOWN = 8

_REASONS = {
    Accredited.NONE_STATED: "no accreditation stated: nobody in the network states what its issuer is accredited for",
    Accredited.UNDATED: "its issuer is accredited by {by}, but when this was signed is not known",
    Accredited.IN_SCOPE: "its issuer was accredited for this on that day, and is, by {by}",
    Accredited.ATTESTED: ("its issuer was accredited for this by {by} when others saw it, though it is no longer"),
    Accredited.ENDED_SINCE: (
        "its issuer was accredited for this on that day by {by}, but is no longer, and only the signer vouches for the"
        " day"
    ),
    Accredited.OUT_OF_SCOPE: "issued outside of what its issuer was accredited for by {by}: not for this type",
    Accredited.NOT_THEN: "issued on a day on which the accreditation of its issuer by {by} was not in force",
}
_WARNS = frozenset({Accredited.ENDED_SINCE, Accredited.OUT_OF_SCOPE, Accredited.NOT_THEN})


def accreditation_finding(credential: CredentialEvidence) -> Finding:
    """Yes where its issuer was accredited for it, and is or others saw it then; else not applicable, with a reason."""
    found = accreditation_of(credential)
    by = " and ".join(dict.fromkeys(each.by for each in found.rests_on[:MAX_SHOWN]))
    evidence: JsonObject = {}
    if found.rests_on:
        evidence["accreditations"] = [_shown(each) for each in found.rests_on[:MAX_SHOWN]]
        evidence["types"] = list(names_of(credential))[:MAX_SHOWN]
    if found.answer in _WARNS:
        evidence["warning"] = found.answer.value
    return Finding(
        number=7,
        name=NAME,
        outcome=Outcome.YES if found.is_accredited else Outcome.NOT_APPLICABLE,
        reason=_REASONS[found.answer].format(by=by),
        at=credential.signed_at if found.rests_on else None,
        evidence=evidence,
    )


def accreditation_of(credential: CredentialEvidence) -> AccreditationAnswer:
    """The answer by the accreditations that were gathered, as of the day it was signed."""
    issuer = credential.issuer
    now = issuer.accreditations_as_of
    if now is None:
        return AccreditationAnswer(answer=Accredited.NONE_STATED)
    seen_at = credential.date.at if credential.date else None
    return accredited(
        issuer.accreditations, names_of(credential), at=credential.signed_at, now=now, attested_at=seen_at
    )


def names_of(credential: CredentialEvidence) -> tuple[str, ...]:
    """What it goes by: its own types, and those of its achievements, as Open Badges and as CTDL write them."""
    names = [name for name in type_names(credential.content.get("type")) if name != "VerifiableCredential"]
    if credential.sd_jwt_vc is not None:
        names.append(credential.sd_jwt_vc.type)
    for achievement in achievements_of(credential.badge) if credential.badge else ():
        if achievement.achievement_type is not None:
            names += [achievement.achievement_type, f"ceterms:{achievement.achievement_type}"]
    return tuple(dict.fromkeys(names))


def _shown(accreditation: Accreditation) -> JsonObject:
    scope = accreditation.scope
    shown: JsonObject = {
        "by": accreditation.by,
        "trust_mark_type": accreditation.trust_mark_type,
        **scope.to_claims(),
        "owner": accreditation.owner,
        "ended_at": _text(accreditation.ended_at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
