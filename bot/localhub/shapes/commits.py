"""Commits with what changed in them, and comparisons of two."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.localhub.records import Repository
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.addresses import Json, api, html, node_id
from bot.localhub.view import Commit, Comparison, FileDiff, Signature, View

UNSIGNED: Json = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def signature_json(signature: Signature) -> Json:
    """`git-user`."""
    return {"name": signature.name, "email": signature.email, "date": signature.date}


def _linked(view: View, signature: Signature) -> Json | None:
    account = view.account_by_email(signature.email)
    return user_json(view, account) if account else None


def commit_json(view: View, repo: Repository, commit: Commit) -> Json:
    """`commit`, as in lists: without files."""
    return {
        "sha": commit.sha,
        "node_id": node_id("C", repo.id, commit.sha),
        "commit": {
            "author": signature_json(commit.author),
            "committer": signature_json(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": api(view, repo, "git/trees", commit.tree)},
            "url": api(view, repo, "git/commits", commit.sha),
            "comment_count": 0,
            "verification": dict(UNSIGNED),
        },
        "url": api(view, repo, "commits", commit.sha),
        "html_url": html(view, repo, "commit", commit.sha),
        "comments_url": api(view, repo, "commits", commit.sha, "comments"),
        "author": _linked(view, commit.author),
        "committer": _linked(view, commit.committer),
        "parents": [
            {
                "sha": parent,
                "url": api(view, repo, "commits", parent),
                "html_url": html(view, repo, "commit", parent),
            }
            for parent in commit.parents
        ],
    }


def commit_full_json(view: View, repo: Repository, commit: Commit, files: Sequence[FileDiff]) -> Json:
    """`commit` with statistics and files: `GET /repos/{owner}/{repo}/commits/{ref}`."""
    additions = sum(file.additions for file in files)
    deletions = sum(file.deletions for file in files)
    return commit_json(view, repo, commit) | {
        "stats": {"total": additions + deletions, "additions": additions, "deletions": deletions},
        "files": [file_json(view, repo, commit.sha, file) for file in files],
    }


def file_json(view: View, repo: Repository, sha: str, file: FileDiff) -> Json:
    """`diff-entry`: one changed file, as it is in the commit `sha`."""
    shown: Json = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": html(view, repo, "blob", sha, quote(file.path, safe="")),
        "raw_url": html(view, repo, "raw", sha, quote(file.path, safe="")),
        "contents_url": f"{api(view, repo, 'contents', file.path)}?ref={sha}",
    }
    if file.patch is not None:
        shown["patch"] = file.patch
    if file.previous_path is not None:
        shown["previous_filename"] = file.previous_path
    return shown


def comparison_json(view: View, repo: Repository, comparison: Comparison) -> Json:
    """`commit-comparison` of `base...head`."""
    names = f"{comparison.base}...{comparison.head}"
    page = html(view, repo, "compare", names)
    head = comparison.commits[-1].sha if comparison.commits else comparison.merge_base.sha
    return {
        "url": api(view, repo, "compare", names),
        "html_url": page,
        "permalink_url": html(view, repo, "compare", f"{comparison.base_commit.sha}...{head}"),
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": commit_json(view, repo, comparison.base_commit),
        "merge_base_commit": commit_json(view, repo, comparison.merge_base),
        "status": _status(comparison),
        "ahead_by": comparison.ahead_by,
        "behind_by": comparison.behind_by,
        "total_commits": comparison.total_commits,
        "commits": [commit_json(view, repo, commit) for commit in comparison.commits],
        "files": [file_json(view, repo, head, file) for file in comparison.files],
    }


def _status(comparison: Comparison) -> str:
    match bool(comparison.ahead_by), bool(comparison.behind_by):
        case True, True:
            return "diverged"
        case True, False:
            return "ahead"
        case False, True:
            return "behind"
        case _:
            return "identical"


def simple_commit_json(commit: Commit) -> Json:
    """`simple-commit`: the head of a check suite."""
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer.date,
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
    }
