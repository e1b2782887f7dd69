"""Check runs, check suites and annotations."""

from __future__ import annotations

from bot.localhub.records import Annotation, CheckRun, CheckSuite
from bot.localhub.shapes.addresses import Json, api, html, node_id
from bot.localhub.shapes.apps import app_json
from bot.localhub.shapes.commits import simple_commit_json
from bot.localhub.shapes.pulls import pull_minimal_json
from bot.localhub.shapes.repos import minimal_repository_json
from bot.localhub.view import View


def check_run_json(view: View, run: CheckRun) -> Json:
    """`check-run`."""
    repo = view.repo(run.repo_id)
    url = api(view, repo, "check-runs", run.id)
    page = html(view, repo, "runs", run.id)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("CR", run.id),
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": page,
        "details_url": run.details_url or page,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": run.suite_id},
        "app": app_json(view, view.app(run.app_id)),
        "pull_requests": _pulls(view, run.repo_id, run.head_sha),
    }


def _pulls(view: View, repo_id: int, head_sha: str) -> list[Json]:
    return [pull_minimal_json(view, pull) for pull in view.pulls_of_head(repo_id, head_sha)]


def check_run_hook_json(view: View, run: CheckRun) -> Json:
    """A run in `check_run` (`check-run-with-simple-check-suite`)."""
    return check_run_json(view, run) | {"check_suite": _simple_suite(view, view.suite(run.suite_id))}


def _simple_suite(view: View, suite: CheckSuite) -> Json:
    return _suite(view, suite) | {"repository": minimal_repository_json(view, view.repo(suite.repo_id))}


def _suite(view: View, suite: CheckSuite) -> Json:
    return {
        "id": suite.id,
        "node_id": node_id("CS", suite.id),
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": suite.status,
        "conclusion": suite.conclusion,
        "url": api(view, view.repo(suite.repo_id), "check-suites", suite.id),
        "before": suite.before,
        "after": suite.after,
        "pull_requests": _pulls(view, suite.repo_id, suite.head_sha),
        "app": app_json(view, view.app(suite.app_id)),
        "created_at": suite.created_at,
        "updated_at": suite.updated_at,
    }


def check_suite_hook_json(view: View, suite: CheckSuite) -> Json:
    """A suite in `check_suite`."""
    repo = view.repo(suite.repo_id)
    return _suite(view, suite) | {
        "rerequestable": True,
        "runs_rerequestable": True,
        "head_commit": simple_commit_json(view.commit(repo, suite.head_sha)),
        "latest_check_runs_count": len(view.runs_of_suite(suite)),
        "check_runs_url": api(view, repo, "check-suites", suite.id, "check-runs"),
    }


def check_suite_json(view: View, suite: CheckSuite) -> Json:
    """`check-suite`."""
    repository = minimal_repository_json(view, view.repo(suite.repo_id))
    return check_suite_hook_json(view, suite) | {"repository": repository}


def annotation_json(view: View, run: CheckRun, annotation: Annotation) -> Json:
    """`check-annotation`."""
    return {
        "path": annotation.path,
        "blob_href": html(view, view.repo(run.repo_id), "blob", run.head_sha, annotation.path),
        "start_line": annotation.start_line,
        "start_column": annotation.start_column,
        "end_line": annotation.end_line,
        "end_column": annotation.end_column,
        "annotation_level": annotation.annotation_level,
        "title": annotation.title,
        "message": annotation.message,
        "raw_details": annotation.raw_details,
    }
