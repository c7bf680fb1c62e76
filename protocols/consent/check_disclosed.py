"""What the asker checks after decrypting: the presentation is the answer to this request, and is what was consented to.

    (10) challenge = request hash, domain = the asker's DID, and it names the per-asker DID
    (11) it discloses no more and no less than the record's `records`

A fault here is an alarm to both sides: the exit could not see it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from protocols.consent.digests import credential_digest, salted_digest
from protocols.consent.presentation import RecordSalts, credentials_of, opened, shared_as
from protocols.consent.record import ConsentRecord, SharedRecord
from protocols.errors import ProtocolError
from protocols.findings import Finding, judged
from protocols.jose.encoding import JsonObject
from protocols.requests.query import is_of_type, is_under, objects, type_names

PRESENTATION_MEMBERS = frozenset({"@context", "id", "type", "holder", "verifiableCredential", "termsOfUse", "proof"})


def check_disclosed(
    record: ConsentRecord,
    salts: Sequence[RecordSalts],
    presentation: Mapping[str, Any],
    *,
    request_hash: str,
    asker: str,
) -> tuple[Finding, ...]:
    """Every finding of (10) and (11). The presentation's proof itself is the verification's business.

    Args:
        record: the consent record, already found to be the learner's.
        salts: from the sealed disclosure, in the order of `record.records`.
        request_hash: of the request that this answers.
    """
    proofs = objects(presentation.get("proof"))
    named = shared_as(presentation)
    subject_fault = None if named == record.subject else "the presentation does not name the per-asker DID"
    more, less = _compare(record.records, salts, presentation)
    return (
        judged(10, "challenge is the request", _challenge_fault(proofs, request_hash), "made for this request"),
        judged(10, "domain is the asker", _domain_fault(proofs, asker), "made for this asker"),
        judged(10, "shared as the per-asker DID", subject_fault, "it names the per-asker DID of the record"),
        judged(11, "discloses no more than consented", more, "every credential and field is in the record"),
        judged(11, "discloses no less than consented", less, "every record arrived"),
    )


def _challenge_fault(proofs: Sequence[Mapping[str, Any]], request_hash: str) -> str | None:
    if proofs and all(proof.get("challenge") == request_hash for proof in proofs):
        return None
    return "a proof's challenge is not this request's hash" if proofs else "the presentation has no proof"


def _domain_fault(proofs: Sequence[Mapping[str, Any]], asker: str) -> str | None:
    if proofs and all(proof.get("domain") in (asker, [asker]) for proof in proofs):
        return None
    return "a proof's domain is not the asker's DID" if proofs else "the presentation has no proof"


def _compare(
    records: Sequence[SharedRecord], salts: Sequence[RecordSalts], presentation: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    """What is disclosed beyond the records, and what of the records is missing; each a sentence or None."""
    if len(salts) != len(records):
        fault = "the salts do not fit the record"
        return fault, fault
    try:
        credentials = credentials_of(presentation)
        left = list(zip(records, salts, strict=True))
        more = ["the presentation has members of its own"] if presentation.keys() - PRESENTATION_MEMBERS else []
        less: list[str] = []
        for credential in credentials:
            found = next((pair for pair in left if _is_record(credential, *pair)), None)
            if found is None:
                more.append("a credential that is not in the record")
                continue
            left.remove(found)
            more.extend(_undisclosable(credential, found[0]))
            less.extend(_missing(credential, found[0]))
    except ProtocolError as error:
        return error.detail, error.detail
    if left:
        less.append(f"{len(left)} of {len(records)} records did not arrive")
    return (more[0] if more else None), (less[0] if less else None)


def _is_record(credential: JsonObject | str, shared: SharedRecord, salts: RecordSalts) -> bool:
    """Whether `credential` is the one that an entry of the record names by its salted digests."""
    if salted_digest(salts.credential, credential_digest(credential)) != shared.credential_hash:
        return False
    document = opened(credential)
    issuer = issuer_of(document)
    is_issuer = issuer is not None and salted_digest(salts.issuer, issuer) == shared.issuer_digest
    return is_issuer and is_of_type(shared.type, type_names(document.get("type")))


def issuer_of(credential: Mapping[str, Any]) -> str | None:
    """The issuer's identifier, whichever of the two forms it is written in."""
    issuer = credential.get("issuer")
    found = issuer.get("id") if isinstance(issuer, dict) else issuer  # pyright: ignore
    return found if isinstance(found, str) else None


def _undisclosable(credential: JsonObject | str, shared: SharedRecord) -> Iterable[str]:
    """Fields of the subject that are shown although the record names only some."""
    if not shared.claims:
        return
    leaves = (leaf for subject in objects(opened(credential).get("credentialSubject")) for leaf in _leaves(subject))
    if any(not _is_structure(leaf) and not is_under(f"/credentialSubject{leaf}", shared.claims) for leaf in leaves):
        yield "a field that is not in the record"


def _is_structure(leaf: str) -> bool:
    """The subject's own id, and types: what no credential can be shown without."""
    return leaf == "/id" or leaf.rstrip("0123456789").rstrip("/").endswith("/type")


def _missing(credential: JsonObject | str, shared: SharedRecord) -> Iterable[str]:
    """Fields that the record names and the credential does not show."""
    document = opened(credential)
    for claim in shared.claims:
        if not _has(document, claim):
            yield "a field of the record did not arrive"


def _leaves(value: Any, pointer: str = "") -> Iterable[str]:
    """JSON pointers of every value in `value` that holds no other; depth is bounded where JSON is parsed."""
    match value:
        case dict():
            for name, item in value.items():  # pyright: ignore[reportUnknownVariableType]
                escaped = str(name).replace("~", "~0").replace("/", "~1")  # pyright: ignore[reportUnknownArgumentType]
                yield from _leaves(item, f"{pointer}/{escaped}")
        case list():
            for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                yield from _leaves(item, f"{pointer}/{index}")
        case _:
            yield pointer


def _has(value: Any, pointer: str) -> bool:
    """Whether an RFC 6901 pointer leads to something in `value`."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]  # pyright: ignore[reportUnknownVariableType]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):  # pyright: ignore
            value = value[int(name)]  # pyright: ignore[reportUnknownVariableType]
        else:
            return False
    return True
