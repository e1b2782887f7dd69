"""Writing a file in the browser: on a new branch with its pull request, or onto the branch itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from bot.localhub import refs
from bot.localhub.acts import protection, pulls, pushes
from bot.localhub.git import ZERO
from bot.localhub.page.browse import text_of
from bot.localhub.page.frame import Frame
from bot.localhub.page.visit import Answer, Shown, Visit, Went, sentence
from bot.localhub.problems import Problem, not_found, unprocessable
from bot.localhub.records import Pull
from bot.localhub.view import TreeEntry

MAX_FILE = 1_000_000
"""Bytes that can be written here."""
_MAX_PATH = 400
_PLAIN = "100644"
_SHA = re.compile(r"[0-9a-f]{40}")
_UNCHECKED = "f" * 40
"""Stands for the commit to come, which no check has seen yet."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form. `seen` is the branch's commit that the person looked at."""

    branch: str
    seen: str
    path: str
    content: str
    old_path: str = ""
    """The file that is edited; empty for a new one."""
    message: str = ""
    target: str = "new"
    """`new`: a new branch and a pull request; `same`: the branch itself."""
    new_branch: str = ""


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.get("/<owner:owner>/<name:name>/new/<path:rest>")
    def new(visit: Visit, rest: str) -> Answer:
        branch, sha, folder = _branch(visit, rest)
        path = visit.arg("filename") or (f"{folder}/" if folder else "")
        return _form(visit, Draft(branch, sha, path, "", new_branch=_free_branch(visit)))

    @frame.get("/<owner:owner>/<name:name>/edit/<path:rest>")
    def edit(visit: Visit, rest: str) -> Answer:
        branch, sha, path = _branch(visit, rest)
        text = text_of(visit.git.blob(_plain_file(visit, sha, path).sha))
        if text is None:
            raise unprocessable("A binary file cannot be edited here. Use git.")
        target = "new" if branch == visit.repo.default_branch else "same"
        draft = Draft(branch, sha, path, text, path, target=target, new_branch=_free_branch(visit))
        return _form(visit, draft)

    @frame.post("/<owner:owner>/<name:name>/files")
    def save(visit: Visit) -> Answer:
        visit.account()
        visit.demand("contents:write")
        draft = _typed(visit)
        try:
            with visit.world.change():
                return Went(_saved(visit, draft))
        except Problem as problem:
            return _form(visit, draft, refused=sentence(problem))


def _form(visit: Visit, draft: Draft, *, refused: str = "") -> Answer:
    facts = {
        "draft": draft,
        "refused": refused,
        "is_default": draft.branch == visit.repo.default_branch,
        "protected": _protected(visit, draft.branch),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return Shown("edit.html", facts, status)


def _typed(visit: Visit) -> Draft:
    content = visit.form("content")
    if content and not content.endswith("\n"):
        content += "\n"
    return Draft(
        visit.form("branch"),
        visit.form("seen"),
        visit.form("path").strip(),
        content,
        visit.form("old_path"),
        visit.form("message").strip(),
        visit.form("target", "new"),
        visit.form("new_branch").strip(),
    )


def _branch(visit: Visit, rest: str) -> tuple[str, str, str]:
    name, sha, path = visit.located(rest)
    if refs.tip(visit.world, visit.repo, name) is None:
        raise unprocessable("Files are edited on a branch, and this is none.")
    return name, sha, path


def _plain_file(visit: Visit, sha: str, path: str) -> TreeEntry:
    entry = visit.git.entry(sha, path) if path else None
    if entry is None or entry.type != "blob":
        raise not_found()
    if entry.mode != _PLAIN or (entry.size or 0) > MAX_FILE:
        raise unprocessable("Links, programs and files over 1 MB cannot be edited here. Use git.")
    return entry


def _free_branch(visit: Visit) -> str:
    """`developer-patch-1`, or the first number that is free."""
    taken = refs.branches(visit.world, visit.repo)
    login = visit.actor.account.login if visit.actor.account else "somebody"
    return next(
        name for number in range(1, len(taken) + 2) if (name := f"{login}-patch-{number}") not in taken
    )


def _saved(visit: Visit, draft: Draft) -> str:
    """Commit it; gives the address to go to. The world's change is open, so a refusal undoes all records."""
    parent = _parent(visit, draft)
    is_same = draft.target == "same"
    branch = draft.branch if is_same else _new_branch(visit, draft.new_branch)
    verb = "Update" if draft.old_path else "Add"
    message = draft.message or f"{verb} {draft.path}"
    if is_same:
        if said := _protected(visit, branch):
            raise Problem(HTTPStatus.FORBIDDEN, f"{branch} is protected: {said}")
    else:
        pulls.check_texts(title=message.partition("\n")[0], body=message)
    changed: dict[str, bytes | str | None] = {draft.path: draft.content}
    if draft.old_path and draft.old_path != draft.path:
        changed = {draft.old_path: None, **changed}
    pushes.write_files(visit.world, visit.repo, branch, changed, message, actor=visit.actor, parent=parent)
    pushes.sync(visit.world, visit.repo, visit.actor)
    if is_same:
        return _after_push(visit, branch, draft.path)
    subject, _, body = message.partition("\n")
    pull = pulls.open_pull(
        visit.world,
        visit.repo,
        actor=visit.actor,
        title=subject,
        base=draft.branch,
        head=branch,
        body=body.strip() or None,
    )
    return visit.url("pull", pull.number)


def _after_push(visit: Visit, branch: str, path: str) -> str:
    """The open pull request of the branch, where it has one: its checks are what one waits for."""
    for pull in visit.world.store.find(Pull, head_repo_id=visit.repo.id, head_ref=branch):
        if pull.state == "open" and pull.repo_id == visit.repo.id:
            return visit.url("pull", pull.number)
    return visit.url("blob", branch, path)


def _parent(visit: Visit, draft: Draft) -> str:
    """The branch's tip, after all that could be wrong with the file was asked."""
    tip = refs.tip(visit.world, visit.repo, draft.branch)
    if tip is None:
        raise unprocessable(f"There is no branch {draft.branch} any more.")
    _refuse_path(draft.path)
    if len(draft.content.encode()) > MAX_FILE:
        raise unprocessable("Files over 1 MB cannot be written here. Use git.")
    if draft.old_path:
        now = _plain_file(visit, tip, draft.old_path)
        is_known = _SHA.fullmatch(draft.seen) and visit.git.type_of(draft.seen) == "commit"
        seen = visit.git.entry(draft.seen, draft.old_path) if is_known else None
        if seen is None or seen.sha != now.sha:
            raise unprocessable(
                f"{draft.old_path} was changed meanwhile. Open it again and repeat your change."
            )
        if draft.path == draft.old_path and visit.git.blob(now.sha) == draft.content.encode():
            raise unprocessable("Nothing was changed. Edit the text first.")
    if draft.path != draft.old_path:
        _refuse_taken(visit, tip, draft.path)
    return tip


def _refuse_path(path: str) -> None:
    pieces = path.split("/")
    if not path or path.endswith("/"):
        raise unprocessable("The file needs a name, such as catalog/components/orders.yaml.")
    is_odd = any(piece in ("", ".", "..") or piece.lower() == ".git" for piece in pieces)
    if is_odd or len(path) > _MAX_PATH or re.search(r"[\x00-\x1f\x7f]", path):
        raise unprocessable("This path cannot be used: parts must not be empty, '.', '..' or '.git'.")


def _refuse_taken(visit: Visit, tip: str, path: str) -> None:
    if visit.git.entry(tip, path) is not None:
        raise unprocessable(f"{path} exists already. Edit it, or choose another name.")
    pieces = path.split("/")
    for at in range(1, len(pieces)):
        folder = "/".join(pieces[:at])
        entry = visit.git.entry(tip, folder)
        if entry is not None and entry.type != "tree":
            raise unprocessable(f"{folder} is a file, so nothing can be put below it.")


def _new_branch(visit: Visit, name: str) -> str:
    is_valid = visit.git.try_run("check-ref-format", refs.HEADS + name)[0] == 0
    if not is_valid or name.startswith("-"):
        raise unprocessable(f"'{name}' is no name for a branch. Use letters, digits, '-', '_', '.' and '/'.")
    for other in refs.branches(visit.world, visit.repo):
        if other == name or other.startswith(f"{name}/") or name.startswith(f"{other}/"):
            raise unprocessable(f"The branch {other} exists already. Choose another name.")
    return name


def _protected(visit: Visit, branch: str) -> str:
    """Why the acting person may not commit onto the branch itself; empty where nothing speaks against it."""
    name, tip = refs.HEADS + branch, refs.tip(visit.world, visit.repo, branch) or ZERO
    return protection.push_refusals(visit.world, visit.repo, visit.actor, [(name, tip, _UNCHECKED)]).get(
        name, ""
    )
