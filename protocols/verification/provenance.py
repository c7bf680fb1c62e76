"""The provenance ladder: for each claim of a credential, on whose word it rests."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from protocols.credentials.enveloped.sd_jwt_vc_claims import REGISTERED
from protocols.findings import Outcome
from protocols.requests.query import objects
from protocols.verification.accreditation import accreditation_of
from protocols.verification.evidence import CredentialEvidence
from protocols.verification.holder import Presenter
from protocols.verification.steps import did_of, is_self_attested, issuer_id


class Provenance(StrEnum):
    """The rungs, best first. Each is a statement about who said it, not about whether it is true."""

    ACCREDITED_ISSUER = "accredited_issuer"
    KNOWN_ISSUER = "known_issuer"
    UNKNOWN_ISSUER = "unknown_issuer"
    NOTARY_ATTESTED = "notary_attested"
    ENDORSED = "endorsed"
    SELF_ATTESTED = "self_attested"
    COULD_NOT_CHECK = "could_not_check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimProvenance:
    """`path` is a JSON pointer into the presentation, or into the credential where one came alone."""

    path: str
    provenance: Provenance


def provenance_of(credential: CredentialEvidence, presenter: Presenter) -> Provenance:
    """The rung of everything this credential claims.

    Known means: proved to be by a member of the network in good standing when it signed; accredited, that somebody whom
    the network recognises accredited it for this then, and does now or others saw it. Whoever speaks about themselves
    is self-attested, member or not, and what is not proved is nobody's word yet.
    """
    if is_self_attested(credential, presenter):
        return Provenance.SELF_ATTESTED
    own = [Outcome(proof.outcome) for proof in credential.proofs if did_of(proof) == credential.issuer.did]
    if issuer_id(credential) != credential.issuer.did:
        return Provenance.COULD_NOT_CHECK
    if Outcome.YES not in own or Outcome.NO in own or credential.parse_problems or credential.context_problems:
        return Provenance.COULD_NOT_CHECK
    match Outcome(credential.issuer.standing.outcome):
        case Outcome.YES if credential.signed_at is not None:
            is_accredited = accreditation_of(credential).is_accredited
            return Provenance.ACCREDITED_ISSUER if is_accredited else Provenance.KNOWN_ISSUER
        case Outcome.NO:
            return Provenance.UNKNOWN_ISSUER
        case _:
            return Provenance.COULD_NOT_CHECK


def claims_of(credential: CredentialEvidence, presenter: Presenter, where: str) -> Iterable[ClaimProvenance]:
    """Every member of every subject, but its id and type, and the same of what is embedded.

    Of an SD-JWT VC, every claim that is not about the credential itself.
    """
    provenance = provenance_of(credential, presenter)
    if credential.sd_jwt_vc is not None:
        for name in sorted(credential.document.keys() - REGISTERED):
            yield ClaimProvenance(path=f"{where}/{_escaped(name)}", provenance=provenance)
        return
    value = credential.document.get("credentialSubject")
    for index, subject in enumerate(objects(value)):
        base = f"{where}/credentialSubject/{index}" if isinstance(value, list) else f"{where}/credentialSubject"
        for name in sorted(subject.keys() - {"id", "type"}):
            yield ClaimProvenance(path=f"{base}/{_escaped(name)}", provenance=provenance)
    for inner in credential.embedded:
        yield from claims_of(inner, presenter, where + inner.at)


def _escaped(name: str) -> str:
    """A member's name as it stands in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
