"""Where a message may be sent. A webhook must not become a way into the institution's own network.

The name is resolved once and the message goes to the very address that was checked, so that a name which changes its
mind between the check and the sending gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PORTS = {"http": 80, "https": 443}


class NotAllowed(Exception):
    """The address may not be sent to; the argument is a code: ``bad_url``, ``unknown_host``, ``private_address`` or
    ``not_encrypted``."""


@dataclass(frozen=True)
class Target:
    """A URL whose host was resolved and found allowed."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address

    @property
    def url(self) -> str:
        """The URL with the address in place of the name."""
        host = f"[{self.address}]" if self.address.version == 6 else f"{self.address}"
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of a URL a webhook may have. Raises ``NotAllowed``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("bad_url") from None
    clean = url.isprintable() and " " not in url and url.isascii()
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or parts.fragment or not clean:
        raise NotAllowed("bad_url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path


def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host. Raises ``NotAllowed`` when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotAllowed("unknown_host") from None
    return [ipaddress.ip_address(str(place[0]).split("%")[0]) for *_kind, place in found]


def check(url: str, allowed: Sequence[Network], resolving: Callable[[str, int], list[Address]] = resolve) -> Target:
    """The target of a URL. Every address of its host must be public, or in one of the networks ``allowed``; without
    encryption only the latter. Raises ``NotAllowed``."""
    scheme, host, port, path = parse(url)
    addresses = resolving(host, port)
    if not addresses:
        raise NotAllowed("unknown_host")
    for address in addresses:
        plain = getattr(address, "ipv4_mapped", None) or address
        if any(plain in network for network in allowed if network.version == plain.version):
            continue
        if not plain.is_global or plain.is_multicast:
            raise NotAllowed("private_address")
        if scheme != "https":
            raise NotAllowed("not_encrypted")
    return Target(scheme, host, port, path, addresses[0])
