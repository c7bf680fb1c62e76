"""What a credential says of itself, a W3C one or an SD-JWT VC, in the terms in which the numbered check asks for it.

Nothing in it is to be believed before its proofs were checked.
"""

from dataclasses import dataclass
from datetime import datetime

from protocols.credentials.enveloped import Opened
from protocols.credentials.enveloped.kinds import Kind
from protocols.credentials.enveloped.sd_jwt_vc_claims import SdJwtVc, dates_of, read_sd_jwt_vc
from protocols.credentials.model import Credential, parse_credential
from protocols.credentials.open_badges import Badge, read_badge
from protocols.credentials.open_badges.badge import read_badge_in
from protocols.credentials.validity import check_dates
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One credential, read.

    Args:
        document: as it stands; of one in an envelope, the document inside, where it can be had.
        problem: why it cannot be read.
        unknown: why it cannot be read here, where that says nothing against it.
        credential: of the W3C's data model, None where it is none or cannot be read; `sd_jwt_vc` likewise.
    """

    document: JsonObject
    problem: str | None = None
    unknown: str | None = None
    credential: Credential | None = None
    sd_jwt_vc: SdJwtVc | None = None

    @property
    def issuer(self) -> str:
        """The issuer's id; empty where it names none, or cannot be read."""
        form = self.credential or self.sd_jwt_vc
        return form.issuer if form else ""

    @property
    def type(self) -> str | None:
        """What its issuer has to be registered for; None where it names nothing but that it is a credential."""
        if self.sd_jwt_vc is not None:
            return self.sd_jwt_vc.type
        types = self.credential.types if self.credential else ()
        return next((name for name in types if name != "VerifiableCredential"), None)

    @property
    def begins_at(self) -> datetime | None:
        """The earliest time that it says it is valid at, for one that does not say when it was signed."""
        if self.sd_jwt_vc is not None:
            return self.sd_jwt_vc.not_before
        return self.credential.valid_from if self.credential else None

    @property
    def json_ld(self) -> JsonObject | None:
        """What of it has to be read as JSON-LD; None for an SD-JWT VC that has none."""
        return self.document if self.sd_jwt_vc is None else self.sd_jwt_vc.linked_data

    @property
    def badge(self) -> Badge | None:
        """What it says as an Open Badge; None where it is none."""
        if self.sd_jwt_vc is not None:
            return read_badge_in(self.sd_jwt_vc.content, self.sd_jwt_vc.issuer)
        return read_badge(self.credential) if self.credential else None

    def dates(self, now: datetime) -> tuple[Outcome, str]:
        """Step 5: is it in force at `now`, by its own dates?"""
        if self.sd_jwt_vc is not None:
            return dates_of(self.sd_jwt_vc, now)
        if self.credential is not None:
            return check_dates(self.credential, now)
        return Outcome.COULD_NOT_TELL, "It cannot be read."


def read_stated(value: JsonObject, opened: Opened | None) -> Stated:
    """What `value` says.

    Args:
        value: a credential, or an envelope.
        opened: what was found in the envelope; None where there is none.
    """
    if opened is None:
        return _of_document(value)
    if opened.document is None:
        first = opened.results[0]
        is_unknown = first.outcome is Outcome.COULD_NOT_TELL
        return Stated(
            document=value,
            problem=None if is_unknown else first.reason,
            unknown=first.reason if is_unknown else None,
        )
    if opened.kind is not Kind.DC_SD_JWT:
        return _of_document(opened.document)
    read = read_sd_jwt_vc(opened.document, issuer=opened.owner, disclosed_count=opened.disclosed_count)
    return Stated(document=opened.document, sd_jwt_vc=read)


def _of_document(document: JsonObject) -> Stated:
    try:
        return Stated(document=document, credential=parse_credential(document))
    except ProtocolError as error:
        return Stated(document=document, problem=error.sentence)
