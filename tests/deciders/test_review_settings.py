"""`review` of what reaches further than it looks: branches, limits, hosts of every environment, templates."""

import pytest

from bot.catalog.check import check
from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.plan import Cause, ImpactPart, Severity
from bot.report.sentences import say
from bot.templating.jinja import run_job
from bot.templating.verify import deploy_findings
from tests.platforms import PLATFORM, REPO, SCHEMAS, TEMPLATE, component, environment, snapshot

EVENT = PullChanged(delivery="d", repo=REPO, number=7)
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: {{ component.name }}}
spec:
  parentRefs: [{name: public}]
  hostnames: [{{ parameters.host | default(component.name) }}.{{ environment.name }}.example]
  rules:
    - matches: [{path: {type: PathPrefix, value: {{ parameters.path | default("/") }}}}]
      backendRefs: [{name: {{ component.name }}, port: 80}]
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ component.name }}}
spec:
  replicas: {{ parameters.replicas | default(1) }}
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec: {containers: [{name: app, image: registry/x}]}
"""
STAGES = {
    "catalog/dev.yaml": environment("dev", 1, "  domain: dev.example\n"),
    "catalog/prod.yaml": environment("prod", 2, "  domain: prod.example\n"),
}
OWN = "      host: {type: string}\n      path: {type: string}\n      replicas: {type: integer}\n      size:"
ROUTED = PLATFORM | STAGES | {
    "templates/tiny/template.yaml": TEMPLATE.replace("      size:", OWN),
    "templates/tiny/manifests/config.yaml": ROUTE,
}  # fmt: skip


@pytest.fixture
def review(tree_of):
    def plan(change, *, base=PLATFORM):
        before = tree_of(base)
        files = {path: text and text.encode() for path, text in change.items()}
        return plan_review(EVENT, snapshot(base=before, merged=before.with_files(files)))

    return plan


def of_rule(plan, rule):
    return [finding for finding in plan.findings if finding.rule == rule]


def test_another_branch_of_a_later_environment_says_what_becomes_of_both(review):
    plan = review({"catalog/prod.yaml": environment("prod", 2, "  branch: env/live\n")})
    (finding,) = plan.findings
    assert (finding.rule, finding.severity, finding.path) == (
        "environment-moved",
        Severity.WARN,
        "catalog/prod.yaml",
    )
    assert finding.line == 7
    said = say(finding)
    assert "`prod` moves from `env/prod` to `env/live`" in said.message
    assert "when its promotion is merged" in said.message
    assert "What watches `env/prod` keeps what it has" in said.message
    assert "git push origin origin/env/prod:refs/heads/env/live`" in said.fix
    (part,) = [part for part in plan.parts if isinstance(part, ImpactPart)]
    assert part == ImpactPart((Cause("environment", "prod", "env/prod", "env/live"),), rendered=1)


def test_another_branch_of_the_first_environment_makes_it_no_other_first(review):
    (finding,) = review({"catalog/dev.yaml": environment("dev", 1, "  branch: env/a\n")}).findings
    assert finding.rule == "environment-moved"
    assert "the merge renders all of it there" in say(finding).message


def test_a_lowered_limit_names_how_many_pass_it(review):
    base = ROUTED | {f"catalog/part-{n:03}.yaml": component(f"part-{n:03}") for n in range(1, 6)}
    base |= {"templates/tiny/manifests/config.yaml": DEPLOYMENT, "catalog/shop.yaml": component("zoo")}
    more = "  defaults: {{tiny: {{replicas: 12}}}}\n  limits: {{replicas: {}}}\n"
    base["catalog/prod.yaml"] = environment("prod", 2, more.format(40))
    plan = review({"catalog/prod.yaml": environment("prod", 2, more.format(9))}, base=base)
    (finding,) = of_rule(plan, "environment-limit")
    assert (finding.path, finding.facts["others"]) == ("catalog/prod.yaml", 5)
    assert say(finding).message == (
        "`component:default/part-001` and 5 more may grow beyond 9 replicas, the most that `prod` has for one "
        "component (`component:default/part-001`: 12)."
    )


def test_a_host_that_is_taken_everywhere_is_one_finding_that_names_all(review):
    thief = component("thief", more="    host: shop\n")
    (finding,) = review({"catalog/thief.yaml": thief}, base=ROUTED).findings
    assert say(finding).message == (
        "In `dev` and `prod`, `component:default/thief` would take the requests of `shop.dev.example` and "
        "`shop.prod.example`, which `component:default/shop` takes already."
    )


def test_a_path_stands_in_the_code_span_of_its_host(review, tree_of):
    base = ROUTED | {"catalog/shop.yaml": component("shop", more="    path: /api\n")}
    thief = {"catalog/thief.yaml": component("thief", more="    host: shop\n    path: /api\n")}
    (finding,) = review(thief, base=base).findings
    assert "`shop.dev.example/api` and `shop.prod.example/api`, which" in say(finding).message
    tree = tree_of(base | thief)
    found = deploy_findings(tree, check(tree, whole=True).catalog, run_job, schemas=SCHEMAS)
    assert [say(one).message for one in found] == [say(finding).message]


def test_a_host_that_goes_from_one_to_another_is_said(review):
    base = ROUTED | {"catalog/help.yaml": component("help")}
    change = {
        "catalog/shop.yaml": component("shop", more="    host: store\n"),
        "catalog/help.yaml": component("help", more="    host: shop\n"),
    }
    plan = review(change, base=base)
    (finding,) = plan.findings
    assert (finding.rule, finding.severity, finding.path, finding.line) == (
        "host-moves",
        Severity.WARN,
        "catalog/help.yaml",
        12,
    )
    said = say(finding)
    assert said.message == (
        "In `dev` and `prod`, `component:default/help` takes `shop.dev.example` and `shop.prod.example` from "
        "`component:default/shop`."
    )
    assert "merge both promotions together" in said.fix


def test_all_paths_of_a_host_that_moves_are_named(review):
    def route(paths):
        start, _, _ = ROUTE.partition("    - matches:")
        rules = "".join(
            f"    - matches: [{{path: {{type: PathPrefix, value: {path}}}}}]\n"
            f"      backendRefs: [{{name: {{{{ component.name }}}}, port: 80}}]\n"
            for path in paths
        )
        return start + rules

    base = ROUTED | {
        "catalog/help.yaml": component("help"),
        "templates/tiny/manifests/config.yaml": route(["/api", "/web"]),
    }
    change = {
        "catalog/shop.yaml": component("shop", more="    host: store\n"),
        "catalog/help.yaml": component("help", more="    host: shop\n"),
    }
    (finding,) = review(change, base=base).findings
    assert "takes `shop.dev.example/api`, `shop.dev.example/web`, `shop.prod.example/api` and " in (
        say(finding).message
    )


def test_who_cannot_be_rendered_any_more_keeps_its_hosts(review):
    change = {
        "catalog/shop.yaml": component("shop", more="    path: [no, text]\n"),
        "catalog/help.yaml": component("help", more="    host: shop\n"),
    }
    plan = review(change, base=ROUTED)
    assert plan.denies
    assert of_rule(plan, "host-moves") == []


def test_a_host_that_is_only_given_up_or_only_new_does_not_move(review):
    shop = component("shop", more="    host: store\n")
    assert of_rule(review({"catalog/shop.yaml": shop}, base=ROUTED), "host-moves") == []
    assert of_rule(review({"catalog/help.yaml": component("help")}, base=ROUTED), "host-moves") == []


UNUSED = {
    "templates/spare/template.yaml": TEMPLATE.replace("name: tiny", "name: spare"),
    "templates/spare/manifests/a.yaml": PLATFORM["templates/tiny/manifests/config.yaml"],
    "templates/spare/CHANGELOG.md": "## 1.0.0\n",
}


def test_a_touched_template_is_judged_though_nobody_uses_it(review):
    broken = UNUSED["templates/spare/template.yaml"].replace("version: 1.0.0", "version: one")
    plan = review({"templates/spare/template.yaml": broken}, base=PLATFORM | UNUSED)
    assert [(one.rule, one.path) for one in plan.findings] == [
        ("template-version", "templates/spare/template.yaml")
    ]
    newer = broken.replace("version: one", "version: 1.1.0")
    (finding,) = review({"templates/spare/template.yaml": newer}, base=PLATFORM | UNUSED).findings
    assert (finding.rule, finding.severity) == ("template-changelog", Severity.WARN)


def test_what_was_wrong_with_another_template_is_not_this_pulls_fault(review):
    broken = {"templates/spare/template.yaml": UNUSED["templates/spare/template.yaml"].replace("1.0.0", "x")}
    assert review({"catalog/cart.yaml": component("cart")}, base=PLATFORM | UNUSED | broken).findings == ()
