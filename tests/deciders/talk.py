"""A pull request thread, and people who write commands into it: real trees, facts by hand."""

from dataclasses import replace
from datetime import timedelta

from bot.deciders.command import plan_accept, plan_command
from bot.deciders.decider import Branch, Leases, Rights
from bot.leases.ledger import line, month_file
from bot.model.acts import Record
from bot.model.event import Commanded
from bot.model.plan import Severity
from bot.model.pull import Person
from bot.model.spot import Spot
from bot.model.thread import DONE, Answered, Written
from bot.model.told import AnswersPart
from bot.report.reply import say_answers
from tests.platforms import NOW, PLATFORM, REPO, pull, snapshot

MINUTE = timedelta(minutes=1)


def user(name, *groups, more="", labels=""):
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: {name}\n{labels}"
        f"spec:\n  memberOf: [{', '.join(groups)}]\n{more}"
    )


def group(name):
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: {name}\n"
        "spec:\n  type: team\n  children: []\n"
    )


def request(name="shop-logs", *, service="shop", environment="prod", more=""):
    return (
        f"apiVersion: roadcrew.dev/v1\nkind: Request\nmetadata:\n  name: {name}\n"
        f"spec:\n  type: look\n  service: {service}\n  environment: {environment}\n  reason: errors since noon\n{more}"
    )


def kind(approvals=1, approvers="owner, security"):
    return (
        "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata:\n  name: look\n"
        "spec:\n  owner: team\n  type: request\n  version: 1.0.0\n"
        f"  request:\n    approvers: [{approvers}]\n    approvals: {approvals}\n    maximumDuration: 8h\n"
        "  parameters:\n    type: object\n    properties: {}\n  steps: []\n"
    )


PLATFORM_FILE = (
    "apiVersion: roadcrew.dev/v1\nkind: Platform\nmetadata:\n  name: acme\n"
    "spec:\n  commands:\n    roles:\n      security: {groups: [security]}\n"
)
BASE = {
    **PLATFORM,
    "catalog/platform.yaml": PLATFORM_FILE,
    "catalog/security.yaml": group("security"),
    "catalog/users/developer.yaml": user("developer"),
    "catalog/users/reviewer.yaml": user("reviewer", "team"),
    "catalog/users/second.yaml": user("second", "security"),
    "templates/look/template.yaml": kind(),
    "templates/look/manifests/look.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ grant.name }}\ndata:\n  who: {{ grant.subject.name }}\n"
    ),
    "templates/look/CHANGELOG.md": "## 1.0.0\n",
}
REQUEST = "catalog/requests/shop-logs.yaml"
SECURITY = Rights("write")


def written(body, who="developer", *, id_=5, at=NOW - MINUTE, **facts):
    return Written(Spot(7, "comment", id_), Person(who), body, at, **facts)


class Thread:
    """A pull request and its platform. `change`: files that it brings; None takes one away."""

    def __init__(self, tree_of, base=BASE, change=None, *, merged=None, **facts):
        after = {path: data for path, data in {**base, **(change or {})}.items() if data is not None}
        tip = tree_of(base)
        self.tree_of = tree_of
        self.facts = {
            "tip": "b" * 40,
            "tip_tree": tip,
            "base": tip,
            "head": tree_of(after),
            "merged": tree_of(after) if merged is None else merged,
            "rights": {name: Rights("write") for name in ("developer", "reviewer", "second")},
            "seen_at": NOW - 10 * MINUTE,
            "leases": self.leases(),
            **facts,
        }

    def leases(self, *records):
        months = {}
        for one in records:
            months[month_file(one.at)] = months.get(month_file(one.at), b"") + line(one)
        ledger = Branch("roadcrew/ledger", "c" * 40, self.tree_of(months)) if months else None
        return Leases(Branch("roadcrew/grants", None, None), ledger or Branch("roadcrew/ledger", None, None))

    def after(self, *records):
        """The same with these lines in the ledger."""
        return self.with_(leases=self.leases(*(one for one in records if isinstance(one, Record))))

    def counted(self, plan, who, *, id_=50, reactions=(DONE,), **facts):
        """The same after that approval was answered: it stands in the thread, and our reply to it."""
        (part,) = [one for one in plan.parts if isinstance(one, AnswersPart)]
        mine = written("/approve", who, id_=id_, at=NOW - 2 * MINUTE)
        comment, _ = say_answers(REPO, replace(part, spot=mine.spot), {})
        reply = written(comment.body, "roadcrew[bot]", id_=id_ + 1)
        reply = replace(reply, **{"is_ours": True, **facts})
        return self.with_(thread=(Answered(mine, reactions),), replies=(reply,))

    def with_(self, **facts):
        other = Thread.__new__(Thread)
        other.tree_of = self.tree_of
        other.facts = {**self.facts, **facts}
        return other

    def snapshot(self, text, **facts):
        reactions = facts.pop("reactions", ())
        said = {"pull": pull(), **self.facts, **facts}
        thread = said.pop("thread", ())
        return snapshot(
            written=text, reactions=reactions, thread=(*thread, Answered(text)) if text else thread, **said
        )

    def hears(self, text, who="developer", **facts):
        """What comes of a text: a plan of the second pass."""
        one = text if isinstance(text, Written) or text is None else written(text, who)
        return plan_command(
            self.event(is_accepted=True, **facts.pop("event", {})), self.snapshot(one, **facts)
        )

    def reads(self, text, **facts):
        """The plan of the first pass."""
        one = written(text) if isinstance(text, str) else text
        return plan_accept(self.event(), self.snapshot(one, **facts))

    def event(self, **facts):
        return Commanded(**{"delivery": "d", "repo": REPO, "number": 7, "id": 5, **facts})


def told(plan):
    (part,) = [one for one in plan.parts if isinstance(one, AnswersPart)]
    return part.told


def ends(plan):
    """Of each call whether it is done, and the case."""
    return [(one.is_done, one.case) for one in told(plan)]


def said(plan, outcomes=None):
    """The body of the reply without its hidden line, and the reaction."""
    (part,) = [one for one in plan.parts if isinstance(one, AnswersPart)]
    *comment, reaction = say_answers(REPO, part, outcomes or {})
    body = comment[0].body.partition("\n\n")[2] if comment else ""
    return body, reaction.content


def effects(plan, kind):
    return [one for one in plan.effects if isinstance(one, kind)]


def denied(plan):
    return [one.rule for one in plan.findings if one.severity is Severity.DENY]


def labelled(*labels):
    return replace(pull(), labels=labels)
