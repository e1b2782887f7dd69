"""Check runs: at most one for an external id, annotations added once, other words said as often as needed."""

from __future__ import annotations

import pytest

from bot.errors import Retry
from bot.model.plan import Annotation, AnnotationLevel, Conclusion
from bot.ports import CheckOutput
from tests.adapters.github.github_stub import APP

SHA = "a" * 40
RUNS = r"/check-runs(\?|$)"
OUTPUT = CheckOutput("Ready", "All is well.", "Details.")


def noted(count):
    notes = [
        Annotation("catalog/a.yaml", n + 1, AnnotationLevel.FAILURE, "Rule", f"wrong {n}")
        for n in range(count)
    ]
    return CheckOutput("Held", "Mistakes.", "", notes)


def start(hub, repo, external_id="one"):
    return hub.create_check(repo, SHA, "roadcrew", external_id=external_id, output=OUTPUT)


def test_a_run_is_started_and_completed(hub, stub, repo):
    run = start(hub, repo)
    assert (run.status, run.external_id, run.annotations_count) == ("in_progress", "one", 0)
    done = hub.update_check(repo, run.id, output=OUTPUT, conclusion=Conclusion.SUCCESS)
    assert (done.status, done.conclusion) == ("completed", "success")
    assert hub.check_runs(repo, SHA, "roadcrew") == [done]
    assert stub.runs[0]["output"]["summary"] == "All is well."


def test_a_run_that_fits_is_made_whole_in_one_request(hub, stub, repo):
    stub.break_next("POST", RUNS, 502, after=True)
    run = hub.create_check(
        repo, SHA, "roadcrew", external_id="one", output=noted(50), conclusion=Conclusion.FAILURE
    )
    assert (run.status, run.conclusion, run.annotations_count) == ("completed", "failure", 50)
    assert len(stub.runs) == 1
    assert [call.verb for call in stub.calls].count("PATCH") == 0


@pytest.mark.parametrize("status", [502, 0], ids="{}".format)
def test_promise_1_a_lost_answer_leaves_exactly_one_run(hub, stub, repo, status):
    stub.break_next("POST", RUNS, status, after=True)
    assert start(hub, repo).external_id == "one"
    assert len(stub.runs) == 1
    assert len(stub.asked("POST", RUNS)) == 1


def test_a_run_with_another_external_id_is_not_taken_for_ours(hub, stub, repo, raising):
    start(hub, repo, "before")
    stub.break_next("POST", RUNS, 502)
    with raising(Retry):
        start(hub, repo, "one")
    start(hub, repo, "one")
    assert [run["external_id"] for run in stub.runs] == ["before", "one"]


def test_a_caller_that_looked_too_early_starts_no_second_run(hub, stub, repo):
    assert start(hub, repo).id == start(hub, repo).id
    assert len(stub.runs) == 1


def test_runs_are_newest_first_and_of_this_app_alone(hub, stub, repo):
    start(hub, repo, "one")
    start(hub, repo, "two")
    start(hub, repo, "stranger")
    stub.runs[2]["app"] = {"id": 1}
    assert [run.external_id for run in hub.check_runs(repo, SHA, "roadcrew")] == ["two", "one"]
    asked = stub.asked("GET", "/commits/")[-1].path
    assert "filter=all" in asked
    assert f"app_id={APP['id']}" in asked


def test_words_alone_are_said_twice_when_the_answer_is_lost(hub, stub, repo):
    run = start(hub, repo)
    stub.break_next("PATCH", "/check-runs/", 502)
    hub.update_check(repo, run.id, output=OUTPUT, conclusion=Conclusion.FAILURE)
    assert stub.runs[0]["conclusion"] == "failure"


@pytest.mark.parametrize("status", [502, 0], ids="{}".format)
def test_annotations_arrive_once_when_the_answer_is_lost(hub, stub, repo, status):
    run = start(hub, repo)
    hub.update_check(repo, run.id, output=noted(50))
    stub.break_next("PATCH", "/check-runs/", status, after=True)
    done = hub.update_check(repo, run.id, output=noted(3), conclusion=Conclusion.FAILURE)
    assert done.annotations_count == 53
    assert len(stub.runs[0]["annotations"]) == 53
    assert len(stub.asked("PATCH")) == 2


def test_annotations_that_did_not_arrive_are_for_the_queue(hub, stub, repo, raising, naps):
    run = start(hub, repo)
    stub.break_next("PATCH", "/check-runs/", 502)
    with raising(Retry):
        hub.update_check(repo, run.id, output=noted(3))
    assert stub.runs[0]["annotations"] == []
    assert sum(naps) <= 2


def test_a_conclusion_that_is_not_yet_seen_is_waited_for(hub, stub, repo):
    run = start(hub, repo)
    stub.break_next("PATCH", "/check-runs/", 502, after=True)
    early = {**stub.runs[0], "output": {"annotations_count": 2}}
    stub.break_next("GET", f"/check-runs/{run.id}$", 200, body=early, skip=1)
    done = hub.update_check(repo, run.id, output=noted(2), conclusion=Conclusion.FAILURE)
    assert done.conclusion == "failure"


def test_looks_that_fail_themselves_are_repeated(hub, stub, repo):
    run = start(hub, repo)
    stub.break_next("PATCH", "/check-runs/", 502, after=True)
    stub.break_next("GET", f"/check-runs/{run.id}$", 502, skip=1, times=3)
    assert hub.update_check(repo, run.id, output=noted(2)).annotations_count == 2
    assert len(stub.runs[0]["annotations"]) == 2


def test_annotations_name_lines_and_columns(hub, stub, repo):
    run = start(hub, repo)
    notes = [
        Annotation("a.yaml", 3, AnnotationLevel.WARNING, "T", "m", column=5),
        Annotation("b.yaml", 0, AnnotationLevel.NOTICE, "T", "m"),
    ]
    hub.update_check(repo, run.id, output=CheckOutput("T", "S", "", notes))
    place, whole = stub.runs[0]["annotations"]
    assert (place["start_line"], place["end_line"]) == (3, 3)
    assert (place["start_column"], place["end_column"]) == (5, 5)
    assert whole["start_line"] == 1
    assert "start_column" not in whole


def test_more_annotations_than_github_takes_are_our_own_mistake(hub, repo):
    with pytest.raises(ValueError, match="51"):
        hub.update_check(repo, 1, output=noted(51))


def test_a_commit_that_github_does_not_know_yet_is_a_retry(hub, stub, repo, raising):
    body = {"message": f"No commit found for SHA: {SHA}"}
    stub.break_next("POST", RUNS, 422, body=body)
    with raising(Retry):
        start(hub, repo)
    stub.break_next("GET", "/commits/", 422, body=body)
    with raising(Retry):
        hub.check_runs(repo, SHA, "roadcrew")
