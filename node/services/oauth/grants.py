# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingParameterType=false, reportIncompatibleMethodOverride=false
# pyright: reportIncompatibleVariableOverride=false, reportUnknownLambdaType=false, reportOptionalMemberAccess=false
# pyright: reportAssignmentType=false, reportReturnType=false, reportAttributeAccessIssue=false, reportArgumentType=false
"""What a client can come with, a code or a refresh token, and what becomes of each, the second time too."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from node.clock import new_id
from node.services.oauth.values import Client, Person, Rows, new_secret, secret_hash
from node.storage.repos import oauth_clients
from node.storage.repos import oauth_grants as grants
from protocols.oauth.registration import AUTH_METHODS

REVOKED = "revoked by the app"


class S256(CodeChallenge):
    """PKCE as RFC 9700 wants it: every client, and S256 alone. Authlib would let it be left out, or be `plain`."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar = ["S256"]

    def validate_code_challenge(self, grant, redirect_uri) -> None:
        parameters: Mapping[str, str] = grant.request.payload.data
        if len(parameters.get("code_challenge", "")) != 43 or parameters.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is needed: a code_challenge, and code_challenge_method S256")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge_method(self, authorization_code) -> str:
        return "S256"


class _Server(Protocol):
    """What a grant needs of the server that it belongs to."""

    rows: Rows


class _Code:
    """An authorization code with the grant that it is for."""

    def __init__(self, row: grants.OauthCode, grant: grants.OauthGrant) -> None:
        self.row, self.grant = row, grant
        self.code_challenge = row.code_challenge

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.grant.scopes)


class _Token:
    """An access or refresh token with the grant that it is for."""

    def __init__(self, row: grants.OauthToken, grant: grants.OauthGrant) -> None:
        self.row, self.grant = row, grant

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)

    def check_client(self, client: Client) -> bool:
        return self.grant.client_id == client.row.id


class CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = list(AUTH_METHODS)
    server: _Server

    def validate_authorization_request(self) -> str:
        """Scopes have to be named: what an app gets is what a learner reads."""
        redirect_uri = super().validate_authorization_request()
        if not self.request.payload.scope:
            raise InvalidScopeError(redirect_uri=redirect_uri)
        return redirect_uri

    def generate_authorization_code(self) -> str:
        return new_secret("lerc_")

    def create_authorization_response(self, redirect_uri: str, grant_user: Person | None) -> Any:
        """With `scope`, as Open Badges 3.0 has it (section 7.1.2.2)."""
        status, body, _ = made = super().create_authorization_response(redirect_uri, grant_user)
        headers = dict(made[2])
        return (
            status,
            body,
            [("Location", add_params_to_uri(headers["Location"], [("scope", self.request.payload.scope)]))],
        )

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        rows = self.server.rows
        session, now, lifetimes = rows.session, rows.now, rows.lifetimes
        grant = grants.add(
            session,
            new_id(),
            learner_id=request.user.id,
            client_id=request.client.row.id,
            scopes=request.payload.scope.split(),
            now=now,
            expires_at=now + timedelta(seconds=lifetimes.grant_s),
        )
        grants.add_code(
            session,
            secret_hash(code),
            grant,
            redirect_uri=request.payload.redirect_uri,
            code_challenge=request.payload.data["code_challenge"],
            expires_at=now + timedelta(seconds=lifetimes.authorization_code_s),
        )
        oauth_clients.granted(session, request.client.row, now=now)

    def query_authorization_code(self, code: str, client: Client) -> _Code | None:
        """A code of this very client that is good; one that was used before ends what it gave (RFC 6749, 4.1.2)."""
        row = grants.code(self.server.rows.session, secret_hash(code))
        if row is None or row.client_id != client.row.id:
            return None
        grant = self.server.rows.open_grant(row.grant_id, was_used=row.used_at is not None)
        return None if grant is None or row.expires_at <= self.server.rows.now else _Code(row, grant)

    def validate_token_request(self) -> None:
        """Everything first, the verifier too; then the code is used up, by one of two that come at once."""
        super().validate_token_request()
        code: _Code = self.request.authorization_code
        if self.authenticate_user(code) is None:
            raise InvalidGrantError
        if not grants.use_code(self.server.rows.session, code.row.hash, now=self.server.rows.now):
            self.server.rows.open_grant(code.grant.id, was_used=True)
            raise InvalidGrantError

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """It stays for a while, used, so that a second use shows."""

    def authenticate_user(self, authorization_code: _Code) -> Person | None:
        return self.server.rows.person_of(authorization_code.grant)


class RefreshGrant(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = list(AUTH_METHODS)
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: _Server

    def authenticate_refresh_token(self, refresh_token: str) -> _Token | None:
        """A refresh token of this very client that is good; one used before ends its grant (RFC 9700, 4.14)."""
        row = grants.token(self.server.rows.session, secret_hash(refresh_token))
        if row is None or row.kind != grants.REFRESH:
            return None
        owner = grants.find(self.server.rows.session, row.grant_id)
        if owner is None or owner.client_id != self.request.client.row.id:
            return None
        grant = self.server.rows.open_grant(row.grant_id, was_used=row.used_at is not None)
        return None if grant is None or row.expires_at <= self.server.rows.now else _Token(row, grant)

    def validate_token_request(self) -> None:
        super().validate_token_request()
        token: _Token = self.request.refresh_token
        if self.authenticate_user(token) is None:  # a suspension ends: the token is not used up by it
            raise InvalidGrantError
        if not grants.use_token(self.server.rows.session, token.row.hash, now=self.server.rows.now):
            self.server.rows.open_grant(token.grant.id, was_used=True)
            raise InvalidGrantError

    def authenticate_user(self, refresh_token: _Token) -> Person | None:
        return self.server.rows.person_of(refresh_token.grant)

    def revoke_old_credential(self, refresh_token: _Token) -> None:
        """It was used up when it was found good, and stays, so that a second use shows."""


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS: ClassVar = list(AUTH_METHODS)
    server: _Server

    def check_params(self, request: OAuth2Request, client: Client) -> None:
        """A hint that is not known is passed over (RFC 7009, section 2.2)."""
        if not request.payload.data.get("token"):
            raise InvalidRequestError

    def query_token(self, token_string: str, token_type_hint: str | None) -> _Token | None:
        """By its hash, whatever the hint says."""
        row = grants.token(self.server.rows.session, secret_hash(token_string))
        grant = None if row is None else grants.find(self.server.rows.session, row.grant_id)
        return None if row is None or grant is None else _Token(row, grant)

    def revoke_token(self, token: _Token, request: OAuth2Request) -> None:
        """A refresh token takes everything of its grant with it; an access token goes alone (RFC 7009, section 2.1)."""
        if token.row.kind == grants.REFRESH:
            grants.end(self.server.rows.session, token.grant.id, REVOKED, now=self.server.rows.now)
        else:
            grants.forget_token(self.server.rows.session, token.row.hash)
