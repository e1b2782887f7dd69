"""`$text`, `$json` and `$yaml`: replaced before anything is judged, from files of the same repo only.

An object with exactly one key that starts with `$` is one. Source: Backstage catalog-backend 4.0.0,
processors/PlaceholderProcessor. No URL is ever fetched.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from bot.catalog.entity import Pointer
from bot.catalog.layout import resolved
from bot.catalog.reader import Reader, path_rule
from bot.catalog.schema import Problem, clip, dotted, got
from bot.model.plan import Fact, Severity

MAX_TEXT_BYTES = 5 * 1024 * 1024
MAX_SUBSTITUTIONS = 100
"""In one document."""

_RESOLVERS = ("$text", "$json", "$yaml")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A substitution as it stands in a document."""

    pointer: Pointer
    name: str
    value: Any


@dataclass(slots=True)
class Substituted:
    """A document with its placeholders replaced."""

    value: Any
    problems: list[Problem] = field(default_factory=list)
    unknown: list[Pointer] = field(default_factory=list)
    """Where nothing could be put in: what stands there must not be judged."""
    foreign: dict[Pointer, str] = field(default_factory=dict)
    """Names that a plugin of the portal may know, such as `$openapi`, by where they stand."""
    read: list[tuple[str, str]] = field(default_factory=list)
    """Path and content id of what was put in."""


class _Failed(Exception):
    def __init__(self, rule: str, severity: Severity = Severity.DENY, **facts: Fact) -> None:
        super().__init__(rule)
        self.rule = rule
        self.severity = severity
        self.facts = facts


def placeholders(value: Any, pointer: Pointer = ()) -> Iterator[Placeholder]:
    """All of them. Recurses no deeper than the YAML reader allows a document to be."""
    if isinstance(value, dict):
        if len(value) == 1:
            (key, inner), *_ = value.items()
            if key.startswith("$"):
                yield Placeholder(pointer, key, inner)
                return
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                yield from placeholders(inner, (*pointer, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict | list):
                yield from placeholders(inner, (*pointer, index))


def substitute(value: Any, path: str, reader: Reader, *, is_root: bool) -> Substituted:
    """The document with what its placeholders mean. `is_root`: the files are the whole repo."""
    done = Substituted(value)
    for count, found in enumerate(placeholders(value)):
        if count == MAX_SUBSTITUTIONS:
            facts: dict[str, Fact] = {"case": "many", "limit": MAX_SUBSTITUTIONS}
            done.problems.append(Problem("substitution-failed", Severity.DENY, found.pointer, facts=facts))
            done.unknown.append(())
            break
        if found.name not in _RESOLVERS:
            slips = list(_unknown(found))
            done.problems += slips
            if not slips:
                done.foreign[found.pointer] = found.name
            continue
        try:
            put, target = _resolved(found, path, reader, is_root=is_root)
        except _Failed as failed:
            facts = {"field": dotted(found.pointer), "name": found.name, "target": got(found.value)}
            pointer = (*found.pointer, found.name)
            done.problems.append(
                Problem(failed.rule, failed.severity, pointer, facts={**facts, **failed.facts})
            )
            done.unknown.append(found.pointer)
            continue
        done.value = _with(done.value, found.pointer, put)
        done.read.append(target)
    return done


def _unknown(found: Placeholder) -> Iterator[Problem]:
    """Backstage leaves unknown names alone; only one that looks like a slip is worth a word."""
    near = tuple(get_close_matches(found.name[:20], _RESOLVERS, n=1, cutoff=0.75))
    if near:
        facts: dict[str, Fact] = {"name": clip(found.name), "near": near}
        pointer = (*found.pointer, found.name)
        yield Problem("substitution-unknown", Severity.INFO, pointer, at_key=True, facts=facts)


def _resolved(found: Placeholder, path: str, reader: Reader, *, is_root: bool) -> tuple[Any, tuple[str, str]]:
    target = found.value
    if not isinstance(target, str) or not target:
        raise _Failed("substitution-failed", case="value")
    if _URL.match(target):
        raise _Failed("substitution-url", Severity.INFO)
    folder = posixpath.dirname(path)
    wanted = resolved(folder, target)
    if wanted is None:
        severity = Severity.DENY if is_root or target.startswith("/") else Severity.INFO
        raise _Failed("substitution-outside", severity)
    entry = reader.entries.get(wanted) or reader.entries.get(unquote(wanted))
    if entry is None:
        names = reader.by_folder.get(posixpath.dirname(wanted), [])
        near = get_close_matches(wanted, names[:200], n=1, cutoff=0.7)
        raise _Failed("substitution-missing", wanted=clip(wanted), near=tuple(near))
    if path_rule(entry):
        raise _Failed("substitution-failed", case="link")
    if found.name == "$text":
        return _text(entry.path, reader), (entry.path, entry.oid)
    return _parsed(found.name, entry.path, reader), (entry.path, entry.oid)


def _text(path: str, reader: Reader) -> str:
    if reader.files.size(path) > MAX_TEXT_BYTES:
        raise _Failed("substitution-failed", case="size", limit=MAX_TEXT_BYTES)
    try:
        if path not in reader.texts:
            reader.texts[path] = reader.files.read(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Failed("substitution-failed", case="encoding") from None
    return reader.texts[path]


def _parsed(name: str, path: str, reader: Reader) -> Any:
    read = reader.read(path)
    broken = read.broken or next((one.broken for one in read.documents if one.broken), None)
    if broken is not None:
        where = f"{path}:{broken.line}:{broken.column}" if broken.line else path
        raise _Failed("substitution-failed", case="broken", where=where)
    if len(read.documents) != 1:
        raise _Failed("substitution-failed", case="documents", count=len(read.documents))
    if name == "$json" and not _is_json(read.data):
        raise _Failed("substitution-failed", case="json")
    return read.documents[0].value


def _is_json(data: bytes) -> bool:
    """The bytes passed the YAML reader, so they are small and not deep."""
    try:
        json.loads(data.decode("utf-8-sig"))
    except ValueError:
        return False
    return True


def _with(value: Any, pointer: Pointer, put: Any) -> Any:
    """A copy of `value` that differs at `pointer` alone; what is shared by aliases is not touched."""
    if not pointer:
        return put
    step, rest = pointer[0], pointer[1:]
    if isinstance(value, dict):
        return {**value, step: _with(value[step], rest, put)}
    return [*value[:step], _with(value[step], rest, put), *value[int(step) + 1 :]]
