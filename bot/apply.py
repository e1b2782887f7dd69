"""All writes. One function makes a plan's effects true; doing it again changes nothing.

Each effect is a desired state: look at what stands, write only the difference, and say what came of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from bot.errors import Refused, Retry
from bot.model.plan import (
    Annotation,
    Applied,
    Conclusion,
    Effect,
    Enqueue,
    EnsureCheck,
    EnsureComment,
    EnsureFiles,
    Held,
    Outcome,
    Outcomes,
    Redeliver,
    Unchanged,
)
from bot.model.tree import Tree
from bot.ports import CheckOutput, CheckRun, Commit, Ports, PushRaced

BATCH = 50
"""Annotations of one request: GitHub's limit."""
_RACES = 5
_MEMORY = 1_000
"""Commits of a branch that are looked at to find our newest: people may keep things beside our folders."""


def apply(effects: Iterable[Effect], ports: Ports) -> Outcomes:
    """Makes the effects true, in their order. Raises Retry or Refused from where it had to stop."""
    return {effect.key: _apply(effect, ports) for effect in effects}


def _apply(effect: Effect, ports: Ports) -> Outcome:
    match effect:
        case EnsureFiles():
            return _files(effect, ports)
        case EnsureComment():
            return _comment(effect, ports)
        case EnsureCheck():
            return _check(effect, ports)
        case Enqueue(event=event):
            ports.queue.put(event)
            return Applied(event.delivery)
        case Redeliver(delivery_id=delivery):
            ports.forge.redeliver(delivery)
            return Applied(str(delivery))


def _files(effect: EnsureFiles, ports: Ports) -> Outcome:
    ref = f"refs/heads/{effect.branch}"
    for _ in range(_RACES):
        tip = ports.mirror.fetch(effect.repo, [ref]).get(ref)
        tree = ports.mirror.tree(effect.repo, tip) if tip else None
        changes = _differences(effect.folders, tree)
        if not changes:
            return Unchanged(tip or "")
        if tip and (stranger := _stranger(effect, tip, ports)):
            return _held(effect.branch, stranger)
        try:
            sha = ports.mirror.push(
                effect.repo,
                effect.branch,
                expected=tip,
                files=changes,
                message=_message(effect),
                at=effect.at,
            )
        except PushRaced:
            continue
        except Refused as refused:
            return _kept_out(effect.branch, refused)
        return Applied(sha)
    raise Retry(f"{effect.branch} kept moving while it was written", after=5)


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


def _stranger(effect: EnsureFiles, tip: str, ports: Ports) -> Commit | None:
    """The newest commit that is not ours and left another folder of the effect's than we did.

    A branch without any commit of ours is one that someone prepared for us: it is taken as it is. What
    people keep beside our folders is theirs, and in nobody's way.
    """
    log = ports.mirror.log(effect.repo, tip, limit=_MEMORY)
    email = ports.identity_email()
    if not any(commit.committer_email == email for commit in log):
        return None
    trees = [ports.mirror.tree(effect.repo, commit.sha) for commit in log]
    hands = (_hand(log, [tree.folder_id(folder) for tree in trees], email) for folder in effect.folders)
    return next((hand for hand in hands if hand), None)


def _hand(log: Sequence[Commit], states: Sequence[str], email: str) -> Commit | None:
    """Who left a folder other than we did. `states`: what it was at each commit, newest first."""
    newest: Commit | None = None
    before = [*states[1:], states[-1] if log[-1].parents else ""]
    for commit, state, earlier in zip(log, states, before, strict=True):
        if state == earlier:
            continue
        if commit.committer_email == email:
            return None if state == states[0] else newest
        newest = newest or commit
    return newest


def _kept_out(branch: str, refused: Refused) -> Held:
    return Held(
        reason=refused.reason,
        resume=(
            f"let the App push to `{branch}` (its branch protection or ruleset says who may); Roadcrew goes "
            "on with the next push or sweep."
        ),
    )


def _held(branch: str, stranger: Commit) -> Held:
    short = stranger.sha[:7]
    return Held(
        reason=(
            f"`{branch}` holds commit `{short}`, which Roadcrew did not make. It writes nothing there until "
            "a person has decided about it."
        ),
        resume=(
            f"bring the change into the catalog or a template, then undo it with `git revert {short}` on "
            f"`{branch}`; Roadcrew goes on with the next push or sweep."
        ),
    )


def _message(effect: EnsureFiles) -> str:
    trailers = "\n".join(f"{key}: {value}" for key, value in effect.trailers)
    return f"{effect.subject}\n\n{trailers}\n" if trailers else f"{effect.subject}\n"


def _comment(effect: EnsureComment, ports: Ports) -> Outcome:
    thread = ports.forge.comments(effect.repo, effect.number)
    ours = [comment for comment in thread if comment.is_ours and effect.marker in comment.body]
    for extra in ours[1:]:
        ports.forge.delete_comment(effect.repo, extra.id)
    if not ours:
        if effect.only_edit:
            return Unchanged()
        made = ports.forge.create_comment(effect.repo, effect.number, effect.body, marker=effect.marker)
        return Applied(str(made.id))
    if _normal(ours[0].body) == _normal(effect.body):
        return Unchanged(str(ours[0].id))
    return Applied(str(ports.forge.edit_comment(effect.repo, ours[0].id, effect.body).id))


def _normal(body: str) -> str:
    return body.replace("\r\n", "\n").strip()


def _check(effect: EnsureCheck, ports: Ports) -> Outcome:
    digest = check_digest(effect)
    runs = ports.forge.check_runs(effect.repo, effect.head_sha, effect.name)
    mine = next((run for run in runs[:1] if run.external_id == digest), None)
    if mine and mine.status == "completed":
        return Unchanged(str(mine.id))
    for stale in runs:
        if stale.external_id != digest and stale.status != "completed":
            _supersede(effect, stale, ports)
    batches = [
        effect.annotations[start : start + BATCH] for start in range(0, len(effect.annotations), BATCH)
    ]
    if mine is None:
        mine = ports.forge.create_check(
            effect.repo,
            effect.head_sha,
            effect.name,
            external_id=digest,
            output=_output(effect, batches[0] if batches else ()),
            conclusion=effect.conclusion if len(batches) <= 1 else None,
        )
        if mine.status == "completed":
            return Applied(str(mine.id))
    # Batches that stand already, from before we were interrupted, are not sent again.
    rest = batches[mine.annotations_count // BATCH :] or [()]
    for number, batch in enumerate(rest, start=1):
        ports.forge.update_check(
            effect.repo,
            mine.id,
            output=_output(effect, batch),
            conclusion=effect.conclusion if number == len(rest) else None,
        )
    return Applied(str(mine.id))


def _supersede(effect: EnsureCheck, stale: CheckRun, ports: Ports) -> None:
    output = CheckOutput(title="Superseded", summary="A newer run of this check took its place.", text="")
    ports.forge.update_check(effect.repo, stale.id, output=output, conclusion=Conclusion.NEUTRAL)


def _output(effect: EnsureCheck, batch: Sequence[Annotation]) -> CheckOutput:
    return CheckOutput(effect.title, effect.summary, effect.text, batch)


def check_digest(effect: EnsureCheck) -> str:
    """What a check run says, as a short name: equal words give an equal name, kept in `external_id`."""
    said = asdict(effect)
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
