"""GitHub's list of operations, read from the source of githubkit's generated client. Nothing is called here.

One regular expression finds where each operation stands; its function is parsed only when someone asks for it.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from .models import PACKAGE
from .statuses import successes

STANDS_AT = re.compile(r"^ {8}(GET|POST|PUT|PATCH|DELETE|HEAD) (/\S*)$", re.MULTILINE)
FUNCTION = re.compile(r"^    (?=(?:async )?def )", re.MULTILINE)
DECORATORS = re.compile(r"(\n {4}@.*)+\s*\Z")
WITH_SLASHES = frozenset({"path", "ref", "branch", "basehead", "base", "head", "name"})
"""Path parameters that may hold slashes themselves."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. Types are written as in githubkit's source; `models.resolve` makes them real."""

    method: str
    template: str
    name: str
    statuses: frozenset[int]
    """Those below 400."""
    response: str | None = None
    errors: dict[int, str] = field(default_factory=dict)
    body: str | None = None
    query: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


@cache
def _where() -> dict[tuple[str, str], Path]:
    package = find_spec(f"{PACKAGE}.rest")
    assert package is not None
    assert package.origin is not None
    sources = sorted(Path(package.origin).parent.glob("[a-z]*.py"))
    return {place: source for source in sources for place in STANDS_AT.findall(source.read_text())}


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """All path templates; those with the most fixed words first, so that the closest one is found."""
    templates = {template for _, template in _where()}
    closest = sorted(templates, key=lambda each: (-len(_literals(each)), each.count("{"), each))
    return [(re.compile(_regex(template)), template) for template in closest]


def _literals(template: str) -> list[str]:
    return [part for part in template.split("/") if part and "{" not in part]


def _regex(template: str) -> str:
    def group(found: re.Match[str]) -> str:
        return ".+" if found[1] in WITH_SLASHES else "[^/]+"

    escaped = re.sub(r"\\([{}])", r"\1", re.escape(template))
    return re.sub(r"\{([^}]*)\}", group, escaped)


@cache
def operation_for(method: str, path: str) -> Operation | None:
    """The operation that GitHub would run for this request path (decoded, without query), or None."""
    method = "GET" if method == "HEAD" else method
    # The root of a repository's files is the same operation with an empty path.
    path = f"{path.rstrip('/')}/." if re.fullmatch(r"/repos/[^/]+/[^/]+/contents/?", path) else path
    for pattern, template in _patterns():
        if (method, template) in _where() and pattern.fullmatch(path):
            return _read(method, template)
    return None


@cache
def _functions(source: Path) -> list[str]:
    return [text for text in FUNCTION.split(source.read_text()) if text.startswith("def ")]


@cache
def _read(method: str, template: str) -> Operation:
    said = f"\n        {method} {template}\n"
    text = next(text for text in _functions(_where()[method, template]) if said in text)
    # The split left the indentation before `def`, and at the end the next function's decorators.
    function = ast.parse(textwrap.dedent(DECORATORS.sub("", f"    {text}"))).body[0]
    assert isinstance(function, ast.FunctionDef)
    request = next(_calls(function, "request"))
    given = {keyword.arg: keyword.value for keyword in request.keywords}
    validated = next(_calls(function, "type_validate_python"), None)
    return Operation(
        method=method,
        template=template,
        name=(ast.get_docstring(function) or "").partition("\n")[0],
        statuses=successes().get((method, template), frozenset()),
        response=ast.unparse(given["response_model"]) if "response_model" in given else None,
        errors=_errors(given.get("error_models")),
        body=ast.unparse(validated.args[0]) if validated else None,
        query=_query(function),
    )


def _calls(function: ast.FunctionDef, name: str):
    for node in ast.walk(function):
        called = node.func if isinstance(node, ast.Call) else None
        if (isinstance(called, ast.Attribute) and called.attr == name) or (
            isinstance(called, ast.Name) and called.id == name
        ):
            yield node


def _errors(models: ast.expr | None) -> dict[int, str]:
    if not isinstance(models, ast.Dict):
        return {}
    pairs = zip(models.keys, models.values, strict=True)
    return {int(ast.literal_eval(key)): ast.unparse(value) for key, value in pairs if key is not None}


def _query(function: ast.FunctionDef) -> dict[str, str]:
    """Query parameter -> its annotation, from `params = {"per_page": per_page, …}` and the signature."""
    annotations = {arg.arg: arg.annotation for arg in function.args.args + function.args.kwonlyargs}
    for node in function.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "params":
            assert isinstance(node.value, ast.Dict)
            pairs = zip(node.value.keys, node.value.values, strict=True)
            return {ast.literal_eval(key): ast.unparse(annotations[value.id]) for key, value in pairs}
    return {}
