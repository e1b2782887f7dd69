"""Issues of our own: at most one for a marker, open or closed. It never edits nor closes one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import Api, read, read_list
from bot.adapters.github.made import Made
from bot.adapters.github.opened import check_texts
from bot.adapters.github.payloads import ISSUES, IssueFacts
from bot.adapters.github.threads import bot_login, is_by
from bot.model.event import RepoRef

_PAGES = 10
"""So many pages of what we opened last are looked at: pull requests are among them."""


class OwnIssues:
    """The issues of all repos, as one App opens them."""

    def __init__(self, access: Access, made: Made, priority: Priority) -> None:
        self._access = access
        self._made = made
        self._priority = priority

    def find(self, repo: RepoRef, marker: str) -> int | None:
        """Of the thousand that we opened last; the oldest where there are several."""
        app = self._access.identity()
        what = f"the issues of {repo}"
        params = {"state": "all", "creator": bot_login(app), "sort": "created", "direction": "desc"}
        pages = islice(self._api(repo).pages(f"/repos/{repo}/issues", what=what, params=params), _PAGES)
        listed = (one for page in pages for one in read_list(page, ISSUES, what=what))
        found = [
            one.number
            for one in listed
            if one.pull_request is None
            and marker in (one.body or "")
            and is_by(app, one.user, one.performed_via_github_app)
        ]
        return min(found, default=None)

    def create(self, repo: RepoRef, *, marker: str, title: str, body: str, labels: Sequence[str]) -> int:
        """Its number; of one that we made with this marker, and that was not shown yet, that one's.

        Raises ValueError when the body lacks the marker, Refused when it is too long.
        """
        if marker not in body:
            raise ValueError("an issue without its marker could never be found again")
        check_texts(title, body)
        key = ("issue", str(repo).lower(), marker)
        payload = {"title": title, "body": body, "labels": list(labels)}
        with self._made.one_at_a_time():
            number = self._made.get(key)
            if number is None:
                number = self._api(repo).create(
                    f"/repos/{repo}/issues",
                    payload,
                    what=f"an issue on {repo}",
                    read=lambda answer: read(answer, IssueFacts, what="an issue").number,
                    find=lambda: self.find(repo, marker),
                )
                self._made.note(key, number)
        return number

    def _api(self, repo: RepoRef) -> Api:
        return self._access.api(repo, self._priority)
