"""Say in a sentence where an exchange differs from GitHub's description. Raises AssertionError, returns nothing.

Bodies are decoded JSON; None is "no body". Paths are decoded, without host, prefix and query.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .models import PACKAGE, adapter, resolve
from .operations import Operation, operation_for
from .tolerated import wider, without_tolerated

EVERYWHERE = {
    400: "BasicError",
    401: "BasicError",
    403: "BasicError",
    404: "BasicError",
    422: "ValidationError",
    429: "BasicError",
    500: "BasicError",
    502: "BasicError",
    503: "BasicError",
}
"""Errors that GitHub gives to any operation (docs, "Troubleshooting the REST API"), whether listed there or not."""
SAID_AT_MOST = 12
UNSET = "literal[<UNSET>]"


def check_response(method: str, path: str, status: int, body: Any) -> None:
    """The operation exists, may answer with this status, and its model takes the body as it is."""
    operation = _known(method, path)
    said = f"{operation} {status}"
    if status == 304 or method == "HEAD":
        assert body is None, f"{said}: GitHub sends no body with it, we sent {_short(body)}"
        return
    model = _model(operation, status)
    if model is None:
        assert body is None, f"{said}: GitHub sends no body, we sent {_short(body)}"
        return
    assert body is not None, f"{said}: GitHub sends {model}, we sent no body"
    _validate(said, wider(said, model), without_tolerated(said, body))


def check_request(method: str, path: str, query: Iterable[tuple[str, str]], body: Any) -> None:
    """The operation exists, knows each query parameter with its value, and its model takes the body."""
    operation = _known(method, path)
    for name, value in query:
        _check_parameter(operation, name.removesuffix("[]"), value)
    said = f"request {operation}"
    if operation.body is None:
        assert body in (None, {}), f"{said}: GitHub takes no body, {_short(body)} was sent"
        return
    if body is None:
        # GitHub reads an absent body as an empty one.
        body = {}
    _validate(said, operation.body, without_tolerated(said, body))


def check_webhook(event: str, body: Mapping[str, Any]) -> None:
    """GitHub sends such an event with such an action, and its model takes the payload as it is."""
    action = body.get("action")
    models = _webhook_models(event)
    assert models, f"webhook {event}: GitHub has no such event"
    model = models.get(str(action)) if "" not in models else models[""]
    assert model, f"webhook {event}: GitHub has no action {action!r}, only {', '.join(sorted(models))}"
    said = f"webhook {event}.{action}" if action else f"webhook {event}"
    _validate(said, model, without_tolerated(said, body))


def check_model(model: str, body: Any) -> None:
    """The model (an expression over githubkit's names, `list[Label]`) takes the body as it is."""
    _validate(model, model, body)


def _known(method: str, path: str) -> Operation:
    operation = operation_for(method, path)
    assert operation is not None, f"{method} {path}: GitHub has no such operation"
    return operation


def _model(operation: Operation, status: int) -> str | None:
    """The model of this status; None where it has no body."""
    if status < 400:
        known = ", ".join(map(str, sorted(operation.statuses)))
        assert status in operation.statuses, f"{operation}: GitHub answers {known}, we answered {status}"
        return None if status in {204, 205, 302} else operation.response
    model = operation.errors.get(status) or EVERYWHERE.get(status)
    assert model, f"{operation}: GitHub knows no answer {status} here, only {sorted(operation.errors)}"
    # Bad requests are told apart in words alone; both shapes occur whichever of them is listed.
    return f"Union[{model}, BasicError, ValidationErrorSimple]" if status == 422 else model


def _check_parameter(operation: Operation, name: str, value: str) -> None:
    annotation = operation.query.get(name)
    known = ", ".join(operation.query) or "none"
    assert annotation, f"request {operation}: GitHub knows no query parameter {name!r} (it knows: {known})"
    try:
        TypeAdapter(resolve(annotation)).validate_strings(value)
    except ValidationError as error:
        raise AssertionError(
            f"request {operation}: query {name}={value!r}: {_sentences(error.errors())}"
        ) from None


def _validate(said: str, model: str, body: Any) -> None:
    try:
        adapter(model).validate_json(json.dumps(body))
    except ValidationError as error:
        raise AssertionError(f"{said} is not GitHub's {model}:{_sentences(error.errors())}") from None


def _sentences(found: Sequence[Any]) -> str:
    # "Absent" is one of the alternatives of each optional field, and never the one that was meant.
    errors = [error for error in found if UNSET not in error["loc"]] or list(found)
    errors.sort(key=lambda error: error["type"] == "missing")
    lines = [f"\n  {_place(error['loc'])}: {error['msg']}{_given(error)}" for error in errors[:SAID_AT_MOST]]
    more = len(errors) - len(lines)
    return "".join(lines) + (f"\n  and {more} more" if more else "")


def _place(loc: Sequence[str | int]) -> str:
    return ".".join(map(str, loc)) or "body"


def _given(error: Mapping[str, Any]) -> str:
    return "" if error["type"] == "missing" else f" (was {_short(error['input'])})"


def _short(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 80 else f"{text[:77]}..."


@cache
def _webhook_models(event: str) -> Mapping[str, str]:
    """Action -> model expression; the key is empty for events without actions."""
    found = find_spec(f"{PACKAGE}.webhooks")
    assert found is not None
    assert found.origin is not None
    source = Path(found.origin).with_name(f"{event}.py")
    if event.startswith("_") or not source.exists():
        return {}
    for node in ast.parse(source.read_text()).body:
        target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
        if isinstance(target, ast.Name) and target.id == "action_types":
            return _models_by_action(node.value)
    return {}


def _models_by_action(value: ast.expr) -> Mapping[str, str]:
    if not isinstance(value, ast.Dict):
        return {"": ast.unparse(value)}
    pairs = zip(value.keys, value.values, strict=True)
    return {str(ast.literal_eval(key)): ast.unparse(model) for key, model in pairs if key is not None}
