"""Check runs and suites: made and changed by their App, with GitHub's limits, re-run by people."""

from __future__ import annotations

from typing import Any

import pytest

from bot.localhub.server import LocalHub
from tests.localhub.conftest import Bot, Receiver, Rest

REPO = "/repos/acme/platform"
RUNS = f"{REPO}/check-runs"


@pytest.fixture
def head(hub: LocalHub) -> str:
    return hub.branches("acme/platform")["main"]


def _annotation(line: int = 1) -> dict[str, Any]:
    return {
        "path": "catalog/shop.yaml",
        "start_line": line,
        "end_line": line,
        "annotation_level": "failure",
        "message": f"line {line}",
    }


def _annotated(**changed: Any) -> dict[str, Any]:
    return {"output": {"title": "T", "summary": "S", "annotations": [_annotation() | changed]}}


def test_a_run_is_made_changed_and_completed(hub: LocalHub, bot: Bot, head: str, receiver: Receiver) -> None:
    made = bot.rest("POST", RUNS, {"name": "roadcrew", "head_sha": head, "status": "in_progress"})
    assert (made.status, made.json["status"], made.json["conclusion"]) == (201, "in_progress", None)
    place = f"{RUNS}/{made.json['id']}"
    output = {"title": "T", "summary": "S", "text": "X", "annotations": [_annotation(1)]}
    done = bot.rest("PATCH", place, {"conclusion": "failure", "output": output, "external_id": "e"}).json
    assert (done["status"], done["conclusion"], done["external_id"]) == ("completed", "failure", "e")
    assert done["completed_at"]
    assert done["output"]["annotations_count"] == 1
    suite = bot.rest.get(f"{REPO}/check-suites/{done['check_suite']['id']}")
    assert (suite["status"], suite["conclusion"], suite["head_branch"]) == ("completed", "failure", "main")
    assert hub.hooks.wait_idle()
    assert receiver.names() == ["check_run.created", "check_run.completed", "check_suite.completed"]


def test_annotations_append(bot: Bot, head: str) -> None:
    output = {"title": "T", "summary": "S", "annotations": [_annotation(n) for n in range(1, 51)]}
    run = bot.rest("POST", RUNS, {"name": "roadcrew", "head_sha": head, "output": output}).json
    more = {"title": "T", "summary": "S", "annotations": [_annotation(51)]}
    assert (
        bot.rest("PATCH", f"{RUNS}/{run['id']}", {"output": more}).json["output"]["annotations_count"] == 51
    )
    listed = bot.rest.get(f"{RUNS}/{run['id']}/annotations?per_page=100")
    assert [one["message"] for one in listed] == [f"line {n}" for n in range(1, 52)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"output": {"title": "T", "summary": "x" * 65_536}},
            "Only 65535 characters are allowed; 65536 were",
        ),
        (
            {"output": {"title": "T", "summary": "S", "text": "x" * 65_536}},
            "Only 65535 characters are allowed; 65536 were",
        ),
        (
            {"output": {"title": "T", "summary": "S", "annotations": [_annotation(n) for n in range(1, 52)]}},
            "No more than 50 items are allowed; 51 were",
        ),
        ({"output": {"summary": "S"}}, '"title" wasn\'t supplied'),
        ({"conclusion": "stale"}, '"stale" is not a member of'),
        (_annotated(message="\u00e9" * 32_769), "at most 65536 bytes"),
        (_annotated(raw_details="x" * 65_537), "at most 65536 bytes"),
        (_annotated(title="x" * 256), "Only 255 characters are allowed; 256 were"),
        (_annotated(start_line=0), "lines start at 1"),
        (_annotated(start_line=3, end_line=2), "lines start at 1"),
        (_annotated(start_line=1, end_line=2, start_column=1), "on the same line"),
        (_annotated(start_line=1, end_line=2, end_column=1), "on the same line"),
        ({"actions": [{"label": "a", "description": "b", "identifier": "c"}] * 4}, "No more than 3 items"),
        ({"actions": [{"label": "a" * 21, "description": "b", "identifier": "c"}]}, "Only 20 characters"),
        ({"actions": [{"label": "a", "description": "b" * 41, "identifier": "c"}]}, "Only 40 characters"),
        ({"actions": [{"label": "a", "description": "b", "identifier": "c" * 21}]}, "Only 20 characters"),
        ({"head_sha": "1" * 40}, f"No commit found for SHA: {'1' * 40}"),
        ({"status": "done"}, "is not a member of"),
        ({"name": None}, "For 'properties/name', null is not a string."),
    ],
)
def test_what_is_over_githubs_limits_is_a_422(
    hub: LocalHub, bot: Bot, head: str, changed: dict[str, Any], words: str
) -> None:
    answer = bot.rest("POST", RUNS, {"name": "roadcrew", "head_sha": head} | changed)
    assert answer.status == 422
    assert words in answer.json["message"]
    assert hub.check_runs("acme/platform", head) == []


def test_what_is_just_within_the_limits_is_taken(bot: Bot, head: str) -> None:
    action = {"label": "a" * 20, "description": "b" * 40, "identifier": "c" * 20}
    note = _annotation() | {
        "message": "\u00e9" * 32_768,
        "title": "t" * 255,
        "start_column": 1,
        "end_column": 2,
    }
    output = {"title": "T", "summary": "x" * 65_535, "text": "x" * 65_535, "annotations": [note]}
    asked = {"name": "roadcrew", "head_sha": head, "output": output, "actions": [action] * 3}
    run = bot.rest("POST", RUNS, asked)
    assert run.status == 201
    assert bot.rest("PATCH", f"{RUNS}/{run.json['id']}", {"output": {"summary": "S"}}).status == 200


def test_runs_are_for_apps_and_for_their_own(
    hub: LocalHub, bot: Bot, developer: Rest, head: str, key: str
) -> None:
    asked = {"name": "roadcrew", "head_sha": head}
    refused = developer("POST", RUNS, asked)
    assert (refused.status, refused.json["message"]) == (403, "You must authenticate via a GitHub App.")
    run = bot.rest("POST", RUNS, asked).json
    other = hub.create_app("Other", owner="acme", permissions={"checks": "write"}, events=[], private_key=key)
    rest = Bot(hub, other, hub.install(other, "acme")).rest
    foreign = rest("PATCH", f"{RUNS}/{run['id']}", {"conclusion": "success"})
    assert foreign.status == 403
    assert foreign.json["message"].startswith(f"Invalid app_id `{other.id}`")


def test_the_runs_of_a_commit_are_filtered(bot: Bot, head: str) -> None:
    ids = [
        bot.rest("POST", RUNS, {"name": name, "head_sha": head, "status": status}).json["id"]
        for name, status in (("one", "queued"), ("two", "in_progress"), ("one", "in_progress"))
    ]
    place = f"{REPO}/commits/main/check-runs"

    def found(query: str = "") -> list[int]:
        told = bot.rest.get(f"{place}{query}")
        assert told["total_count"] == len(told["check_runs"])
        return [one["id"] for one in told["check_runs"]]

    assert found() == ids[1:]
    assert found("?filter=all") == ids
    assert found("?check_name=one") == ids[2:]
    assert found("?status=queued") == []
    assert found(f"?app_id={bot.app.id}&check_name=two") == [ids[1]]
    assert found("?app_id=1") == []
    suites = bot.rest.get(f"{REPO}/commits/main/check-suites")
    assert suites["total_count"] == 1
    in_suite = bot.rest.get(f"{REPO}/check-suites/{suites['check_suites'][0]['id']}/check-runs")
    assert [one["id"] for one in in_suite["check_runs"]] == ids[1:]


def test_a_rerequest_goes_to_its_app_alone_and_leaves_the_run(
    hub: LocalHub, bot: Bot, developer: Rest, head: str, receiver: Receiver, key: str
) -> None:
    other = hub.create_app(
        "Other",
        owner="acme",
        permissions={"checks": "write"},
        events=["check_run", "check_suite"],
        webhook_url=receiver.url.replace("/hook", "/other"),
        private_key=key,
    )
    hub.install(other, "acme")
    run = bot.rest("POST", RUNS, {"name": "roadcrew", "head_sha": head, "conclusion": "failure"}).json
    assert developer("POST", f"{RUNS}/{run['id']}/rerequest").status == 201
    suite = run["check_suite"]["id"]
    assert developer("POST", f"{REPO}/check-suites/{suite}/rerequest").status == 201
    assert hub.hooks.wait_idle()
    for name in ("check_run.rerequested", "check_suite.rerequested"):
        assert len(receiver.of(name)) == 1
    assert receiver.of("check_run.rerequested")[0]["check_run"]["app"]["slug"] == "road-crew"
    after = bot.rest.get(f"{RUNS}/{run['id']}")
    assert (after["status"], after["conclusion"]) == ("completed", "failure")
    assert bot.rest.get(f"{REPO}/check-suites/{suite}")["status"] == "queued"
    assert len(receiver.of("check_run.created")) == 2


def test_a_push_asks_for_a_suite(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    sha = hub.commit("acme/platform", "topic", {"a": "1"}, by="developer")
    assert hub.hooks.wait_idle()
    asked = receiver.of("check_suite.requested")[0]
    assert (asked["check_suite"]["head_sha"], asked["check_suite"]["head_branch"]) == (sha, "topic")


def test_a_run_names_the_pulls_of_its_own_repository(hub: LocalHub, bot: Bot) -> None:
    sha = hub.commit("acme/platform", "topic", {"a": "1"}, by="developer")
    hub.open_pull("acme/platform", head="topic", by="developer")
    run = bot.rest("POST", RUNS, {"name": "roadcrew", "head_sha": sha}).json
    assert [one["number"] for one in run["pull_requests"]] == [1]
