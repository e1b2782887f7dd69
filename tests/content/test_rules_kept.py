"""The platform that ships with Roadcrew keeps every rule that ships with it, in every environment."""

from datetime import date

import pytest

from bot.catalog.check import check, layout_of
from bot.catalog.yaml12 import load
from bot.policy.export import exported
from bot.policy.inline import judge_inline
from bot.policy.requests import plain
from bot.policy.rules.load import load_rules
from bot.policy.verdict import Outcome, Request, Shared
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from bot.templating.render import render
from tests.content.golden import CASES, SCHEMAS, case, rendered, shipped
from tests.content.test_rules_shipped import NOW, policies
from tests.shelf import Shelf

NOT_MET = {"agent-limits", "paths-owned", "pull-size", "route-public", "secret-object", "secret-plain"}
"""What asks for a pull request or a file, or for a kind of object that no template makes."""


def broken(requests, catalog=None):
    """(rule, path, what was said) of what is no pass, and the rules that concerned something."""
    names = list(policies())
    known = Shared(catalog=catalog or {}, now=NOW)
    judged = judge_inline([policies()[name] for name in names], requests, known)
    faults, concerned = [], set()
    for name, verdicts in zip(names, judged, strict=True):
        for request, verdict in zip(requests, verdicts, strict=True):
            if verdict.outcome is not Outcome.SKIP:
                concerned.add(name)
            if verdict.outcome in (Outcome.FAIL, Outcome.NOT_EVALUATED):
                said = verdict.reason or [one.message for one in verdict.violations]
                faults.append((name, request.path, said))
    return faults, concerned


def facts(stages, one):
    is_first, is_last = one == stages[0], one == stages[-1]
    return {"name": one.name, "kubernetes": one.kubernetes, "isFirst": is_first, "isLast": is_last}


def object_requests(objects, environment, entity):
    """One for each object of a component."""
    more = {"environment": environment, "entity": plain(entity), "siblings": list(objects.values())}
    return [
        Request(object=one, path=f"{environment['name']}/{entity.name}/{file}", more=more)
        for file, one in objects.items()
    ]


def test_the_shipped_platform_keeps_them_all():
    files = Shelf(shipped())
    catalog = check(files, whole=True).catalog
    known = {one.ref: plain(one) for one in catalog.entities}
    requests = [
        Request(more={"entity": plain(one)}, path=one.path)
        for one in catalog.entities
        if one.path.startswith("catalog/")
    ]
    stages = environments(catalog)
    memo = {}
    for stage in stages:
        rendering = render(files, catalog, stage, run_job, schemas=SCHEMAS, memo=memo)
        for component in rendering.components.values():
            objects = {file: load(data.decode()) for file, data in component.files.items()}
            requests += object_requests(objects, facts(stages, stage), catalog.get(component.ref))
    faults, concerned = broken(requests, known)
    assert faults == []
    assert concerned >= set(policies()) - NOT_MET


OF_THE_USER = {"image-registry", "replicas-by-tier"}
"""A case may take its images from anywhere, and run as many as it likes."""


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_whatever_a_golden_path_makes_keeps_the_rules_on_objects(path):
    text = case(path.parent.name, path.stem)
    value = load(text)
    stages = list(rendered(text).values())
    for made in stages:
        environment = {
            "name": made.environment,
            "kubernetes": "1.34",
            "isFirst": False,
            "isLast": made == stages[-1],
        }
        more = {"environment": environment, "entity": value, "siblings": list(made.objects.values())}
        requests = [Request(object=one, path=file, more=more) for file, one in made.objects.items()]
        faults, _ = broken(requests)
        assert [one for one in faults if one[0] not in OF_THE_USER] == []


def test_no_cluster_is_told_to_refuse_the_secrets_that_its_controllers_write():
    files = Shelf(shipped())
    catalog = check(files, whole=True).catalog
    made = exported(load_rules(files, catalog, layout_of(catalog)), {"name": "prod"}, date(2026, 11, 21))
    names = {one["metadata"]["name"] for one in made.objects.values()}
    assert "pod-privileged" in names
    assert not {"secret-env", "secret-object"} & names
    assert not {one.rule for one in made.left} & {
        "image-digest",
        "pod-host",
        "pod-host-path",
        "pod-restricted",
    }
