"""API tokens: who calls the operators' side of this node, and what they may do there.

A token is 256 random bits, so a plain SHA-256 of it is stored and looked up by: there is nothing to guess offline,
and the comparison that an attacker could time is one of hashes they cannot steer.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from node.clock import Clock, entropy, new_id
from node.services.attempts import Attempts
from node.storage.repos import tokens as rows
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import b64url_encode

PREFIX = "ler_"
TOKEN_BYTES = 32


class Role(StrEnum):
    """What a token may be used for; one token can have several."""

    OPERATOR = "operator"
    ISSUER = "issuer"
    VERIFIER = "verifier"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is calling."""

    token_id: str
    name: str
    organisation: str
    roles: frozenset[Role]


def new_token() -> str:
    """A token to be shown once; its prefix lets secret scanners and people recognise it."""
    return PREFIX + b64url_encode(entropy(TOKEN_BYTES))


def token_hash(token: str) -> str:
    """What is stored of `token`: hex SHA-256."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Tokens:
    storage: UnitOfWork
    attempts: Attempts
    clock: Clock

    async def create(self, name: str, roles: frozenset[Role]) -> str:
        """A new token, which is not kept here and so cannot be shown again."""
        token = new_token()

        def body(session: Session) -> None:
            rows.add(
                session,
                id=new_id(),
                name=name,
                hash=token_hash(token),
                roles=sorted(roles),
                now=self.clock.now(),
            )

        await self.storage.run("token.create", body)
        return token

    async def authenticate(self, token: str, address: str) -> Principal | None:
        """Whose token this is; None for one that is unknown, revoked or past its time.

        Raises:
            RateLimited: `address` failed too often of late.
        """
        digest = token_hash(token)
        self.attempts.check(address, digest)
        principal = await self.storage.read(lambda session: self._find(session, digest))
        if principal is None:
            self.attempts.failed(address)
        else:
            self.attempts.succeeded(digest)
        return principal

    def _find(self, session: Session, digest: str) -> Principal | None:
        row = rows.find(session, digest, now=self.clock.now())
        if row is None:
            return None
        return Principal(
            token_id=row.id,
            name=row.name,
            organisation=row.organisation,
            roles=frozenset(Role(role) for role in row.roles),
        )
