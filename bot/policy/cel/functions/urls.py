"""Kubernetes' URLs in CEL: an absolute URI, or an absolute path. Opens none.

Go's parser judges there, and Python's takes much more; so its grammar is written down here.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#URLs; pkg.go.dev/net/url#ParseRequestURI
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes, unquote_plus, unquote_to_bytes

from bot.policy.cel.functions.hosts import checked, hostname, port, unescaped
from bot.policy.cel.host import Tagged, member, plain, tagged, untagged

_KIND = "url"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*", re.ASCII)
_KEPT_IN_PATH = "/-_.~$&+,:;=@"
_FINE_PATH = re.compile(r"[A-Za-z0-9\-_.~!$&'()*+,;=:@\[\]%/]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL as they were written."""

    scheme: str
    user: str | None
    host: str
    path: str
    query: str
    opaque: bool


def parsed(text: str) -> Url:
    """The parts. Raises ValueError for what Go does not take as the target of a request."""
    _request(text)
    return _split(text.partition("#")[0], is_request=False)


def _request(text: str) -> None:
    if not text:
        raise ValueError("empty url")
    if _CONTROL.search(text):
        raise ValueError("invalid control character in URL")
    _split(text, is_request=True)


def _split(text: str, *, is_request: bool) -> Url:
    found = _SCHEME.match(text)
    if text.startswith(":"):
        raise ValueError("missing protocol scheme")
    scheme = found[1].lower() if found else ""
    rest, _, query = (text[found.end() :] if found else text).partition("?")
    if text == "*":
        return Url("", None, "", "*", "", opaque=False)
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, None, "", rest, query, opaque=True)
        raise ValueError("invalid URI for request")
    user, host = None, ""
    if rest.startswith("//") and (scheme or not (is_request or rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        user, host = _authority(authority)
        rest = slash + path
    _unescapable(rest)
    return Url(scheme, user, host, rest, query, opaque=False)


def _authority(text: str) -> tuple[str | None, str]:
    user, at, host = text.rpartition("@")
    if at:
        if not _USER.fullmatch(user):
            raise ValueError("invalid userinfo")
        _unescapable(user)
    return (user if at else None), checked(host)


def _unescapable(text: str) -> None:
    bad = _BAD_ESCAPE.search(text)
    if bad:
        raise ValueError(f"invalid URL escape {text[bad.start() : bad.start() + 3]!r}")


def _escaped_path(url: Url) -> str:
    if url.opaque:
        return ""
    path = url.path
    if path == "*" or _FINE_PATH.fullmatch(path):
        return path
    return quote_from_bytes(unquote_to_bytes(path), safe=_KEPT_IN_PATH)


def _query(url: Url) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for piece in url.query.split("&"):
        key, _, value = piece.partition("=")
        if piece and ";" not in piece and not _BAD_ESCAPE.search(piece):
            found.setdefault(unquote_plus(key), []).append(unquote_plus(value))
    return found


def _url(text: str) -> Tagged:
    url = parsed(text)
    fragment = text.partition("#")[2]
    made = f"{url.scheme}:" if url.scheme else ""
    if url.opaque:
        made += url.path
    else:
        if url.host or url.user is not None or url.scheme:
            made += "//" + (f"{url.user}@" if url.user is not None else "") + url.host
        made += _escaped_path(url)
    made += f"?{url.query}" if "?" in text.partition("#")[0] else ""
    return tagged(_KIND, made + (f"#{fragment}" if fragment else ""))


def _is_url(text: str) -> bool:
    try:
        _request(text)
    except ValueError:
        return False
    return True


def _of(value: Mapping[str, Any]) -> Url:
    return parsed(untagged(_KIND, value))


URLS = (
    plain("url", "string", "map", _url),
    plain("isURL", "string", "bool", _is_url),
    member("getScheme", "map", "string", lambda one: _of(one).scheme),
    member("getHost", "map", "string", lambda one: unescaped(_of(one).host)),
    member("getHostname", "map", "string", lambda one: hostname(unescaped(_of(one).host))),
    member("getPort", "map", "string", lambda one: port(unescaped(_of(one).host))),
    member("getEscapedPath", "map", "string", lambda one: _escaped_path(_of(one))),
    member("getQuery", "map", "map", lambda one: _query(_of(one))),
)
