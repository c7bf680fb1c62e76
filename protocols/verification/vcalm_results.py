"""`results` of the VC-API: what was found of each part that a credential or presentation names, beside that part.

Two answers again where a report has three: what could not be told is not verified, with a problem of its own type.

Specs: https://github.com/w3c/vcalm/blob/main/components/VerifyCredentialResult.yml,
https://github.com/w3c/vcalm/blob/main/components/VerifyPresentationResult.yml
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from protocols.consent.presentation import credentials_of
from protocols.credentials.enveloped import as_envelope, contents_of, is_enveloped, status_claim_of
from protocols.credentials.proofs import proofs_of
from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import parse_time
from protocols.errors import ProtocolError
from protocols.findings import Finding, Outcome
from protocols.jose.encoding import JsonObject
from protocols.verification.report import VerificationReport
from protocols.verification.vcalm import Check, problems_of, result_of

_PRESENTATION_PROOF = "presentation proof"
_SIGNED_BY_HOLDER = "presentation signed by its holder"
_BEGINS, _ENDS = ("validFrom", "issuanceDate"), ("validUntil", "expirationDate")
"""A date by its name in data model 2.0 and in 1.1; the former is what its result is called."""


def credential_results(report: VerificationReport, credential: JsonObject, where: str = "") -> JsonObject:
    """`results` of one credential: those of its parts that are there.

    Args:
        credential: as it was handed in, in an envelope or not.
        where: its JSON pointer in the report.
    """
    findings = [finding for finding in report.checks if finding.evidence.get("credential") == where]
    document = (contents_of(credential) or {}) if is_enveloped(credential) else credential
    made: JsonObject = {}
    for names, is_begin in ((_BEGINS, True), (_ENDS, False)):
        if (text := next((found for name in names if (found := as_text(document.get(name)))), None)) is not None:
            made[names[0]] = {"verified": _holds(text, report, is_begin=is_begin), "input": text}
    schemas = {finding.evidence["schema"]: finding for finding in findings if "schema" in finding.evidence}
    named = [item for value in many(document.get("credentialSchema")) if (item := as_object(value))]
    lists: dict[str, Iterable[tuple[Any, Finding]]] = {
        "credentialSchema": [(item, schemas[id_]) for item in named if (id_ := item.get("id")) in schemas],
        "credentialStatus": zip(_statuses(credential, document), _numbered(findings, 6), strict=False),
        "proof": zip(_proofs(credential, document), _numbered(findings, 4, "proof"), strict=False),
    }
    for name, pairs in lists.items():
        if items := [_item(input, finding) for input, finding in pairs]:
            made[name] = items
    return made


def presentation_results(
    report: VerificationReport,
    presentation: JsonObject,
    checks: frozenset[Check],
    *,
    challenge: str | None,
    domain: str | Sequence[str] | None,
    returns_credentials: bool,
) -> JsonObject:
    """`results` of a presentation and of each credential in it.

    Args:
        challenge: that its proof had to repeat, None where none was set; `domain` likewise.
        returns_credentials: whether each credential stands beside its results.
    """
    document = (contents_of(presentation) or {}) if is_enveloped(presentation) else presentation
    inputs, proofs = _proofs(presentation, document), _numbered(report.checks, 4, _PRESENTATION_PROOF)
    held = bool(proofs) and all(finding.outcome is Outcome.YES for finding in proofs)
    own: JsonObject = {}
    if challenge is not None:
        own["challenge"] = {"verified": held, "input": challenge}
    if domain:
        own["domain"] = {"verified": held, "input": domain if isinstance(domain, str) else ", ".join(domain)}
    holder = document.get("holder")
    if name := as_text((as_object(holder) or {"id": holder}).get("id")):
        [signed] = _numbered(report.checks, 8, _SIGNED_BY_HOLDER)
        own["holder"] = {"verified": signed.outcome is Outcome.YES, "input": name}
    if items := [_item(input, finding) for input, finding in zip(inputs, proofs, strict=False)]:
        own["proof"] = items
    credentials: list[JsonObject] = []
    for index, value in enumerate(credentials_of(document)):
        credential = as_envelope(value) if isinstance(value, str) else value
        where = f"/verifiableCredential/{index}"
        result = result_of(report, checks, where)
        credentials.append(
            {
                "verified": result.verified,
                "problemDetails": [*result.errors, *result.warnings],
                "results": credential_results(report, credential, where),
                **({"credential": credential} if returns_credentials else {}),
            }
        )
    return {"presentation": own, "credentials": credentials}


def _item(input: Any, finding: Finding) -> JsonObject:
    made: JsonObject = {"verified": finding.outcome is Outcome.YES, "input": input, "problemDetails": []}
    if "value" in finding.evidence:
        made["value"] = finding.evidence["value"]
    if finding.outcome is not Outcome.YES:
        made["problemDetails"] = list(problems_of([finding]))
    return made


def _numbered(findings: Iterable[Finding], number: int, name: str | None = None) -> list[Finding]:
    """Those that answer something, in order."""
    asked = [finding for finding in findings if finding.number == number and finding.name == (name or finding.name)]
    return [finding for finding in asked if finding.outcome is not Outcome.NOT_APPLICABLE]


def _holds(text: str, report: VerificationReport, *, is_begin: bool) -> bool:
    try:
        at = parse_time(text, "a date", offset_required=False)
    except ProtocolError:
        return False
    return at <= report.checked_at if is_begin else report.checked_at <= at


def _statuses(credential: JsonObject, document: Mapping[str, Any]) -> list[Any]:
    claim = status_claim_of(credential) if is_enveloped(credential) else None
    return [*many(document.get("credentialStatus")), *([] if claim is None else [claim])]


def _proofs(value: JsonObject, document: JsonObject) -> list[Any]:
    """The token first, which is around the rest; its own envelope is its input."""
    return [*([value] if is_enveloped(value) else []), *(proofs_of(document) if "proof" in document else [])]
