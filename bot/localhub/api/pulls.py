"""Pull requests over REST: list, open, edit, files, commits, merge, reviews and reviewers."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel

from bot.localhub import access, diffs, refs
from bot.localhub.acts import merging, pulls, threads
from bot.localhub.api.call import NO_CONTENT, Call, Reply
from bot.localhub.api.rest import Rest
from bot.localhub.mergeability import base_tip
from bot.localhub.problems import forbidden, not_found, unprocessable
from bot.localhub.records import Account, Pull, Repository, Review, Team
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.commits import commit_json, file_json
from bot.localhub.shapes.pulls import merge_result_json, pull_json, pull_simple_json, review_json
from bot.localhub.shapes.teams import team_json

_PULLS = "/repos/<owner>/<repo>/pulls"
_PULL = f"{_PULLS}/<int:number>"
MAX_FILES = 3000
MAX_COMMITS = 250


class PullAsked(BaseModel):
    """POST pulls."""

    head: str
    base: str
    title: str = ""
    body: str | None = None
    head_repo: str | None = None
    draft: bool = False
    maintainer_can_modify: bool = True


class PullEdited(BaseModel):
    """PATCH pulls."""

    title: str | None = None
    body: str | None = None
    state: Literal["open", "closed"] | None = None
    base: str | None = None


class MergeAsked(BaseModel):
    """PUT merge."""

    commit_title: str | None = None
    commit_message: str | None = None
    sha: str | None = None
    merge_method: Literal["merge", "squash", "rebase"] = "merge"


class ReviewAsked(BaseModel):
    """POST reviews."""

    event: str = ""
    body: str = ""
    commit_id: str | None = None


class DismissalAsked(BaseModel):
    """PUT dismissals."""

    message: str


class ReviewersAsked(BaseModel):
    """POST and DELETE requested_reviewers."""

    reviewers: list[str] = []
    team_reviewers: list[str] = []


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _pulls(rest)
    _edit(rest)
    _contents(rest)
    _merge(rest)
    _reviews(rest)
    _one_review(rest)
    _reviewers(rest)


def _pulls(rest: Rest) -> None:
    @rest.route("GET", _PULLS, needs="pull_requests:read")
    def list_pulls(call: Call) -> Reply:
        found = [one for one in call.world.store.find(Pull, repo_id=call.repo.id) if _is_wanted(call, one)]
        sort = call.arg("sort", "created")
        descends = call.arg("direction", "desc" if sort == "created" else "asc") == "desc"
        found.sort(
            key=lambda one: (one.updated_at if sort == "updated" else "", one.number), reverse=descends
        )
        return call.listed(found, lambda one: pull_simple_json(call.view, one))

    @rest.route("POST", _PULLS, needs="pull_requests:write", user="pull", is_content=True)
    def open_pull(call: Call) -> Reply:
        asked = call.body(PullAsked)
        owner, colon, branch = asked.head.rpartition(":")
        source = _head_repo(call, owner, asked.head_repo) if colon or asked.head_repo else call.repo
        _refuse_stranger(call, source)
        pull = pulls.open_pull(
            call.world,
            call.repo,
            actor=call.actor,
            title=asked.title,
            body=asked.body,
            base=asked.base,
            head=branch,
            head_repo=source,
            is_draft=asked.draft,
            maintainer_can_modify=asked.maintainer_can_modify and source.id != call.repo.id,
        )
        return Reply(pull_json(call.view, pull), HTTPStatus.CREATED, {"Location": _address(call, pull)})


def _address(call: Call, pull: Pull) -> str:
    return f"{call.world.api_url}/repos/{call.world.full_name(call.repo)}/pulls/{pull.number}"


def _is_wanted(call: Call, pull: Pull) -> bool:
    state, head, base = call.arg("state", "open"), call.arg("head"), call.arg("base")
    owner, _, branch = head.partition(":")
    is_head = not head or (
        branch == pull.head_ref and call.view.account(pull.head_owner_id).login.lower() == owner.lower()
    )
    return state in ("all", pull.state) and is_head and base in ("", pull.base_ref)


def _head_repo(call: Call, owner: str, name: str | None) -> Repository:
    """The repository that `owner:branch` means: the owner's one of this network."""
    account = call.world.account(owner or call.view.account(call.repo.owner_id).login)
    root = call.repo.source_id or call.repo.id
    for repo in call.view.repos_of(account) if account else ():
        is_kin = root in (repo.id, repo.source_id)
        if is_kin and name in (None, repo.name, call.world.full_name(repo)):
            return repo
    raise unprocessable("Validation Failed", {"resource": "PullRequest", "field": "head", "code": "invalid"})


def _refuse_stranger(call: Call, source: Repository) -> None:
    """Who opens a pull request from a branch must be allowed to push there; an App to read it."""
    if source.id != call.repo.id and not call.actor.is_user and not source.is_private:
        return
    if not access.may(
        call.world, call.actor, source, "contents:write" if call.actor.is_user else "contents:read"
    ):
        raise forbidden("must be a collaborator") if call.actor.is_user else forbidden()


def _as_text(call: Call, pull: Pull, media: str) -> bytes:
    """The pull request as one `diff`, or as a `patch` for `git am`: a mail for each commit."""
    git = call.world.git(call.repo)
    fork_point = git.merge_base(base_tip(call.world, pull), pull.head_sha)
    if media == "diff":
        before = fork_point or diffs.EMPTY_TREE
        return git.run("diff-tree", "-r", "-M", "-p", "--full-index", before, pull.head_sha)
    commits = [f"{fork_point}..{pull.head_sha}"] if fork_point else ["--root", pull.head_sha]
    return git.run("format-patch", "--stdout", *commits)


def _edit(rest: Rest) -> None:
    @rest.route("GET", _PULL, needs="pull_requests:read")
    def pull(call: Call, number: int) -> Reply:
        found = call.pull(number)
        for media in ("diff", "patch"):
            if call.wants(media):
                raw = _as_text(call, found, media)
                return Reply(raw, content_type=f"application/vnd.github.{media}; charset=utf-8")
        shown = pull_json(call.view, _first_seen(call, found))
        return Reply(shown)

    @rest.route("PATCH", _PULL, needs="pull_requests:write", user="pull")
    def edit(call: Call, number: int) -> Reply:
        found, asked = call.pull(number), call.body(PullEdited)
        if found.author_id != call.account().id:
            call.demand("pull_requests:write", user="push")
        new = pulls.edit(
            call.world, found, actor=call.actor, title=asked.title, body=asked.body, base=asked.base
        )
        if asked.state is not None:
            new = pulls.set_state(call.world, new, asked.state, actor=call.actor)
        return Reply(pull_json(call.view, new))


def _first_seen(call: Call, pull: Pull) -> Pull:
    """With that fault set, the first look at a head tells `mergeable: null`, as GitHub does."""
    if not call.world.hides_mergeability or pull.state == "closed":
        return pull
    key = (pull.id, pull.head_sha, base_tip(call.world, pull))
    if key in call.world.seen_mergeability:
        return pull
    call.world.seen_mergeability.add(key)
    return replace(pull, is_mergeable=None, merge_commit_sha=None)


def _contents(rest: Rest) -> None:
    @rest.route("GET", f"{_PULL}/files", needs="pull_requests:read")
    def files(call: Call, number: int) -> Reply:
        pull = call.pull(number)
        git = call.world.git(call.repo)
        before = git.merge_base(base_tip(call.world, pull), pull.head_sha) or diffs.EMPTY_TREE
        found = diffs.files_of(git, before, pull.head_sha)[:MAX_FILES]
        return call.listed(found, lambda one: file_json(call.view, call.repo, pull.head_sha, one))

    @rest.route("GET", f"{_PULL}/commits", needs="pull_requests:read")
    def commits(call: Call, number: int) -> Reply:
        pull = call.pull(number)
        span = f"{base_tip(call.world, pull)}..{pull.head_sha}"
        found = call.world.git(call.repo).commits("--reverse", "--topo-order", span)[:MAX_COMMITS]
        return call.listed(found, lambda one: commit_json(call.view, call.repo, one))


def _merge(rest: Rest) -> None:
    @rest.route("GET", f"{_PULL}/merge", needs="contents:read")
    def is_merged(call: Call, number: int) -> Reply:
        if call.pull(number).merged_at is None:
            raise not_found()
        return NO_CONTENT

    @rest.route("PUT", f"{_PULL}/merge", needs="contents:write", is_content=True)
    def merge(call: Call, number: int) -> Reply:
        asked = call.body(MergeAsked)
        sha = merging.merge(
            call.world,
            call.pull(number),
            actor=call.actor,
            method=asked.merge_method,
            title=asked.commit_title,
            message=asked.commit_message,
            sha=asked.sha,
        )
        return Reply(merge_result_json(sha))


def _reviews(rest: Rest) -> None:
    @rest.route("GET", f"{_PULL}/reviews", needs="pull_requests:read")
    def reviews(call: Call, number: int) -> Reply:
        pull = call.pull(number)
        found = call.world.store.find(Review, repo_id=pull.repo_id, number=pull.number)
        return call.listed(found, lambda one: review_json(call.view, one))

    @rest.route("POST", f"{_PULL}/reviews", needs="pull_requests:write", user="pull", is_content=True)
    def review(call: Call, number: int) -> Reply:
        asked = call.body(ReviewAsked)
        if asked.commit_id is not None and refs.resolve(call.world, call.repo, asked.commit_id) is None:
            raise unprocessable(f"No commit found for SHA: {asked.commit_id}")
        made = threads.create_review(
            call.world,
            call.pull(number),
            asked.event,
            actor=call.actor,
            body=asked.body,
            commit_id=asked.commit_id,
        )
        return Reply(review_json(call.view, made))


def _one_review(rest: Rest) -> None:
    place = f"{_PULL}/reviews/<int:review_id>"

    def found(call: Call, number: int, review_id: int) -> Review:
        pull = call.pull(number)
        for one in call.world.store.find(Review, repo_id=pull.repo_id, number=pull.number):
            if one.id == review_id:
                return one
        raise not_found()

    @rest.route("GET", place, needs="pull_requests:read")
    def review(call: Call, number: int, review_id: int) -> Reply:
        return Reply(review_json(call.view, found(call, number, review_id)))

    @rest.route("PUT", f"{place}/dismissals", needs="pull_requests:write")
    def dismiss(call: Call, number: int, review_id: int) -> Reply:
        message = call.body(DismissalAsked).message
        old = found(call, number, review_id)
        new = threads.dismiss(call.world, call.pull(number), old, message, actor=call.actor)
        return Reply(review_json(call.view, new))


def _reviewers(rest: Rest) -> None:
    place = f"{_PULL}/requested_reviewers"

    @rest.route("GET", place, needs="pull_requests:read")
    def requested(call: Call, number: int) -> Reply:
        pull = call.pull(number)
        users = [user_json(call.view, call.view.account(one)) for one in pull.requested_reviewer_ids]
        teams = [team_json(call.view, call.view.team(one)) for one in pull.requested_team_ids]
        return Reply({"users": users, "teams": teams})

    @rest.route("POST", place, needs="pull_requests:write")
    def ask(call: Call, number: int) -> Reply:
        return Reply(pull_simple_json(call.view, _asked(call, number, gone=False)), HTTPStatus.CREATED)

    @rest.route("DELETE", place, needs="pull_requests:write")
    def ask_no_more(call: Call, number: int) -> Reply:
        return Reply(pull_simple_json(call.view, _asked(call, number, gone=True)))


def _asked(call: Call, number: int, *, gone: bool) -> Pull:
    asked = call.body(ReviewersAsked)
    users = [call.world.store.first(Account, login_key=login.lower()) for login in asked.reviewers]
    slugs = asked.team_reviewers
    teams = [call.world.store.first(Team, org_id=call.repo.owner_id, slug=slug) for slug in slugs]
    if None in users or None in teams:
        raise unprocessable(
            "Reviews may only be requested from collaborators. One or more of the users or teams you"
            " specified is not a collaborator of the repository."
        )
    ids = [[one.id for one in found if one is not None] for found in (users, teams)]
    return threads.request_reviewers(
        call.world, call.pull(number), actor=call.actor, users=ids[0], teams=ids[1], gone=gone
    )
