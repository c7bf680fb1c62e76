"""A learner's badges here as their apps see them: those that this institution issued, and those that apps brought.

What an app brings is checked like what an employer is shown, and only kept where no answer is no: whether its issuer is
known to our network is another question, and no reason to keep it from its learner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from node.clock import Clock, new_id
from node.errors import BadInput
from node.services.verification import Verification
from node.storage.repos import held, learners
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.enveloped import as_envelope
from protocols.credentials.shape import many
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject, b64url_decode, digest_json, parse_object
from protocols.verification.report import VerificationReport

MAX_BROUGHT = 1_000
"""Badges that apps may keep here for one learner."""
_STANDING = 7
"""The step that asks whether the network knows the issuer."""
_SIGNED = "signed by its issuer"
"""What has to be known: a badge whose issuer's keys cannot be had here is nobody's word yet."""


class Stored(StrEnum):
    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some badges: those with proofs in them, and those that are tokens; `total` counts all of the learner's."""

    documents: Sequence[JsonObject]
    tokens: Sequence[str]
    total: int


@dataclass(frozen=True, slots=True)
class Backpack:
    storage: UnitOfWork
    verification: Verification
    clock: Clock

    async def page(self, learner_id: str, *, since: datetime | None, limit: int, offset: int) -> Page:
        """Badges in the order of their issuing, from the one at place `offset` on."""

        def body(session: Session) -> Page:
            rows = held.page(session, learner_id, since=since, limit=limit, offset=offset)
            return Page(
                documents=[row.document for row in rows if row.document is not None],
                tokens=[row.token for row in rows if row.token is not None],
                total=held.count(session, learner_id, since=since),
            )

        return await self.storage.read(body)

    async def put(self, learner_id: str, client_id: str, brought: JsonObject | str) -> Stored:
        """Keeps a badge that an app brings, in place of the one with the same issuer and id.

        Args:
            brought: with proofs in it, or the compact token around one.

        Raises:
            BadInput: a check says no, it is about somebody else, or there are too many.
            ProtocolError: it cannot be read.
        """
        with_proofs, token = (None, brought) if isinstance(brought, str) else (brought, None)
        document = as_envelope(brought) if isinstance(brought, str) else brought
        report = await self.verification.report_on_credential(document, new_id())
        _check(report)
        now = self.clock.now()
        valid_from, identity = report.as_of or now, _identity(brought, report)

        def body(session: Session) -> Stored:
            self._check_subject(session, learner_id, report.subject)
            row = held.brought(session, learner_id, identity)
            if row is None:
                if held.count_brought(session, learner_id) >= MAX_BROUGHT:
                    raise BadInput("too many badges were brought already", expected=f"at most {MAX_BROUGHT}")
                row = held.HeldCredential(
                    id=new_id(),
                    learner_id=learner_id,
                    client_id=client_id,
                    identity=identity,
                    document=with_proofs,
                    token=token,
                    valid_from=valid_from,
                    stored_at=now,
                )
                held.add(session, row)
                return Stored.CREATED
            if (row.document, row.token) == (with_proofs, token):
                return Stored.UNCHANGED
            held.replace(
                session,
                row,
                client_id=client_id,
                document=with_proofs,
                token=token,
                valid_from=valid_from,
                now=now,
            )
            return Stored.REPLACED

        return await self.storage.run("backpack.put", body)

    async def profile(self, learner_id: str) -> JsonObject:
        """What the learner says of themselves; their name as the institution has it, where they never said anything."""

        def body(session: Session) -> JsonObject:
            said = held.profile(session, learner_id)
            learner = learners.get(session, learner_id)
            if said is not None or learner is None:
                return said or {}
            return {"type": ["Profile"], "name": learner.name, **({"id": learner.did} if learner.did else {})}

        return await self.storage.read(body)

    async def set_profile(self, learner_id: str, document: JsonObject) -> JsonObject:
        """Keeps what the learner says of themselves.

        Raises:
            BadInput: not a Profile.
        """
        if "Profile" not in many(document.get("type")):
            raise BadInput("this is no profile", found=str(document.get("type"))[:60], expected='type with "Profile"')
        now = self.clock.now()
        await self.storage.run(
            "backpack.profile", lambda session: held.set_profile(session, learner_id, document, now=now)
        )
        return document

    def _check_subject(self, session: Session, learner_id: str, subject: str | None) -> None:
        learner = learners.get(session, learner_id)
        own = {*held.holders(session, learner_id), *([learner.did] if learner and learner.did else [])}
        if subject is not None and subject not in own:
            raise BadInput("this badge is about somebody else", expected="a DID that a wallet of this learner has here")


def _check(report: VerificationReport) -> None:
    for finding in report.checks:
        is_unsigned = finding.name == _SIGNED and finding.outcome is not Outcome.YES
        if is_unsigned or (finding.outcome is Outcome.NO and finding.number != _STANDING):
            raise BadInput(
                f"this badge does not verify: {finding.reason}", found=f"check {finding.number}, {finding.name}"
            )


def _identity(brought: JsonObject | str, report: VerificationReport) -> str:
    """Of badges that are the same credential: one of the same issuer and id."""
    said = brought if isinstance(brought, dict) else parse_object(b64url_decode(brought.split(".")[1]))
    id, issuer = said.get("id") or said.get("jti"), report.issuer.did if report.issuer else None
    return digest_json([issuer, id] if issuer and isinstance(id, str) else ["whole", brought])
