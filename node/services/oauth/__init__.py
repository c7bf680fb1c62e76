"""OAuth 2.0 by Authlib, over the rows of one transaction. Authlib has no types: it is used here and nowhere else.

Authlib decides what a request may have; these modules say what it has to ask of the database, and where we are stricter
than it is: PKCE with S256 always, a code or refresh token that comes a second time ends the grant it belongs to, and
secrets are looked up by their hash.

A refusal is an answer, not an exception: what it changed (a grant that ended) has to be committed.

Specs: https://www.rfc-editor.org/rfc/rfc6749, https://www.rfc-editor.org/rfc/rfc7636,
https://www.rfc-editor.org/rfc/rfc7009, https://www.rfc-editor.org/rfc/rfc9207, https://www.rfc-editor.org/rfc/rfc9700
"""

from node.services.oauth.server import Server
from node.services.oauth.values import Asked, Person, Reply, Request, Rows, new_secret, secret_hash

__all__ = ["Asked", "Person", "Reply", "Request", "Rows", "Server", "new_secret", "secret_hash"]
