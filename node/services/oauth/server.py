# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportMissingParameterType=false, reportIncompatibleMethodOverride=false
# pyright: reportIncompatibleVariableOverride=false, reportUnknownLambdaType=false, reportOptionalMemberAccess=false
# pyright: reportAssignmentType=false, reportReturnType=false, reportAttributeAccessIssue=false, reportArgumentType=false
"""The authorization server that Authlib is, over the rows of one transaction."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc9207 import IssuerParameter

from node.services.oauth.grants import S256, CodeGrant, RefreshGrant, Revocation
from node.services.oauth.values import Asked, Client, Person, Reply, Request, Rows, new_secret, secret_hash
from node.storage.repos import oauth_clients
from node.storage.repos import oauth_grants as grants
from protocols.jose.encoding import JsonObject


class _Issuer(IssuerParameter):
    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def get_issuer(self) -> str:
        return self.issuer

    def __call__(self, authorization_server: AuthorizationServer) -> None:
        authorization_server.register_hook("after_create_authorization_response", self.add_issuer_parameter)


class Server(AuthorizationServer):
    """The authorization server for one transaction.

    Args:
        issuer: its identifier, an https URL.
        scopes: every scope there is.
    """

    def __init__(self, rows: Rows, *, issuer: str, scopes: Sequence[str]) -> None:
        super().__init__(scopes_supported=list(scopes))
        self.rows = rows
        self.issuer = _Issuer(issuer)
        self.register_grant(CodeGrant, [S256(required=True)])
        self.register_grant(RefreshGrant)
        self.register_endpoint(Revocation)
        self.issuer(self)
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                lambda **_: new_secret("lera_"),
                lambda **_: new_secret("lerr_"),
                lambda *_: rows.lifetimes.access_token_s,
            ),
        )

    def asked(self, request: Request) -> CodeGrant | Reply:
        """What a client asks of a learner; or the refusal, which redirects only where the client registered it."""
        try:
            return self.get_consent_grant(request)
        except OAuth2Error as error:
            reply: Reply = self.handle_error_response(request, error)
            self.issuer.add_issuer_parameter(self, reply)
            return reply
        except ValueError:  # Authlib repeats what it was given in an error that may not hold it
            return Reply(status=400, body={"error": "invalid_request"})

    def wanted(self, grant: CodeGrant) -> Asked:
        """What the request of `grant` asks."""
        payload, client = grant.request.payload, grant.request.client
        scopes = tuple(payload.scope.split())
        return Asked(client=client.row.description, redirect_uri=payload.redirect_uri, scopes=scopes)

    def answered(self, grant: CodeGrant, person: Person | None) -> Reply:
        """The redirect that tells the client what a learner said; `person` None for a no."""
        return self.create_authorization_response(grant.request, grant_user=person, grant=grant)

    def token(self, request: Request) -> Reply:
        """The answer of the token endpoint."""
        return self._shown(lambda: self.create_token_response(request))

    def revoked(self, request: Request) -> Reply:
        """The answer of the revocation endpoint."""
        return self._shown(lambda: self.create_endpoint_response(Revocation.ENDPOINT_NAME, request))

    def _shown(self, answer: Callable[[], Reply]) -> Reply:
        """The answer to a client that has to show who it is; Authlib cannot read every Authorization header."""
        try:
            return answer()
        except ValueError:
            challenge = {"WWW-Authenticate": 'Basic realm="oauth"'}
            return Reply(status=401, body={"error": "invalid_client"}, headers=challenge)

    def query_client(self, client_id: str) -> Client | None:
        row = oauth_clients.find(self.rows.session, client_id)
        return None if row is None else Client(row)

    def save_token(self, token: JsonObject, request: OAuth2Request) -> None:
        grant: grants.OauthGrant = (request.authorization_code or request.refresh_token).grant
        until = {"access": self.rows.lifetimes.access_token_s, "refresh": self.rows.lifetimes.refresh_token_s}
        scopes = {"access": token["scope"].split(), "refresh": grant.scopes}
        for kind in (grants.ACCESS, grants.REFRESH):
            if f"{kind}_token" in token:
                expires_at = min(self.rows.now + timedelta(seconds=until[kind]), grant.expires_at)
                hash = secret_hash(token[f"{kind}_token"])
                grants.add_token(
                    self.rows.session, hash, kind, grant.id, scopes[kind], now=self.rows.now, expires_at=expires_at
                )

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Reply:
        return Reply(status=status, body=body or {}, headers=dict(headers))
