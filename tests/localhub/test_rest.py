"""The frame: who may see what, GitHub's headers and error bodies, pages, conditional requests."""

from __future__ import annotations

import re

import pytest

from bot.localhub.server import LocalHub
from tests.localhub.conftest import Bot, Rest

REPO = "/repos/acme/platform"


def test_an_answer_carries_githubs_headers(developer: Rest) -> None:
    answer = developer("GET", REPO)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["X-GitHub-Media-Type"] == "github.v3; format=json"
    assert re.fullmatch(r"([0-9A-F]{4}:){4}[0-9A-F]{4}", answer.headers["X-GitHub-Request-Id"])
    assert answer.headers["X-RateLimit-Limit"] == "5000"
    assert answer.headers["X-RateLimit-Used"] == "1"
    assert answer.headers["X-RateLimit-Remaining"] == "4999"
    assert answer.headers["X-RateLimit-Resource"] == "core"
    assert int(answer.headers["X-RateLimit-Reset"]) > 0


@pytest.mark.parametrize("path", [REPO, f"{REPO}/pulls", "/repos/acme/nothing", "/nothing/at/all"])
def test_what_one_may_not_see_is_not_found(stranger: Rest, path: str) -> None:
    answer = stranger("GET", path)
    assert answer.status == 404
    assert answer.json == {
        "message": "Not Found",
        "documentation_url": "https://docs.github.com/rest",
        "status": "404",
    }


def test_public_repositories_are_open_to_nobody_and_strangers(hub: LocalHub, stranger: Rest) -> None:
    hub.create_repo("acme/open", {"a": "1"}, by="developer")
    assert Rest(hub).get("/repos/acme/open")["private"] is False
    assert stranger.get("/repos/acme/open")["permissions"]["push"] is False
    assert Rest(hub)("POST", "/repos/acme/open/git/refs", {}).status == 401
    answer = stranger("POST", "/repos/acme/open/git/refs", {"ref": "refs/heads/x", "sha": "0" * 40})
    assert (answer.status, answer.json["message"]) == (403, "Must have push access to Repository.")


def test_a_wrong_token_is_a_401(hub: LocalHub) -> None:
    answer = Rest(hub, "ghp_wrong")("GET", REPO)
    assert (answer.status, answer.json["message"]) == (401, "Bad credentials")


def test_names_are_found_in_any_case(developer: Rest) -> None:
    assert developer.get("/repos/ACME/Platform")["full_name"] == "acme/platform"


def test_a_304_costs_nothing(developer: Rest) -> None:
    first = developer("GET", REPO)
    again = developer("GET", REPO, If_None_Match=first.headers["ETag"])
    assert (again.status, again.raw) == (304, b"")
    assert again.headers["X-RateLimit-Used"] == first.headers["X-RateLimit-Used"] == "1"
    assert again.headers["ETag"] == first.headers["ETag"]


def test_a_change_changes_the_etag(hub: LocalHub, developer: Rest) -> None:
    first = developer("GET", f"{REPO}/branches")
    hub.commit("acme/platform", "main", {"a": "1"}, by="developer")
    again = developer("GET", f"{REPO}/branches", If_None_Match=first.headers["ETag"])
    assert again.status == 200
    assert again.headers["X-RateLimit-Used"] == "2"


def test_pages_are_linked_on_the_same_host(hub: LocalHub, developer: Rest) -> None:
    main = hub.branches("acme/platform")["main"]
    for number in range(4):
        hub.git("acme/platform").update_ref(f"refs/heads/b{number}", main)
    hub.sync("acme/platform")
    first = developer("GET", f"{REPO}/branches?per_page=2")
    here = f"{hub.api_url}{REPO}/branches?per_page=2"
    assert first.headers["Link"] == f'<{here}&page=2>; rel="next", <{here}&page=3>; rel="last"'
    second = developer("GET", f"{REPO}/branches?per_page=2&page=2")
    assert re.findall(r'rel="(\w+)"', second.headers["Link"]) == ["prev", "next", "last", "first"]
    last = developer("GET", f"{REPO}/branches?per_page=2&page=3")
    assert re.findall(r'rel="(\w+)"', last.headers["Link"]) == ["prev", "first"]
    names = [one["name"] for page in (first, second, last) for one in page.json]
    assert names == ["b0", "b1", "b2", "b3", "main"]


def test_one_page_has_no_link_and_a_page_is_at_most_100(hub: LocalHub, developer: Rest) -> None:
    assert developer("GET", f"{REPO}/branches").headers["Link"] is None
    pull = _pull(hub)
    for number in range(101):
        hub.comment("acme/platform", pull, f"comment {number}", by="developer")
    assert len(developer.get(f"{REPO}/issues/{pull}/comments")) == 30
    assert len(developer.get(f"{REPO}/issues/{pull}/comments?per_page=500")) == 100


def _pull(hub: LocalHub) -> int:
    hub.commit("acme/platform", "topic", {"new": "1\n"}, by="developer")
    return hub.open_pull("acme/platform", head="topic", by="developer").number


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("{", 400, "Problems parsing JSON"),
        ("[]", 400, "Body should be a JSON object"),
        ({}, 422, 'Invalid request.\n\n"body" wasn\'t supplied.'),
        ({"body": 3}, 422, "Invalid request.\n\nFor 'properties/body', 3 is not a string."),
    ],
)
def test_a_wrong_body_is_named(
    hub: LocalHub, developer: Rest, body: object, status: int, message: str
) -> None:
    answer = developer("POST", f"{REPO}/issues/{_pull(hub)}/comments", body)
    assert (answer.status, answer.json["message"]) == (status, message)


def test_an_unknown_method_is_not_found(developer: Rest) -> None:
    assert developer("DELETE", f"{REPO}/commits").status == 404


def test_tokens_name_the_permissions_that_they_need(bot: Bot, developer: Rest) -> None:
    said = bot.rest("GET", f"{REPO}/issues/1/comments").headers["X-Accepted-GitHub-Permissions"]
    assert said == "issues=read; pull_requests=read"
    assert developer("GET", REPO).headers["X-OAuth-Scopes"] == "repo, read:org, user"


def test_contents_are_read_from_git(hub: LocalHub, developer: Rest) -> None:
    listed = developer.get(f"{REPO}/contents/")
    assert [(one["name"], one["type"]) for one in listed] == [("README.md", "file"), ("catalog", "dir")]
    assert [one["path"] for one in developer.get(f"{REPO}/contents/catalog")] == ["catalog/shop.yaml"]
    raw = developer("GET", f"{REPO}/contents/README.md?ref=main", Accept="application/vnd.github.raw+json")
    assert raw.raw == b"# Platform\n"
    assert developer("GET", f"{REPO}/contents/none").status == 404
    tree = developer.get(f"{REPO}/git/trees/main?recursive=1")
    assert [one["path"] for one in tree["tree"]] == ["README.md", "catalog", "catalog/shop.yaml"]
    blob = developer.get(f"{REPO}/git/blobs/{tree['tree'][0]['sha']}")
    assert blob["size"] == len("# Platform\n")


def test_compare_and_commits(hub: LocalHub, developer: Rest) -> None:
    base = hub.branches("acme/platform")["main"]
    head = hub.commit("acme/platform", "topic", {"a/b.txt": "one\ntwo\n"}, by="developer", message="Add b")
    compared = developer.get(f"{REPO}/compare/main...topic")
    assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("ahead", 1, 0)
    assert compared["merge_base_commit"]["sha"] == base
    assert [one["filename"] for one in compared["files"]] == ["a/b.txt"]
    commit = developer.get(f"{REPO}/commits/topic")
    assert (commit["sha"], commit["commit"]["message"], commit["author"]["login"]) == (
        head,
        "Add b",
        "developer",
    )
    assert commit["files"][0]["patch"] == "@@ -0,0 +1,2 @@\n+one\n+two"
    listed = developer("GET", f"{REPO}/commits?sha=topic&per_page=1")
    assert [one["sha"] for one in listed.json] == [head]
    unknown = developer("GET", f"{REPO}/commits/{'1' * 40}")
    assert (unknown.status, unknown.json["message"]) == (422, f"No commit found for SHA: {'1' * 40}")


def test_teams_and_members_are_for_the_inside(hub: LocalHub, bot: Bot, stranger: Rest) -> None:
    hub.create_team(
        "acme",
        "Platform Crew",
        members=["reviewer"],
        maintainers=["developer"],
        grants={"acme/platform": "admin"},
    )
    team = bot.rest.get("/orgs/acme/teams/platform-crew")
    assert (team["name"], team["members_count"]) == ("Platform Crew", 2)
    logins = {one["login"] for one in bot.rest.get("/orgs/acme/teams/platform-crew/members")}
    assert logins == {"developer", "reviewer"}
    membership = bot.rest.get("/orgs/acme/teams/platform-crew/memberships/developer")
    assert (membership["role"], membership["state"]) == ("maintainer", "active")
    assert stranger("GET", "/orgs/acme/teams").status == 404
    assert bot.rest.get(f"{REPO}/collaborators/reviewer/permission")["permission"] == "admin"
    assert bot.rest.get(f"{REPO}/collaborators/stranger/permission")["permission"] == "none"


def test_access_is_given_over_rest(hub: LocalHub, developer: Rest, reviewer: Rest, stranger: Rest) -> None:
    assert reviewer("PUT", f"{REPO}/collaborators/stranger", {"permission": "push"}).status == 403
    assert stranger("GET", REPO).status == 404
    assert developer("PUT", f"{REPO}/collaborators/stranger", {"permission": "push"}).status == 204
    assert stranger.get(REPO)["permissions"]["push"] is True
    assert developer("GET", f"{REPO}/collaborators/stranger").status == 204


def test_repositories_are_made_over_rest(bot: Bot, developer: Rest, hub: LocalHub) -> None:
    made = bot.rest("POST", "/orgs/acme/repos", {"name": "service", "private": True, "auto_init": True})
    assert made.status == 201
    assert developer.get("/repos/acme/service/branches/main")["protected"] is False
    again = bot.rest("POST", "/orgs/acme/repos", {"name": "Service"})
    assert again.status == 422
    assert again.json["errors"][0]["message"] == "name already exists on this account"
    assert developer("POST", "/user/repos", {"name": "mine"}).status == 201
    assert bot.rest("POST", "/user/repos", {"name": "mine"}).status == 403
    weak = Rest(hub, bot.token(permissions={"contents": "write"}))
    assert weak("POST", "/orgs/acme/repos", {"name": "other"}).status == 403


@pytest.mark.parametrize("sha", ["0" * 40, "1" * 40])
def test_a_ref_is_not_made_of_nothing(hub: LocalHub, developer: Rest, sha: str) -> None:
    hub.commit("acme/platform", "topic", {"a": "1"}, by="developer")
    before = hub.branches("acme/platform")
    place = "/repos/acme/platform/git/refs"
    answers = [
        developer("POST", place, {"ref": "refs/heads/new", "sha": sha}),
        developer("PATCH", f"{place}/heads/topic", {"sha": sha}),
        developer("PATCH", f"{place}/heads/topic", {"sha": sha, "force": True}),
    ]
    assert [(one.status, one.json["message"]) for one in answers] == [(422, "Object does not exist")] * 3
    assert hub.branches("acme/platform") == before


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"body":"\\ud800 x"}', '{"body":"\\uDfff"}', '{"\\ud800": 1, "body": "x"}']
)
def test_json_that_is_none_is_a_400(hub: LocalHub, developer: Rest, body: str) -> None:
    hub.commit("acme/platform", "topic", {"a": "1"}, by="developer")
    number = hub.open_pull("acme/platform", head="topic", by="developer").number
    place = f"/repos/acme/platform/issues/{number}/comments"
    answer = developer("POST", place, body)
    assert (answer.status, answer.json["message"]) == (400, "Problems parsing JSON")
    assert developer("POST", place, '{"body":"\\ud83d\\ude00"}').json["body"] == "\U0001f600"
