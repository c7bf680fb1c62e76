"""Steps 9 and 10 for what only badges and learner records have: what belongs together, results, and named evidence."""

from collections.abc import Iterable

from protocols.credentials.clr import association_problems
from protocols.credentials.open_badges import results_of
from protocols.findings import Finding, Outcome, judged, unknown
from protocols.requests.query import objects, type_names
from protocols.verification.evidence import CredentialEvidence
from protocols.verification.holder import subject_ids

RESULTS = "results fit their descriptions"
EVIDENCE = "evidence named in it"
ASSOCIATIONS = "associations within the record"
SAME_PERSON = "about the one that the record is about"
ENDORSES = "endorses what it stands in"
WITHIN_LIMITS = "embedded credentials within limits"


def endorses_its_place(around: CredentialEvidence, inner: CredentialEvidence) -> Iterable[Finding]:
    """Step 9: an endorsement of something else says nothing about the credential that carries it.

    It endorses an object that it stands in, or, where it stands in the credential itself, also the credential's
    issuer, subject or achievement.
    """
    if "EndorsementCredential" not in type_names(inner.content.get("type")):
        return
    may_be = {*inner.around, *subject_ids(around), *_ids(around, "issuer")}
    for subject in objects(around.document.get("credentialSubject")):
        may_be.update(item["id"] for item in objects(subject.get("achievement")) if isinstance(item.get("id"), str))
    endorsed = set(subject_ids(inner))
    fault = None if endorsed and endorsed <= may_be else "it endorses something else than what carries it"
    yield judged(9, ENDORSES, fault, "it endorses what carries it")


def is_of_the_same_person(around: CredentialEvidence, inner: CredentialEvidence) -> Iterable[Finding]:
    """Step 9: a record in a learner record is about the same person; whoever puts one together can put in anything."""
    if around.record is None or "EndorsementCredential" in type_names(inner.content.get("type")):
        return
    outer, named = set(subject_ids(around)), set(subject_ids(inner))
    if outer and named:
        fault = None if outer == named else "it is about another than the learner record"
        yield judged(9, SAME_PERSON, fault, "it is about the same subject as the learner record")
    else:
        yield unknown(9, SAME_PERSON, "it or the learner record names its subject by no id")


def associations(credential: CredentialEvidence) -> Iterable[Finding]:
    """Step 9: what is said to belong together is there, and in a way that there is."""
    record = credential.record
    if record is not None and record.associations:
        problem = next(association_problems(record), None)
        held = "every association is between things in the record"
        yield judged(9, ASSOCIATIONS, problem, held, associations=len(record.associations))


def results_and_evidence(credential: CredentialEvidence) -> Iterable[Finding]:
    """Step 10: do the results mean something, and what is there to look at?"""
    badge = credential.badge
    if badge is None:
        return
    results = results_of(badge)
    problems = [problem for result in results for problem in result.problems]
    unclear = sum(result.is_unclear for result in results)
    if problems:
        yield judged(10, RESULTS, f"a result does not fit its description: {problems[0]}", "", results=len(results))
    elif unclear:
        reason = f"{unclear} of {len(results)} results point to a description or level that is not there"
        yield unknown(10, RESULTS, reason, results=len(results))
    elif results:
        yield judged(10, RESULTS, None, "every result fits what its achievement says of it", results=len(results))
    if badge.evidence:
        yield Finding(
            number=10,
            name=EVIDENCE,
            outcome=Outcome.NOT_APPLICABLE,
            reason="its issuer names evidence and signed that; whoever wants to judge it has to look at it",
            evidence={"count": len(badge.evidence), "with_address": sum(bool(item.id) for item in badge.evidence)},
        )


def _ids(credential: CredentialEvidence, name: str) -> set[str]:
    value = credential.document.get(name)
    if isinstance(value, str):
        return {value}
    return {item["id"] for item in objects(value) if isinstance(item.get("id"), str)}
