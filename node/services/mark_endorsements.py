"""A mark as an Open Badges 3.0 endorsement, for those who read badges and no federation.

It says what the mark says and where the mark is, and is revoked with it. The mark remains what counts: an endorsement
is believed for who signed it, whatever the anchor says of types and issuers.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from node.clock import Clock, new_id
from node.errors import Conflict
from node.services.did_document import Purpose
from node.services.identity import Identity
from node.services.status_lists import StatusLists
from node.services.trust_marks import TrustMarks
from node.storage.repos import trust_marks as rows
from node.storage.repos.trust_marks import GrantedMark
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.endorsement import endorsement
from protocols.credentials.proofs import add_proof
from protocols.jose.encoding import JsonObject
from protocols.trust.entity import did_of
from protocols.trust.mark_scope import MarkScope

SUITE = "eddsa-rdfc-2022"
_LISTS = (
    ("credential_types", "credentials of the types"),
    ("jurisdictions", "jurisdictions"),
    ("programmes", "programmes"),
    ("frameworks", "frameworks"),
)


@dataclass(frozen=True, slots=True)
class MarkEndorsements:
    storage: UnitOfWork
    identity: Identity
    status_lists: StatusLists
    marks: TrustMarks
    clock: Clock

    async def endorse(self, id: str) -> JsonObject:
        """A signed EndorsementCredential about the holder of a mark; each call signs another, with the same status.

        Raises:
            NotFound: no such mark.
            Conflict: a mark that has ended: there is nothing to endorse any more.
        """
        row = await self.marks.get(id)
        now = self.clock.now().replace(microsecond=0)
        if row.revoked_at is not None or (row.ends_at is not None and row.ends_at <= now):
            raise Conflict("this mark has ended", found=id[:40], expected="one that is in force")
        statuses = await self.storage.run("marks.endorse", lambda session: self._statuses(session, row.id, now))
        unsigned = self._unsigned(row, statuses, now)
        signer = self.identity.signer(Purpose.ASSERTION)
        return await asyncio.to_thread(
            add_proof, unsigned, suite=SUITE, signer=signer, purpose="assertionMethod", created=now
        )

    def _statuses(self, session: Session, id: str, now: datetime) -> list[JsonObject]:
        row = rows.granted(session, id)
        if row is not None and not row.is_endorsed:
            self.status_lists.allocate(session, id, now=now)
            row.is_endorsed = True
            rows.add(session, row)
        return self.status_lists.entries(session, id)

    def _unsigned(self, row: GrantedMark, statuses: list[JsonObject], now: datetime) -> JsonObject:
        scope = MarkScope.parse(row.scope)
        ends = [at for at in (row.ends_at, scope.accredited_until if scope else None) if at is not None]
        query = urlencode({"trust_mark_type": row.trust_mark_type, "sub": row.subject})
        fresh = new_id()
        return endorsement(
            id=f"urn:uuid:{fresh[:8]}-{fresh[8:12]}-{fresh[12:16]}-{fresh[16:20]}-{fresh[20:]}",
            issuer=self.identity.profile(),
            endorsed=did_of(row.subject),
            name="Accreditation" if scope else "Trust mark",
            comment=words_of(row, scope),
            evidence={
                "id": f"{self.identity.base_url}/federation/trust_mark?{query}",
                "type": ["Evidence"],
                "name": "Trust mark",
                "description": f"A signed trust mark of type {row.trust_mark_type}",
                "genre": "OpenID Federation 1.0 trust mark",
            },
            valid_from=now,
            valid_until=min(ends, default=None),
            status=statuses,
        )


def words_of(row: GrantedMark, scope: MarkScope | None) -> str:
    """What a mark says, in words."""
    if scope is None:
        return f"It has the trust mark {row.trust_mark_type} since {_day(row.granted_at)}."
    listed = [f"{words} {', '.join(getattr(scope, name))}" for name, words in _LISTS if getattr(scope, name)]
    begins = f" from {_day(scope.accredited_from)}" if scope.accredited_from else ""
    ends = f" until {_day(scope.accredited_until)}" if scope.accredited_until else ""
    about = f" for {'; '.join(listed)}" if listed else ""
    return f"Its status is {scope.status}{begins}{ends}{about}, by the trust mark {row.trust_mark_type}."


def _day(at: datetime) -> str:
    return at.date().isoformat()
