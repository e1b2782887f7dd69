"""A small platform repo as a dict of files, and the facts around it."""

from datetime import UTC, datetime

from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.deciders.decider import Snapshot
from bot.model.event import RepoRef
from bot.model.pull import Person, Pull
from bot.policy.inline import judge_inline
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from bot.templating.render import render

REPO = RepoRef(owner="acme", name="platform")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SCHEMAS = ShippedSchemas()
BASE_SHA = "b" * 40
HEAD_SHA = "a" * 40


def component(name, *, owner="team", size=1, template="tiny", more=""):
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n"
        f"spec:\n  type: service\n  lifecycle: production\n  owner: {owner}\n"
        f"  deploy:\n    template: {template}\n    size: {size}\n{more}"
    )


def resource(name, *, template="tiny", more=""):
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata:\n  name: {name}\n"
        f"spec:\n  type: database\n  owner: team\n  template: {template}\n{more}"
    )


def environment(name, order, more=""):
    return (
        f"apiVersion: roadcrew.dev/v1\nkind: Environment\nmetadata:\n  name: {name}\n"
        f"spec:\n  order: {order}\n{more}"
    )


def rendered(tree, name="dev", **options):
    """What `roadcrew` makes of a tree in one environment."""
    catalog = check(tree, whole=True).catalog
    stage = next(one for one in environments(catalog) if one.name == name)
    return render(tree, catalog, stage, run_job, **{"schemas": SCHEMAS, **options})


GROUP = (
    "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata:\n  name: team\n"
    "spec:\n  type: team\n  children: []\n"
)
TEMPLATE = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: tiny
spec:
  owner: team
  type: service
  version: 1.0.0
  parameters:
    type: object
    properties:
      size: {type: integer, default: 1, minimum: 1}
  steps: []
"""
MANIFEST = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ component.name }}
data:
  environment: {{ environment.name }}
  size: "{{ parameters.size }}"
"""
PLATFORM = {
    "catalog/groups.yaml": GROUP,
    "catalog/dev.yaml": environment("dev", 1),
    "catalog/prod.yaml": environment("prod", 2),
    "catalog/shop.yaml": component("shop"),
    "templates/tiny/template.yaml": TEMPLATE,
    "templates/tiny/manifests/config.yaml": MANIFEST,
    "templates/tiny/CHANGELOG.md": "## 1.0.0\n",
    "README.md": "# platform\n",
}


def pull(**facts):
    said = {
        "repo": REPO,
        "number": 7,
        "title": "Add a service",
        "author": Person("developer"),
        "base_branch": "main",
        "base_sha": BASE_SHA,
        "head_branch": "change",
        "head_sha": HEAD_SHA,
        "head_repo": REPO,
        "url": "http://hub/acme/platform/pull/7",
    }
    return Pull(**{**said, **facts})


def snapshot(**facts):
    return Snapshot(
        **{
            "repo": REPO,
            "now": NOW,
            "run": run_job,
            "schemas": SCHEMAS,
            "pull": pull(),
            "judge": judge_inline,
            **facts,
        }
    )
