"""Whether a request comes alone: what comes with it might make its approvers, or what they approve.

Part of `review`. It judges paths and kinds of documents, never what they say.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.catalog.check import layout_of
from bot.catalog.entity import Catalog
from bot.catalog.layout import is_below
from bot.leases.request import FOLDER, Request, request_of
from bot.model.plan import Fact, Finding, Severity


def is_mixed(changed: Iterable[str], before: Catalog, after: Catalog) -> bool:
    """Whether the changed paths hold anything but requests in their folder."""
    paths = set(changed)
    sides = (*before.entities, *after.entities)
    others = {one.path for one in sides if request_of(one) is None}
    homes = [FOLDER if top == "." else f"{top}/{FOLDER}" for top in layout_of(before).catalog]
    astray = {path for path in paths if not any(is_below(path, home) for home in homes)}
    return bool(paths - {one.path for one in sides} | paths & others | astray)


def mixed(request: Request, *, is_merged: bool = False) -> Finding:
    """That it does not come alone, at its name."""
    place = request.entity.where("metadata", "name")
    facts: dict[str, Fact] = {"request": request.name, **({"case": "merged"} if is_merged else {})}
    return Finding("request-mixed", Severity.DENY, request.path, *place, facts)
