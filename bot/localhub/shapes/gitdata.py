"""Git objects and files as GitHub's git database and contents API show them."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from bot.localhub.records import Repository
from bot.localhub.shapes.addresses import Json, api, html, node_id
from bot.localhub.shapes.commits import UNSIGNED, signature_json
from bot.localhub.view import Commit, FileDiff, Signature, TreeEntry, View

_OBJECTS = {"commit": "git/commits", "tree": "git/trees", "blob": "git/blobs", "tag": "git/tags"}
_SYMLINK = "120000"


def _base64(data: bytes) -> str:
    """Base64 with a line break after each 60 characters, as GitHub breaks it."""
    text = base64.b64encode(data).decode()
    return "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60))


def ref_json(view: View, repo: Repository, ref: str, sha: str, kind: str = "commit") -> Json:
    """`git-ref`. `ref` is full (`refs/heads/main`); `kind` is the type of the object that it names."""
    return {
        "ref": ref,
        "node_id": node_id("REF", repo.id, ref),
        "url": api(view, repo, "git", ref),
        "object": {"sha": sha, "type": kind, "url": api(view, repo, _OBJECTS[kind], sha)},
    }


def tree_json(
    view: View, repo: Repository, sha: str, entries: Sequence[TreeEntry], *, truncated: bool = False
) -> Json:
    """`git-tree`."""
    tree = [_entry_json(view, repo, entry) for entry in entries]
    return {"sha": sha, "url": api(view, repo, "git/trees", sha), "tree": tree, "truncated": truncated}


def _entry_json(view: View, repo: Repository, entry: TreeEntry) -> Json:
    shown: Json = {"path": entry.path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
    if entry.size is not None:
        shown["size"] = entry.size
    if entry.type != "commit":
        # A submodule's commit is in another repository.
        shown["url"] = api(view, repo, _OBJECTS[entry.type], entry.sha)
    return shown


def blob_json(view: View, repo: Repository, sha: str, data: bytes) -> Json:
    """`blob`, always in base64."""
    return {
        "sha": sha,
        "node_id": node_id("B", repo.id, sha),
        "size": len(data),
        "url": api(view, repo, "git/blobs", sha),
        "content": _base64(data),
        "encoding": "base64",
    }


def short_blob_json(view: View, repo: Repository, sha: str) -> Json:
    """`short-blob`: the answer to making one."""
    return {"sha": sha, "url": api(view, repo, "git/blobs", sha)}


def git_commit_json(view: View, repo: Repository, commit: Commit) -> Json:
    """`git-commit`: the commit object alone."""
    return {
        "sha": commit.sha,
        "node_id": node_id("C", repo.id, commit.sha),
        "url": api(view, repo, "git/commits", commit.sha),
        "html_url": html(view, repo, "commit", commit.sha),
        "author": signature_json(commit.author),
        "committer": signature_json(commit.committer),
        "message": commit.message,
        "tree": {"sha": commit.tree, "url": api(view, repo, "git/trees", commit.tree)},
        "parents": [
            {
                "sha": parent,
                "url": api(view, repo, "git/commits", parent),
                "html_url": html(view, repo, "commit", parent),
            }
            for parent in commit.parents
        ],
        "verification": dict(UNSIGNED),
    }


def content_item_json(view: View, repo: Repository, ref: str, entry: TreeEntry) -> Json:
    """An item of a folder's list (`content-directory`). `entry.path` is from the root of the repository."""
    url = f"{api(view, repo, 'contents', entry.path)}?ref={ref}"
    git_url = api(view, repo, "git/trees" if entry.type == "tree" else "git/blobs", entry.sha)
    page = html(view, repo, "tree" if entry.type == "tree" else "blob", ref, entry.path)
    is_file = entry.type == "blob"
    return {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": None if entry.type == "commit" else page,
        "git_url": None if entry.type == "commit" else git_url,
        "download_url": html(view, repo, "raw", ref, entry.path) if is_file else None,
        "type": _type(entry),
        "_links": {
            "self": url,
            "git": None if entry.type == "commit" else git_url,
            "html": None if entry.type == "commit" else page,
        },
    }


def _type(entry: TreeEntry) -> str:
    if entry.type == "tree":
        return "dir"
    # "Logically, the value should be submodule": GitHub's docs on why such an entry says file.
    return "symlink" if entry.mode == _SYMLINK else "file"


def content_file_json(view: View, repo: Repository, ref: str, entry: TreeEntry, data: bytes) -> Json:
    """`content-file` with its bytes; of a symlink `content-symlink`, where `data` is the target."""
    item = content_item_json(view, repo, ref, entry)
    if entry.mode == _SYMLINK:
        return item | {"target": data.decode(errors="replace")}
    return item | {"content": _base64(data), "encoding": "base64"}


def file_commit_json(content: Json | None, commit: Json) -> Json:
    """`file-commit`: what writing or deleting a file answers. `commit` is a `git_commit_json`."""
    kept = {name: value for name, value in (content or {}).items() if name not in ("content", "encoding")}
    return {"content": kept if content else None, "commit": commit}


def push_commit_json(view: View, repo: Repository, commit: Commit, files: Sequence[FileDiff]) -> Json:
    """A commit in a `push`, with the names of its files. A renamed file is one removed and one added."""
    removed = [file.path for file in files if file.status == "removed"]
    renamed = [file for file in files if file.status == "renamed"]
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": commit.committer.date,
        "url": html(view, repo, "commit", commit.sha),
        "author": _pusher(view, commit.author),
        "committer": _pusher(view, commit.committer),
        "added": [f.path for f in files if f.status in ("added", "copied")] + [f.path for f in renamed],
        "removed": removed + [file.previous_path for file in renamed if file.previous_path],
        "modified": [file.path for file in files if file.status in ("modified", "changed")],
    }


def _pusher(view: View, signature: Signature) -> Json:
    account = view.account_by_email(signature.email)
    return signature_json(signature) | ({"username": account.login} if account else {})
