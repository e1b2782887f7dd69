"""The story, step by step. Each step says what must be true at its end; the first that is not ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.demo.people import Person, wait_for
from bot.demo.stage import Stage

PATH = "catalog/components/orders.yaml"
BRANCH = "add-orders"
PROMOTION = "promote/staging/orders"
GRANTS = "roadcrew/grants"
ACCESS = "checkout-access"
ASKED = '/access checkout logs --env prod --for 4h --reason "errors since noon"'
MISTAKEN = """\
# The order service. Ask in #orders before you change its port.
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: orders
  description: Keeps what customers have ordered.
  labels:
    roadcrew.dev/tier: tier-2
    roadcrew.dev/cost-center: commerce
spec:
  type: service
  lifecycle: production
  owner: paymnts
  system: shop
  dependsOn: [cart]
  deploy:
    template: web-service
    image: ghcr.io/acme/orders@sha256:9d1c8ff4a1b9a0d5a0f7c3a8f8e0a1b2c3d4e5f60718293a4b5c6d7e8f901234
    port: eighty  # this one listens on 8080
"""


@dataclass(frozen=True)
class Step:
    """`act` does it, `check` looks until it is true; None: not (yet)."""

    title: str
    act: Callable[[], None]
    check: Callable[[], list[str] | None]


class Story:
    """A pull request's life, told by those who live it."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._developer = Person(stage, "developer", folder)
        self._reviewer = Person(stage, "reviewer", folder)
        self.number = 0
        self._head = ""
        self._comment = 0
        self._promotion = 0
        self._lead = Person(stage, "platform-lead", folder)
        self._request = 0
        self._asking = 0

    def steps(self) -> Iterator[Step]:
        """In the order in which they happen."""
        yield Step("developer opens a pull request with three mistakes", self._open, self._refused)
        yield Step("the bot says it in one comment", _nothing, self._commented)
        yield Step("developer pushes a mend", self._mend, self._green)
        yield Step("the same comment shows what would be rendered", _nothing, self._shown)
        yield Step("reviewer approves and merges", self._merge, self._delivered)
        yield Step("the thread ends with the audit trail", _nothing, self._told)
        yield Step("a promotion pull request asks for staging", _nothing, self._offered)
        yield Step("reviewer merges it", self._promote, self._promoted)
        yield Step("developer asks for access in a comment", self._ask, self._asked)
        yield Step("platform-lead approves, and it is in force", self._grant, self._granted)
        yield Step("developer needs it no more", self._revoke, self._revoked)

    def _open(self) -> None:
        self._head = self._developer.push(BRANCH, {PATH: MISTAKEN.encode()}, "Add the order service")
        self.number = self._developer.open_pull(BRANCH, "Add the order service", "Please have a look.")

    def _refused(self) -> list[str] | None:
        run = self._run("failure")
        if run is None:
            return None
        notes = self._developer.get(f"/check-runs/{run['id']}/annotations")
        if len(notes) != 3:  # noqa: PLR2004 - as many as the story's mistakes
            return None
        places = [f"{note['path']}:{note['start_line']} {first_line(note['message'])}" for note in notes]
        return [f"check run roadcrew: failure, {run['output']['title']}", *places]

    def _commented(self) -> list[str] | None:
        comments = self._comments()
        if len(comments) != 1 or "3 things to mend" not in comments[0]["body"]:
            return None
        self._comment = comments[0]["id"]
        return [f"comment {self._comment}: {headline(comments[0]['body'])}"]

    def _mend(self) -> None:
        self._head = self._developer.push(BRANCH, {PATH: mended(MISTAKEN)}, "Mend owner, dependency and port")

    def _green(self) -> list[str] | None:
        run = self._run("success")
        return [f"check run roadcrew: success, {run['output']['title']}"] if run else None

    def _shown(self) -> list[str] | None:
        comments = self._comments()
        if [comment["id"] for comment in comments] != [self._comment]:
            return None
        body = comments[0]["body"]
        if "\u2705" not in body or "kind: Deployment" not in body:
            return None
        rows = [line.replace("<br>", ", ") for line in body.splitlines() if line.startswith("| ")]
        return [f"comment {self._comment}: {headline(body)}", *rows[2:]]

    def _merge(self) -> None:
        self._reviewer.approve(self.number)
        self._reviewer.merge(self.number)

    def _delivered(self) -> list[str] | None:
        branches = {branch["name"]: branch["commit"]["sha"] for branch in self._developer.get("/branches")}
        tip = branches.get("env/dev")
        if tip is None:
            return None
        message = self._developer.get(f"/git/commits/{tip}")["message"]
        files = [path for path in self._files(tip) if path.startswith("orders/")]
        if f"acme/platform#{self.number}" not in message or "orders/source.yaml" not in files:
            return None
        wanted = ("Pull-Request", "Requested-By", "Approved-By", "Source-Commit")
        trail = [line for line in message.splitlines() if line.startswith(wanted)]
        return [f"env/dev {tip[:7]}: {len(files)} files in orders/", *trail]

    def _told(self) -> list[str] | None:
        comments = self._comments()
        if len(comments) != 1 or "Delivered to `env/dev`" not in comments[0]["body"]:
            return None
        return [f"comment {comments[0]['id']}: {headline(comments[0]['body'])}"]

    def _offered(self) -> list[str] | None:
        pulls = self._developer.get("/pulls?base=env/staging&per_page=100")
        pull = next((one for one in pulls if one["head"]["ref"] == PROMOTION), None)
        if pull is None:
            return None
        self._promotion = pull["number"]
        return [f"pull request {pull['number']}: {pull['title']}"]

    def _promote(self) -> None:
        self._reviewer.approve(self._promotion)
        self._reviewer.merge(self._promotion)

    def _promoted(self) -> list[str] | None:
        files = [one for one in self._files("env/staging") if one.startswith("orders/")]
        return [f"env/staging: {len(files)} files in orders/"] if "orders/source.yaml" in files else None

    def _ask(self) -> None:
        self._asking = self._developer.comment(self.number, ASKED)

    def _asked(self) -> list[str] | None:
        pull = next((one for one in self._developer.get("/pulls") if ACCESS in one["head"]["ref"]), None)
        marks = self._developer.get(f"/issues/comments/{self._asking}/reactions")
        if pull is None or "rocket" not in {mark["content"] for mark in marks}:
            return None
        self._request = pull["number"]
        return [ASKED, f"pull request {pull['number']}: {pull['title']}"]

    def _grant(self) -> None:
        self._lead.comment(self._request, "/approve")

    def _granted(self) -> list[str] | None:
        bindings = [one for one in self._granted_files() if one.endswith(".yaml") and ACCESS in one]
        return [f"{GRANTS}: {path}" for path in bindings] or None

    def _revoke(self) -> None:
        self._developer.comment(self._request, "/revoke")

    def _revoked(self) -> list[str] | None:
        files = self._granted_files()
        ended = [one for one in files if one.startswith("ended/") and ACCESS in one]
        if not ended or any(one.startswith("prod/") and ACCESS in one for one in files):
            return None
        return [f"{GRANTS}: {path}" for path in ended]

    def _granted_files(self) -> list[str]:
        names = {branch["name"] for branch in self._developer.get("/branches?per_page=100")}
        return self._files(GRANTS) if GRANTS in names else []

    def _files(self, branch: str) -> list[str]:
        tree = self._developer.get(f"/git/trees/{branch}?recursive=1")["tree"]
        return [item["path"] for item in tree if item["type"] == "blob"]

    def _run(self, conclusion: str) -> Any:
        runs = self._developer.get(f"/commits/{self._head}/check-runs?check_name=roadcrew")["check_runs"]
        return next((run for run in runs if run["conclusion"] == conclusion), None)

    def _comments(self) -> list[Any]:
        return list(self._developer.get(f"/issues/{self.number}/comments"))


def check(step: Step, *, seconds: float) -> list[str] | None:
    """Does a step; the facts at its end, None when it did not come to it in time."""
    step.act()
    return wait_for(step.check, seconds=seconds)


def mended(text: str) -> bytes:
    """The author's mend: three values change; comments and order stay as they were."""
    yaml = YAML()
    yaml.width = 200
    document = yaml.load(text)
    document["spec"]["owner"] = "payments"
    document["spec"]["dependsOn"][0] = "component:cart"
    document["spec"]["deploy"]["port"] = 8080
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue().encode()


def headline(body: str) -> str:
    """The comment's first line of words."""
    return next((line.removeprefix("### ") for line in body.splitlines() if line.startswith("### ")), "")


def first_line(text: str) -> str:
    """Up to the first line break."""
    return text.split("\n", 1)[0]


def _nothing() -> None:
    """Nobody has to do anything: the bot is at work."""
