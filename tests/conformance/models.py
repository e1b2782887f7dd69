"""The models that githubkit generated from GitHub's OpenAPI, with their laxness taken away.

They are loaded one by one when they are asked for (all of them take many seconds). They are never edited: only
the class that all inherit from, and the word `Missing`, are made strict before the first model is loaded.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Literal, TypeVar, Union

import githubkit.compat
import githubkit.typing
from pydantic import BaseModel, TypeAdapter

VERSION = "v2022_11_28"
"""What GitHub answers in when a request names no version, as PyGithub's do not."""

T = TypeVar("T")
PACKAGE = f"githubkit_schemas.{VERSION}"

if f"{PACKAGE}.models.group_0003" in sys.modules:
    raise ImportError(
        "GitHub's models were loaded before they could be made strict: import this module first"
    )
githubkit.compat.GitHubModel.model_config.update(extra="forbid", strict=True, populate_by_name=False)
# githubkit lets every optional field be null; GitHub's description does not.
githubkit.typing.Missing = Union[githubkit.typing.UnsetType, T]  # noqa: UP007 - a generic alias needs it


class _Names(Mapping[str, Any]):
    """The names that occur in the generated annotations, models among them."""

    def __init__(self) -> None:
        self.models = import_module(f"{PACKAGE}.models")
        self.known = {
            "Union": Union,
            "Literal": Literal,
            "Any": Any,
            "_dt": dt,
            "Missing": githubkit.typing.Missing,
            "UniqueList": githubkit.typing.UniqueList,
            "FileTypes": bytes,
            "list": list,
            "dict": dict,
            "str": str,
            "int": int,
            "float": float,
            "bool": bool,
            "object": object,
        }

    def __getitem__(self, name: str) -> Any:
        return self.known[name] if name in self.known else getattr(self.models, name)

    def __iter__(self):
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


@cache
def _names() -> _Names:
    return _Names()


@cache
def resolve(expression: str) -> Any:
    """The type that a generated annotation such as `list[PullRequestSimple]` names."""
    return eval(expression, {"__builtins__": {}}, _names())


@cache
def adapter(expression: str) -> TypeAdapter[Any]:
    """What validates JSON against the annotation. Raises AssertionError should a model have stayed lax."""
    found = resolve(expression)
    if isinstance(found, type) and issubclass(found, BaseModel):
        assert found.model_config.get("strict"), f"{expression} was loaded before it could be made strict"
    return TypeAdapter(found)
