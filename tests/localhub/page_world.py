"""A small hub with its page: an organization with two people, an outsider, an App, a repository, a pull request."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.localhub import page
from bot.localhub.access import Actor
from bot.localhub.acts import checks, threads
from bot.localhub.acts.checks import RunFields
from bot.localhub.faults import Faults
from bot.localhub.hooks import Sender
from bot.localhub.hub import Hub
from bot.localhub.records import Annotation, CheckRun, Comment
from bot.localhub.world import World

SAME = {"Sec-Fetch-Site": "same-origin"}
REPO = "acme/platform"
FILES = {
    "README.md": "# platform\n\nSee [the cart](catalog/cart.yaml) and [a site](https://example.invalid/x).\n",
    "catalog/cart.yaml": "kind: Component\nmetadata:\n  name: cart\n",
    "logo.bin": b"\x89PNG\x00\x01",
}
EVENTS = ("pull_request", "push", "issue_comment", "check_run", "check_suite")
RIGHTS = {"checks": "write", "contents": "write", "pull_requests": "write", "issues": "write"}


class Seen(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.tags
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


class Browser:
    """Reads and sends as a browser on this site does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, status: int = 200) -> Seen:
        answer = self.client.get(url, follow_redirects=True)
        assert answer.status_code == status, (url, answer.status_code, Seen(answer.text).words)
        return Seen(answer.text)

    def post(self, url: str, status: int = 303, **form: str) -> TestResponse:
        answer = self.client.post(url, data=form, headers=SAME)
        assert answer.status_code == status, (url, answer.status_code, Seen(answer.text).words)
        return answer

    def act_as(self, login: str) -> None:
        self.post("/-/acting", login=login)


class Ticking:
    """A clock that only goes when told."""

    def __init__(self) -> None:
        self.now = 1_770_000_000.0

    def __call__(self) -> float:
        return self.now


def browser_of(hub: Hub) -> Browser:
    """A browser on the hub's page."""
    app = Flask("page", static_folder=None, template_folder=None)
    page.routes(app, hub.world, Sender(hub.world, Faults()))
    return Browser(app.test_client())


def build(folder: Path) -> tuple[Hub, Browser]:
    """The hub without a server, and a browser on its page."""
    hub = Hub(World(folder, clock=Ticking()))
    hub.create_user("platform-lead")
    hub.create_user("developer")
    hub.create_user("reviewer")
    hub.create_user("outsider")
    hub.create_org("acme", owners=["platform-lead"], members=["developer", "reviewer"])
    hub.world.store.save(replace(hub.account("acme"), base_permission="write"))
    hub.create_repo(REPO, FILES, by="platform-lead", description="What we run")
    return hub, browser_of(hub)


def add_app(hub: Hub, private_key: str) -> Actor:
    """Roadcrew, installed on the organization; as the actor that it is."""
    app = hub.create_app(
        "Roadcrew",
        owner="acme",
        permissions=RIGHTS,
        events=EVENTS,
        webhook_url="http://127.0.0.1:9/hook",
        private_key=private_key,
    )
    return Actor(hub.account("roadcrew[bot]"), app, hub.install(app, "acme"))


def propose(hub: Hub, files: dict[str, Any] | None = None, *, branch: str = "orders", **words: Any) -> int:
    """A pull request of the developer; its number."""
    changed = files or {"catalog/orders.yaml": "kind: Component\nmetadata:\n  name: Orders_\n"}
    hub.commit(REPO, branch, changed, by="developer", message="Add orders")
    return hub.open_pull(REPO, head=branch, by="developer", **{"title": "Add orders", **words}).number


def bot_check(hub: Hub, bot: Actor, number: int, *notes: Annotation, **fields: Any) -> CheckRun:
    """A finished check of the App on the pull request's head."""
    said = {
        "name": "roadcrew",
        "conclusion": "failure",
        "title": "One thing to mend",
        "summary": "See below.",
    }
    wanted = RunFields(**{**said, **fields}, annotations=notes)
    assert bot.app is not None
    return checks.create_run(hub.world, hub.repo(REPO), bot.app, hub.pull(REPO, number).head_sha, wanted)


def bot_comment(hub: Hub, bot: Actor, number: int, body: str) -> Comment:
    """A comment of the App."""
    return threads.create_comment(hub.world, hub.pull(REPO, number), body, actor=bot)
