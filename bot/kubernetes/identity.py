"""What a Kubernetes object is called, and careful ways into it: it may hold anything. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Object = Mapping[str, Any]
"""A Kubernetes object as plain JSON values. Templates made it: no field need have its type."""


class Identity(NamedTuple):
    """What tells objects of one cluster apart; versions of one API group are the same object."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def identify(value: Object) -> Identity:
    """The object's identity; what is missing is empty."""
    group, _, version = text(value, "apiVersion").rpartition("/")
    return Identity(
        group if version else "",
        text(value, "kind"),
        text(value, "metadata", "namespace"),
        text(value, "metadata", "name"),
    )


def at(value: object, *keys: str) -> Any:
    """What stands at the end of these keys; None where the way there ends."""
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def text(value: object, *keys: str) -> str:
    """The string there, or an empty one."""
    found = at(value, *keys)
    return found if isinstance(found, str) else ""


def number(value: object, *keys: str, default: int) -> int:
    """The whole number there; `default` where there is none. Negative ones, which are never meant, are 0."""
    found = at(value, *keys)
    is_number = isinstance(found, int) and not isinstance(found, bool)
    return max(0, found) if is_number else default


def items(value: object, *keys: str) -> Iterator[Object]:
    """The mappings in the list there."""
    found = at(value, *keys)
    return (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else iter(())


def texts(value: object, *keys: str) -> list[str]:
    """The strings in the list there."""
    found = at(value, *keys)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
