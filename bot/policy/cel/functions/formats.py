"""Kubernetes' named formats in CEL: `format.dns1123Label().validate(name)` gives what is wrong, or nothing.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Format
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from bot.policy.cel.functions import urls
from bot.policy.cel.host import Tagged, member, plain, tagged, untagged

_KIND = "format"
_LABEL = 63
_SUBDOMAIN = 253
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([zZ]|[+-][0-9]{2}:[0-9]{2})", re.ASCII)
_WORDS = {
    _DNS_LABEL: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character",
    _DNS_SUBDOMAIN: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
    "'-' or '.', and must start and end with an alphanumeric character",
    _DNS_1035: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character",
    _NAME: "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character",
}

Check = Callable[[str], list[str]]


def _shaped(pattern: re.Pattern[str], longest: int) -> Check:
    def check(text: str) -> list[str]:
        wrong = [f"must be no more than {longest} characters"] if len(text) > longest else []
        return wrong if pattern.fullmatch(text) else [*wrong, _WORDS[pattern]]

    return check


def _prefix(check: Check) -> Check:
    """A name is generated behind it, so that it may end in a dash."""
    return lambda text: check(text[:-2] + "a" if len(text) > 1 and text.endswith("-") else text)


def _qualified_name(text: str) -> list[str]:
    *prefix, name = text.split("/")
    if len(prefix) > 1:
        return ["a qualified name " + _WORDS[_NAME]]
    wrong = _shaped(_DNS_SUBDOMAIN, _SUBDOMAIN)(prefix[0]) if prefix else []
    return [*wrong, *_shaped(_NAME, _LABEL)(name)]


def _label_value(text: str) -> list[str]:
    return _shaped(_NAME, _LABEL)(text) if text else []


def _uri(text: str) -> list[str]:
    try:
        urls.parsed(text)
    except ValueError as wrong:
        return [str(wrong)]
    return []


def _byte(text: str) -> list[str]:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ["invalid base64"]
    return [] if decoded else ["invalid base64"]


def _is_date(text: str) -> bool:
    day = text.replace("0000-", "0004-", 1) if text.startswith("0000-") else text
    try:
        return bool(_DATE.fullmatch(text)) and bool(date.fromisoformat(day))
    except ValueError:
        return False


def _datetime(text: str) -> list[str]:
    day, _, time = text.replace("t", "T", 1).partition("T")
    found = _TIME.fullmatch(time)
    try:
        if not found or not _is_date(day):
            return ["invalid datetime"]
        datetime(2000, 1, 1, int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    except ValueError:
        return ["invalid datetime"]
    return []


_FORMATS: dict[str, Check] = {
    "dns1123Label": _shaped(_DNS_LABEL, _LABEL),
    "dns1123Subdomain": _shaped(_DNS_SUBDOMAIN, _SUBDOMAIN),
    "dns1035Label": _shaped(_DNS_1035, _LABEL),
    "qualifiedName": _qualified_name,
    "dns1123LabelPrefix": _prefix(_shaped(_DNS_LABEL, _LABEL)),
    "dns1123SubdomainPrefix": _prefix(_shaped(_DNS_SUBDOMAIN, _SUBDOMAIN)),
    "dns1035LabelPrefix": _prefix(_shaped(_DNS_1035, _LABEL)),
    "labelValue": _label_value,
    "uri": _uri,
    "uuid": lambda text: [] if _UUID.fullmatch(text) else ["does not match the UUID format"],
    "byte": _byte,
    "date": lambda text: [] if _is_date(text) else ["invalid date"],
    "datetime": _datetime,
}


def _validate(value: Mapping[str, Any], text: str) -> list[list[str]]:
    """None or one list of what is wrong: the text of the expression makes an optional value of it."""
    wrong = _FORMATS[untagged(_KIND, value)](text)
    return [wrong] if wrong else []


def _named(name: str) -> list[Tagged]:
    return [tagged(_KIND, name)] if name in _FORMATS else []


def _constant(name: str) -> Callable[[], Tagged]:
    return lambda: tagged(_KIND, name)


FORMATS = (
    plain("format.named", "string", "list", _named),
    member("validate", "map string", "list", _validate),
    *(plain(f"format.{name}", "", "map", _constant(name)) for name in _FORMATS),
)
