"""What OAuth 2.0 says of clients and of the server's own description: values and rules, without a store or a clock.

Specs: https://www.rfc-editor.org/rfc/rfc7591, https://www.rfc-editor.org/rfc/rfc8414,
https://www.rfc-editor.org/rfc/rfc9700
"""

from protocols.oauth.metadata import authorization_server_metadata
from protocols.oauth.registration import ClientMetadata, RegistrationRefused, parse_client_metadata

__all__ = ["ClientMetadata", "RegistrationRefused", "authorization_server_metadata", "parse_client_metadata"]
