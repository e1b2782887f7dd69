"""Apps: JWTs as GitHub takes them, installation tokens and what they reach."""

from __future__ import annotations

import pytest

from bot.localhub.acts.apps import generate_key
from bot.localhub.server import LocalHub
from tests.localhub.conftest import Bot, Receiver, Rest

REPO = "/repos/acme/platform"


def test_a_jwt_is_the_app(bot: Bot) -> None:
    app = bot.as_app.get("/app")
    assert (app["slug"], app["id"]) == ("road-crew", bot.app.id)
    assert app["permissions"]["metadata"] == "read"
    assert [one["id"] for one in bot.as_app.get("/app/installations")] == [bot.installation.id]
    for path in (f"{REPO}/installation", "/orgs/acme/installation"):
        assert bot.as_app.get(path)["id"] == bot.installation.id


def test_the_client_id_is_an_issuer_too(bot: Bot) -> None:
    assert Rest(bot.hub, bot.jwt(iss=bot.app.client_id)).get("/app")["id"] == bot.app.id


@pytest.mark.parametrize(
    ("claims", "status", "words"),
    [
        ({"exp": 0}, 401, "'Expiration time' claim ('exp') must be a numeric value"),
        ({"exp": 660}, 401, "'Expiration time' claim ('exp') is too far in the future"),
        ({"iat": 300, "exp": 400}, 401, "'Issued at' claim ('iat') must be an Integer"),
        ({"iss": "1"}, 404, "Integration not found"),
        ({"iss": ""}, 401, "Missing 'issuer' claim ('iss') in assertion"),
    ],
)
def test_a_jwt_must_hold(bot: Bot, claims: dict[str, object], status: int, words: str) -> None:
    now = int(bot.hub.world.clock())
    timed = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    answer = Rest(bot.hub, bot.jwt(**timed))("GET", "/app")
    assert answer.status == status
    assert answer.json["message"].startswith(words)


def test_a_jwt_of_another_key_is_refused(bot: Bot) -> None:
    import jwt

    claims = jwt.decode(bot.jwt(), options={"verify_signature": False})
    forged = jwt.encode(claims, generate_key()[0], algorithm="RS256")
    answer = Rest(bot.hub, forged)("GET", "/app")
    assert (answer.status, answer.json["message"]) == (401, "A JSON web token could not be decoded")


def test_neither_token_stands_for_the_other(bot: Bot, developer: Rest) -> None:
    assert bot.rest("GET", "/app").status == 401
    assert developer("GET", "/app").status == 401
    assert bot.as_app("GET", REPO).status == 404
    assert bot.rest("GET", "/user").status == 403
    assert developer("GET", "/installation/repositories").status == 403


def test_an_installation_token_acts_as_the_bot(bot: Bot, hub: LocalHub) -> None:
    assert bot.rest.get("/installation/repositories")["total_count"] == 1
    hub.commit("acme/platform", "topic", {"a": "1"}, by="developer")
    number = hub.open_pull("acme/platform", head="topic", by="developer").number
    comment = bot.rest("POST", f"{REPO}/issues/{number}/comments", {"body": "hello"}).json
    assert (comment["user"]["login"], comment["user"]["type"]) == ("road-crew[bot]", "Bot")
    assert comment["performed_via_github_app"]["slug"] == "road-crew"


def test_a_token_has_at_most_what_the_installation_has(bot: Bot) -> None:
    path = f"/app/installations/{bot.installation.id}/access_tokens"
    too_much = bot.as_app("POST", path, {"permissions": {"checks": "admin"}})
    assert too_much.status == 422
    unknown = bot.as_app("POST", path, {"repositories": ["none"]})
    assert (unknown.status, "does not exist" in unknown.json["message"]) == (422, True)


def test_a_narrow_token_is_refused_with_githubs_words(bot: Bot, hub: LocalHub) -> None:
    hub.create_repo("acme/service", {"a": "1"}, private=True, by="developer")
    narrow = Rest(hub, bot.token(repositories=["service"], permissions={"contents": "read"}))
    assert narrow.get("/repos/acme/service/contents/a")["path"] == "a"
    assert narrow("GET", REPO).status == 404
    answer = narrow("POST", "/repos/acme/service/check-runs", {"name": "x", "head_sha": "0" * 40})
    assert (answer.status, answer.json["message"]) == (403, "Resource not accessible by integration")


def test_a_token_ends_after_an_hour(tmp_path, key: str) -> None:
    now = [1_800_000_000.0]
    with LocalHub(tmp_path, clock=lambda: now[0]) as hub:
        hub.create_org("acme")
        hub.create_repo("acme/platform", {"a": "1"}, private=True)
        app = hub.create_app(
            "App", owner="acme", permissions={"contents": "read"}, events=[], private_key=key
        )
        bot = Bot(hub, app, hub.install(app, "acme"))
        answer = bot.as_app("POST", f"/app/installations/{bot.installation.id}/access_tokens")
        assert answer.json["expires_at"] == "2027-01-15T09:00:00Z"
        rest = Rest(hub, answer.json["token"])
        assert rest("GET", REPO).status == 200
        now[0] += 3601
        assert rest("GET", REPO).status == 401


def test_a_selected_installation_reaches_the_selected_alone(
    hub: LocalHub, receiver: Receiver, key: str
) -> None:
    hub.create_repo("acme/service", {"a": "1"}, private=True, by="developer")
    app = hub.create_app(
        "App",
        owner="acme",
        permissions={"contents": "read"},
        events=["push"],
        webhook_url=receiver.url,
        private_key=key,
    )
    bot = Bot(hub, app, hub.install(app, "acme", repos=["acme/service"]))
    assert bot.as_app("GET", f"{REPO}/installation").status == 404
    assert bot.rest("GET", REPO).status == 404
    hub.commit("acme/platform", "main", {"b": "1"}, by="developer")
    hub.commit("acme/service", "main", {"b": "1"}, by="developer")
    hub.add_repositories(bot.installation, "acme/platform", by="developer")
    hub.commit("acme/platform", "main", {"b": "2"}, by="developer")
    assert hub.hooks.wait_idle()
    pushed = [one["repository"]["full_name"] for one in receiver.of("push")]
    assert pushed == ["acme/service", "acme/platform"]
    created = receiver.of("installation.created")[0]
    assert [one["full_name"] for one in created["repositories"]] == ["acme/service"]
    added = receiver.of("installation_repositories.added")[0]
    assert [one["full_name"] for one in added["repositories_added"]] == ["acme/platform"]


def test_an_uninstalled_app_is_out(bot: Bot, hub: LocalHub, receiver: Receiver) -> None:
    rest = bot.rest
    hub.uninstall(bot.installation, by="developer")
    assert rest("GET", REPO).status == 401
    assert bot.as_app.get("/app/installations") == []
    assert hub.hooks.wait_idle()
    assert receiver.names() == ["installation.deleted"]


def test_events_need_their_permission(hub: LocalHub, key: str) -> None:
    from bot.localhub.problems import Problem

    with pytest.raises(Problem):
        hub.create_app("App", owner="acme", permissions={"checks": "write"}, events=["push"], private_key=key)
