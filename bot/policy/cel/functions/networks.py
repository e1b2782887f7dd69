"""Kubernetes' addresses and networks in CEL. Asks no network.

IPv4-mapped IPv6 addresses and zones are refused, as there.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#IP and #CIDR
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.policy.cel.host import Tagged, member, plain, tagged, untagged

_IP = "ip"
_CIDR = "cidr"
_BITS = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)
_IPV4 = 4
_LINK_LOCAL_V4 = ipaddress.IPv4Network("224.0.0.0/24")
_LINK_LOCAL_V6 = 0xFF02

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface


def _address(text: str) -> Address:
    found = ipaddress.ip_address(text)
    if "%" in text or (isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped):
        raise ValueError(f"IP address {text!r} is not allowed: it has a zone, or maps an IPv4 address")
    return found


def _network(text: str) -> Interface:
    address, _, bits = text.partition("/")
    if not _BITS.fullmatch(bits):
        raise ValueError(f"network address parse error: {text!r:.80}")
    _address(address)
    return ipaddress.ip_interface(text)


def _ip(text: str) -> Tagged:
    return tagged(_IP, str(_address(text)))


def _cidr(text: str) -> Tagged:
    return tagged(_CIDR, str(_network(text)))


def _is(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def answer(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return answer


def _of(value: Mapping[str, Any]) -> Address:
    return ipaddress.ip_address(untagged(_IP, value))


def _in(value: Mapping[str, Any]) -> Interface:
    return ipaddress.ip_interface(untagged(_CIDR, value))


def _is_link_local_multicast(value: Mapping[str, Any]) -> bool:
    found = _of(value)
    if isinstance(found, ipaddress.IPv4Address):
        return found in _LINK_LOCAL_V4
    return (int(found) >> 112) & 0xFF0F == _LINK_LOCAL_V6


def _is_link_local_unicast(value: Mapping[str, Any]) -> bool:
    return _of(value).is_link_local


def _is_global_unicast(value: Mapping[str, Any]) -> bool:
    """By Go's reading: private addresses are global too."""
    found = _of(value)
    is_broadcast = found == ipaddress.IPv4Address("255.255.255.255")
    no = found.is_unspecified, found.is_loopback, found.is_multicast, found.is_link_local, is_broadcast
    return not any(no)


def _contains(value: Mapping[str, Any], other: Address) -> bool:
    network = _in(value).network
    return network.version == other.version and other in network


def _covers(value: Mapping[str, Any], other: Interface) -> bool:
    network = _in(value).network
    return (
        network.version == other.version
        and network.prefixlen <= other.network.prefixlen
        and other.ip in network
    )


def _text(value: Mapping[str, Any]) -> str:
    kind = _IP if f"@{_IP}" in value else _CIDR
    return untagged(kind, value)


NETWORKS = (
    plain("ip", "string", "map", _ip),
    plain("isIP", "string", "bool", _is(_address)),
    plain("ip.isCanonical", "string", "bool", lambda text: str(_address(text)) == text),
    member("family", "map", "int", lambda one: 4 if _of(one).version == _IPV4 else 6),
    member("isUnspecified", "map", "bool", lambda one: _of(one).is_unspecified),
    member("isLoopback", "map", "bool", lambda one: _of(one).is_loopback),
    member("isLinkLocalMulticast", "map", "bool", _is_link_local_multicast),
    member("isLinkLocalUnicast", "map", "bool", _is_link_local_unicast),
    member("isGlobalUnicast", "map", "bool", _is_global_unicast),
    plain("cidr", "string", "map", _cidr),
    plain("isCIDR", "string", "bool", _is(_network)),
    member("containsIP", "map string", "bool", lambda one, text: _contains(one, _address(text))),
    member("containsIP", "map map", "bool", lambda one, other: _contains(one, _of(other))),
    member("containsCIDR", "map string", "bool", lambda one, text: _covers(one, _network(text))),
    member("containsCIDR", "map map", "bool", lambda one, other: _covers(one, _in(other))),
    member("ip", "map", "map", lambda one: tagged(_IP, str(_in(one).ip))),
    member("prefixLength", "map", "int", lambda one: _in(one).network.prefixlen),
    member("masked", "map", "map", lambda one: tagged(_CIDR, str(_in(one).network))),
    plain("string", "map", "string", _text),
)
