"""Where an authorization server may send a browser, and which requests name such a place.

Specs: https://www.rfc-editor.org/rfc/rfc9700#section-2.1, https://www.rfc-editor.org/rfc/rfc8252#section-7.3
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

_ON_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::[1-9][0-9]{0,4})?((?:[/?].*)?)\Z", re.ASCII)


def is_loopback(uri: str) -> bool:
    """Whether a redirect URI leads to the machine of whoever opens it (RFC 8252, section 7.3)."""
    host = urlsplit(uri).hostname or ""
    return host == "localhost" or _is_loopback_address(host)


def is_registered(uri: str, registered: Iterable[str]) -> bool:
    """Whether `uri` is one of those that a client registered, character by character.

    The one exception is the port of an http URI on a loopback address: an app on a phone or a desk gets another one
    from its system each time (RFC 8252, section 7.3). It can lead nowhere but to the machine of whoever approves.
    """
    return any(uri == known or _on_any_port(uri) == _on_any_port(known) is not None for known in registered)


def form_target(uri: str) -> str:
    """The source expression that lets a form's answer lead to a registered redirect URI (CSP, form-action).

    An IPv6 address cannot be written as one, so all of http stands for it.
    """
    url = urlsplit(uri)
    return f"{url.scheme}:" if "[" in url.netloc else f"{url.scheme}://{url.netloc}"


def _on_any_port(uri: str) -> str | None:
    """A URI on a loopback address without its port, otherwise as it is written; None for every other."""
    found = _ON_LOOPBACK.match(uri)
    return None if found is None else f"http://{found[1]}{found[2]}"


def _is_loopback_address(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
