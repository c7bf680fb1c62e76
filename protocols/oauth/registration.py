"""A client's description of itself, as it registers: read within limits, and refused with the member that is wrong.

Whatever it says is said by a stranger. The only fact in it is where answers go: its redirect URIs. So these are checked
for what they could do in a browser, and everything else for how it could mislead whoever is asked to approve.

Specs: https://www.rfc-editor.org/rfc/rfc7591#section-2, https://www.imsglobal.org/spec/ob/v3p0/#dynamic-client-registration
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.oauth.redirects import is_loopback

GRANT_TYPES = ("authorization_code", "refresh_token")
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
MAX_REDIRECT_URIS = 10
MAX_URL_CHARACTERS = 2048
MAX_TEXT_CHARACTERS = 200
MAX_NAME_CHARACTERS = 100
MAX_CONTACTS = 5

_ABOUT = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
_TEXTS = ("software_id", "software_version")
_VISIBLE = re.compile(r"[!#-\[\]-~]+\Z", re.ASCII)
"""What may stand in a URL here: ASCII without spaces, quotes and backslashes, which browsers and servers read apart."""
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])\Z", re.ASCII)


class RegistrationRefused(ProtocolError):
    """A client that cannot be registered as it describes itself.

    `error` is `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591, section 3.2.2).
    """

    def __init__(
        self,
        detail: str,
        *,
        error: str = "invalid_client_metadata",
        found: str | None = None,
        expected: str | None = None,
    ) -> None:
        super().__init__(detail, found=found, expected=expected)
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMetadata:
    """A client as it described itself, checked.

    Args:
        redirect_uris: where answers may go, character by character: https, or http on this machine (RFC 8252).
        auth_method: how it shows who it is at the token endpoint; `none` for a public client.
        scopes: the most that it may ask for, in the server's order.
        about: client_uri, logo_uri, tos_uri, policy_uri, software_id, software_version and contacts, as far as given.
    """

    name: str
    redirect_uris: tuple[str, ...]
    auth_method: str
    grant_types: tuple[str, ...]
    scopes: tuple[str, ...]
    about: JsonObject

    @property
    def is_public(self) -> bool:
        return self.auth_method == "none"

    def to_json(self) -> JsonObject:
        """The members of RFC 7591, with what was left out or changed filled in (section 3.2.1)."""
        return {
            "client_name": self.name,
            "redirect_uris": list(self.redirect_uris),
            "token_endpoint_auth_method": self.auth_method,
            "grant_types": list(self.grant_types),
            "response_types": ["code"],
            "scope": " ".join(self.scopes),
            **self.about,
        }


def parse_client_metadata(value: JsonObject, *, supported: Sequence[str]) -> ClientMetadata:
    """The description in a registration request. Members that are not known are passed over (RFC 7591, section 2).

    Args:
        supported: the scopes there are. A client that names others is registered without them, and is told so in the
            answer; one that names none may ask for all.

    Raises:
        RegistrationRefused: with the member that is wrong.
    """
    redirects = _list(value, "redirect_uris", most=MAX_REDIRECT_URIS, error="invalid_redirect_uri")
    if not redirects:
        raise _refused("redirect_uris", error="invalid_redirect_uri", expected="at least one URL")
    for uri in redirects:
        _check_redirect(uri)
    return ClientMetadata(
        name=_name(value),
        redirect_uris=tuple(dict.fromkeys(redirects)),
        auth_method=_one_of(value, "token_endpoint_auth_method", AUTH_METHODS),
        grant_types=_grant_types(value),
        scopes=_scopes(value, supported),
        about=_about(value, redirects),
    )


def _check_redirect(uri: str) -> None:
    url = _url(uri, "redirect_uris", error="invalid_redirect_uri")
    if url.scheme == "http" and not is_loopback(uri):
        raise _refused(
            "redirect_uris", error="invalid_redirect_uri", found="http", expected="https, or http on 127.0.0.1 or [::1]"
        )
    if "#" in uri:
        raise _refused("redirect_uris", error="invalid_redirect_uri", found="a fragment", expected="no fragment")


def _url(uri: str, member: str, *, error: str = "invalid_client_metadata") -> SplitResult:
    """The URL in `uri`; https or http only, so that it cannot be a script, a file or a document in itself."""
    expected = f"an https URL of at most {MAX_URL_CHARACTERS} characters"
    if len(uri) > MAX_URL_CHARACTERS or not _VISIBLE.match(uri):
        raise _refused(member, error=error, found=f"{len(uri)} characters", expected=expected)
    try:
        url = urlsplit(uri)
        port = url.port
    except ValueError:
        raise _refused(member, error=error, found="no URL", expected=expected) from None
    if url.scheme not in ("https", "http"):
        raise _refused(member, error=error, found=url.scheme[:20] or "no scheme", expected=expected)
    named = url.netloc.removesuffix(f":{port}") if port is not None else url.netloc
    if not _HOST.match(named):
        raise _refused(member, error=error, found="no plain host", expected=f"{expected}, without user and password")
    return url


def _about(value: JsonObject, redirects: Sequence[str]) -> JsonObject:
    """What is shown of a client and kept of it. All its https URLs have one host (Open Badges 3.0): nobody borrows
    another one's privacy policy."""
    about: JsonObject = {}
    hosts = {urlsplit(uri).hostname for uri in redirects if urlsplit(uri).scheme == "https"}
    for member in _ABOUT:
        uri = _text(value, member, most=MAX_URL_CHARACTERS)
        if uri is None:
            continue
        url = _url(uri, member)
        if url.scheme != "https":
            raise _refused(member, found=url.scheme, expected="https")
        hosts.add(url.hostname)
        about[member] = uri
    if len(hosts) > 1:
        raise _refused(
            "redirect_uris and the others", found=f"{len(hosts)} hosts", expected="one host for all its URLs"
        )
    for member in _TEXTS:
        text = _text(value, member, most=MAX_TEXT_CHARACTERS)
        if text is not None:
            about[member] = text
    contacts = _list(value, "contacts", most=MAX_CONTACTS)
    return {**about, "contacts": list(contacts)} if contacts else about


def _name(value: JsonObject) -> str:
    name = (_text(value, "client_name", most=MAX_NAME_CHARACTERS) or "").strip()
    if not name or not name.isprintable():  # nothing that turns the direction of what is beside it, or shows nothing
        raise _refused("client_name", expected=f"a name of 1 to {MAX_NAME_CHARACTERS} characters, for people")
    return name


def _grant_types(value: JsonObject) -> tuple[str, ...]:
    given = _list(value, "grant_types", most=len(GRANT_TYPES)) or (GRANT_TYPES[0],)
    if not set(given) <= set(GRANT_TYPES) or GRANT_TYPES[0] not in given:
        raise _refused("grant_types", expected="authorization_code, and refresh_token where it is wanted")
    if not set(_list(value, "response_types", most=1) or ("code",)) <= {"code"}:
        raise _refused("response_types", expected="code")
    return tuple(name for name in GRANT_TYPES if name in given)


def _scopes(value: JsonObject, supported: Sequence[str]) -> tuple[str, ...]:
    given = _text(value, "scope", most=MAX_URL_CHARACTERS)
    if given is None:
        return tuple(supported)
    scopes = tuple(name for name in supported if name in given.split())
    if not scopes:
        raise _refused("scope", found=f"{len(given.split())} scopes, none of them known", expected=" ".join(supported))
    return scopes


def _one_of(value: JsonObject, member: str, known: Collection[str]) -> str:
    """The first of `known` where the member is left out."""
    given = _text(value, member, most=MAX_TEXT_CHARACTERS)
    if given is None:
        return next(iter(known))
    if given not in known:
        raise _refused(member, found=given[:40] if given.isascii() else None, expected=" or ".join(known))
    return given


def _text(value: JsonObject, member: str, *, most: int) -> str | None:
    given = value.get(member)
    if given is None:
        return None
    if not isinstance(given, str) or not 0 < len(given) <= most:
        raise _refused(member, expected=f"a text of 1 to {most} characters")
    return given


def _list(value: JsonObject, member: str, *, most: int, error: str = "invalid_client_metadata") -> tuple[str, ...]:
    given: Any = value.get(member)
    if given is None:
        return ()
    items = cast("list[Any]", given) if isinstance(given, list) else [None]
    texts = tuple(item for item in items if isinstance(item, str) and len(item) <= MAX_URL_CHARACTERS)
    if len(items) > most or len(texts) != len(items):
        raise _refused(member, error=error, expected=f"a list of at most {most} texts")
    return texts


def _refused(
    member: str, *, error: str = "invalid_client_metadata", found: str | None = None, expected: str
) -> RegistrationRefused:
    return RegistrationRefused(
        f"a client cannot be registered with this {member}", error=error, found=found, expected=expected
    )
