"""What an authorization server says of itself.

Spec: https://www.rfc-editor.org/rfc/rfc8414#section-2
"""

from collections.abc import Sequence

from protocols.jose.encoding import JsonObject
from protocols.oauth.registration import AUTH_METHODS, GRANT_TYPES


def authorization_server_metadata(
    *,
    issuer: str,
    authorization: str,
    token: str,
    registration: str,
    revocation: str,
    scopes: Sequence[str],
    documentation: str,
) -> JsonObject:
    """The metadata document of a server that grants by authorization code with PKCE S256, and in no other way.

    Args:
        issuer: its identifier, an https URL; it is `iss` in every authorization response (RFC 9207).
        authorization: URL of that endpoint, as are `token`, `registration` and `revocation`.
        documentation: a page for developers and learners.
    """
    return {
        "issuer": issuer,
        "authorization_endpoint": authorization,
        "token_endpoint": token,
        "registration_endpoint": registration,
        "revocation_endpoint": revocation,
        "scopes_supported": list(scopes),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": documentation,
    }
