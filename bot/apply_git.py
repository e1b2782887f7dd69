"""The writes that go over git: files of a folder, branches. Compare-and-swap; a lost race looks again.

Nothing that a person committed is written over or dropped: such a branch is held, in words.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot import hands
from bot.errors import Refused, Retry
from bot.model.plan import Applied, EnsureFiles, Held, Outcome, Unchanged
from bot.model.proposal import EnsureBranch, EnsureNoBranch
from bot.model.trailers import message_of
from bot.model.tree import Tree
from bot.ports import Commit, Ports, PushRaced

_RACES = 5
_MEMORY = 1_000
"""Commits of a branch that are looked at to find our newest: people may keep things beside our folders."""


def ensure_files(effect: EnsureFiles, ports: Ports) -> Outcome:
    """One commit with the differences, none without any. Raises Retry when the branch keeps moving."""
    ref = f"refs/heads/{effect.branch}"
    for _ in range(_RACES):
        tip = ports.mirror.fetch(effect.repo, [ref]).get(ref)
        if effect.head and tip != (effect.head.tip or None):
            return _moved(effect, tip, ports)
        parent = _parent(effect, tip)
        changes = _differences(effect.folders, ports.mirror.tree(effect.repo, parent) if parent else None)
        if not changes:
            return Unchanged(tip or "")
        if tip and effect.head is None and (found := _stranger(effect, tip, ports)):
            return _held(effect, *found)
        try:
            sha = ports.mirror.push(
                effect.repo,
                effect.branch,
                expected=tip,
                parent=parent,
                files=changes,
                message=message_of(effect.subject, effect.trailers),
                at=effect.at,
            )
        except PushRaced:
            continue
        except Refused as refused:
            return kept_out(effect.branch, refused)
        return Applied(sha)
    raise Retry(f"{effect.branch} kept moving while it was written", after=5)


def ensure_branch(effect: EnsureBranch, ports: Ports) -> Outcome:
    """One commit where the branch is not there yet. One that is there may be anyone's: it stays as it is."""
    ref = f"refs/heads/{effect.branch}"
    tip = ports.mirror.fetch(effect.repo, [ref]).get(ref)
    if tip:
        return _there(effect, tip, ports)
    try:
        sha = ports.mirror.push(
            effect.repo,
            effect.branch,
            expected=None,
            parent=effect.start or None,
            files=effect.files,
            message=message_of(effect.subject, effect.trailers),
            at=effect.at,
        )
    except PushRaced as raced:
        if effect.is_exact:
            raise Retry(f"{effect.branch} appeared while it was written", after=1) from raced
        return Unchanged()
    except Refused as refused:
        return kept_out(effect.branch, refused)
    return Applied(sha)


def _there(effect: EnsureBranch, tip: str, ports: Ports) -> Outcome:
    """What we speak of in someone's name must be what we wrote. Raises Refused for anything else."""
    tree = ports.mirror.tree(effect.repo, tip)
    is_same = all(tree.entry(path) and tree.read(path) == data for path, data in effect.files.items())
    if effect.is_exact and not is_same:
        raise Refused(f"there is a branch {effect.branch} already, and someone else wrote it")
    return Unchanged(tip)


def ensure_no_branch(effect: EnsureNoBranch, ports: Ports) -> Outcome:
    """Gone, unless someone has moved it: what we have not seen is not ours to delete."""
    ref = f"refs/heads/{effect.branch}"
    if ports.mirror.fetch(effect.repo, [ref]).get(ref) != effect.tip:
        return Unchanged()
    try:
        ports.mirror.delete(effect.repo, effect.branch, expected=effect.tip)
    except PushRaced:
        return Unchanged()
    except Refused as refused:
        return kept_out(effect.branch, refused)
    return Applied(effect.tip)


def _parent(effect: EnsureFiles, tip: str | None) -> str | None:
    head = effect.head
    return head.start if head and (head.is_anew or not head.tip) else tip


def _moved(effect: EnsureFiles, tip: str | None, ports: Ports) -> Outcome:
    """Not where it was when its files were decided about: done already, or to be looked at anew."""
    if tip and not _differences(effect.folders, ports.mirror.tree(effect.repo, tip)):
        return Unchanged(tip)
    raise Retry(f"{effect.branch} moved while it was decided about", after=1)


def _differences(folders: Mapping[str, Mapping[str, bytes]], tree: Tree | None) -> Mapping[str, bytes | None]:
    """Writes and removals that make the folders what they shall be."""
    changes: dict[str, bytes | None] = {}
    for folder, files in folders.items():
        standing = {entry.path for entry in tree.list(folder)} if tree else set()
        wanted = {f"{folder}/{path}": data for path, data in files.items()}
        changes |= dict.fromkeys(standing - wanted.keys())
        for path, data in wanted.items():
            if tree is None or path not in standing or tree.read(path) != data:
                changes[path] = data
    return changes


def _stranger(effect: EnsureFiles, tip: str, ports: Ports) -> tuple[str, Commit] | None:
    """The newest commit that is not ours and left a folder of the effect other than we did; and the folder.

    A branch without any commit of ours is one that someone prepared for us: it is taken as it is. What
    people keep beside our folders is theirs, and in nobody's way.
    """
    log = ports.mirror.log(effect.repo, tip, limit=_MEMORY)
    if not any(hands.is_made_by_us(commit, ports) for commit in log):
        return None
    for folder in effect.folders:
        if found := hands.stranger(effect.repo, log, folder, ports):
            return folder, found
    return None


def kept_out(branch: str, refused: Refused) -> Held:
    """Git's server does not let the App in."""
    return Held(
        reason=refused.reason,
        resume=(
            f"let the App push to `{branch}` (its branch protection or ruleset says who may); Roadcrew goes "
            "on with the next push or sweep."
        ),
    )


def _held(effect: EnsureFiles, folder: str, stranger: Commit) -> Held:
    short = stranger.sha[:7]
    mend = f"merge the pull request from `{effect.mend}/{folder}`, or " if effect.mend else ""
    return Held(
        reason=(
            f"`{effect.branch}` holds commit `{short}`, which Roadcrew did not make. It writes nothing there "
            "until a person has decided about it."
        ),
        resume=(
            f"bring the change into the catalog or a template, then undo it: {mend}use `git revert {short}` "
            f"on `{effect.branch}`; Roadcrew goes on with the next push or sweep."
        ),
    )
