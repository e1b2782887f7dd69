"""Files of a branch, tag or commit: folders, texts with numbered lines, and their plain bytes."""

from __future__ import annotations

from dataclasses import dataclass

from bot.localhub import refs
from bot.localhub.page import code
from bot.localhub.page.frame import Frame
from bot.localhub.page.told import commit_line
from bot.localhub.page.visit import Answer, Sent, Shown, Visit, Went
from bot.localhub.problems import not_found
from bot.localhub.records import Repository
from bot.localhub.view import TreeEntry

MAX_ENTRIES = 1_000
MAX_LINES = 20_000
MAX_TEXT = 1_000_000
"""Bytes; larger files are offered as a download."""
_MAX_README = 200_000
_SNIFFED = 8_000
"""As git does, a NUL among the first bytes makes a file binary."""


@dataclass(frozen=True, slots=True)
class Crumb:
    """A part of a path with the address of its folder."""

    name: str
    url: str


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.get("/<owner:owner>/<name:name>")
    def repo(visit: Visit) -> Answer:
        if refs.tip(visit.world, visit.repo, visit.repo.default_branch) is None:
            return Shown("empty.html", {"branches": list(refs.branches(visit.world, visit.repo))})
        return _folder(visit, visit.repo.default_branch)

    @frame.get("/<owner:owner>/<name:name>/tree/<path:rest>")
    def folder(visit: Visit, rest: str) -> Answer:
        return _folder(visit, rest)

    @frame.get("/<owner:owner>/<name:name>/blob/<path:rest>")
    def file(visit: Visit, rest: str) -> Answer:
        return _file(visit, rest)

    @frame.get("/<owner:owner>/<name:name>/raw/<path:rest>")
    def raw(visit: Visit, rest: str) -> Answer:
        _, sha, path = visit.located(rest)
        data = visit.git.blob(_entry(visit, sha, path, "blob").sha)
        name = path.rsplit("/", 1)[-1]
        if text_of(data) is None:
            return Sent(data, "application/octet-stream", name)
        return Sent(data, "text/plain; charset=utf-8")


def text_of(data: bytes) -> str | None:
    """The bytes as text; None for binary ones. What is no UTF-8 is replaced."""
    return None if b"\0" in data[:_SNIFFED] else data.decode(errors="replace")


def _entry(visit: Visit, sha: str, path: str, kind: str) -> TreeEntry:
    entry = visit.git.entry(sha, path) if path else None
    if entry is None or entry.type != kind:
        raise not_found()
    return entry


def _folder(visit: Visit, rest: str) -> Answer:
    name, sha, path = visit.located(rest)
    entry = visit.git.entry(sha, path) if path else None
    if path and (entry is None or entry.type != "tree"):
        return Went(visit.url("blob", name, path))
    entries = sorted(visit.git.tree(f"{sha}:{path}"), key=lambda one: (one.type != "tree", one.path))
    facts = {
        **_place(visit, name, sha, path),
        "entries": entries[:MAX_ENTRIES],
        "total": len(entries),
        "tip": commit_line(visit, visit.git.commit(sha)),
        "readme": _readme(visit, entries),
        "commits": visit.git.count(sha),
    }
    return Shown("folder.html", facts)


def _readme(visit: Visit, entries: list[TreeEntry]) -> str | None:
    found = next((one for one in entries if one.path.lower() == "readme.md" and one.type == "blob"), None)
    if found is None or (found.size or 0) > _MAX_README:
        return None
    return text_of(visit.git.blob(found.sha))


def _file(visit: Visit, rest: str) -> Answer:
    name, sha, path = visit.located(rest)
    if not path:
        return Went(visit.url("tree", name))
    entry = visit.git.entry(sha, path)
    if entry is not None and entry.type == "tree":
        return Went(visit.url("tree", name, path))
    entry = _entry(visit, sha, path, "blob")
    size = entry.size or 0
    text = text_of(visit.git.blob(entry.sha)) if size <= MAX_TEXT else None
    lines = code.lines(path, text) if text else []
    is_document = path.lower().endswith((".md", ".markdown")) and size <= _MAX_README
    facts = {
        **_place(visit, name, sha, path),
        "size_of": size,
        "text": text,
        "lines": lines[:MAX_LINES],
        "total": len(lines),
        "is_document": is_document,
        "is_plain": visit.arg("plain") == "1",
        "is_link": entry.mode == "120000",
        "can_edit": entry.mode == "100644" and text is not None,
    }
    return Shown("file.html", facts)


def _place(visit: Visit, name: str, sha: str, path: str) -> dict[str, object]:
    """Where in the repository a page stands."""
    pieces = path.split("/") if path else []
    crumbs = [
        Crumb(piece, visit.url("tree", name, "/".join(pieces[: at + 1]))) for at, piece in enumerate(pieces)
    ]
    branches = refs.branches(visit.world, visit.repo)
    return {
        "ref": name,
        "sha": sha,
        "path": path,
        "crumbs": crumbs,
        "branches": list(branches),
        "is_branch": name in branches,
        "clone": clone_url(visit, visit.repo),
    }


def clone_url(visit: Visit, repo: Repository) -> str:
    """What `git clone` takes."""
    return f"{visit.world.html_url}/{visit.world.full_name(repo)}.git"
