"""Steps 1 to 9 of the credentials checklist, for one credential, numbered as there.

1 parse within limits              4 every proof, and the issuer's own      7 issuer standing as of signing
2 known contexts, nothing dropped  5 dates                                  8 holder binding
3 schema                           6 status, each entry                     9 embedded, by the same list
"""

from collections.abc import Iterable
from dataclasses import replace

from protocols.credentials.enveloped.sd_jwt_vc_claims import is_bound_to
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.times import format_time
from protocols.findings import Finding, Outcome, judged, overall, unknown
from protocols.jose.encoding import JsonObject
from protocols.requests.query import objects
from protocols.status.freshness import Freshness
from protocols.status.lookup import StatusOutcome, shown
from protocols.verification.accreditation import accreditation_finding
from protocols.verification.badges import (
    WITHIN_LIMITS,
    associations,
    endorses_its_place,
    is_of_the_same_person,
    results_and_evidence,
)
from protocols.verification.evidence import CredentialEvidence, Policy, StatusEvidence
from protocols.verification.form import form_findings
from protocols.verification.holder import Presenter, holder_findings, subject_ids

_SAYS = {"revocation": "revoked", "suspension": "suspended"}
"""Purposes that take a credential's force away while they are set."""
_TAKES_NOTHING = frozenset({"message", "refresh"})


def check_credential(
    credential: CredentialEvidence, presenter: Presenter, policy: Policy, where: str, is_embedded: bool = False
) -> tuple[Finding, ...]:
    """Every finding of steps 1 to 9, and those of 10 that are not about skills.

    `where` (a JSON pointer into the presentation) stands in the evidence of each.
    """
    found = (
        *form_findings(credential),
        *_proofs(credential, presenter),
        _dates(credential),
        *_statuses(credential, policy),
        _standing(credential, presenter),
        *([] if is_self_attested(credential, presenter) else [accreditation_finding(credential)]),
        *holder_findings(credential, presenter, policy, is_embedded),
        *associations(credential),
        *results_and_evidence(credential),
    )
    return (*_placed(found, where), *_embedded(credential, presenter, policy, where))


def is_self_attested(credential: CredentialEvidence, presenter: Presenter) -> bool:
    """Whether the issuer, stated or found, is the one it is about or who presents it: the learner's own word."""
    learner = {*subject_ids(credential), presenter.did, *presenter.other_names} - {None}
    if credential.sd_jwt_vc is not None and is_bound_to(credential.sd_jwt_vc, credential.issuer.did):
        return True
    return not learner.isdisjoint({credential.issuer.did, issuer_id(credential)})


def proof_finding(name: str, proof: ProofResult) -> Finding:
    """Step 4 for one proof, as its suite answered."""
    return Finding(
        number=4,
        name=name,
        outcome=Outcome(proof.outcome),
        reason=proof.reason,
        at=proof.created,
        evidence={
            "suite": proof.suite,
            "verification_method": proof.verification_method,
            "purpose": proof.purpose,
        },
    )


def did_of(proof: ProofResult) -> str:
    """The DID whose key a proof names; empty where it names none."""
    return proof.verification_method.partition("#")[0]


def _proofs(credential: CredentialEvidence, presenter: Presenter) -> Iterable[Finding]:
    """One finding for each proof, and one for what all of them leave open: did the issuer sign?

    What a holder says in a presentation needs no proof beside that of the presentation (section 4.13.4).
    """
    issuer, name = credential.issuer.did, "signed by its issuer"
    for proof in credential.proofs:
        yield proof_finding("proof", proof)
    own = [Outcome(proof.outcome) for proof in credential.proofs if did_of(proof) == issuer]
    if not credential.proofs and issuer and issuer == presenter.did and presenter.outcome is Outcome.YES:
        yield judged(4, name, None, "it has the proof of the presentation, whose holder is its issuer", issuer=issuer)
    elif not credential.proofs:
        yield judged(4, name, "it has no proof", "")
    elif not own and (credential.parse_unknown or (credential.sd_jwt_vc and not issuer.startswith("did:"))):
        yield unknown(4, name, "who issued it cannot be told here, so neither whether they signed it")
    elif not own:
        yield judged(4, name, "no proof is by a key of its issuer", "", issuer=issuer)
    elif Outcome.YES in own:
        yield judged(4, name, None, "a proof is by a key of its issuer", issuer=issuer)
    elif Outcome.COULD_NOT_TELL in own:
        yield unknown(4, name, "the issuer's proof could not be checked", issuer=issuer)
    else:
        yield judged(4, name, "the issuer's proof does not hold", "", issuer=issuer)


def _dates(credential: CredentialEvidence) -> Finding:
    dates = credential.dates
    return Finding(number=5, name="dates", outcome=dates.outcome, reason=dates.reason, at=dates.at)


def _statuses(credential: CredentialEvidence, policy: Policy) -> Iterable[Finding]:
    if not credential.statuses:
        reason = "its issuer publishes no status for it"
        yield Finding(number=6, name="status", outcome=Outcome.NOT_APPLICABLE, reason=reason)
    for entry in credential.statuses:
        yield _status(entry, policy)


def _status(status: StatusEvidence, policy: Policy) -> Finding:
    entry, answer = status.entry, status.answer
    if entry is None:
        found = unknown(6, "status", answer.reason)
        return found if answer.error is None else replace(found, evidence={"error": answer.error})
    outcome, reason = Outcome.COULD_NOT_TELL, answer.reason
    purpose = answer.purpose or entry.purpose
    match answer.outcome:
        case StatusOutcome.SET if purpose in _SAYS:
            outcome, reason = Outcome.NO, f"{_SAYS[purpose]} by its issuer"
        case StatusOutcome.SET if purpose in _TAKES_NOTHING:
            outcome, reason = Outcome.YES, f"its issuer set a {purpose} for it, which takes nothing from it"
        case StatusOutcome.SET:
            reason = f"its issuer set a status for the purpose {shown(purpose)}, whose meaning is not known here"
        case StatusOutcome.CLEAR if answer.freshness is Freshness.FRESH or policy.accepts_stale_status:
            outcome = Outcome.YES
        case StatusOutcome.CLEAR:
            reason = f"clear when last looked, but the list is {answer.freshness.value}: {answer.reason}"
        case StatusOutcome.UNKNOWN:
            pass
    if answer.message:
        reason = f"{reason.rstrip('.')}; its message is “{answer.message}”"
    if answer.cleared_count:
        reason = f"{reason.rstrip('.')}; the list took revocations back ({answer.cleared_count}), which none should"
    evidence = {"list": entry.list_url, "index": entry.index, "freshness": answer.freshness.value}
    more = {"error": answer.error, "reference": list(entry.reference), "cleared": answer.cleared_count}
    evidence |= {name: value for name, value in more.items() if value}
    evidence |= {} if answer.value is None else {"value": answer.value}
    return Finding(
        number=6,
        name=f"status: {shown(entry.purpose)}",
        outcome=outcome,
        reason=reason,
        at=answer.fetched_at,
        evidence=evidence,
    )


def _standing(credential: CredentialEvidence, presenter: Presenter) -> Finding:
    """The issuer's standing; a learner's own word never has any, member or not."""
    name, issuer, at = "issuer standing as of signing", credential.issuer, credential.signed_at
    decision = issuer.standing
    if is_self_attested(credential, presenter):
        return judged(7, name, "self-attested: its issuer is the one it is about", "", at=at, issuer=issuer.did)
    if credential.parse_unknown is None and issuer_id(credential) != issuer.did:
        return judged(7, name, "the standing found is another's than the issuer's", "", at=at)
    since = None if decision.since is None else decision.since.isoformat().replace("+00:00", "Z")
    evidence: JsonObject = {"issuer": issuer.did, "cause": decision.cause, "since": since}
    reason = decision.reason
    if (date := credential.date) is not None:
        evidence |= {"date": date.cause, "attested_at": None if date.at is None else format_time(date.at)}
        reason = f"{reason} {date.reason}" if Outcome(decision.outcome) is Outcome.COULD_NOT_TELL else reason
    if Outcome(decision.outcome) is Outcome.YES and at is None:
        reason = "it does not say when it was signed"
        return Finding(number=7, name=name, outcome=Outcome.COULD_NOT_TELL, reason=reason, evidence=evidence)
    return Finding(number=7, name=name, outcome=Outcome(decision.outcome), reason=reason, at=at, evidence=evidence)


def issuer_id(credential: CredentialEvidence) -> str | None:
    """The issuer's id as the credential states it, written either way."""
    if credential.sd_jwt_vc is not None:
        return credential.sd_jwt_vc.issuer or None
    issuer = credential.document.get("issuer")
    found = next((item.get("id") for item in objects(issuer)), None) if not isinstance(issuer, str) else issuer
    return found if isinstance(found, str) else None


def _placed(findings: Iterable[Finding], where: str) -> tuple[Finding, ...]:
    return tuple(replace(finding, evidence={"credential": where, **finding.evidence}) for finding in findings)


def _embedded(credential: CredentialEvidence, presenter: Presenter, policy: Policy, where: str) -> Iterable[Finding]:
    """Step 9: the same list for everything inside."""
    name = "embedded credentials and endorsements"
    found: list[Finding] = []
    for inner in credential.embedded:
        place = where + inner.at
        found.extend(check_credential(inner, presenter, policy, place, is_embedded=True))
        found.extend(_placed(endorses_its_place(credential, inner), place))
        found.extend(_placed(is_of_the_same_person(credential, inner), place))
    if credential.embedded_left:
        reason = f"{credential.embedded_left} more are embedded than are looked at"
        found.append(unknown(9, WITHIN_LIMITS, reason, credential=where))
    match overall(found):
        case Outcome.NOT_APPLICABLE:
            summary = Finding(number=9, name=name, outcome=Outcome.NOT_APPLICABLE, reason="there are none")
        case Outcome.YES:
            summary = judged(9, name, None, f"all {len(credential.embedded)} hold")
        case Outcome.NO:
            summary = judged(9, name, "at least one does not hold", "")
        case _:
            summary = unknown(9, name, "at least one could not be fully checked")
    return (replace(summary, evidence={"credential": where}), *found)
