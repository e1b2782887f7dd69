"""Where GitHub's published description is known to be wrong: the whole list, each with its reason.

A tolerated field is taken out of a copy of the body before the body is validated; nothing else is let pass.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True)
class Tolerated:
    """`where` is a pattern over `METHOD template status`, `request METHOD template` or `webhook event.action`."""

    where: str
    path: tuple[str, ...]
    """The way to the field; `*` goes into every item of a list."""
    reason: str


TOLERATED = (
    Tolerated(
        "* 422",
        ("status",),
        "Since 2024 every error says its status in its body; the description has the field in `basic-error` "
        "and forgot it in `validation-error`.",
    ),
    Tolerated(
        "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge 40[59]",
        ("status",),
        "As above: the two refusals of a merge are described field by field, from before errors said their status.",
    ),
)


@dataclass(frozen=True, slots=True)
class Wider:
    """`model` is taken where the description names too few; `where` as in Tolerated, without patterns."""

    where: str
    model: str
    reason: str


WIDER = (
    Wider(
        "GET /repos/{owner}/{repo}/issues/{issue_number}/events 200",
        "list[StateChangeIssueEvent]",
        "The description lists some kinds of events, each with a model of its own. Those of the page `Issue event "
        "types` without fields of their own, such as `closed` and `head_ref_force_pushed`, have none there; in the "
        "timeline they do, and it is this one.",
    ),
)


def wider(where: str, model: str) -> str:
    """The model that is to be satisfied there."""
    others = [each.model for each in WIDER if each.where == where]
    return f"Union[{', '.join([model, *others])}]" if others else model


def without_tolerated(where: str, body: Any) -> Any:
    """The body without the fields that are tolerated there. The body itself is not changed."""
    paths = [each.path for each in TOLERATED if fnmatchcase(where, each.where)]
    if not paths:
        return body
    body = copy.deepcopy(body)
    for path in paths:
        for owner in _owners(body, path[:-1]):
            owner.pop(path[-1], None)
    return body


def _owners(body: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if not path:
        if isinstance(body, dict):
            yield body
    elif path[0] == "*":
        for item in body if isinstance(body, list) else ():
            yield from _owners(item, path[1:])
    elif isinstance(body, dict) and path[0] in body:
        yield from _owners(body[path[0]], path[1:])
