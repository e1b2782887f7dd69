"""All writes. One function makes a plan's effects true; doing it again changes nothing.

Each effect is a desired state: look at what stands, write only the difference, and say what came of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from bot.apply_git import ensure_branch, ensure_files, ensure_no_branch
from bot.apply_ledger import ensure_record
from bot.apply_pulls import close_pull, ensure_pull
from bot.apply_thread import ensure_issue, ensure_labels, ensure_merged, react
from bot.model.acts import EnsureIssue, EnsureLabels, EnsureMerged, React, Record
from bot.model.checked import run_name, says
from bot.model.plan import (
    Annotation,
    Applied,
    Conclusion,
    Effect,
    Enqueue,
    EnsureCheck,
    EnsureComment,
    EnsureFiles,
    Outcome,
    Outcomes,
    Redeliver,
    Unchanged,
)
from bot.model.proposal import ClosePull, EnsureBranch, EnsureNoBranch, EnsurePull
from bot.ports import CheckOutput, CheckRun, Ports

BATCH = 50
"""Annotations of one request: GitHub's limit."""


def apply(effects: Iterable[Effect], ports: Ports) -> Outcomes:
    """Makes the effects true, in their order. Raises Retry or Refused from where it had to stop."""
    return {effect.key: _apply(effect, ports) for effect in effects}


def _apply(effect: Effect, ports: Ports) -> Outcome:
    match effect:
        case React() | EnsureLabels() | EnsureMerged() | EnsureIssue():
            outcome = _act(effect, ports)
        case EnsureFiles() | EnsureBranch() | EnsureNoBranch() | Record():
            outcome = _git(effect, ports)
        case EnsurePull():
            outcome = ensure_pull(effect, ports)
        case ClosePull():
            outcome = close_pull(effect, ports)
        case EnsureComment():
            outcome = _comment(effect, ports)
        case EnsureCheck():
            outcome = _check(effect, ports)
        case Enqueue(event=event):
            ports.queue.put(event)
            outcome = Applied(event.delivery)
        case Redeliver(delivery_id=delivery):
            ports.forge.redeliver(delivery)
            outcome = Applied(str(delivery))
    return outcome


def _git(effect: EnsureFiles | EnsureBranch | EnsureNoBranch | Record, ports: Ports) -> Outcome:
    match effect:
        case EnsureFiles():
            return ensure_files(effect, ports)
        case EnsureBranch():
            return ensure_branch(effect, ports)
        case EnsureNoBranch():
            return ensure_no_branch(effect, ports)
        case Record():
            return ensure_record(effect, ports)


def _act(effect: React | EnsureLabels | EnsureMerged | EnsureIssue, ports: Ports) -> Outcome:
    match effect:
        case React():
            return react(effect, ports)
        case EnsureLabels():
            return ensure_labels(effect, ports)
        case EnsureMerged():
            return ensure_merged(effect, ports)
        case EnsureIssue():
            return ensure_issue(effect, ports)


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
    if not runs and effect.only_edit:
        return Unchanged()
    mine = next((run for run in runs[:1] if says(run.external_id, digest)), None)
    if mine and mine.status == "completed":
        return Unchanged(str(mine.id))
    for stale in runs:
        if not says(stale.external_id, digest) and stale.status != "completed":
            _supersede(effect, stale, ports)
    batches = [
        effect.annotations[start : start + BATCH] for start in range(0, len(effect.annotations), BATCH)
    ]
    if mine is None:
        mine = ports.forge.create_check(
            effect.repo,
            effect.head_sha,
            effect.name,
            external_id=_name(digest, effect.number, runs),
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


def _name(digest: str, number: int, runs: Sequence[CheckRun]) -> str:
    """Only the newest run counts: what was said before another was said is said anew."""
    was_said = any(says(run.external_id, digest) for run in runs)
    return run_name(digest, number, runs[0].id if was_said else 0)


def _supersede(effect: EnsureCheck, stale: CheckRun, ports: Ports) -> None:
    output = CheckOutput(title="Superseded", summary="A newer run of this check took its place.", text="")
    ports.forge.update_check(effect.repo, stale.id, output=output, conclusion=Conclusion.NEUTRAL)


def _output(effect: EnsureCheck, batch: Sequence[Annotation]) -> CheckOutput:
    return CheckOutput(effect.title, effect.summary, effect.text, batch)


def check_digest(effect: EnsureCheck) -> str:
    """What a check run says, as a short name: equal words give an equal name, kept in `external_id`."""
    said = asdict(effect)
    del said["number"]
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
