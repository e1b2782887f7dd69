"""Pull requests, read as they are now. It never writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import Api, read, read_list
from bot.adapters.github.payloads import (
    COMMITS,
    PULLS,
    REVIEWS,
    Account,
    CommitFacts,
    PullFacts,
    Repo,
    Review,
    Side,
)
from bot.model.event import RepoRef
from bot.model.pull import Approval, OpenPull, Person, Pull, PullCommit

_GHOST = "ghost"
"""The account that GitHub shows for one that was deleted."""
_PAGES = "web-flow"
"""The account by which GitHub's own pages commit, in the name of an author."""


def default_branch(access: Access, priority: Priority, repo: RepoRef) -> str:
    """The branch that pull requests go to by default."""
    answer = access.api(repo, priority).get(f"/repos/{repo}", what=f"the repository {repo}")
    return read(answer, Repo, what=f"the repository {repo}").default_branch


def pull(access: Access, priority: Priority, repo: RepoRef, number: int, *, fresh: bool) -> Pull:
    """`fresh`: an event told of it, so that a 404 is the API's lag and raises Retry, not Refused."""
    api, what = access.api(repo, priority), f"pull request {repo}#{number}"
    facts = read(api.get(f"/repos/{repo}/pulls/{number}", what=what, fresh=fresh), PullFacts, what=what)
    approving = _approving(_reviews(api, repo, number))
    return Pull(
        repo=repo,
        number=facts.number,
        title=facts.title,
        author=person(facts.user),
        base_branch=facts.base.ref,
        base_sha=facts.base.sha,
        head_branch=facts.head.ref,
        head_sha=facts.head.sha,
        head_repo=_repo(facts.head),
        is_open=facts.state == "open",
        is_merged=facts.merged,
        is_draft=facts.draft,
        merge_sha=(facts.merge_commit_sha or "") if facts.merged else "",
        merged_by=facts.merged_by.login if facts.merged_by else "",
        approvers=tuple(sorted(approving)),
        approvals=tuple(_approvals(approving)),
        url=facts.html_url,
        labels=tuple(sorted(one.name for one in facts.labels)),
        additions=facts.additions,
        deletions=facts.deletions,
        is_ours=is_ours(facts, access),
    )


def open_pulls(access: Access, priority: Priority, repo: RepoRef) -> Sequence[OpenPull]:
    """All open pull requests, sorted by number."""
    what = f"the open pull requests of {repo}"
    pages = access.api(repo, priority).pages(f"/repos/{repo}/pulls", what=what, params={"state": "open"})
    listed = {one.number: one for page in pages for one in read_list(page, PULLS, what=what)}
    return [_open(one, repo, access) for _, one in sorted(listed.items())]


def _open(one: PullFacts, repo: RepoRef, access: Access) -> OpenPull:
    is_here = _repo(one.head) == repo
    return OpenPull(
        number=one.number,
        head_sha=one.head.sha,
        base_branch=one.base.ref,
        head_branch=one.head.ref if is_here else "",
        title=one.title,
        body=one.body or "",
        is_ours=is_ours(one, access),
        author=one.user.login if one.user is not None else "",
    )


def is_ours(one: PullFacts, access: Access) -> bool:
    """Whether this App opened it."""
    user = one.user
    return user is not None and user.type == "Bot" and user.login == f"{access.identity().slug}[bot]"


def pulls_of_commit(access: Access, priority: Priority, repo: RepoRef, sha: str) -> Sequence[int]:
    """Numbers of the pull requests of this repo that were merged to its default branch with this commit."""
    what = f"the pull requests of {repo}@{sha[:7]}"
    path = f"/repos/{repo}/commits/{quote(sha, safe='')}/pulls"
    pages = access.api(repo, priority).pages(path, what=what, fresh=True)
    found = (one for page in pages for one in read_list(page, PULLS, what=what))
    return sorted({one.number for one in found if one.merged_at and _is_to_default(one.base, repo)})


def pull_commits(access: Access, priority: Priority, repo: RepoRef, number: int) -> Sequence[PullCommit]:
    """Oldest first; of very many the first 250: GitHub shows no more."""
    what = f"the commits of {repo}#{number}"
    pages = access.api(repo, priority).pages(f"/repos/{repo}/pulls/{number}/commits", what=what, fresh=True)
    return [_commit(one) for page in pages for one in read_list(page, COMMITS, what=what)]


def _commit(one: CommitFacts) -> PullCommit:
    said = ((one.author, one.commit.author), (one.committer, one.commit.committer))
    logins = [account.login for account, _ in said if account is not None and account.login]
    strange = [
        (signed.email or "" if signed is not None else "").lower()
        for account, signed in said
        if account is None or not account.login
    ]
    return PullCommit(
        one.sha,
        tuple(dict.fromkeys(login for login in logins if login != _PAGES)),
        tuple(dict.fromkeys(strange)),
    )


def _is_to_default(base: Side, repo: RepoRef) -> bool:
    # A fork's commit is also listed with pull requests of the repo that it was forked from.
    there = base.repo
    return (
        there is not None
        and there.full_name.lower() == str(repo).lower()
        and base.ref == there.default_branch
    )


def _reviews(api: Api, repo: RepoRef, number: int) -> list[Review]:
    what = f"the reviews of {repo}#{number}"
    pages = api.pages(f"/repos/{repo}/pulls/{number}/reviews", what=what, fresh=True)
    return [one for page in pages for one in read_list(page, REVIEWS, what=what)]


def _approving(reviews: list[Review]) -> Mapping[str, Review]:
    """By login: the newest decisions that are approvals. A review that only comments decides nothing."""
    newest: dict[str, Review] = {}
    for review in reviews:
        if review.user and review.state in {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}:
            newest[review.user.login] = review
    return {login: one for login, one in newest.items() if one.state == "APPROVED"}


def _approvals(approving: Mapping[str, Review]) -> Iterator[Approval]:
    for login, one in sorted(approving.items()):
        if one.commit_id and one.submitted_at:
            yield Approval(login, one.commit_id, one.submitted_at, is_bot=person(one.user).is_bot)


def person(account: Account | None) -> Person:
    """Who it is; of a deleted account what GitHub shows in its place."""
    if account is None:
        return Person(_GHOST)
    return Person(account.login, is_bot=account.type == "Bot")


def _repo(side: Side) -> RepoRef | None:
    return RepoRef.parse(side.repo.full_name) if side.repo else None
