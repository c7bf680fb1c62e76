"""Which addresses this node connects to: those of the public Internet, decided on the final address of each connect.

A check of names, or of what a resolver answers, is passed by address literals in a dozen spellings and by a name that
answers differently the second time. The socket is the one place that every connect goes through.

Lists: https://www.iana.org/assignments/iana-ipv4-special-registry/, …/iana-ipv6-special-registry/
"""

import socket
from collections.abc import Callable, Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Any

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it: family, type, protocol, canonical name, (address, port, …)."""
OpenSocket = Callable[[AddressInfo], socket.socket]

_REFUSED_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host service, on a public address
        "169.254.0.0/16",  # link-local, and most clouds' metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
"""Everything outside is refused: loopback, mapped and compatible IPv4, NAT64, unique local, link-local, multicast."""
_REFUSED_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, with Teredo, benchmarking and ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: carries an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


class ForbiddenAddress(OSError):
    """A socket that was not opened. Its text stays inside: a peer must not learn what our network looks like."""


def is_public(text: str) -> bool:
    """Whether `text` is an address literal, as a socket is given it, of the public Internet."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    return address in _PUBLIC_6 and not any(address in network for network in _REFUSED_6)


def open_socket(info: AddressInfo) -> socket.socket:
    """A plain socket for `info`, without any check."""
    return socket.socket(family=info[0], type=info[1], proto=info[2])


def public_only(open: OpenSocket) -> OpenSocket:
    """`open` for public addresses only; ForbiddenAddress for all others."""

    def check(info: AddressInfo) -> socket.socket:
        if not is_public(str(info[4][0])):
            raise ForbiddenAddress("an address that is not public")
        return open(info)

    return check


def only(allowed: Collection[tuple[str, int]], open: OpenSocket) -> OpenSocket:
    """`open` for exactly these (loopback address, port) pairs; ForbiddenAddress for all others."""

    def check(info: AddressInfo) -> socket.socket:
        address, port = str(info[4][0]), info[4][1]
        if (address, port) not in allowed or not ip_address(address).is_loopback:
            raise ForbiddenAddress("an address that stands for nobody")
        return open(info)

    return check
