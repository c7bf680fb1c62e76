"""Step 8 of the credentials checklist: is it about the one who presents it?

A credential names who it is about by DID (`credentialSubject.id`), or by identities that it says or hashes
(`identifier` of an Open Badge). A DID is proved by the presentation's signature; an identity is what the asker knows of
whoever stands before it.

An SD-JWT VC names a key in `cnf`: whoever presents it proves to have that key, by a key binding or by the signature of
a presentation around it.

Specs: https://www.imsglobal.org/spec/ob/v3p0/#identityobject, https://www.rfc-editor.org/rfc/rfc9901#section-7.3
"""

from collections.abc import Iterable
from dataclasses import dataclass

from protocols.credentials.enveloped import SdJwtVc
from protocols.credentials.enveloped.sd_jwt_vc_claims import is_bound_to
from protocols.credentials.open_badges import Identity, IdentityObject, is_identity_of
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.shape import is_url
from protocols.findings import Finding, Outcome, judged, unknown
from protocols.requests.query import objects, type_names
from protocols.verification.evidence import CredentialEvidence, Policy

ABOUT = "presented by the one it is about"
IDENTITY = "identity of the one it is about"
KEY_BINDING = "key binding"
_ABOUT_LEARNERS = frozenset({"OpenBadgeCredential", "AchievementCredential", "ClrCredential"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenter:
    """Who presented: the holder's DID, and whether the presentation's proof shows that it was them.

    `did` None: a credential came alone, so nobody presented it. `identities` are what the asker knows of them besides.
    """

    did: str | None = None
    outcome: Outcome = Outcome.NOT_APPLICABLE
    other_names: frozenset[str] = frozenset()
    identities: tuple[Identity, ...] = ()


def subject_ids(credential: CredentialEvidence) -> tuple[str, ...]:
    """The ids of the credential's subjects, in order; of an SD-JWT VC its `sub`, where that is a URI."""
    if credential.sd_jwt_vc is not None:
        subject = credential.sd_jwt_vc.subject
        return (subject,) if subject is not None and is_url(subject) else ()
    subjects = objects(credential.document.get("credentialSubject"))
    return tuple(subject["id"] for subject in subjects if isinstance(subject.get("id"), str))


def holder_findings(
    credential: CredentialEvidence, presenter: Presenter, policy: Policy, is_embedded: bool
) -> Iterable[Finding]:
    """Whether its holder presents it; and whether it names an identity that the asker knows, where it names any."""
    types = type_names(credential.content.get("type"))
    if is_embedded and "EndorsementCredential" in types and _ABOUT_LEARNERS.isdisjoint(types):
        yield _not_applicable("an endorsement is about a record, and travels inside it")
        return
    if credential.key_binding is not None:
        yield _key_binding(credential.key_binding, is_asked=credential.is_binding_asked)
    if credential.sd_jwt_vc is not None:
        yield _bound_holder(credential, credential.sd_jwt_vc, presenter, policy)
        return
    identified = _identified(credential, presenter)
    yield _holder(credential, presenter, policy, identified)
    if presenter.identities and credential.identities:
        yield identified


def _key_binding(proof: ProofResult, *, is_asked: bool) -> Finding:
    """What was found of the key binding; one that nobody here asked for may have been made for somebody else."""
    holds = Outcome(proof.outcome) is Outcome.YES
    more = " Nothing was set here that it had to repeat: it was made for whoever it names." if not is_asked else ""
    evidence = {"suite": proof.suite, "verification_method": proof.verification_method}
    return Finding(
        number=8,
        name=KEY_BINDING,
        outcome=Outcome(proof.outcome),
        reason=proof.reason + (more if holds else ""),
        at=proof.created,
        evidence=evidence,
    )


def _bound_holder(credential: CredentialEvidence, held: SdJwtVc, presenter: Presenter, policy: Policy) -> Finding:
    """An SD-JWT VC: presented by whoever has the key that it was issued to."""
    if presenter.did is None:
        return _presented_alone(credential)
    named, is_bound = subject_ids(credential), is_bound_to(held, presenter.did)
    if any(subject.startswith("did:") and subject != presenter.did for subject in named):
        return judged(8, ABOUT, "it is about another than the one who presents it", "")
    if is_bound or presenter.did in named:
        return _signed(presenter, "it was issued to the holder who signed the presentation")
    if is_bound is False:
        return judged(8, ABOUT, "it was issued to another key than one of the holder's", "")
    if held.confirmation:
        return unknown(8, ABOUT, "whether the key that it was issued to is the holder's cannot be told here")
    if policy.requires_holder:
        return unknown(8, ABOUT, "it names no holder by DID or key, so it could be anybody's")
    return _not_applicable("it names no holder, and none is required")


def _presented_alone(credential: CredentialEvidence) -> Finding:
    binding = credential.key_binding
    if binding is None:
        return _not_applicable("a credential alone: nobody presented it")
    if not credential.is_binding_asked:
        return _not_applicable("nobody here asked for it, so whoever brings it need not be who it was issued to")
    match Outcome(binding.outcome):
        case Outcome.YES:
            return judged(8, ABOUT, None, "the key that it was issued to signed this for whoever asked")
        case Outcome.NO:
            return judged(8, ABOUT, "no key binding shows that it is presented by whom it was issued to", "")
        case _:
            return unknown(8, ABOUT, "the key binding could not be checked")


def _holder(credential: CredentialEvidence, presenter: Presenter, policy: Policy, identified: Finding) -> Finding:
    named = subject_ids(credential)
    if presenter.did is None:
        return _not_applicable("a credential alone: nobody presented it")
    if not named and not policy.requires_holder:
        return _not_applicable("it names no holder, and none is required")
    if not named and not credential.identities:
        return unknown(8, ABOUT, "it names no holder by DID, so it could be anybody's")
    if not named:
        return _by_identity(presenter, identified)
    if set(named) != {presenter.did}:
        return judged(8, ABOUT, "it is about another than the one who presents it", "")
    return _signed(presenter, "its subject is the holder who signed the presentation")


def _by_identity(presenter: Presenter, identified: Finding) -> Finding:
    """A credential without DID: one of its identities has to be the holder's, and the holder has to have signed."""
    if identified.outcome is Outcome.YES:
        return _signed(presenter, "an identity of its subject is that of the holder, who signed the presentation")
    if identified.outcome is Outcome.NO:
        return judged(8, ABOUT, "its identities are those of another than the one who presents it", "")
    return unknown(8, ABOUT, "it names its subject by identities that nothing is known of here")


def _signed(presenter: Presenter, held: str) -> Finding:
    match presenter.outcome:
        case Outcome.YES:
            return judged(8, ABOUT, None, held)
        case Outcome.NO:
            return judged(8, ABOUT, "the presentation is not signed by its holder", "")
        case _:
            return unknown(8, ABOUT, "who signed the presentation could not be checked")


def _identified(credential: CredentialEvidence, presenter: Presenter) -> Finding:
    """Whether one of its identities fits one of the presenter's; evidence names types, never values or hashes."""
    found = credential.identities
    types = sorted({item.identity_type[:80] for item in found})
    answers = {_fits(item, presenter) for item in found}
    if True in answers:
        return judged(8, IDENTITY, None, "an identity in it is the one that is known", identity_types=types)
    if False in answers:
        return judged(8, IDENTITY, "no identity in it is the one that is known", "", identity_types=types)
    return unknown(8, IDENTITY, "its identities are of other kinds than those that are known", identity_types=types)


def _fits(found: IdentityObject, presenter: Presenter) -> bool | None:
    """Whether an identity is the presenter's; their DID may stand under any type, as the list of types has none for it.

    Another value than the DID is no contradiction: people have more than one.
    """
    own = Identity(type=found.identity_type, value=presenter.did or "")
    if presenter.did and is_identity_of(found, own):
        return True
    answers = {is_identity_of(found, known) for known in presenter.identities}
    return True if True in answers else False if False in answers else None


def _not_applicable(reason: str) -> Finding:
    return Finding(number=8, name=ABOUT, outcome=Outcome.NOT_APPLICABLE, reason=reason)
