"""Apps that learners let in to their badges here: who they are, what a learner answered them, and what they hold.

A learner answers with a one-time code of the institution, typed into the very form that asks. So there is no session
that another page could ride on, and nobody approves anything by having signed in before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from node.clock import Clock, new_id
from node.errors import Conflict, NotFound
from node.services.attempts import Attempts
from node.services.identity import Identity
from node.services.oauth import Asked, Person, Reply, Request, Rows, Server, new_secret, secret_hash
from node.services.one_time_codes import new_code, typed_hash
from node.settings import Apps as Lifetimes
from node.storage.repos import learners, oauth_clients, sign_in
from node.storage.repos import oauth_grants as grants
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.open_badges.api import Scope
from protocols.flows.enrolment.messages import code_hash
from protocols.jose.encoding import JsonObject
from protocols.oauth.registration import parse_client_metadata

KEPT = timedelta(days=1)
"""How long codes and ended grants stay after their time, so that a second use shows and an end can be explained."""
UNUSED_FOR = timedelta(days=1)
"""After which a client that nobody approved is forgotten."""
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class WrongCode:
    """The code is none of ours, was used, or is too old."""

    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whoever shows a good access token: an app, for a learner, for these scopes."""

    learner_id: str
    client_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app as operators see it: what a learner granted it, and whether that still holds."""

    id: str
    name: str
    host: str
    scopes: Sequence[str]
    granted_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_because: str | None


@dataclass(slots=True)
class Apps:
    """`guesses` counts failed codes by address, `registrations` new clients."""

    storage: UnitOfWork
    identity: Identity
    lifetimes: Lifetimes
    clock: Clock
    guesses: Attempts = field(init=False)
    registrations: Attempts = field(init=False)

    def __post_init__(self) -> None:
        self.guesses = Attempts(self.clock)
        most = self.lifetimes.registrations_per_hour
        self.registrations = Attempts(self.clock, most, timedelta(hours=1), "registrations")

    async def register(self, description: JsonObject, address: str) -> JsonObject:
        """Registers a client (RFC 7591): the answer, in which its secret stands this once.

        Raises:
            RegistrationRefused: it cannot be registered as it describes itself.
            RateLimited: too many from this address.
            Conflict: too many that nobody has approved yet.
        """
        self.registrations.spend(address)
        metadata = parse_client_metadata(description, supported=[scope.value for scope in Scope])
        id, secret, now = new_id(), None if metadata.is_public else new_secret("lers_"), self.clock.now()

        def body(session: Session) -> None:
            if oauth_clients.count_unused(session) >= self.lifetimes.unused_clients:
                raise Conflict("no more apps can register for now", expected="try again in a day")
            hashed = None if secret is None else secret_hash(secret)
            oauth_clients.add(session, id, metadata.to_json(), hashed, now=now)

        await self.storage.run("apps.register", body)
        issued: JsonObject = {"client_id": id, "client_id_issued_at": int(now.timestamp())}
        if secret is not None:
            issued |= {"client_secret": secret, "client_secret_expires_at": 0}
        return {**metadata.to_json(), **issued}

    async def ask(self, request: Request) -> Asked | Reply:
        """What an app asks, or the refusal; that redirects only where the client registered it."""

        def body(session: Session) -> Asked | Reply:
            server = self._server(session)
            asked = server.asked(request)
            return asked if isinstance(asked, Reply) else server.wanted(asked)

        return await self.storage.run("apps.ask", body)

    async def answer(self, request: Request, code: str, address: str, *, allow: bool) -> WrongCode | Reply:
        """The redirect that takes a learner's answer to the app.

        Args:
            code: as the learner typed it; not looked at for a no.

        Raises:
            RateLimited: too many wrong codes from this address.
        """
        hash = typed_hash(code) or ""

        def body(session: Session) -> WrongCode | Reply:
            server = self._server(session)
            asked = server.asked(request)
            if isinstance(asked, Reply):
                return asked
            if not allow:
                return server.answered(asked, None)
            person = self._person(session, hash)
            return WrongCode(server.wanted(asked)) if person is None else server.answered(asked, person)

        answer = await self.storage.run("apps.answer", body)
        if isinstance(answer, WrongCode):  # a good code is never held up by those who guess from the same address
            self.guesses.spend(address)
        return answer

    async def token(self, request: Request) -> Reply:
        """The answer of the token endpoint, for a code or a refresh token."""
        return await self.storage.run("apps.token", lambda session: self._server(session).token(request))

    async def revoke(self, request: Request) -> Reply:
        """The answer of the revocation endpoint (RFC 7009)."""
        return await self.storage.run("apps.revoke", lambda session: self._server(session).revoked(request))

    async def bearer(self, token: str) -> Bearer | None:
        """Who shows an access token; None for one that is not good, or of a learner who is suspended."""
        hash, now = secret_hash(token), self.clock.now()

        def body(session: Session) -> Bearer | None:
            row, rows = grants.token(session, hash), Rows(session, now, self.lifetimes)
            if row is None or row.kind != grants.ACCESS or row.expires_at <= now:
                return None
            grant = rows.open_grant(row.grant_id)
            if grant is None or rows.person_of(grant) is None:
                return None
            return Bearer(learner_id=grant.learner_id, client_id=grant.client_id, scopes=frozenset(row.scopes))

        return await self.storage.read(body)

    async def sign_in_code(self, learner_id: str) -> tuple[str, datetime]:
        """A one-time code by which a learner answers one app, and when it ends; the one before it ends now.

        Raises:
            NotFound: no such learner.
            Conflict: the learner is suspended.
        """
        code, now = new_code(), self.clock.now()
        expires_at = now + timedelta(seconds=self.lifetimes.sign_in_code_s)

        def body(session: Session) -> None:
            learner = learners.get(session, learner_id)
            if learner is None:
                raise NotFound("no such learner", found=learner_id[:40], expected="the id of a learner")
            if learner.suspended:
                raise Conflict("this learner is suspended", expected="ler-node learner reinstate first")
            sign_in.drop_unused(session, learner_id)
            sign_in.add(session, code_hash(code), learner_id, now=now, expires_at=expires_at)

        await self.storage.run("apps.code", body)
        return code, expires_at

    async def of_learner(self, learner_id: str) -> Sequence[App]:
        """What a learner granted to apps, the newest first."""

        def body(session: Session) -> list[App]:
            rows = grants.of_learner(session, learner_id, limit=MOST_SHOWN)
            clients = oauth_clients.named(session, [row.client_id for row in rows])
            return [_app(row, clients.get(row.client_id)) for row in rows]

        return await self.storage.read(body)

    async def end(self, learner_id: str, grant_id: str) -> None:
        """Ends what a learner granted: its tokens open nothing from now on.

        Raises:
            NotFound: no such grant of this learner.
        """

        def body(session: Session) -> None:
            grant = grants.find(session, grant_id)
            if grant is None or grant.learner_id != learner_id:
                raise NotFound("no such app of this learner", found=grant_id[:40], expected="an id of learner apps")
            grants.end(session, grant_id, "ended by the institution", now=self.clock.now())

        await self.storage.run("apps.end", body)

    async def tidy(self) -> None:
        """The job `apps.tidy`: removes what ran out, and clients that nobody let in."""

        def body(session: Session) -> None:
            now = self.clock.now()
            grants.forget_expired(session, now=now, codes_before=now - KEPT, grants_before=now - KEPT)
            sign_in.forget_expired(session, before=now - KEPT)
            oauth_clients.forget_unused(session, before=now - UNUSED_FOR)

        await self.storage.run("apps.tidy", body)

    def _server(self, session: Session) -> Server:
        rows = Rows(session, self.clock.now(), self.lifetimes)
        return Server(rows, issuer=self.identity.base_url, scopes=[scope.value for scope in Scope])

    def _person(self, session: Session, hash: str) -> Person | None:
        """Whose code this is, which is used up by that."""
        now = self.clock.now()
        found = sign_in.find(session, hash, now=now)
        learner = None if found is None else learners.get(session, found.learner_id)
        if learner is None or learner.suspended or not sign_in.use(session, hash, now=now):
            return None
        return Person(learner.id)


def in_words(scopes: Sequence[str]) -> Sequence[str]:
    """What scopes allow, for the learner who is asked, in the order that they have for everybody."""
    return [words for scope, words in _WORDS.items() if scope in scopes]


_WORDS: Mapping[Scope, str] = {
    Scope.CREDENTIAL_READONLY: "see your badges here",
    Scope.CREDENTIAL_UPSERT: "add badges of yours here, and replace those that were added",
    Scope.PROFILE_READONLY: "see your profile here",
    Scope.PROFILE_UPDATE: "change your profile here",
}


def _app(row: grants.OauthGrant, client: oauth_clients.OauthClient | None) -> App:
    described: JsonObject = {} if client is None else client.description
    return App(
        id=row.id,
        name=described.get("client_name", "forgotten"),
        host=", ".join(described.get("redirect_uris", [])),
        scopes=row.scopes,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_because=row.ended_because,
    )
