"""Comments of pull requests. A comment of ours is made at most once for a marker."""

from __future__ import annotations

from collections.abc import Sequence

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import Api, read, read_list
from bot.adapters.github.connection import Answer
from bot.adapters.github.faults import Missing
from bot.adapters.github.made import Made
from bot.adapters.github.payloads import COMMENTS, Account, App, AppRef, IssueComment
from bot.errors import Refused
from bot.model.event import RepoRef
from bot.ports import Comment

MOST_CHARACTERS = 65_536
"""GitHub answers 422 to a longer body."""


class CommentThreads:
    """The threads of all repos, as one App writes in them."""

    def __init__(self, access: Access, made: Made, priority: Priority) -> None:
        self._access = access
        self._made = made
        self._priority = priority

    def comments(self, repo: RepoRef, number: int) -> Sequence[Comment]:
        """All comments, oldest first: also several of ours with one marker, where there are."""
        return self._list(self._api(repo), repo, number)

    def create_comment(self, repo: RepoRef, number: int, body: str, *, marker: str) -> Comment:
        """A comment with this body; one that we made with this marker, and that was not shown yet, is reused.

        Raises ValueError when the body lacks the marker, Refused when it is too long.
        """
        if marker not in body:
            raise ValueError("a comment without its marker could never be found again")
        _bounded(body)
        key = (str(repo).lower(), str(number), marker)
        with self._made.one_at_a_time():
            comment = self._made_before(repo, key) or self._post(repo, number, body, marker)
            self._made.note(key, comment.id)
        return comment if comment.body == body else self.edit_comment(repo, comment.id, body)

    def edit_comment(self, repo: RepoRef, comment: int, body: str) -> Comment:
        """Raises Retry when it was deleted meanwhile: read the thread again."""
        _bounded(body)
        what = f"a comment on {repo}"
        path = f"/repos/{repo}/issues/comments/{comment}"
        return self._read(self._api(repo).change("PATCH", path, {"body": body}, what=what))

    def delete_comment(self, repo: RepoRef, comment: int) -> None:
        """Also when it is gone already."""
        try:
            self._api(repo).change(
                "DELETE", f"/repos/{repo}/issues/comments/{comment}", what=f"a comment on {repo}"
            )
        except Missing:
            return

    def _post(self, repo: RepoRef, number: int, body: str, marker: str) -> Comment:
        api = self._api(repo)

        def find() -> Comment | None:
            found = (one for one in self._list(api, repo, number) if one.is_ours and marker in one.body)
            return next(found, None)

        path, what = f"/repos/{repo}/issues/{number}/comments", f"a comment on {repo}#{number}"
        return api.create(path, {"body": body}, what=what, read=self._read, find=find)

    def _made_before(self, repo: RepoRef, key: tuple[str, ...]) -> Comment | None:
        made = self._made.get(key)
        if made is None:
            return None
        try:
            path = f"/repos/{repo}/issues/comments/{made}"
            return self._read(self._api(repo).get(path, what=f"a comment on {repo}"))
        except Missing:
            return None

    def _list(self, api: Api, repo: RepoRef, number: int) -> list[Comment]:
        what = f"the comments of {repo}#{number}"
        pages = api.pages(f"/repos/{repo}/issues/{number}/comments", what=what, fresh=True)
        app = self._access.identity()
        return [_comment(one, app) for page in pages for one in read_list(page, COMMENTS, what=what)]

    def _read(self, answer: Answer) -> Comment:
        return _comment(read(answer, IssueComment, what="a comment"), self._access.identity())

    def _api(self, repo: RepoRef) -> Api:
        return self._access.api(repo, self._priority)


def _bounded(body: str) -> None:
    if len(body) > MOST_CHARACTERS:
        raise Refused(f"The comment has {len(body)} characters; GitHub takes {MOST_CHARACTERS}.")


def _comment(found: IssueComment, app: App) -> Comment:
    return Comment(found.id, found.body or "", is_by(app, found.user, found.performed_via_github_app))


def is_by(app: App, user: Account | None, via: AppRef | None) -> bool:
    """Whether the App wrote it in its own name: it may also speak in the name of a person."""
    if user is None or user.type != "Bot":
        return False
    return via.id == app.id if via else user.login == bot_login(app)


def bot_login(app: App) -> str:
    """The account in whose name the App acts."""
    return f"{app.slug}[bot]"
