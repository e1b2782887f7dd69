"""Rate limits: the primary one and its headers, the secondary one on content, both settable."""

from __future__ import annotations

import pytest

from bot.localhub.server import LocalHub
from tests.localhub.conftest import Bot, Rest

REPO = "/repos/acme/platform"


@pytest.fixture
def number(hub: LocalHub) -> int:
    hub.commit("acme/platform", "topic", {"new": "1\n"}, by="developer")
    return hub.open_pull("acme/platform", head="topic", by="developer").number


def test_the_primary_limit_ends_in_a_403(hub: LocalHub, developer: Rest) -> None:
    hub.limits.settings.primary = 3
    used = [developer("GET", REPO).headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert used == ["2", "1", "0"]
    answer = developer("GET", REPO)
    assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert answer.json["message"].startswith("API rate limit exceeded for user ID")
    assert developer.get("/rate_limit")["rate"]["remaining"] == 0


def test_the_hour_begins_anew(tmp_path) -> None:
    now = [1_800_000_000.0]
    with LocalHub(tmp_path, clock=lambda: now[0]) as hub:
        hub.create_user("developer")
        rest = Rest(hub, hub.user_token("developer"))
        hub.limits.settings.primary = 1
        reset = rest("GET", "/user").headers["X-RateLimit-Reset"]
        assert reset == "1800003600"
        assert rest("GET", "/user").status == 403
        now[0] += 3600
        assert rest("GET", "/user").status == 200


def test_each_actor_has_a_limit_of_its_own(hub: LocalHub, bot: Bot, developer: Rest, reviewer: Rest) -> None:
    hub.limits.settings.primary = 1
    for rest in (developer, reviewer, bot.rest):
        assert rest("GET", REPO).status == 200
    assert developer("GET", REPO).status == 403
    assert bot.rest("GET", REPO).status == 403
    assert Rest(hub)("GET", "/users/acme").headers["X-RateLimit-Limit"] == "60"


def test_rate_limit_is_free(developer: Rest) -> None:
    developer("GET", REPO)
    for _ in range(3):
        core = developer.get("/rate_limit")["resources"]["core"]
    assert (core["limit"], core["used"], core["remaining"]) == (5000, 1, 4999)


def test_content_is_not_limited_unless_asked_for(hub: LocalHub, developer: Rest, number: int) -> None:
    for _ in range(90):
        hub.limits.create(hub.as_user("developer"))
    assert developer("POST", f"{REPO}/issues/{number}/comments", {"body": "x"}).status == 201


@pytest.mark.parametrize("has_retry_after", [True, False])
def test_the_81st_piece_of_content_in_a_minute_is_refused(
    hub: LocalHub, developer: Rest, number: int, *, has_retry_after: bool
) -> None:
    hub.limits.settings.like_github()
    hub.limits.settings.has_retry_after = has_retry_after
    for _ in range(80):
        hub.limits.create(hub.as_user("developer"))
    answer = developer("POST", f"{REPO}/issues/{number}/comments", {"body": "x"})
    assert answer.status == 403
    assert answer.json["message"].startswith("You have exceeded a secondary rate limit")
    assert (answer.headers["Retry-After"] is not None) == has_retry_after
    assert developer("GET", REPO).status == 200
    assert hub.comments("acme/platform", number) == []


def test_the_501st_in_an_hour_is_refused(tmp_path) -> None:
    now = [1_800_000_000.0]
    hub = LocalHub(tmp_path, clock=lambda: now[0])
    hub.create_user("developer")
    hub.limits.settings.like_github()
    actor = hub.as_user("developer")
    from bot.localhub.problems import Problem

    for _ in range(500):
        hub.limits.create(actor)
        now[0] += 1
    now[0] += 60
    with pytest.raises(Problem) as refused:
        hub.limits.create(actor)
    assert refused.value.headers == {"Retry-After": str(3600 - 560 + 1)}
    now[0] += 3600 - 560 + 1
    hub.limits.create(actor)
    hub.stop()
