"""did:web: where the document of such a DID is fetched. Fetching it is the node's work.

Spec: https://w3c-ccg.github.io/did-method-web/#read-resolve
"""

import re
from urllib.parse import urlsplit

from protocols.dids.did import check_did
from protocols.errors import DidError

_PREFIX = "did:web:"
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9\-]{0,61}[a-z0-9])?\Z")
"""DNS names in lower case; the last label begins with a letter, which keeps IPv4 literals out."""
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")
_SEGMENT = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9._\-]{0,127}\Z")
"""Nothing that starts with a dot and nothing percent-encoded: no `..`, no hidden slash, at sign or query."""


def document_url(did: str) -> str:
    """The https URL of the document of a did:web.

    Raises:
        DidError: not a did:web, an IP address or malformed host, a port that is none, or a path with anything but
            plain segments (encoded characters, dots in front).
    """
    if not check_did(did).startswith(_PREFIX):
        raise DidError("not a did:web", found=did[:64], expected="did:web:host")
    return f"{folder_url(did.removeprefix(_PREFIX), 'did:web')}/did.json"


def folder_url(location: str, method: str) -> str:
    """The https URL of the folder that `host[%3Aport][:path]`, as a did:web and a did:webvh end, stands for.

    A name outside of ASCII is taken as IDNA writes it (`xn--…`): a DID has no other characters.

    Raises:
        DidError: as for `document_url`, with the name of `method`.
    """
    host, *segments = location.split(":")
    name, encoded_colon, port = host.partition("%3A")
    if not _HOST.match(name):
        raise DidError(f"not the host of a {method}", found=name[:64], expected="a DNS name in lower case")
    if encoded_colon and not (_PORT.match(port) and int(port) < 65536):
        raise DidError(f"not the port of a {method}", found=port[:16], expected="host%3Aport")
    for segment in segments:
        if not _SEGMENT.match(segment):
            raise DidError(f"not a path of a {method}", found=segment[:64], expected="plain segments after colons")
    origin = f"https://{name}:{port}" if encoded_colon else f"https://{name}"
    return "/".join((origin, *(segments or [".well-known"])))


def did_web(origin_url: str) -> str:
    """The did:web whose document stands under an https URL of a host, with port and path where it has them.

    Raises:
        DidError: not such a URL.
    """
    try:
        parts = urlsplit(origin_url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise DidError("not a URL", expected="https://host[:port][/path]") from error
    if parts.scheme != "https" or parts.username is not None or parts.query or parts.fragment:
        raise DidError("not the URL of a did:web", found=origin_url[:64], expected="https://host[:port][/path]")
    segments = [segment for segment in parts.path.split("/") if segment]
    did = ":".join((_PREFIX + host + (f"%3A{port}" if port not in (None, 443) else ""), *segments))
    document_url(did)
    return did
