"""What people write in threads, and our marks on it: reactions and labels.

Texts are read as they are now. It says nothing itself: comments of ours are made in `threads.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import get_args
from urllib.parse import quote

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import READ_BACKS, Api, read, read_list
from bot.adapters.github.connection import Answer
from bot.adapters.github.faults import Missing
from bot.adapters.github.payloads import (
    LABELS,
    REACTIONS,
    THREAD,
    IssueFacts,
    Review,
    ThreadComment,
)
from bot.adapters.github.pulls import person
from bot.adapters.github.threads import bot_login, is_by
from bot.model.event import RepoRef
from bot.model.spot import Spot
from bot.model.thread import Reaction, Written

_RECENT_PAGES = 10
"""So many pages of the newest comments are looked at: what is older was looked at by an earlier sweep."""


class Conversation:
    """The threads of all repos, as one App reads and marks them."""

    def __init__(self, access: Access, priority: Priority) -> None:
        self._access = access
        self._priority = priority

    def written(self, repo: RepoRef, spot: Spot) -> Written | None:
        """The text as it stands now; None when it was deleted, or never submitted."""
        path = _place(repo, spot)
        try:
            answer = self._patiently(path, f"what was written in {repo}#{spot.number}", repo)
        except Missing:
            return None
        match spot.source:
            case "comment":
                return self._comment(read(answer, ThreadComment, what="a comment"))
            case "review":
                return _review(read(answer, Review, what="a review"), spot)
            case "description":
                return self._description(read(answer, IssueFacts, what="a description"))

    def recent_comments(self, repo: RepoRef, since: datetime) -> Sequence[Written]:
        """Made or changed since, oldest first; of very many only the newest thousand."""
        params = {"since": _stamp(since), "sort": "updated", "direction": "desc"}
        what = f"the newest comments of {repo}"
        pages = self._api(repo).pages(f"/repos/{repo}/issues/comments", what=what, params=params)
        listed = [one for page in islice(pages, _RECENT_PAGES) for one in read_list(page, THREAD, what=what)]
        # Who writes while we turn the pages makes the same comment show up on two of them.
        newest = {one.id: one for one in listed}
        return [self._comment(one) for _, one in sorted(newest.items())]

    def thread(self, repo: RepoRef, number: int) -> Sequence[Written]:
        """Oldest first."""
        what = f"the comments of {repo}#{number}"
        pages = self._api(repo).pages(f"/repos/{repo}/issues/{number}/comments", what=what, fresh=True)
        return [self._comment(one) for page in pages for one in read_list(page, THREAD, what=what)]

    def reactions(self, repo: RepoRef, spot: Spot) -> Sequence[Reaction]:
        """Ours, of those that we use. None for a review, and for what is gone."""
        if spot.source == "review":
            return ()
        us, what = bot_login(self._access.identity()), f"the reactions in {repo}#{spot.number}"
        try:
            pages = list(self._api(repo).pages(f"{_place(repo, spot)}/reactions", what=what))
        except Missing:
            return ()
        found = {
            one.content
            for page in pages
            for one in read_list(page, REACTIONS, what=what)
            if one.user and one.user.login == us
        }
        known: tuple[Reaction, ...] = get_args(Reaction)
        return tuple(content for content in known if content in found)

    def react(self, repo: RepoRef, spot: Spot, content: Reaction) -> None:
        """GitHub keeps one of a kind and account. Raises Refused for what is gone."""
        if spot.source == "review":
            return
        path, what = f"{_place(repo, spot)}/reactions", f"a reaction in {repo}#{spot.number}"
        self._api(repo).mark(path, {"content": content}, what=what)

    def labels(self, repo: RepoRef, number: int) -> Sequence[str]:
        what = f"the labels of {repo}#{number}"
        pages = self._api(repo).pages(f"/repos/{repo}/issues/{number}/labels", what=what)
        return [one.name for page in pages for one in read_list(page, LABELS, what=what)]

    def add_labels(self, repo: RepoRef, number: int, labels: Sequence[str]) -> None:
        path, what = f"/repos/{repo}/issues/{number}/labels", f"the labels of {repo}#{number}"
        self._api(repo).mark(path, {"labels": list(labels)}, what=what)

    def remove_label(self, repo: RepoRef, number: int, label: str) -> None:
        """Also when it is gone already."""
        path = f"/repos/{repo}/issues/{number}/labels/{quote(label, safe='')}"
        try:
            self._api(repo).change("DELETE", path, what=f"a label of {repo}#{number}")
        except Missing:
            return

    def _patiently(self, path: str, what: str, repo: RepoRef) -> Answer:
        """An event told of it: what is not shown yet may be there in a second."""
        api = self._api(repo)
        for seconds in READ_BACKS:
            try:
                return api.get(path, what=what)
            except Missing:
                api.pause(seconds)
        return api.get(path, what=what)

    def _comment(self, found: ThreadComment) -> Written:
        number = _number(found.issue_url)
        return Written(
            spot=Spot(number, "comment", found.id),
            author=person(found.user),
            body=found.body or "",
            at=found.created_at,
            is_edited=found.updated_at > found.created_at,
            is_ours=is_by(self._access.identity(), found.user, found.performed_via_github_app),
            is_pull=f"/pull/{number}#" in found.html_url,
        )

    def _description(self, found: IssueFacts) -> Written:
        return Written(
            spot=Spot(found.number, "description"),
            author=person(found.user),
            body=found.body or "",
            at=found.created_at,
            is_ours=is_by(self._access.identity(), found.user, found.performed_via_github_app),
        )

    def _api(self, repo: RepoRef) -> Api:
        return self._access.api(repo, self._priority)


def _place(repo: RepoRef, spot: Spot) -> str:
    match spot.source:
        case "comment":
            return f"/repos/{repo}/issues/comments/{spot.id}"
        case "review":
            return f"/repos/{repo}/pulls/{spot.number}/reviews/{spot.id}"
        case "description":
            return f"/repos/{repo}/issues/{spot.number}"


def _review(found: Review, spot: Spot) -> Written | None:
    if found.submitted_at is None:
        return None
    return Written(
        spot=spot,
        author=person(found.user),
        body=found.body or "",
        at=found.submitted_at,
        head=found.commit_id or "",
    )


def _number(issue_url: str) -> int:
    """`.../issues/7` -> 7: a comment does not tell the number of its issue in any other way."""
    return int(issue_url.rstrip("/").rpartition("/")[2])


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
