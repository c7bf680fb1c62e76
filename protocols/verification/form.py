"""Steps 1 to 3 of the credentials checklist: is it read, with known terms, and of the form of its type?"""

from collections.abc import Iterable
from dataclasses import replace

from protocols.credentials.schema import NamedSchema
from protocols.findings import Finding, Outcome, judged, unknown
from protocols.requests.query import objects
from protocols.verification.evidence import CredentialEvidence


def form_findings(credential: CredentialEvidence) -> Iterable[Finding]:
    """One for each of the steps, and one for each schema that the credential names itself."""
    yield _parsed(credential)
    yield _contexts(credential)
    yield _schema(credential)
    yield from map(_named_schema, credential.named_schemas)


def _parsed(credential: CredentialEvidence) -> Finding:
    name, held = "parsed within limits", credential.sd_jwt_vc
    if credential.parse_unknown is not None:
        return unknown(1, name, credential.parse_unknown[:500])
    if held is None:
        return _problems(1, name, credential.parse_problems, "read completely, within limits")
    reason = "read completely, within limits, every disclosure in its place"
    return judged(1, name, None, reason, vct=held.vct, disclosed=held.disclosed_count)


def _contexts(credential: CredentialEvidence) -> Finding:
    if credential.context_problems is None:
        reason = "an SD-JWT VC has no contexts: its claims mean what its type, vct, says"
        return Finding(number=2, name="known contexts and terms", outcome=Outcome.NOT_APPLICABLE, reason=reason)
    by_itself = ", some by itself" if objects(credential.content.get("@context")) else ""
    held = f"every term is defined{by_itself}, none dropped"
    return _problems(2, "known contexts and terms", credential.context_problems, held)


def _schema(credential: CredentialEvidence) -> Finding:
    if credential.schema_problems is None:
        reason = "no schema is pinned for its types"
        if credential.sd_jwt_vc is not None:
            reason = "the metadata of its type, vct, is not fetched, and no schema is pinned for it"
        return Finding(number=3, name="schema", outcome=Outcome.NOT_APPLICABLE, reason=reason)
    return _problems(3, "schema", credential.schema_problems, "fits the schema of its type")


def _named_schema(schema: NamedSchema) -> Finding:
    """A schema that its issuer names; one that is not known here is told, and decides nothing."""
    evidence = {"schema": schema.id[:2048], "type": schema.type[:200]}
    name = "schema named in it"
    if schema.problems is None:
        reason = "it names a schema that is not known here, so this was not checked"
        return Finding(number=3, name=name, outcome=Outcome.NOT_APPLICABLE, reason=reason, evidence=evidence)
    found = _problems(3, name, schema.problems, "fits the schema that it names")
    return replace(found, evidence=evidence)


def _problems(number: int, name: str, problems: tuple[str, ...], held: str) -> Finding:
    return judged(number, name, "; ".join(problems)[:500] or None, held)
