"""A pull request as rules see it: who asks, who approved, what changes. Part of `review`; reads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.catalog.accounts import is_agent, user_of
from bot.catalog.entity import Catalog
from bot.model.pull import Pull
from bot.model.tree import Change
from bot.policy.requests import pull_facts


def pull_of(pull: Pull, changes: Sequence[Change], catalog: Catalog, *, asked_by: str = "") -> dict[str, Any]:
    """`catalog` is the base branch's: who is who is not for the pull request to say.

    `asked_by`: the login for whom we opened it. It is that person's then, whose own approval counts for
    nothing.
    """
    return pull_facts(
        number=pull.number,
        title=pull.title,
        author=_author(asked_by, catalog) if asked_by else _opener(pull, catalog),
        changes=[*_changes(changes)],
        labels=list(pull.labels),
        isDraft=pull.is_draft,
        additions=pull.additions,
        deletions=pull.deletions,
        approvals=[one for one in pull.approvers if one.lower() != asked_by.lower()],
        head=pull.head_branch,
        base=pull.base_branch,
    )


def _opener(pull: Pull, catalog: Catalog) -> Mapping[str, Any]:
    found = _author(pull.author.login, catalog)
    return {**found, "isAgent": found["isAgent"] or pull.author.is_bot}


def _author(login: str, catalog: Catalog) -> Mapping[str, Any]:
    user = user_of(login, catalog)
    teams = catalog.relations.targets(user.ref, "memberOf") if user is not None else ()
    return {
        "login": login,
        "isAgent": (user is not None and is_agent(user)) or login.lower().endswith("[bot]"),
        "teams": sorted(teams),
    }


def _changes(changes: Sequence[Change]) -> Iterator[dict[str, str]]:
    """A file that went and came again with the same content elsewhere was renamed."""
    sources: dict[str, list[str]] = {}
    for one in changes:
        if one.before is not None and one.after is None:
            sources.setdefault(one.before.oid, []).append(one.path)
    moved: set[str] = set()
    renamed: dict[str, str] = {}
    for one in changes:
        if one.before is None and one.after is not None and sources.get(one.after.oid):
            renamed[one.path] = sources[one.after.oid].pop(0)
            moved.add(renamed[one.path])
    for one in changes:
        if one.path in renamed:
            yield {"path": one.path, "status": "renamed", "from": renamed[one.path]}
        elif one.path not in moved:
            status = "added" if one.before is None else "removed" if one.after is None else "changed"
            yield {"path": one.path, "status": status}
