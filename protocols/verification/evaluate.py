"""`evaluate(evidence, policy, now)`: the report. Instant and pure: what was not gathered is could-not-tell.

Steps 1 to 9 of the credentials checklist are in `steps`, for each credential; here stand the presentation's own proof
(4, 8), the skills (10) and the verdict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from protocols.consent.presentation import shared_as
from protocols.credentials.open_badges import results_of
from protocols.findings import Finding, Outcome, judged, overall, unknown
from protocols.requests.query import alignments, objects
from protocols.skills.match import SkillAnswer, SkillAsked, SkillOffer, Verified, match
from protocols.status.freshness import Freshness
from protocols.verification.evidence import CredentialEvidence, Evidence, Policy, PresentationEvidence
from protocols.verification.holder import Presenter, subject_ids
from protocols.verification.provenance import claims_of
from protocols.verification.report import (
    ConsentLine,
    IssuerLine,
    RequestLine,
    StatusLine,
    Verdict,
    VerificationReport,
)
from protocols.verification.steps import check_credential, did_of, proof_finding

_VERDICTS = {
    Outcome.YES: Verdict.VERIFIED,
    Outcome.NO: Verdict.NOT_VERIFIED,
    Outcome.COULD_NOT_TELL: Verdict.COULD_NOT_TELL,
    Outcome.NOT_APPLICABLE: Verdict.COULD_NOT_TELL,
}
_FRESHNESS = (Freshness.UNKNOWN, Freshness.STALE, Freshness.FRESH)


def evaluate(evidence: Evidence, policy: Policy, now: datetime) -> VerificationReport:
    """The report on everything gathered.

    Verified only where every question that arises was answered yes; one no makes it not verified; else could not tell.
    """
    presentation = evidence.presentation
    presenter, around = _check_presentation(presentation)
    presenter = replace(presenter, identities=evidence.identities)
    consent = evidence.consent.findings if evidence.consent else ()
    by_credential = [check_credential(credential, presenter, policy, where) for where, credential in _places(evidence)]
    skills = _match_skills(evidence, by_credential, (*around, *consent))
    checks = (
        *around,
        *(finding for findings in by_credential for finding in findings),
        *(_as_published(credential, where) for where, credential in _places(evidence)),
        *_check_skills(skills),
    )
    if not evidence.credentials:
        checks = (judged(10, "something was presented", "there is no credential in it", ""), *checks)
    return VerificationReport(
        id=evidence.id,
        verdict=_VERDICTS[overall((*checks, *consent))],
        checked_at=now,
        as_of=evidence.credentials[0].signed_at if evidence.credentials else None,
        subject=presenter.did or next((did for held in evidence.credentials for did in subject_ids(held)), None),
        request=_request_line(evidence),
        checks=tuple(sorted(checks, key=lambda finding: finding.number)),
        skills=skills,
        claims=tuple(claim for where, held in _places(evidence) for claim in claims_of(held, presenter, where)),
        issuers=tuple(_issuer_line(credential) for credential in evidence.credentials if credential.issuer.did),
        status=_status_line(evidence.credentials),
        consent=_consent_line(evidence),
        delete_at=evidence.delete_at,
    )


def _places(evidence: Evidence) -> Iterable[tuple[str, CredentialEvidence]]:
    """Each credential with the JSON pointer to it; a credential that came alone is the document itself."""
    for index, credential in enumerate(evidence.credentials):
        yield ("" if evidence.presentation is None else f"/verifiableCredential/{index}"), credential


def _check_presentation(presentation: PresentationEvidence | None) -> tuple[Presenter, tuple[Finding, ...]]:
    """Steps 4 and 8 for the presentation itself: its proofs, and whether its holder made one of them."""
    if presentation is None:
        return Presenter(), ()
    proofs = tuple(proof_finding("presentation proof", proof) for proof in presentation.proofs)
    if not proofs:
        proofs = (judged(4, "presentation proof", "the presentation has no proof", ""),)
    holder = _holder(presentation)
    name, own = "presentation signed by its holder", [p for p in presentation.proofs if did_of(p) == holder]
    if holder is None:
        signed = judged(8, name, "the presentation names no holder", "")
    elif not own:
        signed = judged(8, name, "no proof is by a key of its holder", "")
    elif all(Outcome(proof.outcome) is Outcome.YES for proof in own):
        signed = judged(8, name, None, "a proof is by a key of its holder")
    elif any(Outcome(proof.outcome) is Outcome.NO for proof in own):
        signed = judged(8, name, "the holder's proof does not hold", "")
    else:
        signed = unknown(8, name, "the holder's proof could not be checked")
    named = shared_as(presentation.document)
    others = frozenset({named} if named else ())
    parsed = [judged(1, "presentation parsed", problem, "") for problem in presentation.parse_problems]
    return Presenter(did=holder or "", outcome=signed.outcome, other_names=others), (*parsed, *proofs, signed)


def _holder(presentation: PresentationEvidence) -> str | None:
    """The holder that is named; where none is, the one DID that all its proofs are by."""
    holder = presentation.document.get("holder")
    if holder is None:
        signers = {did_of(proof) for proof in presentation.proofs}
        found = signers.pop() if len(signers) == 1 else None
    else:
        found = holder if isinstance(holder, str) else next((item.get("id") for item in objects(holder)), None)
    return found if isinstance(found, str) and found else None


def _match_skills(
    evidence: Evidence, by_credential: Sequence[Sequence[Finding]], around: Sequence[Finding]
) -> tuple[SkillAnswer, ...]:
    """Step 10: which credential met which skill; one that did not verify, or did not come rightly, meets nothing."""
    if evidence.request is None:
        return ()
    asked = tuple(
        SkillAsked(uri=item.skill.uri, name=item.skill.name)
        for item in evidence.request.request.query.items
        if item.skill is not None
    )
    offers = [
        offer
        for (where, credential), findings in zip(_places(evidence), by_credential, strict=True)
        for offer in _offers(credential, where, overall((*findings, *around)))
    ]
    return match(asked, offers)


def _offers(credential: CredentialEvidence, where: str, outcome: Outcome) -> Iterable[SkillOffer]:
    verified: Verified = outcome.value if outcome is not Outcome.NOT_APPLICABLE else "could_not_tell"
    id_ = credential.content.get("id")
    for alignment in alignments(credential.content):
        url, name = alignment.get("targetUrl"), alignment.get("targetName")
        if isinstance(url, str):
            framework = alignment.get("targetFramework")
            yield SkillOffer(
                credential_id=id_ if isinstance(id_, str) else where,
                target_url=url,
                target_name=name if isinstance(name, str) else url,
                achievement_name=_achievement_name(credential),
                verified=verified,
                target_framework=framework if isinstance(framework, str) else None,
            )
    yield from _offers_of_results(credential, id_ if isinstance(id_, str) else where, verified)
    for inner in credential.embedded:
        yield from _offers(inner, where + inner.at, outcome)


def _offers_of_results(credential: CredentialEvidence, id_: str, verified: Verified) -> Iterable[SkillOffer]:
    """What results show: the level that was reached, and what it and its description are aligned to."""
    for result in results_of(credential.badge) if credential.badge else ():
        for alignment in result.alignments:
            yield SkillOffer(
                credential_id=id_,
                target_url=alignment.target_url,
                target_name=alignment.target_name or alignment.target_url,
                achievement_name=_achievement_name(credential),
                verified=verified,
                target_framework=alignment.target_framework,
                level=result.level.name if result.level else None,
            )


def _achievement_name(credential: CredentialEvidence) -> str:
    for subject in objects(credential.content.get("credentialSubject")):
        for achievement in objects(subject.get("achievement")):
            if isinstance(name := achievement.get("name"), str):
                return name
    return "The achievement"


def _as_published(credential: CredentialEvidence, where: str) -> Finding:
    """Step 10: what the issuer's own page says of the achievement; not signed, so it explains and decides nothing."""
    name = "skills as its issuer publishes them"
    stated = [str(alignment.get("targetUrl")) for alignment in alignments(credential.content)]
    published = credential.published_skills
    if published is None or not stated:
        reason = "its issuer's page was not synced, or does not speak of this achievement"
        return Finding(
            number=10,
            name=name,
            outcome=Outcome.NOT_APPLICABLE,
            reason=reason if stated else "it is aligned to no skill",
            evidence={"credential": where},
        )
    missing = [uri for uri in stated if uri not in published]
    if missing:
        reason = "its issuer's page speaks of this achievement, but by now not of every skill that stands in it"
        return Finding(
            number=10,
            name=name,
            outcome=Outcome.NOT_APPLICABLE,
            reason=reason,
            evidence={"credential": where, "not_published": missing[:20]},
        )
    return judged(
        10, name, None, "its issuer's page says that this achievement evidences these skills", credential=where
    )


def _check_skills(skills: Sequence[SkillAnswer]) -> Iterable[Finding]:
    """A skill that nothing shared speaks of is the learner's choice, not a fault; `skills` says that it is not met."""
    for answer in skills:
        evidence = {"skill": answer.asked.uri, "by": answer.by}
        match answer.answer:
            case "met" | "partly":
                outcome = Outcome.YES
            case "could_not_tell":
                outcome = Outcome.COULD_NOT_TELL
            case _:
                outcome = Outcome.NO if answer.by is not None else Outcome.NOT_APPLICABLE
        yield Finding(number=10, name="skill asked", outcome=outcome, reason=answer.reason, evidence=evidence)


def _issuer_line(credential: CredentialEvidence) -> IssuerLine:
    issuer = credential.issuer
    return IssuerLine(
        did=issuer.did,
        name=issuer.name,
        standing=Outcome(issuer.standing.outcome),
        reason=issuer.standing.reason,
        since=issuer.standing.since,
    )


def _status_line(credentials: Sequence[CredentialEvidence]) -> StatusLine | None:
    found = [
        (status.entry, status.answer)
        for credential in credentials
        for status in credential.statuses
        if status.entry is not None
    ]
    if not found:
        return None
    entry, answer = min(found, key=lambda pair: _FRESHNESS.index(pair[1].freshness))
    return StatusLine(list=entry.list_url, fetched_at=answer.fetched_at, freshness=answer.freshness)


def _request_line(evidence: Evidence) -> RequestLine | None:
    if evidence.request is None:
        return None
    request = evidence.request.request
    return RequestLine(
        id=request.id,
        hash=evidence.request.request_hash,
        purpose=request.purpose.code,
        issued_at=request.issued_at,
        expires_at=request.expires_at,
    )


def _consent_line(evidence: Evidence) -> ConsentLine | None:
    consent = evidence.consent
    if consent is None:
        return None
    return ConsentLine(
        record_hash=consent.record_hash,
        payload_hash=consent.payload_hash,
        outcome=overall(consent.findings),
        checks=consent.findings,
    )
