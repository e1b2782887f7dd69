"""The Forge of `bot/ports.py` on GitHub: one object for all repos of an App, for all threads.

It only says who does what; pull requests, threads, checks and deliveries have their own modules.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self

import requests

from bot.adapters.budget import Budget, Priority
from bot.adapters.github import hooks, merging, needs, pulls, rights
from bot.adapters.github.access import Access, app_auth
from bot.adapters.github.call import Means
from bot.adapters.github.checks import AppChecks
from bot.adapters.github.connection import open_session
from bot.adapters.github.conversation import Conversation
from bot.adapters.github.issues import OwnIssues
from bot.adapters.github.made import Made
from bot.adapters.github.opened import OpenedPulls
from bot.adapters.github.origin import Origin
from bot.adapters.github.redaction import PYGITHUB
from bot.adapters.github.seen import Seen
from bot.adapters.github.threads import CommentThreads
from bot.model.event import RepoRef
from bot.model.plan import Conclusion, Finding
from bot.model.pull import HeadPull, OpenPull, Pull, PullCommit
from bot.model.spot import Spot
from bot.model.thread import Reaction, Written
from bot.ports import CheckOutput, CheckRun, Clock, Comment, Delivery


@dataclass(frozen=True, repr=False, eq=False)
class GitHub:
    """Raises Retry, Refused, and UserError for settings that cannot work; nothing else on purpose.

    Made by `connect`. Calls are made at `priority`; `at` gives the same GitHub for other work.
    """

    access: Access
    made: Made
    session: requests.Session
    priority: Priority = Priority.ANSWER

    @classmethod
    def connect(
        cls,
        *,
        api_url: str,
        app_id: int | str,
        private_key: str,
        budget: Budget,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Sends nothing yet. Raises UserError when the URL or the key cannot work.

        `api_url` may be any host: `https://api.github.com`, `https://ghes.example/api/v3`. `private_key`
        is the App's key as PEM text.
        """
        logging.getLogger("github.Requester").addFilter(PYGITHUB)
        origin, auth = Origin.parse(api_url), app_auth(app_id, private_key)
        session = open_session()
        return cls(Access(Means(origin, session, budget, clock, sleep, Seen()), auth), Made(), session)

    def at(self, priority: Priority) -> Self:
        """The same GitHub, with the same memory and connections, for work of another priority."""
        return replace(self, priority=priority)

    @property
    def _threads(self) -> CommentThreads:
        return CommentThreads(self.access, self.made, self.priority)

    @property
    def _conversation(self) -> Conversation:
        return Conversation(self.access, self.priority)

    @property
    def _issues(self) -> OwnIssues:
        return OwnIssues(self.access, self.made, self.priority)

    @property
    def _opened(self) -> OpenedPulls:
        return OpenedPulls(self.access, self.made, self.priority)

    @property
    def _checks(self) -> AppChecks:
        return AppChecks(self.access, self.made, self.priority)

    def token_for(self, repo: RepoRef) -> str:
        """An installation token for git over HTTPS (user `x-access-token`), good for five minutes or more."""
        return self.access.token(repo)

    def self_check(self, repo: RepoRef) -> tuple[Finding, ...]:
        """What stands in the way of working on `repo`, in words by `bot/report/selfcheck.py`."""
        return needs.self_check(self.access, repo)

    def close(self) -> None:
        """Closes the connections, of all that `at` gave too."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def default_branch(self, repo: RepoRef) -> str:
        return pulls.default_branch(self.access, self.priority, repo)

    def pull(self, repo: RepoRef, number: int, *, fresh: bool = True) -> Pull:
        """`fresh`: an event told of it, so that a 404 is the API's lag and raises Retry, not Refused."""
        return pulls.pull(self.access, self.priority, repo, number, fresh=fresh)

    def open_pulls(self, repo: RepoRef) -> Sequence[OpenPull]:
        return pulls.open_pulls(self.access, self.priority, repo)

    def pulls_of_commit(self, repo: RepoRef, sha: str) -> Sequence[int]:
        return pulls.pulls_of_commit(self.access, self.priority, repo, sha)

    def pull_commits(self, repo: RepoRef, number: int) -> Sequence[PullCommit]:
        return pulls.pull_commits(self.access, self.priority, repo, number)

    def pulls_of_head(self, repo: RepoRef, branch: str) -> Sequence[HeadPull]:
        return self._opened.of_head(repo, branch)

    def create_pull(self, repo: RepoRef, *, head: str, base: str, title: str, body: str) -> HeadPull:
        return self._opened.create(repo, head=head, base=base, title=title, body=body)

    def edit_pull(self, repo: RepoRef, number: int, *, title: str, body: str) -> None:
        self._opened.edit(repo, number, title=title, body=body)

    def close_pull(self, repo: RepoRef, number: int, *, body: str) -> None:
        self._opened.close(repo, number, body=body)

    def comments(self, repo: RepoRef, number: int) -> Sequence[Comment]:
        return self._threads.comments(repo, number)

    def create_comment(self, repo: RepoRef, number: int, body: str, *, marker: str) -> Comment:
        return self._threads.create_comment(repo, number, body, marker=marker)

    def edit_comment(self, repo: RepoRef, comment: int, body: str) -> Comment:
        return self._threads.edit_comment(repo, comment, body)

    def delete_comment(self, repo: RepoRef, comment: int) -> None:
        self._threads.delete_comment(repo, comment)

    def written(self, repo: RepoRef, spot: Spot) -> Written | None:
        return self._conversation.written(repo, spot)

    def recent_comments(self, repo: RepoRef, since: datetime) -> Sequence[Written]:
        return self._conversation.recent_comments(repo, since)

    def thread(self, repo: RepoRef, number: int) -> Sequence[Written]:
        return self._conversation.thread(repo, number)

    def reactions(self, repo: RepoRef, spot: Spot) -> Sequence[Reaction]:
        return self._conversation.reactions(repo, spot)

    def react(self, repo: RepoRef, spot: Spot, content: Reaction) -> None:
        self._conversation.react(repo, spot, content)

    def labels(self, repo: RepoRef, number: int) -> Sequence[str]:
        return self._conversation.labels(repo, number)

    def add_labels(self, repo: RepoRef, number: int, labels: Sequence[str]) -> None:
        self._conversation.add_labels(repo, number, labels)

    def remove_label(self, repo: RepoRef, number: int, label: str) -> None:
        self._conversation.remove_label(repo, number, label)

    def find_issue(self, repo: RepoRef, marker: str) -> int | None:
        return self._issues.find(repo, marker)

    def create_issue(
        self, repo: RepoRef, *, marker: str, title: str, body: str, labels: Sequence[str]
    ) -> int:
        return self._issues.create(repo, marker=marker, title=title, body=body, labels=labels)

    def permission(self, repo: RepoRef, login: str) -> str:
        return rights.permission(self.access, self.priority, repo, login)

    def is_team_member(self, organization: str, team: str, login: str) -> bool:
        return rights.is_team_member(self.access, self.priority, organization, team, login)

    def merge_pull(self, repo: RepoRef, number: int, *, sha: str, subject: str, message: str) -> str:
        return merging.merge_pull(
            self.access, self.priority, repo, number, sha=sha, subject=subject, message=message
        )

    def head_moved_at(self, repo: RepoRef, number: int) -> datetime | None:
        return merging.head_moved_at(self.access, self.priority, repo, number)

    def check_runs(self, repo: RepoRef, sha: str, name: str) -> Sequence[CheckRun]:
        return self._checks.check_runs(repo, sha, name)

    def create_check(
        self,
        repo: RepoRef,
        sha: str,
        name: str,
        *,
        external_id: str,
        output: CheckOutput,
        conclusion: Conclusion | None = None,
    ) -> CheckRun:
        return self._checks.create_check(
            repo, sha, name, external_id=external_id, output=output, conclusion=conclusion
        )

    def update_check(
        self, repo: RepoRef, run: int, *, output: CheckOutput, conclusion: Conclusion | None = None
    ) -> CheckRun:
        return self._checks.update_check(repo, run, output=output, conclusion=conclusion)

    def deliveries(self, since: datetime) -> Sequence[Delivery]:
        return hooks.deliveries(self.access, self.priority, since)

    def redeliver(self, delivery: int) -> None:
        hooks.redeliver(self.access, self.priority, delivery)
