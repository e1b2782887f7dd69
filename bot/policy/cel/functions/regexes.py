"""Kubernetes' `find` and `findAll`, with RE2 as there: a pattern cannot take exponential time.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Regex
CEL's own `matches` is here too, by another name: the engine's compiles its pattern at every call.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from bot.policy.cel.host import member
from bot.policy.cel.rewrite import QUICK_MATCHES


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as broken:
        raise ValueError(f"Illegal regex: {pattern}") from broken


def _find(text: str, pattern: str) -> str:
    found = _compiled(pattern).search(text)
    return found.group() if found else ""


def _matches(text: str, pattern: str) -> bool:
    return _compiled(pattern).search(text) is not None


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    """As Go: an empty match right behind a match does not count."""
    found: list[str] = []
    end = -1
    for match in _compiled(pattern).finditer(text):
        if 0 <= limit <= len(found):
            break
        if match.start() == match.end() == end:
            continue
        found.append(match.group())
        end = match.end()
    return found


REGEXES = (
    member("find", "string string", "string", _find),
    member("findAll", "string string", "strings", _find_all),
    member("findAll", "string string int", "strings", _find_all),
)
MATCHES = (member(QUICK_MATCHES, "string string", "bool", _matches),)
"""Not to be remembered: the answer costs no memory, and the texts would."""
