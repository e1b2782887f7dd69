"""Check runs and suites over REST."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel

from bot.localhub.acts import checks
from bot.localhub.api.call import Call, Reply
from bot.localhub.api.commits import resolved
from bot.localhub.api.rest import Rest
from bot.localhub.mergeability import latest_runs
from bot.localhub.problems import forbidden, not_found
from bot.localhub.records import Annotation, App, CheckAction, CheckRun, CheckSuite
from bot.localhub.shapes.checks import annotation_json, check_run_json, check_suite_json

_REPO = "/repos/<owner>/<repo>"
_RUN = f"{_REPO}/check-runs/<int:run_id>"
_SUITE = f"{_REPO}/check-suites/<int:suite_id>"


def _time(said: str) -> str:
    """An ISO 8601 time in GitHub's UTC form; no zone means UTC. Raises ValueError for anything else."""
    time = datetime.fromisoformat(said)
    zoned = time if time.tzinfo else time.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Time = Annotated[str, AfterValidator(_time)]


class AnnotationAsked(BaseModel):
    """One of `output.annotations`."""

    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: str
    start_column: int | None = None
    end_column: int | None = None
    title: str | None = None
    raw_details: str | None = None


class OutputAsked(BaseModel):
    """`output`."""

    title: str | None = None
    summary: str
    text: str | None = None
    annotations: list[AnnotationAsked] = []


class ActionAsked(BaseModel):
    """One of `actions`."""

    label: str
    description: str
    identifier: str


class RunEdited(BaseModel):
    """PATCH check-runs."""

    name: str | None = None
    status: Literal["queued", "in_progress", "completed", "waiting", "requested", "pending"] | None = None
    conclusion: (
        Literal[
            "action_required",
            "cancelled",
            "failure",
            "neutral",
            "success",
            "skipped",
            "timed_out",
        ]
        | None
    ) = None
    started_at: Time | None = None
    completed_at: Time | None = None
    external_id: str | None = None
    details_url: str | None = None
    output: OutputAsked | None = None
    actions: list[ActionAsked] | None = None


class RunAsked(RunEdited):
    """POST check-runs."""

    name: str
    head_sha: str


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _write(rest)
    _read(rest)
    _suites(rest)


def _fields(asked: RunEdited) -> checks.RunFields:
    output = asked.output
    return checks.RunFields(
        name=asked.name,
        status=asked.status,
        conclusion=asked.conclusion,
        started_at=asked.started_at,
        completed_at=asked.completed_at,
        external_id=asked.external_id,
        details_url=asked.details_url,
        title=output.title if output else None,
        summary=output.summary if output else None,
        text=output.text if output else None,
        annotations=tuple(Annotation(**one.model_dump()) for one in output.annotations) if output else (),
        actions=(
            tuple(CheckAction(**one.model_dump()) for one in asked.actions)
            if asked.actions is not None
            else None
        ),
    )


def _own_app(call: Call) -> App:
    if call.actor.app is None or call.actor.installation is None:
        raise forbidden("You must authenticate via a GitHub App.")
    return call.actor.app


def _run(call: Call, run_id: int) -> CheckRun:
    try:
        run = call.world.store.get(CheckRun, run_id)
    except KeyError as error:
        raise not_found() from error
    if run.repo_id != call.repo.id:
        raise not_found()
    return run


def _suite(call: Call, suite_id: int) -> CheckSuite:
    try:
        suite = call.world.store.get(CheckSuite, suite_id)
    except KeyError as error:
        raise not_found() from error
    if suite.repo_id != call.repo.id:
        raise not_found()
    return suite


def _write(rest: Rest) -> None:
    @rest.route("POST", f"{_REPO}/check-runs", needs="checks:write", user="pull")
    def create(call: Call) -> Reply:
        app, asked = _own_app(call), call.body(RunAsked)
        run = checks.create_run(call.world, call.repo, app, asked.head_sha, _fields(asked))
        return Reply(check_run_json(call.view, run), HTTPStatus.CREATED)

    @rest.route("PATCH", _RUN, needs="checks:write", user="pull")
    def update(call: Call, run_id: int) -> Reply:
        app, run = _own_app(call), _run(call, run_id)
        if run.app_id != app.id:
            raise forbidden(
                f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App that"
                " created it."
            )
        new = checks.update_run(call.world, run, _fields(call.body(RunEdited)))
        return Reply(check_run_json(call.view, new))

    @rest.route("POST", f"{_RUN}/rerequest", needs="checks:write")
    def rerequest(call: Call, run_id: int) -> Reply:
        checks.rerequest_run(call.world, _run(call, run_id), sender=call.account())
        return Reply({}, HTTPStatus.CREATED)

    @rest.route("POST", f"{_SUITE}/rerequest", needs="checks:write")
    def rerequest_suite(call: Call, suite_id: int) -> Reply:
        checks.rerequest_suite(call.world, _suite(call, suite_id), sender=call.account())
        return Reply({}, HTTPStatus.CREATED)


def _filtered(call: Call, runs: list[CheckRun]) -> Reply:
    """Newest of each name first unless `filter=all`, by name, status and App where asked."""
    name, status, app_id = call.arg("check_name"), call.arg("status"), call.arg("app_id")
    wanted = [
        run
        for run in runs
        if name in ("", run.name) and status in ("", run.status) and app_id in ("", str(run.app_id))
    ]
    return call.listed(wanted, lambda run: check_run_json(call.view, run), key="check_runs")


def _read(rest: Rest) -> None:
    @rest.route("GET", _RUN, needs="checks:read")
    def run(call: Call, run_id: int) -> Reply:
        return Reply(check_run_json(call.view, _run(call, run_id)))

    @rest.route("GET", f"{_RUN}/annotations", needs="checks:read")
    def annotations(call: Call, run_id: int) -> Reply:
        found = _run(call, run_id)
        return call.listed(found.annotations, lambda one: annotation_json(call.view, found, one))

    @rest.route("GET", f"{_REPO}/commits/<path:ref>/check-runs", needs="checks:read")
    def of_commit(call: Call, ref: str) -> Reply:
        sha = resolved(call, ref)
        if call.arg("filter", "latest") == "all":
            return _filtered(call, call.world.store.find(CheckRun, repo_id=call.repo.id, head_sha=sha))
        return _filtered(call, latest_runs(call.world, call.repo.id, sha))


def _suites(rest: Rest) -> None:
    @rest.route("GET", _SUITE, needs="checks:read")
    def suite(call: Call, suite_id: int) -> Reply:
        return Reply(check_suite_json(call.view, _suite(call, suite_id)))

    @rest.route("GET", f"{_SUITE}/check-runs", needs="checks:read")
    def runs(call: Call, suite_id: int) -> Reply:
        found = list(call.view.runs_of_suite(_suite(call, suite_id)))
        if call.arg("filter", "latest") != "all":
            found = sorted({run.name: run for run in found}.values(), key=lambda run: run.id)
        return _filtered(call, found)

    @rest.route("GET", f"{_REPO}/commits/<path:ref>/check-suites", needs="checks:read")
    def of_commit(call: Call, ref: str) -> Reply:
        sha, app_id, name = resolved(call, ref), call.arg("app_id"), call.arg("check_name")
        found = [
            one
            for one in call.world.store.find(CheckSuite, repo_id=call.repo.id, head_sha=sha)
            if app_id in ("", str(one.app_id))
            and (not name or any(run.name == name for run in call.view.runs_of_suite(one)))
        ]
        return call.listed(found, lambda one: check_suite_json(call.view, one), key="check_suites")
