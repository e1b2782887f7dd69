"""Which Rego syntax a module is written in. Decides by how it is written; an engine proves it by reading it.

v1 (OPA 1.0) wants `if` before bodies and `contains` for sets; v0 knows both words only after an import. A
set may mix them: each module is read in its own.
"""

from __future__ import annotations

from bot.policy.rego.outline import Outline

_REMOVED = frozenset(
    [
        "any",
        "all",
        "re_match",
        "net.cidr_overlap",
        "set_diff",
        "cast_array",
        "cast_set",
        "cast_string",
        "cast_boolean",
        "cast_null",
        "cast_object",
    ]
)
"""Functions that v1 does not have."""


def version_of(module: Outline, wanted: str) -> str:
    """`v0` or `v1`. `wanted` is `v0`, `v1` or `auto`; `import rego.v1` decides whatever is wanted."""
    if ("rego", "v1") in module.imports:
        return "v1"
    if wanted in {"v0", "v1"}:
        return wanted
    is_old = any(path[:2] == ("future", "keywords") for path in module.imports)
    is_old |= any(head.is_old for head in module.heads)
    return "v0" if is_old or module.calls & _REMOVED else "v1"
