# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingParameterType=false, reportIncompatibleMethodOverride=false
# pyright: reportIncompatibleVariableOverride=false, reportUnknownLambdaType=false, reportOptionalMemberAccess=false
# pyright: reportAssignmentType=false, reportReturnType=false, reportAttributeAccessIssue=false, reportArgumentType=false
"""What Authlib is given and gives back: clients, requests, replies, and the rows of one transaction."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from node.clock import entropy
from node.settings import Apps as Lifetimes
from node.storage.repos import learners, oauth_clients
from node.storage.repos import oauth_grants as grants
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject, b64url_encode, digest
from protocols.oauth.redirects import is_registered

SECRET_BYTES = 32
USED_TWICE = "used twice"
"""Why a grant ended: somebody had a code or a refresh token that was used before."""


def new_secret(prefix: str) -> str:
    """256 random bits; the prefix lets secret scanners and people tell what it is."""
    return prefix + b64url_encode(entropy(SECRET_BYTES))


def secret_hash(secret: str) -> str:
    """What is stored of a code, a token or a client's secret: there is nothing to guess, so a plain hash will do."""
    return digest(secret.encode("utf-8", "surrogatepass"))


@dataclass(slots=True)
class Reply:
    """What Authlib answers: a redirect where `location` is set, otherwise a JSON body."""

    status: int
    body: JsonObject
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def location(self) -> str | None:
        return self.headers.get("Location")

    @location.setter
    def location(self, value: str) -> None:
        self.headers["Location"] = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an app asks of a learner: its description as it gave it, where the answer goes, and for which scopes."""

    client: JsonObject
    redirect_uri: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A learner as Authlib is told of one."""

    id: str


class Client(ClientMixin):
    """A registered client, asked what it may."""

    def __init__(self, row: oauth_clients.OauthClient) -> None:
        self.row = row
        self.described: Mapping[str, Any] = row.description

    def get_client_id(self) -> str:
        return self.row.id

    def get_default_redirect_uri(self) -> None:
        """None: a request names where its answer goes, so that nothing is left to be filled in differently."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """All of what was asked for, or nothing: a learner sees what an app asked, not what was made of it."""
        known: list[str] = self.described["scope"].split()
        asked = known if scope is None else scope.split()
        return " ".join(name for name in known if name in asked) if asked and set(asked) <= set(known) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return is_registered(redirect_uri, self.described["redirect_uris"])

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(secret_hash(client_secret), self.row.secret_hash or "")

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return self.described["token_endpoint_auth_method"] == method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.described["grant_types"]


class Request(OAuth2Request):
    """A request whose parameters were read and bounded: each there once, none empty."""

    def __init__(self, method: str, uri: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> None:
        super().__init__(method, uri, headers=dict(headers))
        self.payload = BasicOAuth2Payload(dict(parameters))

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


@dataclass(frozen=True, slots=True)
class Rows:
    """What one transaction can say of grants."""

    session: Session
    now: datetime
    lifetimes: Lifetimes

    def open_grant(self, id: str, *, was_used: bool = False) -> grants.OauthGrant | None:
        """The grant, unless it is over; it is from now on where what was handed out for it was used before."""
        grant = grants.find(self.session, id)
        if grant is None or grant.ended_at is not None or grant.expires_at <= self.now:
            return None
        if was_used:
            grants.end(self.session, id, USED_TWICE, now=self.now)
            return None
        return grant

    def person_of(self, grant: grants.OauthGrant) -> Person | None:
        """Whose grant it is; None for somebody who is suspended."""
        learner = learners.get(self.session, grant.learner_id)
        return None if learner is None or learner.suspended else Person(learner.id)
