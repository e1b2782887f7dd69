"""The host of a URL, by Go's grammar. Resolves nothing.

Source: pkg.go.dev/net/url (go 1.26)
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote

_PORT = re.compile(r"(:[0-9]*)?", re.ASCII)
_FINE = re.compile(r"[A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>\"%\u0080-\U0010ffff]*")
_ESCAPE = re.compile(r"%(?P<hex>[0-9A-Fa-f]{2})?")
_ASCII = 0x80


def checked(host: str) -> str:
    """The host with its port, as it was written. Raises ValueError."""
    if "[" in host:
        return _bracketed(host)
    name, colon, digits = host.rpartition(":")
    if colon and (":" in name or not _PORT.fullmatch(colon + digits)):
        raise ValueError(f"invalid port {colon + digits!r} after host")
    _escapes(host)
    return host


def _bracketed(host: str) -> str:
    address, bracket, rest = host.rpartition("]")
    if not host.startswith("[") or host.count("[") > 1:
        raise ValueError("invalid IP-literal")
    if not bracket:
        raise ValueError("missing ']' in host")
    if not _PORT.fullmatch(rest):
        raise ValueError(f"invalid port {rest!r} after host")
    ipaddress.IPv6Address(address[1:].partition("%25")[0])
    return host


def _escapes(host: str) -> None:
    for found in _ESCAPE.finditer(host):
        code = found["hex"]
        if code is None or (int(code, 16) < _ASCII and code != "25"):
            raise ValueError(f"invalid URL escape {found.group()!r}")
    if not _FINE.fullmatch(host):
        raise ValueError("invalid character in host name")


def unescaped(host: str) -> str:
    """The host as getters give it."""
    return unquote(host)


def hostname(host: str) -> str:
    """Without the port and the brackets."""
    name = host.removesuffix(f":{port(host)}") if port(host) or host.endswith(":") else host
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def port(host: str) -> str:
    """The digits behind the last colon; empty where there are none."""
    _, colon, digits = host.rpartition(":")
    return digits if colon and _PORT.fullmatch(colon + digits) else ""
