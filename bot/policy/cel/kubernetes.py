"""The functions and macros that Kubernetes gives to the CEL of admission policies, and since which version.

`kubernetes.tsv` holds one a line: the minor version that brought it (0: it was always there), `plain`,
`member`, `macro` or `macromember`, its name, the types that it takes (or how many, of a macro), and what
it gives. Read from k8s.io/apiserver 0.37, pkg/cel/environment/base.go, asked for version after version.
Evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NEWEST = 37
"""The newest minor version of Kubernetes that is known here."""
_OPAQUE = "map"
"""What Kubernetes' own types (quantities, addresses) are to the engine."""
_ENGINES = {"int64": "int", "uint64": "uint", "null_type": "null"}
_ANYTHING = "~"


@dataclass(frozen=True, slots=True)
class Known:
    """One overload, or one macro. `since`: a minor version."""

    since: int
    kind: str
    name: str
    takes: tuple[str, ...]
    gives: str

    @property
    def is_macro(self) -> bool:
        return self.kind.startswith("macro")

    @property
    def is_member(self) -> bool:
        return self.kind.endswith("member")


@cache
def known() -> tuple[Known, ...]:
    """All there are."""
    lines = Path(__file__).with_name("kubernetes.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return tuple(
        Known(int(since), kind, name, tuple(takes.split()), gives) for since, kind, name, takes, gives in rows
    )


@cache
def _by_name() -> dict[tuple[str, bool], list[Known]]:
    found: dict[tuple[str, bool], list[Known]] = {}
    for one in known():
        if not one.is_macro:
            found.setdefault((one.name, one.is_member), []).append(one)
    return found


def takes(name: str, types: Sequence[str], *, is_member: bool) -> bool:
    """Whether Kubernetes has the function for these types, in the engine's words (`int64`, `list`)."""
    plain = [_ENGINES.get(one, one) for one in types]
    return any(
        len(one.takes) == len(plain) and all(map(_is_taken, one.takes, plain))
        for one in _by_name().get((name, is_member), ())
    )


def _is_taken(wanted: str, given: str) -> bool:
    bare = wanted.partition("<")[0]
    if bare.startswith(_ANYTHING) or bare == "dyn":
        return True
    return bare == given or ("." in bare and given == _OPAQUE)
