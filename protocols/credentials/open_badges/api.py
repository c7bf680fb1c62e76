"""The API of Open Badges 3.0, as far as it is the same for every server: scopes, status information, description.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#api
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from protocols.jose.encoding import JsonObject

OPENAPI = "3.0.3"
"""The version of OpenAPI that the specification asks for."""
API_VERSION = "3.0"
_SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"


class Scope(StrEnum):
    """What a client may be allowed to do for one person.

    Spec: https://www.imsglobal.org/spec/ob/v3p0/#scopes
    """

    CREDENTIAL_READONLY = f"{_SCOPE}credential.readonly"
    CREDENTIAL_UPSERT = f"{_SCOPE}credential.upsert"
    PROFILE_READONLY = f"{_SCOPE}profile.readonly"
    PROFILE_UPDATE = f"{_SCOPE}profile.update"


SCOPES: Mapping[Scope, str] = MappingProxyType(
    {
        Scope.CREDENTIAL_READONLY: "Read the badges of the person who approves.",
        Scope.CREDENTIAL_UPSERT: "Add badges of the person who approves, or replace them.",
        Scope.PROFILE_READONLY: "Read the profile of the person who approves.",
        Scope.PROFILE_UPDATE: "Change the profile of the person who approves.",
    }
)
"""Every scope and what it allows, for developers."""

CODE_MINOR: Mapping[int, str] = MappingProxyType(
    {
        400: "invalid_data",
        401: "unauthorizedrequest",
        403: "forbidden",
        404: "not_found",
        405: "not_allowed",
        406: "not_acceptable",
        421: "misdirected_request",
        422: "invalid_data",
        429: "server_busy",
        500: "internal_server_error",
        503: "server_busy",
    }
)
INVALID_QUERY = "invalid_query_parameter"


def status_info(status: int, description: str, *, code_minor: str | None = None) -> JsonObject:
    """An Imsx_StatusInfo for a request that was refused or failed.

    Args:
        status: of HTTP; it decides the minor code where `code_minor` does not.

    Spec: https://www.imsglobal.org/spec/ob/v3p0/#imsx-statusinfo
    """
    field = {
        "imsx_codeMinorFieldName": "ler-node",
        "imsx_codeMinorFieldValue": code_minor or CODE_MINOR.get(status, "unknown"),
    }
    return {
        "imsx_codeMajor": "unsupported" if status == 405 else "failure",
        "imsx_severity": "status" if status == 404 else "error",
        "imsx_description": description,
        "imsx_codeMinor": {"imsx_codeMinorField": [field]},
    }


def service_description(
    *,
    server: str,
    name: str,
    terms: str,
    privacy_policy: str,
    authorization: str,
    token: str,
    registration: str,
    paths: JsonObject,
    schemas: JsonObject,
) -> JsonObject:
    """The Service Description Document: an OpenAPI document of this server, with where to register and to ask.

    Args:
        server: the URL that `paths` stand under.
        terms: URL of the terms of service, as `privacy_policy` is of the privacy policy.
        authorization: URL of that endpoint, as are `token` and `registration`.

    Spec: https://www.imsglobal.org/spec/ob/v3p0/#servicedescriptiondocument
    """
    scheme: JsonObject = {
        "type": "oauth2",
        "description": "OAuth 2.0 authorization code grant, with PKCE (S256)",
        "x-imssf-name": name,
        "x-imssf-registrationUrl": registration,
        "x-imssf-privacyPolicyUrl": privacy_policy,
        "x-imssf-termsOfServiceUrl": terms,
        "flows": {
            "authorizationCode": {
                "authorizationUrl": authorization,
                "tokenUrl": token,
                "refreshUrl": token,
                "scopes": {scope.value: SCOPES[scope] for scope in Scope},
            }
        },
    }
    return {
        "openapi": OPENAPI,
        "info": {
            "title": name,
            "version": API_VERSION,
            "termsOfService": terms,
            "x-imssf-privacyPolicyUrl": privacy_policy,
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"securitySchemes": {"OAuth2ACG": scheme}, "schemas": schemas},
    }
