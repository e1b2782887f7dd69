"""A document's value against the envelope and its kind's spec: facts about what is wrong, with pointers.

Follows Backstage's schemas and field rules; where Backstage is silent (an unknown kind), so is this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.catalog import kinds, recognise
from bot.catalog.entity import Pointer
from bot.catalog.envelope import Envelope
from bot.model.plan import Fact, Severity

_EXPECTED = {
    "string_type": "a string",
    "string_or_bool_type": "a string, true or false",
    "int_type": "a whole number",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
}
_RULES = {
    "missing": "field-missing",
    "extra_forbidden": "field-unknown",
    "string_too_short": "field-empty",
    "too_short": "field-empty",
}
MAX_PROBLEMS = 100
"""In one document's envelope or spec."""
_SHOWN = 120
"""Characters of a value that a finding carries."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a pointer of a document. `at_key`: the key is shown, not the value."""

    rule: str
    severity: Severity
    pointer: Pointer
    at_key: bool = False
    facts: Mapping[str, Fact] = field(default_factory=dict)


def problems_of(value: Any) -> Iterator[Problem]:
    """Everything wrong with a document, in no order."""
    if not isinstance(value, dict):
        yield Problem("entity-root", Severity.DENY, (), facts={"got": got(value)})
        return
    yield from _validated(Envelope, value, (), value)
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str) or not (api_version and kind):
        return  # said above
    if not recognise.is_built_in(api_version, kind):
        yield from _unrecognised(api_version, kind)
        return
    spec = value.get("spec")
    if "spec" not in value:
        yield Problem("field-missing", Severity.DENY, (), at_key=True, facts={"field": "spec", "kind": kind})
    elif isinstance(spec, dict):
        yield from _validated(recognise.spec_model(api_version, kind, spec), spec, ("spec",), value)
        if kind == "User" and "memberOf" not in spec:
            yield Problem("user-groups", Severity.WARN, ("spec",), at_key=True)


def _unrecognised(api_version: str, kind: str) -> Iterator[Problem]:
    wanted = recognise.api_versions(kind)
    facts: dict[str, Fact] = {"found": clip(api_version), "kind": clip(kind)}
    is_known_group = recognise.is_backstage(api_version) or recognise.is_ours(api_version)
    if wanted and (is_known_group or _is_slip(api_version, kind)):
        yield Problem(
            "entity-api-version", Severity.DENY, ("apiVersion",), facts={**facts, "expected": wanted}
        )
        return
    near = recognise.near_kinds(api_version, kind) if is_known_group else ()
    severity = Severity.WARN if near else Severity.INFO
    if recognise.is_ours(api_version):
        severity = Severity.DENY
    yield Problem("entity-kind", severity, ("kind",), facts={**facts, "near": near})


def _is_slip(api_version: str, kind: str) -> bool:
    """Someone else's kind of the same name has a group with a dot that is not nearly Backstage's."""
    if kind not in kinds.KINDS:
        return False
    return "." not in recognise.group_of(api_version) or recognise.is_nearly_backstage(api_version, kind)


def _validated(
    model: type[BaseModel], value: Mapping[str, Any], at: Pointer, root: Mapping[str, Any]
) -> Iterator[Problem]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in details[:MAX_PROBLEMS]:
            yield _problem(detail, at, model, root)
        if len(details) > MAX_PROBLEMS:
            yield Problem("entity-many", Severity.DENY, at, facts={"count": len(details) - MAX_PROBLEMS})


def _problem(detail: ErrorDetails, at: Pointer, model: type[BaseModel], root: Mapping[str, Any]) -> Problem:
    steps = [step for step in detail["loc"] if step not in ("|page", "|pages")]
    is_key = bool(steps) and steps[-1] == "[key]"
    pointer = (*at, *(steps[:-1] if is_key else steps))
    facts: dict[str, Fact] = {"field": dotted(pointer), "got": got(detail["input"])}
    rule, more = _meaning(detail)
    facts |= more
    if rule == "field-missing":
        facts.pop("got")
        facts["kind"] = clip(root.get("kind"))
        facts |= _hint(root, pointer[:-1])
        return Problem(rule, Severity.DENY, pointer[:-1], at_key=True, facts=facts)
    if rule == "field-unknown":
        facts = {
            "field": dotted(pointer),
            "near": _near(str(pointer[-1]), _inside(model, steps), is_root=len(pointer) == 1),
        }
        return Problem(rule, Severity.DENY, pointer, at_key=True, facts=facts)
    return Problem(rule, Severity.DENY, pointer, at_key=is_key, facts=facts)


def _meaning(detail: ErrorDetails) -> tuple[str, dict[str, Fact]]:
    """Our rule for one of pydantic's error types."""
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "format":
            return "field-format", {"case": str(context["case"])}
        case "literal_error":
            return "field-value", {"expected": str(context["expected"]).replace("'", "")}
        case "greater_than_equal" | "less_than_equal":
            bound = f"{context['ge']} or more" if "ge" in context else f"{context['le']} or less"
            return "field-value", {"expected": bound, "case": "range"}
        case "string_too_long":
            return "field-value", {"expected": f"at most {context['max_length']} characters", "case": "long"}
        case _ if kind in _RULES:
            return _RULES[kind], {}
    facts: dict[str, Fact] = {"expected": _EXPECTED.get(kind, detail["msg"][:_SHOWN])}
    if isinstance(detail["input"], list | dict | None):
        facts["case"] = "shape"
    elif isinstance(detail["input"], bool | int | float) and kind == "string_type":
        facts["case"] = "quote"
    return "field-type", facts


def _hint(root: Mapping[str, Any], parent: Pointer) -> dict[str, Fact]:
    node: Any = root
    for step in parent:
        node = node[step]
    return {"case": "merge"} if isinstance(node, Mapping) and "<<" in node else {}


def _inside(model: type[BaseModel], steps: Pointer | list[str | int]) -> type[BaseModel]:
    """The model of the mapping that holds the last of these steps."""
    for step in steps[:-1]:
        known = (info for name, info in model.model_fields.items() if step in {name, info.alias})
        inner = next((one for info in known for one in _models(info.annotation)), None)
        model = inner or model
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The mappings that a field's value may be, or hold: of a list's items, of a mapping's values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _near(key: str, model: type[BaseModel], *, is_root: bool) -> tuple[str, ...]:
    """Fields that an unknown key may have meant: the model's own, or those that belong elsewhere."""
    names = {info.alias or name for name, info in model.model_fields.items()}
    close = get_close_matches(key[:_SHOWN], sorted(names), n=2, cutoff=0.6)
    return tuple(close) or (() if is_root else tuple(sorted(names)))


def dotted(pointer: Pointer) -> str:
    """`spec.dependsOn[1]`, `metadata.annotations["a/b"]`."""
    said = ""
    for step in pointer:
        if isinstance(step, int):
            said += f"[{step}]"
        elif step.isidentifier():
            said += f".{step}" if said else step
        else:
            said += f'["{clip(step)}"]'
    return said


def got(value: object) -> str:
    """A value as a person would name it, in a few words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return clip(value)
        case int() | float():
            return clip(value)
        case list():
            return "a list"
        case _:
            return "a mapping"


def clip(value: object) -> str:
    """At most so many characters of anything, in one line."""
    text = " ".join(str(value).split()) if not isinstance(value, int) else _number(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\u2026"


def _number(value: int) -> str:
    return str(value) if value.bit_length() < 1000 else "a very large number"  # noqa: PLR2004
