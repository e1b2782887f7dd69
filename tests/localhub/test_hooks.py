"""Deliveries: signed, logged, redelivered with their guid, and gone wrong on request."""

from __future__ import annotations

import hashlib
import hmac
import time

import pytest

from bot.localhub.faults import Fault
from bot.localhub.records import Delivery
from bot.localhub.server import LocalHub
from tests.localhub.conftest import SECRET, Bot, Receiver, until

REPO = "/repos/acme/platform"


def _push(hub: LocalHub, text: str = "1", branch: str = "main") -> None:
    hub.commit("acme/platform", branch, {"a": text}, by="developer")


def _settled(hub: LocalHub) -> None:
    assert hub.hooks.wait_idle()


def _only_pushes(hub: LocalHub, **fault: object) -> None:
    hub.faults.add(Fault(kind="lost", event="check_suite.*", times=None, is_logged=False))
    hub.faults.add(Fault(event="push", **fault))  # type: ignore[arg-type]


def test_deliveries_are_signed_as_github_signs(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    _push(hub)
    _settled(hub)
    push = next(one for one in receiver.received if one.name == "push")
    signature = hmac.new(SECRET.encode(), push.raw, hashlib.sha256).hexdigest()
    assert push.headers["x-hub-signature-256"] == f"sha256={signature}"
    assert (
        push.headers["x-hub-signature"] == f"sha1={hmac.new(SECRET.encode(), push.raw, 'sha1').hexdigest()}"
    )
    assert push.headers["content-type"] == "application/json"
    assert push.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert push.headers["x-github-hook-id"] == str(bot.app.hook_id)
    assert push.headers["x-github-hook-installation-target-id"] == str(bot.app.id)
    assert push.headers["x-github-hook-installation-target-type"] == "integration"
    assert len(push.headers["x-github-delivery"]) == 36


def test_a_new_webhook_gets_a_ping(hub: LocalHub, receiver: Receiver, key: str) -> None:
    app = hub.create_app("App", owner="acme", permissions={}, events=[], private_key=key)
    hub.set_webhook(app, url=receiver.url, secret="another secret")
    _settled(hub)
    assert receiver.names() == ["ping"]
    assert receiver.received[0].json["hook"]["config"]["url"] == receiver.url


def test_only_subscribed_events_are_sent(hub: LocalHub, receiver: Receiver, key: str) -> None:
    app = hub.create_app(
        "Quiet",
        owner="acme",
        permissions={"contents": "read"},
        events=["push"],
        webhook_url=receiver.url,
        private_key=key,
    )
    hub.install(app, "acme")
    _settled(hub)
    receiver.received.clear()
    hub.commit("acme/platform", "topic", {"a": "1"}, by="developer")
    hub.open_pull("acme/platform", head="topic", by="developer")
    _settled(hub)
    assert receiver.names() == ["push"]


def test_the_bots_own_deeds_are_told_too(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    hub.commit("acme/platform", "topic", {"a": "1"}, by="developer")
    hub.open_pull("acme/platform", head="topic", by="developer")
    bot.rest("POST", f"{REPO}/issues/1/comments", {"body": "mine"})
    _settled(hub)
    assert receiver.of("issue_comment.created")[0]["sender"]["type"] == "Bot"


def test_the_log_pages_by_cursor(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    receiver.status = 500
    for number in range(3):
        _push(hub, str(number))
    _settled(hub)
    found: list[int] = []
    path = "/app/hook/deliveries?per_page=2"
    while path:
        answer = bot.as_app("GET", path)
        found += [one["id"] for one in answer.json]
        link = answer.headers["Link"] or ""
        path = link.partition(">")[0].lstrip("<").removeprefix(hub.api_url)
        assert len(answer.json) == 2 or not path
    assert found == sorted(found, reverse=True)
    assert len(found) == len(set(found)) == len(hub.deliveries(bot.app))
    first = bot.as_app.get(f"/app/hook/deliveries/{found[0]}")
    assert (first["status"], first["status_code"]) == ("Invalid HTTP Response: 500", 500)
    assert first["request"]["headers"]["X-GitHub-Event"] == first["event"]
    assert first["request"]["payload"]["repository"]["full_name"] == "acme/platform"
    assert bot.as_app("GET", "/app/hook/deliveries/1").status == 404
    assert bot.as_app.get("/app/hook/config")["url"] == receiver.url


def test_a_redelivery_keeps_the_guid_and_gets_a_new_id(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    receiver.status = 503
    _push(hub)
    _settled(hub)
    failed = next(one for one in bot.as_app.get("/app/hook/deliveries") if one["event"] == "push")
    receiver.status = 202
    receiver.received.clear()
    assert bot.as_app("POST", f"/app/hook/deliveries/{failed['id']}/attempts").status == 202
    _settled(hub)
    (again,) = receiver.received
    assert again.headers["x-github-delivery"] == failed["guid"]
    logged = [one for one in bot.as_app.get("/app/hook/deliveries") if one["guid"] == failed["guid"]]
    assert [(one["redelivery"], one["status_code"]) for one in logged] == [(True, 202), (False, 503)]
    assert logged[0]["id"] != failed["id"]


def test_a_receiver_that_is_away_is_logged(hub: LocalHub, bot: Bot) -> None:
    hub.set_webhook(bot.app, url="http://127.0.0.1:1/hook")
    _push(hub)
    _settled(hub)
    logged = bot.as_app.get("/app/hook/deliveries")
    push = next(one for one in logged if one["event"] == "push")
    assert (push["status"], push["status_code"]) == ("failed to connect to host", 0)


def test_a_slow_receiver_times_out(
    hub: LocalHub, bot: Bot, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.localhub.hooks.TIMEOUT", 0.05)
    receiver.wait.clear()
    _only_pushes(hub, kind="late", seconds=0.0)
    _push(hub)
    _settled(hub)
    receiver.wait.set()
    logged = bot.as_app.get("/app/hook/deliveries")
    assert next(one["status"] for one in logged if one["event"] == "push") == "timed out"


@pytest.mark.parametrize("is_logged", [True, False])
def test_a_lost_delivery_never_comes(hub: LocalHub, bot: Bot, receiver: Receiver, *, is_logged: bool) -> None:
    _only_pushes(hub, kind="lost", is_logged=is_logged)
    _push(hub, "1")
    _push(hub, "2")
    _settled(hub)
    assert len(receiver.of("push")) == 1
    logged = [one for one in bot.as_app.get("/app/hook/deliveries") if one["event"] == "push"]
    assert [one["status"] for one in logged] == ["OK"] + ["failed to connect to host"] * is_logged


def test_a_doubled_delivery_has_one_guid(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    _only_pushes(hub, kind="doubled")
    _push(hub)
    _settled(hub)
    guids = [one.headers["x-github-delivery"] for one in receiver.received]
    assert (len(guids), len(set(guids))) == (2, 1)
    ids = {one.id for one in hub.deliveries(bot.app) if one.guid == guids[0]}
    assert len(ids) == 2


def test_a_reordered_delivery_comes_after_the_next(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    _only_pushes(hub, kind="reordered")
    _push(hub, "1")
    _push(hub, "2")
    _settled(hub)
    first, second = receiver.of("push")
    assert first["before"] == second["after"]


def test_a_late_delivery_waits(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    _only_pushes(hub, kind="late", seconds=0.3)
    begun = time.monotonic()
    _push(hub, "1")
    _push(hub, "2")
    until(lambda: len(receiver.of("push")) == 2)
    assert time.monotonic() - begun >= 0.3
    first, second = receiver.of("push")
    assert first["before"] == second["after"]


def test_what_was_not_sent_is_sent_by_the_next_hub(tmp_path, receiver: Receiver, key: str) -> None:
    receiver.wait.clear()
    with LocalHub(tmp_path) as hub:
        hub.create_org("acme")
        hub.create_repo("acme/platform", {"a": "1"})
        app = hub.create_app(
            "App", owner="acme", permissions={"contents": "read"}, events=["push"], private_key=key
        )
        hub.install(app, "acme")
        hub.set_webhook(app, url=receiver.url)
        for number in range(3):
            hub.commit("acme/platform", "main", {"a": f"{number}"}, by="acme")
        receiver.wait.set()
    with LocalHub(tmp_path) as hub:
        _settled(hub)
        until(lambda: len(receiver.of("push")) == 3)
        assert all(one.status == "OK" for one in hub.world.store.find(Delivery))


def test_a_receiver_that_outlasts_the_hub_harms_nothing(
    hub: LocalHub, bot: Bot, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _push(hub)
    _settled(hub)
    delivery = hub.deliveries(bot.app)[0]

    def outlasted(*_: object) -> tuple[str, int, dict[str, str], str]:
        hub.world.close()
        return "OK", 200, {}, ""

    monkeypatch.setattr("bot.localhub.hooks._posted", outlasted)
    hub.hooks.attempt(delivery.id)
    hub.hooks.attempt(delivery.id)
    assert not hub.world.is_open
