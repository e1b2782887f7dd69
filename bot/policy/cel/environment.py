"""The engine's environments: which names and functions expressions may use. Compiles nothing.

The engine is cel-cpp; what Kubernetes adds to CEL is told to it here. One is kept for each set of names.
"""

from __future__ import annotations

from functools import lru_cache

from cel_expr_python import cel

from bot.policy.cel.functions.authorizer import AUTHORIZER
from bot.policy.cel.functions.conversions import CONVERSIONS
from bot.policy.cel.functions.formats import FORMATS
from bot.policy.cel.functions.kyverno import ELSEWHERE, KYVERNO
from bot.policy.cel.functions.lists import LISTS
from bot.policy.cel.functions.networks import NETWORKS
from bot.policy.cel.functions.quantities import QUANTITIES
from bot.policy.cel.functions.regexes import MATCHES, REGEXES
from bot.policy.cel.functions.strings import STRINGS
from bot.policy.cel.functions.urls import URLS
from bot.policy.cel.functions.versions import VERSIONS
from bot.policy.cel.host import Host, declared, remembering
from bot.policy.cel.rewrite import NOW
from bot.policy.cel.timed import TIMING
from bot.policy.cel.tolerant import WALKING

_CONFIG = """
name: kubernetes
extensions:
- name: optional
- name: bindings
- name: encoders
- name: lists
- name: math
- name: sets
- name: two-var-comprehensions
stdlib:
  exclude_functions:
  - name: _<_
  - name: _<=_
  - name: _>_
  - name: _>=_
  - name: string
"""
"""Some functions are left out to be declared again with more: `1 < 1.5` and `string(ip)` compile there."""

_KUBERNETES: tuple[Host, ...] = (
    *STRINGS,
    *LISTS,
    *REGEXES,
    *QUANTITIES,
    *VERSIONS,
    *NETWORKS,
    *URLS,
    *FORMATS,
    *AUTHORIZER,
    *WALKING,
    *TIMING,
    *CONVERSIONS,
)
_COMPARISONS = {"_<_": "less", "_<=_": "less_equals", "_>_": "greater", "_>=_": "greater_equals"}
_T = cel.Type
_ORDERED = {
    "bool": _T.BOOL,
    "string": _T.STRING,
    "bytes": _T.BYTES,
    "timestamp": _T.TIMESTAMP,
    "duration": _T.DURATION,
}
_NUMBERS = {"int64": _T.INT, "uint64": _T.UINT, "double": _T.DOUBLE}
_TO_STRING = {**_ORDERED, **_NUMBERS}


@lru_cache(maxsize=64)
def environment(names: frozenset[str], hosts: tuple[Host, ...], *, kyverno: bool) -> cel.Env:
    """Where texts with these names compile. All values are dynamic, as objects are to admission policies."""
    known = (*_KUBERNETES, *KYVERNO) if kyverno else _KUBERNETES
    more = {NOW, *ELSEWHERE} if kyverno else set[str]()
    return cel.NewEnv(
        config=cel.NewEnvConfigFromYaml(_CONFIG),
        variables=dict.fromkeys(sorted(names | more), cel.Type.DYN),
        functions=declared((*map(remembering, known), *MATCHES, *hosts), redeclared()),
    )


def redeclared() -> dict[str, list[cel.Overload]]:
    """By the engine's own names of overloads, so that its own code runs."""
    made = {sign: _overloads(word) for sign, word in _COMPARISONS.items()}
    made["string"] = [
        cel.Overload(f"{name}_to_string", _T.STRING, [type_]) for name, type_ in _TO_STRING.items()
    ]
    return made


def _overloads(word: str) -> list[cel.Overload]:
    made = [cel.Overload(f"{word}_{name}", _T.BOOL, [type_, type_]) for name, type_ in _ORDERED.items()]
    for left, one in _NUMBERS.items():
        for right, other in _NUMBERS.items():
            name = f"{word}_{left}" if left == right else f"{word}_{left}_{right}"
            made.append(cel.Overload(name, _T.BOOL, [one, other]))
    return made
