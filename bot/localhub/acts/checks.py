"""Checks: suites asked for on each push, runs made and changed by their App, re-run requests of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.localhub import events, refs
from bot.localhub.access import has_repo
from bot.localhub.git import ZERO
from bot.localhub.problems import invalid, unprocessable
from bot.localhub.records import (
    Account,
    Annotation,
    App,
    CheckAction,
    CheckRun,
    CheckSuite,
    Installation,
    Repository,
)
from bot.localhub.shapes.checks import check_run_hook_json, check_suite_hook_json
from bot.localhub.sight import Sight
from bot.localhub.world import World

MAX_TEXT = 65_535
"""Characters of a check's summary and of its text."""
MAX_MESSAGE = 64 * 1024
"""Bytes of an annotation's message and of its raw details: "The maximum size is 64 KB."."""
MAX_TITLE = 255
"""Characters of an annotation's title."""
MAX_ANNOTATIONS = 50
"""In one request; later ones append."""
MAX_ACTIONS = 3
CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "stale",
    "timed_out",
)
_WORST_FIRST = (
    "failure",
    "timed_out",
    "action_required",
    "cancelled",
    "stale",
    "success",
    "neutral",
    "skipped",
)


@dataclass(frozen=True, slots=True)
class RunFields:
    """What a request says of a check run; None was not said."""

    name: str | None = None
    status: str | None = None
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    external_id: str | None = None
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: tuple[Annotation, ...] = ()
    actions: tuple[CheckAction, ...] | None = None


def check_limits(fields: RunFields) -> None:
    """Problem 422 for what is over GitHub's limits."""
    for value in (fields.summary, fields.text):
        if value is not None and len(value) > MAX_TEXT:
            said = f"Only {MAX_TEXT} characters are allowed; {len(value)} were supplied."
            raise unprocessable(f"Invalid request.\n\n{said}")
    if len(fields.annotations) > MAX_ANNOTATIONS:
        said = f"No more than {MAX_ANNOTATIONS} items are allowed; {len(fields.annotations)} were supplied."
        raise unprocessable(f"Invalid request.\n\n{said}")
    for annotation in fields.annotations:
        _check_annotation(annotation)
    if len(fields.actions or ()) > MAX_ACTIONS:
        said = f"No more than {MAX_ACTIONS} items are allowed; {len(fields.actions or ())} were supplied."
        raise unprocessable(f"Invalid request.\n\n{said}")
    for action in fields.actions or ():
        for value, limit in ((action.label, 20), (action.description, 40), (action.identifier, 20)):
            if len(value) > limit:
                said = f"Only {limit} characters are allowed; {len(value)} were supplied."
                raise unprocessable(f"Invalid request.\n\n{said}")


def _check_annotation(one: Annotation) -> None:
    """Problem 422 by the table of "Create a check run", `annotations` object."""
    said = ""
    if any(len((text or "").encode()) > MAX_MESSAGE for text in (one.message, one.raw_details)):
        said = f"Annotation messages and raw details are at most {MAX_MESSAGE} bytes."
    elif len(one.title or "") > MAX_TITLE:
        said = f"Only {MAX_TITLE} characters are allowed; {len(one.title or '')} were supplied."
    elif one.start_line < 1 or one.end_line < one.start_line:
        said = "Annotation lines start at 1, and end_line is not before start_line."
    elif one.start_line != one.end_line and (one.start_column, one.end_column) != (None, None):
        said = "Annotations only support start_column and end_column on the same line."
    if said:
        raise unprocessable(f"Invalid request.\n\n{said}")


def request_suites(world: World, repo: Repository, move: tuple[str, str, str], sender: Account) -> None:
    """On a push of (branch, old, new): a suite for every App that may write checks; it alone is told."""
    branch, before, after = move
    for installation in world.store.find(Installation, account_id=repo.owner_id):
        if installation.permissions.get("checks") != "write" or not has_repo(installation, repo):
            continue
        if _own_suite(world, repo, installation.app_id, after):
            continue
        suite = _new_suite(world, repo, installation.app_id, after, branch, before=before)
        _tell_suite(world, suite, "requested", sender)


def _own_suite(world: World, repo: Repository, app_id: int, sha: str) -> CheckSuite | None:
    suites = world.store.find(CheckSuite, repo_id=repo.id, head_sha=sha)
    return next((suite for suite in suites if suite.app_id == app_id), None)


def _new_suite(
    world: World, repo: Repository, app_id: int, sha: str, branch: str | None, *, before: str | None = None
) -> CheckSuite:
    now = world.now()
    return world.store.save(
        CheckSuite(
            id=world.next_id(),
            repo_id=repo.id,
            app_id=app_id,
            head_sha=sha,
            head_branch=branch,
            created_at=now,
            updated_at=now,
            before=None if before == ZERO else before,
            after=sha,
        )
    )


def create_run(world: World, repo: Repository, app: App, sha: str, fields: RunFields) -> CheckRun:
    """A new run of the App on the commit, in the App's suite there. Same names do not replace each other."""
    check_limits(fields)
    if fields.summary is not None and fields.title is None:
        raise unprocessable('Invalid request.\n\n"title" wasn\'t supplied.')
    with world.change():
        if world.git(repo).type_of(sha) != "commit":
            raise unprocessable(f"No commit found for SHA: {sha}")
        suite = _own_suite(world, repo, app.id, sha)
        if suite is None:
            names = [name for name, tip in refs.branches(world, repo).items() if tip == sha]
            suite = _new_suite(world, repo, app.id, sha, names[0] if names else None)
        blank = CheckRun(
            id=world.next_id(),
            suite_id=suite.id,
            repo_id=repo.id,
            app_id=app.id,
            name="",
            head_sha=sha,
            status="queued",
            started_at=world.now(),
        )
        run = world.store.save(_changed(world, blank, fields))
        followed = _follow(world, suite)
        _tell_run(world, run, "created", _bot(world, run))
        if run.status == "completed":
            _tell_run(world, run, "completed", _bot(world, run))
        _tell_completed(world, suite, followed)
        return run


def update_run(world: World, run: CheckRun, fields: RunFields) -> CheckRun:
    """Change what is said; annotations are added to those that it has."""
    check_limits(fields)
    with world.change():
        changed = world.store.save(_changed(world, run, fields))
        suite = world.store.get(CheckSuite, run.suite_id)
        followed = _follow(world, suite)
        if changed.status == "completed" and (run.status, run.conclusion) != (
            "completed",
            changed.conclusion,
        ):
            _tell_run(world, changed, "completed", _bot(world, run))
        _tell_completed(world, suite, followed)
        return changed


def _changed(world: World, run: CheckRun, fields: RunFields) -> CheckRun:
    said: dict[str, Any] = {
        name: value
        for name in RunFields.__slots__
        if name != "annotations" and (value := getattr(fields, name)) is not None
    }
    if fields.conclusion is not None or fields.completed_at is not None:
        said["status"] = "completed"
    if said.get("status") == "completed":
        said.setdefault("completed_at", world.now())
        if (fields.conclusion or run.conclusion) is None:
            raise invalid("CheckRun", "conclusion", "conclusion is required when status is completed")
    elif said.get("status") is not None:
        said |= {"conclusion": None, "completed_at": None}
    return replace(run, **said, annotations=(*run.annotations, *fields.annotations))


def _follow(world: World, suite: CheckSuite) -> CheckSuite:
    """A suite is what its runs are: completed when all are, with the worst of their conclusions."""
    runs = list({run.name: run for run in world.store.find(CheckRun, suite_id=suite.id)}.values())
    is_done = all(run.status == "completed" for run in runs)
    is_begun = any(run.status in ("in_progress", "completed") for run in runs)
    status = "completed" if is_done else "in_progress" if is_begun else "queued"
    found = {run.conclusion for run in runs}
    conclusion = next(one for one in _WORST_FIRST if one in found) if is_done else None
    return world.store.save(replace(suite, status=status, conclusion=conclusion, updated_at=world.now()))


def _tell_completed(world: World, before: CheckSuite, after: CheckSuite) -> None:
    is_new = (before.status, before.conclusion) != (after.status, after.conclusion)
    if after.status == "completed" and is_new:
        _tell_suite(world, after, "completed", _app_bot(world, after.app_id))


def rerequest_run(world: World, run: CheckRun, *, sender: Account) -> None:
    """Somebody pressed "Re-run": the suite is queued again, the run stays as it is, its App alone is told."""
    with world.change():
        suite = world.store.get(CheckSuite, run.suite_id)
        world.store.save(replace(suite, status="queued", conclusion=None, updated_at=world.now()))
        _tell_run(world, run, "rerequested", sender)


def rerequest_suite(world: World, suite: CheckSuite, *, sender: Account) -> None:
    """Somebody pressed "Re-run all checks"."""
    with world.change():
        new = world.store.save(replace(suite, status="queued", conclusion=None, updated_at=world.now()))
        _tell_suite(world, new, "rerequested", sender)


def press(world: World, run: CheckRun, identifier: str, *, sender: Account) -> None:
    """Somebody pressed one of the run's own buttons."""
    with world.change():
        _tell_run(world, run, "requested_action", sender, requested_action={"identifier": identifier})


def _bot(world: World, run: CheckRun) -> Account:
    return _app_bot(world, run.app_id)


def _app_bot(world: World, app_id: int) -> Account:
    return world.store.get(Account, world.store.get(App, app_id).bot_id)


def _tell_run(world: World, run: CheckRun, action: str, sender: Account, **more: Any) -> None:
    own = run.app_id if action in ("rerequested", "requested_action") else None

    def body(sight: Sight) -> Mapping[str, Any]:
        return {"check_run": check_run_hook_json(sight, run), **more}

    repo = world.store.get(Repository, run.repo_id)
    events.emit(world, "check_run", action=action, repo=repo, sender=sender, body=body, only_app=own)


def _tell_suite(world: World, suite: CheckSuite, action: str, sender: Account) -> None:
    own = None if action == "completed" else suite.app_id

    def body(sight: Sight) -> Mapping[str, Any]:
        return {"check_suite": check_suite_hook_json(sight, suite)}

    repo = world.store.get(Repository, suite.repo_id)
    events.emit(world, "check_suite", action=action, repo=repo, sender=sender, body=body, only_app=own)
