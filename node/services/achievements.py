"""What this institution awards and what each award means: OB 3.0 Achievements under stable URLs.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#achievement-0
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from node.clock import Clock, new_id
from node.errors import BadInput, NotFound
from node.services.identity import Identity
from node.storage.repos import achievements as rows
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import JsonObject

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class Achievements:
    storage: UnitOfWork
    identity: Identity
    clock: Clock

    def url(self, slug: str) -> str:
        return f"{self.identity.base_url}/achievements/{slug}"

    async def put(self, slug: str, achievement: JsonObject) -> JsonObject:
        """Publishes `achievement` under its slug, or replaces what stands there; returns it with its id.

        Args:
            achievement: OB 3.0 members without id: type, name, description, criteria, alignment.
        """
        if not _SLUG.match(slug):
            raise BadInput("not a slug", found=slug[:40], expected="lower-case letters, digits and hyphens")
        document: JsonObject = {"id": self.url(slug), **achievement}

        def body(session: Session) -> None:
            rows.put(session, new_id(), slug, document, now=self.clock.now())

        await self.storage.run("achievements.put", body)
        return document

    async def get(self, slug: str) -> JsonObject:
        """The achievement; raises NotFound."""

        def body(session: Session) -> JsonObject:
            return self.find(session, slug)

        return await self.storage.read(body)

    def find(self, session: Session, slug: str) -> JsonObject:
        """As `get`, inside a transaction."""
        row = rows.by_slug(session, slug)
        if row is None:
            raise NotFound("no such achievement", found=slug[:40], expected="the slug of a published achievement")
        return row.document

    async def all(self) -> Sequence[JsonObject]:
        """Every published achievement, by slug."""

        def body(session: Session) -> Sequence[JsonObject]:
            return [row.document for row in rows.all(session)]

        return await self.storage.read(body)
