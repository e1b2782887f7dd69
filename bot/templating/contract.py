"""The contract between a template and those who use it: JSON Schema pages, defaults, layered values.

Runs where templates run, because a schema is as able to run for ever as a template is. Fetches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, reduce
from typing import Any

import jsonschema_rs

from bot.templating.jobs import Data, Violation

SCAFFOLD_ONLY = "roadcrew:scaffold-only"
"""A page that says so is asked for when a repo is made, and is no part of the contract of `spec.deploy`."""

MASKED = "roadcrew:masked"
"""What was written for a page that says so is repeated nowhere: it may be a secret by mistake."""

_DEPTH = 24
_MASK = "what is written here"
_MOST_VIOLATIONS = 50
_REASON_CHARACTERS = 300


class SchemaBroken(Exception):
    """A page is no JSON Schema, or refers to something outside itself."""


def contract_pages(parameters: object) -> tuple[Data, ...]:
    """The pages of a template's `spec.parameters` (one schema or a list) that bind `spec.deploy`."""
    pages = parameters if isinstance(parameters, list) else [parameters]
    return tuple(page for page in pages if isinstance(page, Mapping) and page.get(SCAFFOLD_ONLY) is not True)


def overlay(under: Any, over: Any) -> Any:
    """Two layers as one: mappings merge key by key, all else (lists too) is replaced by `over`."""
    if isinstance(under, Mapping) and isinstance(over, Mapping):
        shared = {key: overlay(under[key], over[key]) for key in over if key in under}
        return {**under, **over, **shared}
    return over


def fill(pages: Iterable[Data], layers: Iterable[Data]) -> dict[str, Any]:
    """The parameters: layers on top of each other, weakest first, on top of the schemas' defaults."""
    value: Any = reduce(overlay, layers, {})
    for page in pages:
        value = _filled(page, value, page, _DEPTH)
    return dict(value)


class Contract:
    """Pages that many parameters are held against: they are compiled once, when first needed."""

    def __init__(self, pages: tuple[Data, ...]) -> None:
        self._pages = pages

    def fill(self, layers: Iterable[Data]) -> dict[str, Any]:
        """As the function of this name."""
        return fill(self._pages, layers)

    def violations(self, parameters: Data) -> tuple[Violation, ...]:
        """What breaks the contract, in the schemas' order. Raises SchemaBroken."""
        judged = zip(self._pages, self._validators, strict=True)
        found = [one for page, validator in judged for one in _violations_of(page, validator, parameters)]
        return (*found, *self._unknown(parameters))[:_MOST_VIOLATIONS]

    def _unknown(self, parameters: Data) -> Iterator[Violation]:
        """Parameters that no page knows: JSON Schema would let a slip of the pen pass in silence."""
        if any(page.get("additionalProperties") is not None for page in self._pages):
            return
        for name in parameters:
            if name not in self._known:
                yield Violation((name,), "unknown", "", tuple(sorted(self._known)))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(name for page in self._pages for name in _names(page, page, _DEPTH))

    @cached_property
    def _validators(self) -> tuple[Any, ...]:
        return tuple(map(_validator, self._pages))


def _filled(schema: Any, value: Any, root: Data, depth: int) -> Any:
    """`value` with the defaults of `schema` wherever it says nothing."""
    if not isinstance(schema, Mapping) or depth == 0:
        return value
    if isinstance(schema.get("$ref"), str):
        value = _filled(_pointed(root, schema["$ref"]), value, root, depth - 1)
    for part in _sequence(schema.get("allOf")):
        value = _filled(part, value, root, depth - 1)
    properties = schema.get("properties")
    if isinstance(value, Mapping) and isinstance(properties, Mapping):
        value = _filled_mapping(properties, value, root, depth)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        value = [_filled(schema["items"], item, root, depth - 1) for item in value]
    return value


def _filled_mapping(properties: Data, value: Data, root: Data, depth: int) -> Data:
    filled = dict(value)
    for name, schema in properties.items():
        if name in value:
            filled[name] = _filled(schema, value[name], root, depth - 1)
        elif (given := _default(schema, root, depth - 1)) is not None:
            filled[name] = given
    return filled


def _default(schema: Any, root: Data, depth: int) -> Any:
    """The value of an absent property; None where the schema gives none.

    An object without a default of its own comes into being only if its properties' defaults make it whole.
    """
    if not isinstance(schema, Mapping) or depth <= 0:
        return None
    if "default" in schema:
        return _filled(schema, schema["default"], root, depth)
    if isinstance(schema.get("$ref"), str):
        return _default(_pointed(root, schema["$ref"]), root, depth - 1)
    if not isinstance(schema.get("properties"), Mapping):
        return None
    inner = _filled_mapping(schema["properties"], {}, root, depth)
    return inner if inner and all(name in inner for name in _sequence(schema.get("required"))) else None


def _pointed(root: Data, reference: str) -> Any:
    """What a `#/...` reference points to inside its own page; None for any other."""
    if not reference.startswith("#/"):
        return None
    node: Any = root
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    return node


def _sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _validator(page: Data) -> Any:
    """Backstage's form validates with draft 7 unless a schema says otherwise; so does this."""
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **page}
    mask = _MASK if page.get(MASKED) is True else None
    try:
        return jsonschema_rs.validator_for(schema, offline=True, validate_formats=True, mask=mask)
    except ValueError as problem:  # jsonschema_rs.ValidationError is one
        raise SchemaBroken(_first_line(problem)) from problem


def _violations_of(page: Data, validator: Any, parameters: Data) -> Iterator[Violation]:
    for number, error in enumerate(validator.iter_errors(parameters)):
        if number == _MOST_VIOLATIONS:
            return
        pointer = (*error.instance_path, *_named(error.kind))
        reason = error.message[:_REASON_CHARACTERS]
        yield Violation(pointer, error.kind.name, reason, hint=_hint(page, error.schema_path))


def _hint(page: Data, path: Iterable[str | int]) -> str:
    """The description that stands nearest around a keyword; a page's own says nothing of one parameter."""
    node: Any = page
    hint = ""
    for step in path:
        if isinstance(node, Mapping):
            node = node.get(step)
        else:
            node = node[step] if isinstance(node, list) and isinstance(step, int) else None
        description = node.get("description") if isinstance(node, Mapping) else None
        hint = description if isinstance(description, str) else hint
    return hint[:_REASON_CHARACTERS]


def _named(kind: Any) -> tuple[str, ...]:
    """The key that an error is about where the schema's error stands at the mapping around it."""
    match kind.name:
        case "additionalProperties":
            return tuple(kind.unexpected[:1])
        case "required":
            return (kind.property,)
        case _:
            return ()


def _names(schema: Any, root: Data, depth: int) -> Iterator[str]:
    """Property names that a schema speaks of, wherever it may: also in branches that may not apply."""
    if not isinstance(schema, Mapping) or depth == 0:
        return
    properties = schema.get("properties")
    yield from properties if isinstance(properties, Mapping) else ()
    if isinstance(schema.get("$ref"), str):
        yield from _names(_pointed(root, schema["$ref"]), root, depth - 1)
    dependencies = schema.get("dependencies")
    branches = [*dependencies.values()] if isinstance(dependencies, Mapping) else []
    for keyword in ("allOf", "anyOf", "oneOf"):
        branches += _sequence(schema.get(keyword))
    for branch in (*branches, *(schema.get(word) for word in ("if", "then", "else"))):
        yield from _names(branch, root, depth - 1)


def _first_line(problem: Exception) -> str:
    return str(problem).split("\n", 1)[0][:_REASON_CHARACTERS]
