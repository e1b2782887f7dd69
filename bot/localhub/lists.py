"""What stands in a hub, by names. It changes nothing."""

from __future__ import annotations

from typing import Literal

from bot.localhub import mergeability, refs
from bot.localhub.access import Actor
from bot.localhub.git import Git
from bot.localhub.problems import not_found
from bot.localhub.records import (
    Account,
    App,
    CheckRun,
    Comment,
    Delivery,
    Issue,
    Pull,
    Reaction,
    Repository,
    Review,
    Thread,
)
from bot.localhub.sight import Sight
from bot.localhub.world import World


class Lists:
    """Finds by names: accounts are logins, repositories `owner/name`, pull requests numbers.

    What is not there raises `Problem` as the REST API would answer.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def account(self, login: str) -> Account:
        """The user, organization or bot."""
        found = self.world.account(login)
        if found is None:
            raise not_found()
        return found

    def repo(self, full_name: str) -> Repository:
        """The repository."""
        found = self.world.repo(*full_name.split("/", 1))
        if found is None:
            raise not_found()
        return found

    def pull(self, full_name: str, number: int) -> Pull:
        """The pull request as it is now."""
        with self.world.lock:
            found = self.world.store.first(Pull, repo_id=self.repo(full_name).id, number=number)
        if found is None:
            raise not_found()
        return found

    def issue(self, full_name: str, number: int) -> Issue:
        """The issue as it is now."""
        found = self.thread(full_name, number)
        if not isinstance(found, Issue):
            raise not_found()
        return found

    def thread(self, full_name: str, number: int) -> Thread:
        """The issue or pull request as it is now."""
        with self.world.lock:
            found = self.view().thread(self.repo(full_name).id, number)
        if found is None:
            raise not_found()
        return found

    def as_user(self, login: str) -> Actor:
        """The account as an actor."""
        return Actor(self.account(login))

    def view(self, login: str = "") -> Sight:
        """The world as the shapes see it."""
        return Sight(self.world, self.as_user(login) if login else Actor())

    def git(self, full_name: str) -> Git:
        """Git in the bare repository."""
        return self.world.git(self.repo(full_name))

    # Lists, all by ascending id unless said

    def accounts(self) -> list[Account]:
        """All accounts."""
        with self.world.lock:
            return self.world.store.find(Account)

    def repos(self) -> list[Repository]:
        """All repositories."""
        with self.world.lock:
            return self.world.store.find(Repository)

    def apps(self) -> list[App]:
        """All Apps."""
        with self.world.lock:
            return self.world.store.find(App)

    def pulls(self, full_name: str, state: Literal["open", "closed", "all"] = "open") -> list[Pull]:
        """The repository's pull requests."""
        with self.world.lock:
            found = self.world.store.find(Pull, repo_id=self.repo(full_name).id)
        return [pull for pull in found if state in ("all", pull.state)]

    def issues(self, full_name: str) -> list[Issue]:
        """The repository's issues that are no pull requests, open and closed."""
        with self.world.lock:
            return self.world.store.find(Issue, repo_id=self.repo(full_name).id)

    def reactions(self, to: Comment | Thread) -> list[tuple[str, str]]:
        """(login, content) of each reaction to a comment, or to the text of an issue or pull request."""
        subject = to.id if isinstance(to, Comment) else to.issue_id
        with self.world.lock:
            found = self.world.store.find(Reaction, subject_id=subject)
            return [(self.view().account(one.account_id).login, one.content) for one in found]

    def comments(self, full_name: str, number: int) -> list[Comment]:
        """A thread's comments."""
        with self.world.lock:
            return self.world.store.find(Comment, repo_id=self.repo(full_name).id, number=number)

    def reviews(self, full_name: str, number: int) -> list[Review]:
        """A pull request's reviews."""
        with self.world.lock:
            return self.world.store.find(Review, repo_id=self.repo(full_name).id, number=number)

    def check_runs(self, full_name: str, sha: str, *, latest: bool = True) -> list[CheckRun]:
        """The check runs of a commit; `latest`: the newest of each name and App."""
        with self.world.lock:
            repo_id = self.repo(full_name).id
            if latest:
                return mergeability.latest_runs(self.world, repo_id, sha)
            return self.world.store.find(CheckRun, repo_id=repo_id, head_sha=sha)

    def branches(self, full_name: str) -> dict[str, str]:
        """Branch names -> commits."""
        with self.world.lock:
            return refs.branches(self.world, self.repo(full_name))

    def files(self, full_name: str, revision: str = "") -> dict[str, bytes]:
        """All files of a branch or commit; empty where there is none. For tests: it reads every blob."""
        with self.world.lock:
            repo = self.repo(full_name)
            sha = refs.resolve(self.world, repo, revision)
            git = self.world.git(repo)
            if sha is None:
                return {}
            blobs = [entry for entry in git.tree(sha, recursive=True) if entry.type == "blob"]
            return {entry.path: git.blob(entry.sha) for entry in blobs}

    def deliveries(self, app: App) -> list[Delivery]:
        """The App's delivery log, those that still wait too."""
        with self.world.lock:
            return self.world.store.find(Delivery, app_id=app.id)
