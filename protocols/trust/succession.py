"""Who looks after an institution's records when it is gone: named while it lives, at work once others confirm its end.

    succession      the institution: "then this custodian, with keys of its own, publishes my status lists"
    confirmation    a member that is none of those concerned: "it has closed"

The custodian never holds a key of the institution: nobody can sign in its name afterwards. The statement is dated by
the institution's issuance log, so that whoever gets hold of its keys later can name nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from protocols.errors import EnvelopeError
from protocols.jose.encoding import JsonObject, digest
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.entity import check_entity_id
from protocols.trust.issuance_log.attested import Known, Witness, attested
from protocols.trust.issuance_log.inclusion import IssuanceProof
from protocols.trust.membership import MembershipEvent
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.shape import object_of, texts_of
from protocols.trust.times import from_seconds, to_seconds

SUCCESSION_TYP = "ler-succession+jwt"
CONFIRMATION_TYP = "ler-succession-confirmation+jwt"
MAX_TOKEN_BYTES = 4096
MAX_CONFIRMATIONS = 8
MAX_CUSTODY_BYTES = 128 * 1024
ENDED = ("closed", "merged")
"""The states, and the events, of an institution that is no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A succession or a confirmation as it came, unverified: `about` is the institution, `by` who says it.

    `custodian` is whom a succession names; of a confirmation, whom the succession named that it confirms.
    """

    by: str
    about: str
    custodian: str
    at: datetime
    kid: str
    token: str

    @property
    def digest(self) -> str:
        """What an issuance log commits to: SHA-256 of the token, base64url."""
        return digest(self.token.encode("ascii"))

    def verify_with(self, keys: Mapping[str, tuple[PublicKey, datetime | None]]) -> None:
        """Returns when one of `keys`, in use when it was said, signed it; raises StatementRefused (`signature`)."""
        key, until = keys.get(self.kid, (None, None))
        if key is None or (until is not None and self.at >= until):
            raise StatementRefused("signed with a key that was not its signer's then", rule="kid_unknown")
        try:
            parse_compact(self.token, max_bytes=MAX_TOKEN_BYTES).verify(key)
        except EnvelopeError as error:
            raise StatementRefused(error.detail, rule="signature") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """What a custodian publishes of one institution: {"succession": JWS, "date": proof, "confirmations": [JWS, …]}.

    Unverified; see `check_custody`.
    """

    succession: Word
    date: IssuanceProof
    confirmations: tuple[Word, ...]


def sign_succession(issuer: str, custodian: str, *, signer: Signer, at: datetime) -> str:
    """The institution's word; `signer` is one of its federation keys."""
    claims: JsonObject = {"iss": issuer, "sub": check_entity_id(custodian), "iat": to_seconds(at)}
    return sign_compact(claims, signer, typ=SUCCESSION_TYP)


def sign_confirmation(succession: Word, *, by: str, signer: Signer, at: datetime) -> str:
    """A member's word that the institution has closed; `signer` is one of its federation keys."""
    claims: JsonObject = {
        "iss": by,
        "sub": succession.about,
        "custodian": succession.custodian,
        "succession": succession.digest,
        "iat": to_seconds(at),
    }
    return sign_compact(claims, signer, typ=CONFIRMATION_TYP)


def parse_succession(token: str) -> Word:
    """Raises StatementRefused: `too_large`, `not_a_jws`, `entity_id`, `iat_invalid`."""
    claims, kid = _claims(token, SUCCESSION_TYP)
    issuer = check_entity_id(claims.get("iss"))
    return Word(
        by=issuer,
        about=issuer,
        custodian=check_entity_id(claims.get("sub")),
        at=from_seconds(claims.get("iat"), claim="iat"),
        kid=kid,
        token=token,
    )


def parse_confirmation(token: str, succession: Word) -> Word:
    """A confirmation of `succession`; raises StatementRefused as `parse_succession`, and `succession_of_another`."""
    claims, kid = _claims(token, CONFIRMATION_TYP)
    named = (claims.get("sub"), claims.get("custodian"), claims.get("succession"))
    if named != (succession.about, succession.custodian, succession.digest):
        raise StatementRefused(
            "a confirmation of another succession", rule="succession_of_another", found=shown(named[0])
        )
    return Word(
        by=check_entity_id(claims.get("iss")),
        about=succession.about,
        custodian=succession.custodian,
        at=from_seconds(claims.get("iat"), claim="iat"),
        kid=kid,
        token=token,
    )


def custody_json(succession: str, date: JsonObject, confirmations: Sequence[str]) -> JsonObject:
    return {"succession": succession, "date": date, "confirmations": list(confirmations[:MAX_CONFIRMATIONS])}


def parse_custody(value: object) -> Custody:
    """Raises StatementRefused: `custody`, and those of `parse_succession`, `parse_confirmation`, `IssuanceProof`."""
    entry = object_of(value, rule="custody")
    succession = parse_succession(str(entry.get("succession")))
    tokens = texts_of(entry.get("confirmations", []), rule="custody", at_most=MAX_CONFIRMATIONS, at_least=0)
    return Custody(
        succession=succession,
        date=IssuanceProof.parse(entry.get("date")),
        confirmations=tuple(parse_confirmation(token, succession) for token in tokens),
    )


def check_custody(custody: Custody, known: Known, *, anchor: str) -> None:
    """Returns when the custodian stands in for the institution now.

    `check_succession` holds, and a member that is neither of them nor the anchor confirmed the end.

    Raises:
        StatementRefused: those of `check_succession`; `unconfirmed`.
    """
    check_succession(custody.succession, custody.date, known, anchor=anchor)
    if not any(is_confirmation(each, known, anchor=anchor) for each in custody.confirmations):
        raise StatementRefused("an end that no other member confirmed", rule="unconfirmed")


def check_succession(word: Word, date: IssuanceProof, known: Known, *, anchor: str) -> None:
    """Returns when an institution that has closed had named this custodian.

    The institution named it, with a key that it had, at a date that others vouch for and that lies before its end; its
    anchor closed it with this successor; and the custodian is a member in good standing.

    Raises:
        StatementRefused: `not_closed`, `custodian_of_another`, `custodian_standing`, `kid_unknown`, `signature`,
            `succession_undated`.
    """
    issuer, custodian = known.witness(word.about), known.witness(word.custodian)
    last = _end_of(issuer)
    if issuer is None or last is None:
        raise StatementRefused("an institution that has not closed", rule="not_closed", found=word.about)
    if last.successor != word.custodian:
        raise StatementRefused(
            "its anchor named another",
            rule="custodian_of_another",
            found=shown(last.successor),
            expected=word.custodian,
        )
    if custodian is None or custodian.membership.state != "member":
        raise StatementRefused("a custodian that is no member in good standing", rule="custodian_standing")
    word.verify_with(issuer.keys)
    found = attested(date, known, issuer=word.about, anchor=anchor)
    if date.digest != word.digest or found.at is None or found.at >= last.at:
        raise StatementRefused(
            "a succession that nobody saw before the end", rule="succession_undated", found=found.cause
        )


def is_confirmation(word: Word, known: Known, *, anchor: str) -> bool:
    """Whether a confirmation counts: after the end, by a member in good standing with no part in it."""
    member, last = known.witness(word.by), _end_of(known.witness(word.about))
    concerned = {urlsplit(each).netloc for each in (word.about, word.custodian, anchor)}
    if member is None or last is None or urlsplit(word.by).netloc in concerned or word.at < last.at:
        return False
    if member.membership.state_at(word.at)[0] != "member":
        return False
    try:
        word.verify_with(member.keys)
    except StatementRefused:
        return False
    return True


def _end_of(institution: Witness | None) -> MembershipEvent | None:
    """The event that closed it; None where it has not closed."""
    last = institution.membership.events[-1] if institution else None
    return last if last is not None and last.event in ENDED else None


def _claims(token: str, typ: str) -> tuple[JsonObject, str]:
    with refusing("not_a_jws"):
        jws = parse_compact(token, typ=typ, max_bytes=MAX_TOKEN_BYTES)
        return jws.claims, jws.kid
