"""Pull requests that the App opens itself: at most one open from a branch to another, edited, closed.

It never merges: that is for people.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import Api, read, read_list
from bot.adapters.github.connection import Answer
from bot.adapters.github.faults import SOON
from bot.adapters.github.made import Made
from bot.adapters.github.payloads import PULLS, PullFacts
from bot.adapters.github.pulls import is_ours
from bot.errors import Refused, Retry
from bot.model.event import RepoRef
from bot.model.pull import HeadPull

MOST_CHARACTERS = 65_536
"""GitHub answers 422 to a longer body."""
MOST_TITLE = 256


class OpenedPulls:
    """The pull requests of all repos, as one App opens them."""

    def __init__(self, access: Access, made: Made, priority: Priority) -> None:
        self._access = access
        self._made = made
        self._priority = priority

    def of_head(self, repo: RepoRef, branch: str) -> Sequence[HeadPull]:
        """All from this branch of the repo itself, newest first."""
        what = f"the pull requests from {branch} of {repo}"
        params = {"state": "all", "head": f"{repo.owner}:{branch}"}
        pages = self._api(repo).pages(f"/repos/{repo}/pulls", what=what, params=params)
        listed = {one.number: one for page in pages for one in read_list(page, PULLS, what=what)}
        # GitHub ignores a filter that it does not understand.
        return [
            self._pull(one) for _, one in sorted(listed.items(), reverse=True) if _is_from(one, repo, branch)
        ]

    def create(self, repo: RepoRef, *, head: str, base: str, title: str, body: str) -> HeadPull:
        """Opens it; one that stands open already is given. Raises Refused when GitHub does not take it."""
        check_texts(title, body)
        api, what = self._api(repo), f"a pull request from {head} to {base} of {repo}"

        def find() -> HeadPull | None:
            found = self.of_head(repo, head)
            return next((one for one in found if one.is_open and one.base_branch == base), None)

        payload = {"title": title, "head": head, "base": base, "body": body}
        with self._made.one_at_a_time():
            try:
                return api.create(f"/repos/{repo}/pulls", payload, what=what, read=self._read, find=find)
            except Refused as refused:
                if "already exists" not in refused.reason:
                    raise
                # The list that was looked at before lagged behind, and may do so still.
                if (standing := find()) is not None:
                    return standing
                raise Retry(f"GitHub does not show {what} yet", after=SOON) from refused

    def edit(self, repo: RepoRef, number: int, *, title: str, body: str) -> None:
        """Raises Retry when it is not shown (yet)."""
        check_texts(title, body)
        self._change(repo, number, {"title": title, "body": body})

    def close(self, repo: RepoRef, number: int, *, body: str) -> None:
        """One request, so that it is never closed without the words that say why; none leave what stands."""
        check_texts("", body)
        said: dict[str, object] = {"body": body} if body else {}
        self._change(repo, number, {"state": "closed", **said})

    def _change(self, repo: RepoRef, number: int, payload: dict[str, object]) -> None:
        what = f"pull request {repo}#{number}"
        self._api(repo).change("PATCH", f"/repos/{repo}/pulls/{number}", payload, what=what)

    def _read(self, answer: Answer) -> HeadPull:
        return self._pull(read(answer, PullFacts, what="a pull request"))

    def _pull(self, one: PullFacts) -> HeadPull:
        return HeadPull(
            number=one.number,
            head_sha=one.head.sha,
            base_branch=one.base.ref,
            body=one.body or "",
            is_open=one.state == "open",
            is_merged=one.merged or one.merged_at is not None,
            is_ours=is_ours(one, self._access),
        )

    def _api(self, repo: RepoRef) -> Api:
        return self._access.api(repo, self._priority)


def _is_from(one: PullFacts, repo: RepoRef, branch: str) -> bool:
    home = one.head.repo
    return one.head.ref == branch and home is not None and home.full_name.lower() == str(repo).lower()


def check_texts(title: str, body: str) -> None:
    """Raises Refused for what GitHub finds too long."""
    if len(title) > MOST_TITLE or len(body) > MOST_CHARACTERS:
        raise Refused(f"GitHub takes no title of {len(title)} and no body of {len(body)} characters.")
