"""Functions of Python that expressions may call, told to the engine. Holds no function of its own.

The engine chooses an overload by the types of the values and matches none for a parameter of type dyn, so a
parameter that takes anything is spelled out. Kubernetes' opaque values (quantities, addresses) are maps with
one tagged key: the engine compares them as Kubernetes does when the text below the tag is canonical.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

from cel_expr_python import cel

_TYPES = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "uint": cel.Type.UINT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "bytes": cel.Type.BYTES,
    "null": cel.Type.NULL,
    "list": cel.Type.LIST,
    "map": cel.Type.MAP,
    "timestamp": cel.Type.TIMESTAMP,
    "duration": cel.Type.DURATION,
    "type": cel.Type.TYPE,
    "dyn": cel.Type.DYN,
    "strings": cel.Type.List(cel.Type.STRING),
}
_SCALARS = frozenset({"bool", "int", "double", "string"})
_REMEMBERED = 8_192
_ANY = ("bool", "int", "uint", "double", "string", "bytes", "null", "list", "map", "timestamp", "duration")


@dataclass(frozen=True, slots=True)
class Host:
    """A function. `takes` and `gives` name types (`string`, `list`, `any`, `dyn`); a receiver comes first.

    `does` gets plain Python values. What it raises becomes an evaluation error with the exception's text.
    """

    name: str
    takes: tuple[str, ...]
    gives: str
    does: Callable[..., Any]
    is_member: bool = False


def member(name: str, takes: str, gives: str, does: Callable[..., Any]) -> Host:
    """A function that is called on its first parameter. `takes`: the names of types between spaces."""
    return Host(name, tuple(takes.split()), gives, does, is_member=True)


def plain(name: str, takes: str, gives: str, does: Callable[..., Any]) -> Host:
    """A function that stands alone, such as `quantity` or `ip.isCanonical`."""
    return Host(name, tuple(takes.split()), gives, does)


def declared(hosts: Iterable[Host], further: Mapping[str, Iterable[cel.Overload]]) -> list[cel.FunctionDecl]:
    """One declaration a name, as the engine wants it. `further`: overloads that it implements itself."""
    by_name: dict[str, list[cel.Overload]] = {name: list(some) for name, some in further.items()}
    for host in hosts:
        by_name.setdefault(host.name, []).extend(_overloads(host))
    return [cel.FunctionDecl(name, overloads) for name, overloads in by_name.items()]


def _overloads(host: Host) -> Iterator[cel.Overload]:
    choices = [_ANY if one == "any" else (one,) for one in host.takes]
    for takes in product(*choices):
        kind = "member" if host.is_member else "plain"
        yield cel.Overload(
            f"host_{kind}_{host.name}_{'_'.join(takes)}",
            return_type=_TYPES[host.gives],
            parameters=[_TYPES[one] for one in takes],
            is_member=host.is_member,
            impl=host.does,
        )


def remembering(host: Host) -> Host:
    """The same function with its last answers kept, if it takes only scalars. For what depends on no more.

    The engine never lets go of what a host function returns: an answer that is given again costs no memory.
    """
    if not _SCALARS.issuperset(host.takes) or not host.takes:
        return host
    return replace(host, does=lru_cache(maxsize=_REMEMBERED, typed=True)(host.does))


Tagged = dict[str, str]


@lru_cache(maxsize=65_536)
def tagged(kind: str, text: str) -> Tagged:
    """An opaque value. Two are equal when kind and text are. Not to be changed: it is given out again."""
    return {f"@{kind}": text}


def untagged(kind: str, value: Mapping[str, Any]) -> str:
    """The text of an opaque value. Raises TypeError when it is none of that kind."""
    text = value.get(f"@{kind}") if len(value) == 1 else None
    if not isinstance(text, str):
        raise TypeError(f"no such overload: the value is not a {kind}")
    return text
