"""Commits, comparisons, contents and git objects over REST."""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus

from flask import request

from bot.localhub import access, diffs, refs
from bot.localhub.api.call import Call, Reply
from bot.localhub.api.rest import Rest
from bot.localhub.problems import Problem, not_found, unprocessable
from bot.localhub.records import Pull
from bot.localhub.shapes.commits import commit_full_json, commit_json, comparison_json
from bot.localhub.shapes.gitdata import (
    blob_json,
    content_file_json,
    content_item_json,
    git_commit_json,
    tree_json,
)
from bot.localhub.shapes.pulls import pull_simple_json
from bot.localhub.view import Comparison, TreeEntry

_REPO = "/repos/<owner>/<repo>"
MAX_FILES = 300
"""Files of one commit's or comparison's answer; GitHub pages a commit's further."""
MAX_TREE = 100_000
"""Entries of a recursive tree before it is truncated."""
RAW = "application/vnd.github.raw+json; charset=utf-8"


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _commits(rest)
    _compare(rest)
    _contents(rest)
    _objects(rest)


def resolved(call: Call, ref: str) -> str:
    """The commit that the ref names. Problem 422 (a sha) or 404 (else) where there is none, as on GitHub."""
    sha = refs.resolve(call.world, call.repo, ref)
    if sha is None and re.fullmatch(r"[0-9a-f]{40}", ref):
        raise unprocessable(f"No commit found for SHA: {ref}")
    if sha is None:
        raise unprocessable(f"No commit found for the ref {ref}")
    return sha


def _commits(rest: Rest) -> None:
    @rest.route("GET", f"{_REPO}/commits", needs="contents:read")
    def commits(call: Call) -> Reply:
        if not refs.branches(call.world, call.repo):
            raise Problem(HTTPStatus.CONFLICT, "Git Repository is empty.")
        start = refs.resolve(call.world, call.repo, call.arg("sha"))
        if start is None:
            raise not_found()
        given = {"author": "--author", "since": "--since", "until": "--until"}
        argv = [f"{flag}={call.arg(name)}" for name, flag in given.items() if call.arg(name)]
        paths = ["--", call.arg("path")] if call.arg("path") else ["--"]
        git = call.world.git(call.repo)
        shas = git.run("rev-list", *argv, start, *paths).decode().split()
        return call.listed(shas, lambda sha: commit_json(call.view, call.repo, git.commit(sha)))

    @rest.route("GET", f"{_REPO}/commits/<path:ref>", needs="contents:read")
    def commit(call: Call, ref: str) -> Reply:
        sha = resolved(call, ref)
        if call.wants("sha"):
            return Reply(sha.encode(), content_type="application/vnd.github.sha; charset=utf-8")
        git = call.world.git(call.repo)
        files = diffs.first_parent_files(git, sha)[:MAX_FILES]
        return Reply(commit_full_json(call.view, call.repo, git.commit(sha), files))

    @rest.route("GET", f"{_REPO}/commits/<path:ref>/pulls", needs="pull_requests:read")
    def pulls(call: Call, ref: str) -> Reply:
        return call.listed(_pulls_of(call, resolved(call, ref)), lambda one: pull_simple_json(call.view, one))


def _pulls_of(call: Call, sha: str) -> list[Pull]:
    """Merged pulls that brought the commit; open ones too while it is not on the default branch."""
    git = call.world.git(call.repo)
    default = refs.tip(call.world, call.repo, call.repo.default_branch)
    is_in = default is not None and git.is_ancestor(sha, default)
    found = []
    for pull in call.world.store.find(Pull, repo_id=call.repo.id):
        last = pull.merge_commit_sha if pull.merged_at and pull.merge_commit_sha else pull.head_sha
        is_open = pull.state == "open" and not is_in
        if (pull.merged_at or is_open) and sha in git.between(pull.base_sha, last, pull.head_sha):
            found.append(pull)
    return found


def _compare(rest: Rest) -> None:
    @rest.route("GET", f"{_REPO}/compare/<path:basehead>", needs="contents:read")
    def compare(call: Call, basehead: str) -> Reply:
        base_name, dots, head_name = basehead.partition("...")
        if not dots:
            raise not_found()
        base, head = _side(call, base_name), _side(call, head_name)
        git = call.world.git(call.repo)
        merge_base = git.merge_base(base, head)
        if merge_base is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"No common ancestor between {base_name} and {head_name}.")
        total = git.count(f"{base}..{head}")
        page, size = call.number("page", 1), call.number("per_page", 250, most=250)
        commits = git.commits("--reverse", f"{base}..{head}")[(page - 1) * size : page * size]
        files = diffs.files_of(git, merge_base, head)[:MAX_FILES] if page == 1 else []
        comparison = Comparison(
            base=base_name,
            head=head_name,
            base_commit=git.commit(base),
            merge_base=git.commit(merge_base),
            ahead_by=total,
            behind_by=git.count(f"{head}..{base}"),
            total_commits=total,
            commits=tuple(commits),
            files=tuple(files),
        )
        last = -(-total // size)
        headers = call.links(page, last) if call.arg("page") or call.arg("per_page") else {}
        return Reply(comparison_json(call.view, call.repo, comparison), headers=headers)


def _side(call: Call, name: str) -> str:
    """A branch, tag or sha of this repository, or `owner:branch` of another one in its network."""
    owner, colon, branch = name.partition(":")
    if not colon:
        sha = refs.resolve(call.world, call.repo, name)
        if sha is None:
            raise not_found()
        return sha
    account = call.world.account(owner)
    root = call.repo.source_id or call.repo.id
    for repo in call.view.repos_of(account) if account else ():
        tip = refs.tip(call.world, repo, branch)
        is_kin = root in (repo.id, repo.source_id)
        if is_kin and tip is not None and access.can_see(call.world, call.actor, repo):
            if repo.id != call.repo.id:
                call.world.git(call.repo).fetch(call.world.git(repo).path, f"refs/heads/{branch}")
            return tip
    raise not_found()


def _contents(rest: Rest) -> None:
    @rest.route("GET", f"{_REPO}/contents/", needs="contents:read")
    def root(call: Call) -> Reply:
        return _content(call, "")

    @rest.route("GET", f"{_REPO}/contents/<path:path>", needs="contents:read")
    def contents(call: Call, path: str) -> Reply:
        return _content(call, path)


def _content(call: Call, path: str) -> Reply:
    ref = call.arg("ref") or call.repo.default_branch
    sha = refs.resolve(call.world, call.repo, ref)
    if sha is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"No commit found for the ref {ref}")
    git = call.world.git(call.repo)
    entry = git.entry(sha, path) if path else TreeEntry("", "040000", "tree", f"{sha}^{{tree}}")
    if entry is None:
        raise not_found()
    if entry.type == "tree":
        inside = git.tree(entry.sha)
        full = [replace(one, path=f"{path.rstrip('/')}/{one.path}" if path else one.path) for one in inside]
        return Reply([content_item_json(call.view, call.repo, ref, one) for one in full])
    if entry.type == "commit":
        return Reply(content_item_json(call.view, call.repo, ref, entry))
    data = git.blob(entry.sha)
    if call.wants("raw"):
        return Reply(data, content_type=RAW)
    return Reply(content_file_json(call.view, call.repo, ref, entry, data))


def _objects(rest: Rest) -> None:
    @rest.route("GET", f"{_REPO}/git/trees/<path:ref>", needs="contents:read")
    def tree(call: Call, ref: str) -> Reply:
        git = call.world.git(call.repo)
        sha = git.tree_id(refs.resolve(call.world, call.repo, ref) or ref)
        if sha is None:
            raise not_found()
        entries = git.tree(sha, recursive="recursive" in request.args)
        shown = entries[:MAX_TREE]
        return Reply(tree_json(call.view, call.repo, sha, shown, truncated=len(shown) < len(entries)))

    @rest.route("GET", f"{_REPO}/git/blobs/<sha>", needs="contents:read")
    def blob(call: Call, sha: str) -> Reply:
        data = call.world.git(call.repo).blob(_object(call, sha, "blob"))
        if call.wants("raw"):
            return Reply(data, content_type=RAW)
        return Reply(blob_json(call.view, call.repo, sha, data))

    @rest.route("GET", f"{_REPO}/git/commits/<sha>", needs="contents:read")
    def git_commit(call: Call, sha: str) -> Reply:
        commit = call.world.git(call.repo).commit(_object(call, sha, "commit"))
        return Reply(git_commit_json(call.view, call.repo, commit))


def _object(call: Call, sha: str, kind: str) -> str:
    is_id = re.fullmatch(r"[0-9a-f]{40}", sha)
    if not is_id or call.world.git(call.repo).type_of(sha) != kind:
        raise not_found()
    return sha
