"""A platform where access can be asked for, and what people see of it: replies, reactions, grants, ledger.

The kind of request is the one that this project ships.
"""

import json
from datetime import timedelta
from pathlib import Path

from bot.adapters.queue.local import leases_due, sweep_due
from bot.leases.grant import GRANTS
from bot.leases.ledger import LEDGER
from tests.deciders.talk import group, user
from tests.journeys.troupe import NAME, ONE_STAGE, REPO
from tests.platforms import component, environment

ROOT = Path(__file__).parents[2]
KINDS = ("access", "shared", "dns")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ROBOT = 'labels: {roadcrew.dev/agent: "true"}'
BOUNDS = "  agent: {actsFor: user:developer, requests: [access], environments: [prod], openRequests: 2}\n"
ASKED = '/access checkout logs --env prod --for 4h --reason "errors since noon"'


def shipped(*names):
    """Templates of this project, by path."""
    return {
        str(path.relative_to(ROOT)): path.read_text()
        for name in names
        for path in sorted((ROOT / "templates" / name).rglob("*"))
        if path.is_file()
    }


FILES = {
    **{
        path: text
        for path, text in ONE_STAGE.items()
        if path not in ("catalog/dev.yaml", "catalog/shop.yaml")
    },
    **shipped(*KINDS),
    "rules/name-kebab.yaml": (ROOT / "rules/name-kebab.yaml").read_text(),
    "catalog/prod.yaml": environment("prod", 1, "  namespace: shop\n  domain: acme.example\n"),
    "catalog/checkout.yaml": component("checkout"),
    "catalog/platform-group.yaml": group("platform"),
    "catalog/users/developer.yaml": user("developer"),
    "catalog/users/reviewer.yaml": user("reviewer", "team"),
    "catalog/users/robot.yaml": user("robot", more=BOUNDS, labels=f"  {ROBOT}\n"),
    "catalog/users/maintainer.yaml": user("maintainer"),
}
"""developer asks, reviewer owns the service, maintainer may by GitHub's permission, robot is an agent."""


def people(troupe):
    """Who is not on every stage, and the issue in which is asked."""
    hub = troupe.hub
    for login in ("robot", "maintainer", "outsider"):
        hub.create_user(login)
    hub.grant(NAME, "maintainer", "maintain")
    hub.open_issue(NAME, by="developer", title="Errors since noon")


class Desk:
    """One stage where people ask; with the queue of the bot that runs there."""

    def __init__(self, troupe, queue):
        self.troupe, self.hub, self.queue = troupe, troupe.hub, queue

    def say(self, body, *, by, number=1):
        """Writes a comment, and waits until all is done that follows from it."""
        comment = write(self.troupe, body, by=by, number=number)
        self.troupe.settle(self.queue)
        return comment

    def ask(self, body=ASKED, *, by="developer", number=1):
        """A request in the thread of that issue: the number of the pull request that comes of it."""
        before = {pull.number for pull in self.hub.pulls(NAME, "all")}
        comment = self.say(body, by=by, number=number)
        assert self.end(comment) == "rocket", self.reply(comment)
        (made,) = [pull.number for pull in self.hub.pulls(NAME, "all") if pull.number not in before]
        return made

    def granted(self, **asked):
        """Asked for and approved: the number of the pull request, and the grant's name."""
        number = self.ask(**asked)
        comment = self.say("/approve", by="reviewer", number=number)
        assert self.end(comment) == "rocket", self.reply(comment)
        return number, self.name(number)

    def name(self, number):
        return self.hub.pull(NAME, number).head_ref.removeprefix("request/")

    def tick(self, ahead=timedelta()):
        """The clock goes on; someone looks at the leases."""
        self.troupe.ahead += ahead
        self.queue.put(leases_due(REPO, self.troupe.clock()))
        self.troupe.settle(self.queue)

    def sweep(self):
        self.queue.put(sweep_due(REPO, self.troupe.clock()))
        self.troupe.settle(self.queue)

    # What stands there

    def end(self, comment):
        """The reaction that ended it; all of them are ours. Empty: nobody took notice."""
        return end(self.troupe, comment)

    def reply(self, comment, *, source="comment"):
        """The one answer, without its hidden line; empty where there is none."""
        return reply(self.troupe, comment, source=source)

    def files(self):
        return grants(self.troupe)

    def in_force(self):
        return in_force(self.troupe)

    def ledger(self):
        return ledger(self.troupe)

    def events(self):
        """What happened, in order."""
        return [line["event"] for line in self.ledger()]


def write(troupe, body, *, by, number=1):
    """A comment of someone who has looked for a second: GitHub tells no times between."""
    troupe.later += 1.0
    return troupe.hub.comment(NAME, number, body, by=by)


def end(troupe, comment):
    """See `Desk.end`."""
    found = troupe.hub.reactions(comment)
    assert {who for who, _ in found} <= {"roadcrew[bot]"}, found
    contents = [content for _, content in found]
    if not contents:
        return ""
    first, *ends = contents
    assert (first, len(ends)) == ("eyes", 1), contents
    assert ends[0] in ("rocket", "confused")
    return ends[0]


def reply(troupe, comment, *, source="comment"):
    """See `Desk.reply`."""
    marker = f"<!-- roadcrew:reply {source}-{comment.id} -->"
    number = comment.number
    found = [body for body in troupe.bodies(number) if marker in body]
    assert len(found) <= 1, found
    return found[0].partition(marker)[2].strip() if found else ""


def grants(troupe):
    """What stands on the branch of grants."""
    return {path: data.decode() for path, data in troupe.hub.files(NAME, GRANTS).items()}


def in_force(troupe):
    """Names of what is."""
    return {path.split("/")[1] for path in grants(troupe) if path.endswith("/grant.lease")}


def ledger(troupe):
    """Its lines, oldest first."""
    files = sorted(troupe.hub.files(NAME, LEDGER).items())
    return [json.loads(line) for _, data in files for line in data.decode().splitlines()]
