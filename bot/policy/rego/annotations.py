"""What a package says of itself in OPA's annotations: https://www.openpolicyagent.org/docs/policy-language#metadata.

Its words become those of the rule; below `custom` it says what it judges. Other scopes are for other readers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.catalog.broken import Broken
from bot.catalog.yaml12 import load
from bot.policy.rego.engine import Json

JUDGED = ("object", "entity", "pull", "file")
"""What a namespace may say that it judges; objects when it says nothing."""
_PACKAGE = re.compile(r"^[ \t]*package\b", re.MULTILINE)
_BEGIN = re.compile(r"#[ \t]*METADATA[ \t]*")


@dataclass(frozen=True, slots=True)
class Annotations:
    """Of a package. `problem`: why they cannot be used, and the line (from 1) on which they begin."""

    title: str = ""
    description: str = ""
    fix: str = ""
    link: str = ""
    judges: str = "object"
    paths: tuple[str, ...] = ()
    problem: str = ""
    line: int = 0


@lru_cache(maxsize=512)
def read_annotations(text: str) -> Annotations | None:
    """Those right above `package`; None where there are none."""
    found = _PACKAGE.search(text.replace("\r\n", "\n").removeprefix("\ufeff"))
    if found is None:
        return None
    above = [line.strip() for line in found.string[: found.start()].split("\n")[:-1]]
    size = next((size for size, line in enumerate(reversed(above)) if not line.startswith("#")), len(above))
    lines = above[len(above) - size :]
    starts = [place for place, line in enumerate(lines) if _BEGIN.fullmatch(line)]
    if not starts:
        return None
    line = len(above) - size + starts[-1] + 1
    try:
        value = load("\n".join(one.removeprefix("#").removeprefix(" ") for one in lines[starts[-1] + 1 :]))
    except Broken as broken:
        return Annotations(problem=f"its METADATA is no YAML ({broken.rule})", line=line)
    return _read(value, line) if isinstance(value, Mapping) else None


def _read(value: Mapping[str, Json], line: int) -> Annotations | None:
    if value.get("scope", "package") not in ("package", "subpackages"):
        return None
    custom = value.get("custom")
    custom = custom if isinstance(custom, Mapping) else {}
    judges, paths = custom.get("judges", "object"), custom.get("paths", [])
    problem = ""
    if judges not in JUDGED:
        problem = f"its METADATA says custom.judges: {str(judges)[:60]}; known are {', '.join(JUDGED)}"
    elif not isinstance(paths, list) or not all(isinstance(one, str) and one for one in paths):
        problem = "custom.paths in its METADATA is no list of patterns"
    elif paths and judges != "file":
        problem = "custom.paths in its METADATA goes with custom.judges: file"
    if problem:
        return Annotations(problem=problem, line=line)
    return Annotations(
        title=_text(value.get("title")),
        description=_text(value.get("description")),
        fix=_text(custom.get("fix")),
        link=_link(value.get("related_resources")),
        judges=str(judges),
        paths=tuple(paths),
        line=line,
    )


def _text(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""


def _link(value: Json) -> str:
    first = value[0] if isinstance(value, list) and value else ""
    return _text(first.get("ref")) if isinstance(first, Mapping) else _text(first)
