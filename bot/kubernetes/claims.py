"""What objects claim for themselves: hosts and paths, and names of what others make of them.

Two owners of one claim would take each other's requests; whether there are two is judged elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.kubernetes.identity import Identity, Object, at, identify, items, text, texts

GATEWAY, INGRESS = "gateway.networking.k8s.io", "networking.k8s.io"

ACK_S3, CNPG = "s3.services.k8s.aws", "postgresql.cnpg.io"
EXTERNAL_DNS, EXTERNAL_SECRETS = "externaldns.k8s.io", "external-secrets.io"
S3 = "s3.amazonaws.com"
"""Stands for the group of what is in AWS: its buckets are in no namespace, whichever object asks for them."""

_SERVICES = ("rw", "ro", "r")
"""Of a Cluster. https://cloudnative-pg.io/documentation/current/service_management/"""


_SECRETS = ("app", "superuser", "ca", "server", "replication")
"""Likewise. https://cloudnative-pg.io/documentation/current/applications/"""
_ADDRESSES = frozenset({"A", "AAAA", "CNAME"})


class Record(NamedTuple):
    """A name in DNS that leads somewhere. `kind` is `A`, `AAAA` or `CNAME`; `object` as of a claim."""

    host: str
    kind: str
    object: str


class Claim(NamedTuple):
    """Requests that an object takes.

    `host` is lower case and may start with `*.`. `path` is a prefix (`/`, `/api`); `=/api` is exactly that
    path, `~...` a regular expression; what narrows it further (a method, headers) follows in brackets.
    `object` is `HTTPRoute/checkout`.
    """

    host: str
    path: str
    object: str


def claims(objects: Iterable[Object]) -> tuple[Claim, ...]:
    """All claims of these objects, sorted, each once. A route that names no host claims none."""
    return tuple(sorted({claim for one in objects for claim in _claims(one)}))


def made_of(objects: Iterable[Object]) -> tuple[Identity, ...]:
    """What operators will make of these objects under a name that another may want, sorted, each once."""
    return tuple(sorted({made for one in objects for made in _made_of(one)}))


def records(objects: Iterable[Object]) -> tuple[Record, ...]:
    """Names that these objects put into DNS, sorted, each once. A text leads nowhere, so it takes nothing."""
    return tuple(
        sorted(
            {
                Record(text(found, "dnsName").lower().rstrip("."), kind, str(identify(one)))
                for one in objects
                if identify(one)[:2] == (EXTERNAL_DNS, "DNSEndpoint")
                for found in items(one, "spec", "endpoints")
                if (kind := text(found, "recordType")) in _ADDRESSES
            }
        )
    )


def _made_of(one: Object) -> Iterator[Identity]:
    identity = identify(one)
    match identity.group, identity.kind:
        case (group, "Bucket") if group == ACK_S3:
            if name := text(one, "spec", "name"):
                yield Identity(S3, "Bucket", "", name)
        case (group, "Cluster") if group == CNPG:
            left_out = texts(one, "spec", "managed", "services", "disabledDefaultServices")
            for service in _SERVICES:
                if service not in left_out:
                    yield Identity("", "Service", identity.namespace, f"{identity.name}-{service}")
            for secret in _SECRETS:
                yield Identity("", "Secret", identity.namespace, f"{identity.name}-{secret}")
        case (group, "Database") if group == CNPG:
            # Two objects that speak of one database take turns in what it is.
            name = f"{text(one, 'spec', 'cluster', 'name')}/{text(one, 'spec', 'name')}"
            yield Identity(CNPG, "database", identity.namespace, name)
        case (group, "ExternalSecret") if group == EXTERNAL_SECRETS:
            if text(one, "spec", "target", "creationPolicy") in ("", "Owner", "Orphan"):
                name = text(one, "spec", "target", "name") or identity.name
                yield Identity("", "Secret", identity.namespace, name)


def _claims(one: Object) -> Iterator[Claim]:
    identity = identify(one)
    match identity.group, identity.kind:
        case (group, "HTTPRoute") if group == GATEWAY:
            yield from _routed(one, [_http(found) for found in _matches(one)])
        case (group, "GRPCRoute") if group == GATEWAY:
            yield from _routed(one, [_grpc(found) for found in _matches(one)])
        case (group, "TLSRoute") if group == GATEWAY:
            yield from _routed(one, ["/"])
        case (group, "Ingress") if group == INGRESS:
            yield from _ingress(one)


def _routed(one: Object, paths: list[str]) -> Iterator[Claim]:
    for host in texts(one, "spec", "hostnames"):
        yield from (Claim(host.lower(), path, str(identify(one))) for path in paths)


def _matches(one: Object) -> Iterator[Object]:
    """A rule without matches takes everything, and so does a route without rules."""
    for rule in list(items(one, "spec", "rules")) or [{}]:
        yield from list(items(rule, "matches")) or [{}]


def _http(match: Object) -> str:
    kind, value = text(match, "path", "type") or "PathPrefix", text(match, "path", "value") or "/"
    return _path(kind, value) + _narrowed(match, ("method", "headers", "queryParams"))


def _grpc(match: Object) -> str:
    """The path of gRPC is `/service/method`."""
    service, method = text(match, "method", "service"), text(match, "method", "method")
    sign = "~" if text(match, "method", "type") == "RegularExpression" else "="
    if service and method:
        path = f"{sign}/{service}/{method}"
    elif service:
        path = f"/{service}" if sign == "=" else f"~/{service}/.*"
    else:
        path = f"~/.*/{method}" if method else "/"
    return path + _narrowed(match, ("headers",))


def _ingress(one: Object) -> Iterator[Claim]:
    for rule in items(one, "spec", "rules"):
        host = text(rule, "host").lower()
        for path in list(items(rule, "http", "paths")) or [{}]:
            if host:
                where = _path(text(path, "pathType") or "Prefix", text(path, "path") or "/")
                yield Claim(host, where, str(identify(one)))


def _path(kind: str, value: str) -> str:
    if kind == "Exact":
        return f"={value}"
    if kind == "RegularExpression":
        return f"~{value}"
    return value.rstrip("/") or "/"  # as a prefix, `/api/` is `/api`


def _narrowed(match: Object, names: tuple[str, ...]) -> str:
    said = {name: found for name in names if (found := at(match, name))}
    return f" ({json.dumps(said, sort_keys=True)})" if said else ""


class Released(NamedTuple):
    """A host that nobody answers for any more; or, where `paths` are named, only not for these."""

    host: str
    paths: tuple[str, ...]
    object: str


def released(before: Iterable[Claim], after: Iterable[Claim]) -> tuple[Released, ...]:
    """What users could reach by the old claims and cannot by the new ones. `after` may hold others' too."""
    now = tuple(after)
    hosts = {claim.host for claim in now}
    lost: dict[str, list[Claim]] = {}
    for claim in before:
        if not any(_covers(one, claim) for one in now):
            lost.setdefault(claim.host, []).append(claim)
    return tuple(
        Released(host, tuple(claim.path for claim in gone) if _names(host) & hosts else (), gone[0].object)
        for host, gone in sorted(lost.items())
    )


def _covers(one: Claim, other: Claim) -> bool:
    """Whether what `other` claimed still gets an answer from `one`."""
    if one.host not in _names(other.host):
        return False
    if one.path == other.path:
        return True
    prefix, asked = one.path.rstrip("/"), other.path.lstrip("=").partition(" ")[0]
    is_prefix = one.path.startswith("/") and " " not in one.path
    return is_prefix and (asked == prefix or asked.startswith(f"{prefix}/") or not prefix)


def _names(host: str) -> set[str]:
    """The host, and the wildcards that take it: `*.b.c` and `*.c` take `a.b.c` in the Gateway API."""
    labels = host.removeprefix("*.").split(".")
    start = 0 if host.startswith("*.") else 1
    return {host, *("*." + ".".join(labels[at:]) for at in range(start, len(labels)))}
