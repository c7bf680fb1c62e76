"""The verification report as a value, and as the JSON that employers file; its JSON Schema is `report_schema`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from protocols.errors import MalformedMessage
from protocols.findings import Finding, Outcome
from protocols.jose.encoding import JsonObject
from protocols.skills.match import SkillAnswer, SkillAsked
from protocols.status.freshness import Freshness
from protocols.verification.provenance import ClaimProvenance, Provenance


class Verdict(StrEnum):
    """Verified only where every question that arises was answered yes; never a score."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not_verified"
    COULD_NOT_TELL = "could_not_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerLine:
    """An issuer and its standing as of the signing date."""

    did: str
    name: str | None
    standing: Outcome
    reason: str
    since: datetime | None

    def to_json(self) -> JsonObject:
        return {
            "did": self.did,
            "name": self.name,
            "standing": self.standing.value,
            "reason": self.reason,
            "since": write_time(self.since),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLine:
    """The least fresh status list that the report rests on."""

    list: str
    fetched_at: datetime | None
    freshness: Freshness

    def to_json(self) -> JsonObject:
        return {"list": self.list, "fetched_at": write_time(self.fetched_at), "freshness": self.freshness.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """The request that was answered."""

    id: str
    hash: str
    purpose: str
    issued_at: datetime
    expires_at: datetime

    def to_json(self) -> JsonObject:
        return {
            "id": self.id,
            "hash": self.hash,
            "purpose": self.purpose,
            "issued_at": write_time(self.issued_at),
            "expires_at": write_time(self.expires_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLine:
    """The consent that carried it, and every check that was made of it."""

    record_hash: str
    payload_hash: str
    outcome: Outcome
    checks: tuple[Finding, ...]

    def to_json(self) -> JsonObject:
        return {
            "record_hash": self.record_hash,
            "payload_hash": self.payload_hash,
            "outcome": self.outcome.value,
            "checks": [finding_json(finding) for finding in self.checks],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """What was found, all of it.

    Args:
        as_of: the signing date of the first credential, which `issuer` is about.
        subject: the DID of who presented, or of whom a credential that came alone is about.
        issuer: of the first credential; `issuers` has one line for each credential that names one.
        delete_at: when the personal data in it is deleted; a hash and the verdict stay.
    """

    id: str
    verdict: Verdict
    checked_at: datetime
    as_of: datetime | None
    subject: str | None
    request: RequestLine | None
    checks: tuple[Finding, ...]
    skills: tuple[SkillAnswer, ...]
    claims: tuple[ClaimProvenance, ...]
    issuers: tuple[IssuerLine, ...]
    status: StatusLine | None
    consent: ConsentLine | None
    delete_at: datetime | None

    @property
    def issuer(self) -> IssuerLine | None:
        return self.issuers[0] if self.issuers else None

    def to_json(self) -> JsonObject:
        """The JSON of `report_schema.REPORT_SCHEMA`; times in RFC 3339, UTC."""
        return {
            "id": self.id,
            "verdict": self.verdict.value,
            "checked_at": write_time(self.checked_at),
            "as_of": write_time(self.as_of),
            "subject": self.subject,
            "request": self.request and self.request.to_json(),
            "checks": [finding_json(finding) for finding in self.checks],
            "skills": [_skill_json(answer) for answer in self.skills],
            "claims": [{"path": claim.path, "provenance": claim.provenance.value} for claim in self.claims],
            "issuer": self.issuer and self.issuer.to_json(),
            "issuers": [issuer.to_json() for issuer in self.issuers],
            "status": self.status and self.status.to_json(),
            "consent": self.consent and self.consent.to_json(),
            "delete_at": write_time(self.delete_at),
        }


def parse_report(value: Mapping[str, Any]) -> VerificationReport:
    """The report in the JSON that `to_json` wrote; raises MalformedMessage for anything else."""
    try:
        request, status, consent = value["request"], value["status"], value["consent"]
        return VerificationReport(
            id=value["id"],
            verdict=Verdict(value["verdict"]),
            checked_at=_time(value["checked_at"]),
            as_of=_optional_time(value["as_of"]),
            subject=value["subject"],
            request=request and _request(request),
            checks=tuple(parse_finding(item) for item in value["checks"]),
            skills=tuple(_skill(item) for item in value["skills"]),
            claims=tuple(
                ClaimProvenance(path=item["path"], provenance=Provenance(item["provenance"]))
                for item in value["claims"]
            ),
            issuers=tuple(_issuer(item) for item in value["issuers"]),
            status=status and _status(status),
            consent=consent and _consent(consent),
            delete_at=_optional_time(value["delete_at"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedMessage("not a verification report", expected="the JSON of the report schema") from error


def finding_json(finding: Finding) -> JsonObject:
    """A finding as a line of `checks`."""
    return {
        "number": finding.number,
        "name": finding.name,
        "outcome": finding.outcome.value,
        "reason": finding.reason,
        "at": write_time(finding.at),
        "evidence": dict(finding.evidence),
    }


def parse_finding(value: JsonObject) -> Finding:
    """The finding in a line that `finding_json` wrote."""
    fields: JsonObject = {**value, "outcome": Outcome(value["outcome"]), "at": _optional_time(value["at"])}
    return Finding(**fields)


def write_time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, written with Z."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _skill_json(answer: SkillAnswer) -> JsonObject:
    return {
        "asked": {"uri": answer.asked.uri, "name": answer.asked.name},
        "answer": answer.answer,
        "reason": answer.reason,
        "by": answer.by,
        "hops": list(answer.hops),
        "level": answer.level,
    }


def _skill(value: JsonObject) -> SkillAnswer:
    return SkillAnswer(
        asked=SkillAsked(uri=value["asked"]["uri"], name=value["asked"]["name"]),
        answer=value["answer"],
        reason=value["reason"],
        by=value["by"],
        hops=tuple(value["hops"]),
        level=value["level"],
    )


def _request(value: JsonObject) -> RequestLine:
    fields: JsonObject = {**value, **{name: _time(value[name]) for name in ("issued_at", "expires_at")}}
    return RequestLine(**fields)


def _issuer(value: JsonObject) -> IssuerLine:
    fields: JsonObject = {**value, "standing": Outcome(value["standing"]), "since": _optional_time(value["since"])}
    return IssuerLine(**fields)


def _status(value: JsonObject) -> StatusLine:
    freshness, fetched_at = Freshness(value["freshness"]), _optional_time(value["fetched_at"])
    fields: JsonObject = {**value, "fetched_at": fetched_at, "freshness": freshness}
    return StatusLine(**fields)


def _consent(value: JsonObject) -> ConsentLine:
    checks = tuple(parse_finding(item) for item in value["checks"])
    fields: JsonObject = {**value, "outcome": Outcome(value["outcome"]), "checks": checks}
    return ConsentLine(**fields)


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _optional_time(value: str | None) -> datetime | None:
    return None if value is None else _time(value)
