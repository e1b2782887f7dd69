"""`review`: what a pull request answers for, on the merge result, by the base branch's rules."""

import pytest

from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.plan import Cause, ConflictPart, ImpactPart, OutsidePart, RenderPart, Severity
from bot.model.rule_impact import RulesPart
from bot.templating.jinja import run_job
from tests.platforms import PLATFORM, REPO, component, environment, pull, snapshot

EVENT = PullChanged(delivery="d", repo=REPO, number=7)


@pytest.fixture
def review(tree_of):
    def plan(change, *, base=PLATFORM, **facts):
        before = tree_of(base)
        return plan_review(EVENT, snapshot(base=before, merged=before.with_files(change), **facts))

    return plan


def rules(plan):
    return [(finding.rule, finding.path, finding.line) for finding in plan.findings]


def rendered(plan):
    return {
        part.environment: [file.path for change in part.components for file in change.files]
        for part in plan.parts
        if isinstance(part, RenderPart)
    }


def test_a_new_component_shows_what_each_environment_gains(review):
    plan = review({"catalog/cart.yaml": component("cart").encode()})
    assert rules(plan) == []
    assert rendered(plan) == {
        "dev": ["cart/configmap-cart.yaml"],
        "prod": ["cart/configmap-cart.yaml"],
    }


def test_only_the_first_environment_is_reached_by_this_merge(review):
    plan = review({"catalog/cart.yaml": component("cart").encode()})
    assert [part.is_first for part in plan.parts] == [True, False]


def test_an_unknown_owner_is_found_on_its_line_and_nothing_is_shown_rendered(review):
    plan = review({"catalog/cart.yaml": component("cart", owner="nobody").encode()})
    assert rules(plan) == [("reference-unknown", "catalog/cart.yaml", 8)]
    assert plan.denies
    assert rendered(plan) == {}


def test_mistakes_in_catalog_and_contract_are_told_together(review):
    plan = review({"catalog/cart.yaml": component("cart", owner="nobody", size="many").encode()})
    assert {finding.rule for finding in plan.findings} == {"reference-unknown", "parameter-invalid"}


def test_what_was_wrong_before_in_other_files_is_not_this_pulls_fault(review):
    broken = PLATFORM | {"catalog/old.yaml": component("old", owner="nobody")}
    plan = review({"catalog/cart.yaml": component("cart").encode()}, base=broken)
    assert rules(plan) == []


def test_what_this_pull_breaks_elsewhere_is_its_fault(review):
    plan = review({"catalog/groups.yaml": None})
    assert ("entity-removed", "catalog/groups.yaml", 0) in rules(plan)


def test_a_template_change_renders_every_component_that_uses_it(review):
    manifest = PLATFORM["templates/tiny/manifests/config.yaml"] + "  more: yes please\n"
    plan = review({"templates/tiny/manifests/config.yaml": manifest.encode()})
    assert rendered(plan)["dev"] == ["shop/configmap-shop.yaml"]


def test_a_new_environment_shows_all_that_it_would_hold(review):
    plan = review({"catalog/test.yaml": environment("test", 0).encode()})
    assert rendered(plan)["test"] == ["shop/configmap-shop.yaml"]
    assert rendered(plan)["dev"] == []


def test_a_removed_component_shows_what_goes_away(review):
    plan = review({"catalog/shop.yaml": None})
    part = plan.parts[0]
    assert [(file.before is None, file.after is None) for file in part.components[0].files] == [(False, True)]


def test_a_change_outside_of_the_platforms_folders_is_none_of_our_business(review):
    plan = review({"README.md": b"# other\n"})
    assert plan.parts == (OutsidePart(),)
    assert plan.why


def test_conflicts_are_said_instead_of_guessed(tree_of):
    plan = plan_review(EVENT, snapshot(base=tree_of(PLATFORM), conflicts=("catalog/shop.yaml",)))
    assert plan.parts == (ConflictPart(("catalog/shop.yaml",)),)


def test_promise_5_the_base_branch_judges(review):
    lax = (
        b"apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata:\n  name: reference-unknown\n"
        b"spec:\n  severity: info\n"
    )
    plan = review(
        {"rules/references.yaml": lax, "catalog/cart.yaml": component("cart", owner="nobody").encode()}
    )
    assert [finding.severity for finding in plan.findings] == [Severity.DENY]
    later = review(
        {"catalog/cart.yaml": component("cart", owner="nobody").encode()},
        base=PLATFORM | {"rules/references.yaml": lax.decode()},
    )
    assert [finding.severity for finding in later.findings] == [Severity.INFO]
    assert not later.denies


@pytest.mark.parametrize("facts", [{"is_open": False}, {"base_branch": "release"}])
def test_closed_pulls_and_other_bases_get_an_empty_plan_that_says_why(tree_of, facts):
    tree = tree_of(PLATFORM)
    plan = plan_review(EVENT, snapshot(base=tree, merged=tree, pull=pull(**facts)))
    assert not plan.parts
    assert not plan.effects
    assert plan.why


def test_promise_3_same_input_same_plan(review):
    change = {"catalog/cart.yaml": component("cart").encode()}
    assert review(change) == review(change)


def test_no_environment_is_a_finding_that_says_how_to_add_one(review):
    bare = {
        path: text for path, text in PLATFORM.items() if path not in {"catalog/dev.yaml", "catalog/prod.yaml"}
    }
    plan = review({"catalog/cart.yaml": component("cart").encode()}, base=bare)
    assert [finding.rule for finding in plan.findings] == ["environment-missing"]
    assert not plan.denies


def test_a_new_template_version_that_renders_the_same_still_moves_the_pin(review):
    newer = PLATFORM["templates/tiny/template.yaml"].replace("version: 1.0.0", "version: 1.1.0")
    plan = review({"templates/tiny/template.yaml": newer.encode()})
    assert rendered(plan)["dev"] == ["shop/source.yaml"]


def test_another_first_environment_is_said_before_it_happens(review):
    plan = review({"catalog/dev.yaml": None})
    assert ("environment-first", "catalog/prod.yaml", 6) in rules(plan)
    assert not plan.denies


def test_promise_5_a_change_of_rules_shows_what_it_would_do(review):
    lax = b"apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata:\n  name: reference-unknown\nspec:\n  severity: info\n"
    base = PLATFORM | {"catalog/old.yaml": component("old", owner="nobody")}
    plan = review({"rules/references.yaml": lax}, base=base)
    (part,) = [part for part in plan.parts if isinstance(part, RulesPart)]
    assert part == RulesPart((("reference-unknown", "", "info"),), starts=0, stops=1)


def test_one_broken_template_is_one_finding_however_many_components_use_it(review):
    base = PLATFORM | {"catalog/cart.yaml": component("cart")}
    broken = PLATFORM["templates/tiny/manifests/config.yaml"] + "  more: {{ nothing.here }}\n"
    plan = review({"templates/tiny/manifests/config.yaml": broken.encode()}, base=base)
    assert [finding.rule for finding in plan.findings] == ["template-failed"]


WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ component.name }}
  namespace: {{ environment.namespace }}
spec:
  replicas: {{ parameters.size }}
  selector: {matchLabels: {app: {{ component.name }}}}
  template:
    metadata: {labels: {app: {{ component.name }}}}
    spec:
      containers:
        - name: app
          image: registry/{{ component.name }}
          resources: {requests: {cpu: 200m, memory: 64Mi}}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: {{ component.name }}, namespace: {{ environment.namespace }}}
spec:
  parentRefs: [{name: public, namespace: gateway}]
  hostnames: [{{ parameters.host | default(component.name) }}.test]
  rules: [{backendRefs: [{name: {{ component.name }}, port: 80}]}]
"""
WORKLOADS = PLATFORM | {
    "templates/tiny/template.yaml": PLATFORM["templates/tiny/template.yaml"]
    .replace("minimum: 1}", "minimum: 0}\n      host: {type: string}"),
    "templates/tiny/manifests/config.yaml": WORKLOAD,
    "templates/tiny/manifests/route.yaml": ROUTE,
    **{f"catalog/extra-{number}.yaml": component(f"extra-{number}") for number in range(3)},
}  # fmt: skip


def changes(plan):
    return {
        (part.environment, change.component.removeprefix("component:default/")): change
        for part in plan.parts
        if isinstance(part, RenderPart)
        for change in part.components
    }


def impact(plan):
    return next((part for part in plan.parts if isinstance(part, ImpactPart)), None)


def test_what_the_objects_ask_for_is_counted_before_and_after(review):
    plan = review({"catalog/shop.yaml": component("shop", size=3).encode()}, base=WORKLOADS)
    change = changes(plan)["dev", "shop"]
    assert (change.before.most_cpu, change.after.most_cpu) == (200, 600)
    assert changes(plan).keys() == {("dev", "shop"), ("prod", "shop")}


def test_dangers_are_found_where_they_are(review):
    plan = review({"catalog/shop.yaml": component("shop", size=0).encode()}, base=WORKLOADS)
    assert [danger.kind for danger in changes(plan)["prod", "shop"].dangers] == ["replicas-zero"]


def test_a_host_that_another_component_takes_over_is_not_given_up(review):
    gone = {"catalog/shop.yaml": None}
    plan = review(gone, base=WORKLOADS)
    (danger,) = changes(plan)["dev", "shop"].dangers
    assert (danger.kind, danger.object) == ("component-removed", "Deployment/shop")
    assert danger.facts["answers"] == ("shop.test",)
    heir = {"catalog/heir.yaml": component("heir", more="    host: shop\n").encode()}
    plan = review(gone | heir, base=WORKLOADS)
    (danger,) = changes(plan)["dev", "shop"].dangers
    assert danger.facts == {"replicas": 1, "case": "one"}


VOLUME = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ component.name }}-data
  namespace: {{ environment.namespace }}
  annotations: {argocd.argoproj.io/sync-options: "Prune=false,Delete=false"}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
KEEPERS = WORKLOADS | {"templates/tiny/manifests/volume.yaml": VOLUME}


def test_what_stays_in_the_cluster_is_told_and_goes_on_counting(review):
    change = changes(review({"catalog/shop.yaml": None}, base=KEEPERS))["dev", "shop"]
    assert [danger.kind for danger in change.dangers] == ["left-behind", "component-removed"]
    assert change.dangers[0].facts == {"beside": ("Deployment", "HTTPRoute")}
    assert (change.before.storage, change.after.storage) == (2**30, 2**30)
    assert (change.before.most_cpu, change.after.most_cpu) == (200, 0)


def test_what_a_template_stops_making_stays_where_it_is_kept(review):
    plan = review({"templates/tiny/manifests/volume.yaml": None}, base=KEEPERS)
    change = changes(plan)["prod", "extra-0"]
    assert [(danger.kind, danger.object, danger.facts) for danger in change.dangers] == [
        ("left-behind", "PersistentVolumeClaim/extra-0-data", {})
    ]
    assert change.before == change.after


def test_a_component_under_a_new_name_starts_empty(review):
    named = {"catalog/shop.yaml": None, "catalog/store.yaml": component("store").encode()}
    change = changes(review(named, base=KEEPERS))["dev", "store"]
    assert [(danger.kind, danger.facts) for danger in change.dangers] == [
        ("starts-empty", {"former": ("PersistentVolumeClaim/shop-data",)})
    ]


def test_another_namespace_is_a_danger_in_every_environment_that_it_reaches(review):
    moved = PLATFORM["catalog/prod.yaml"] + '  namespace: "{component}-prod"\n'
    plan = review({"catalog/prod.yaml": moved.encode()}, base=WORKLOADS)
    kinds = {key: [danger.kind for danger in change.dangers] for key, change in changes(plan).items()}
    assert kinds == {("prod", name): ["moved"] for name in ("shop", "extra-0", "extra-1", "extra-2")}
    assert changes(plan)["prod", "shop"].dangers[0].facts["number"] == 2


def test_a_host_that_another_component_has_is_found_although_that_did_not_change(review):
    plan = review(
        {"catalog/thief.yaml": component("thief", more="    host: shop\n").encode()}, base=WORKLOADS
    )
    assert {(finding.rule, finding.path) for finding in plan.findings} == {
        ("host-taken", "catalog/thief.yaml")
    }
    assert plan.denies


def test_a_template_tells_how_far_its_change_reaches(review):
    newer = WORKLOADS["templates/tiny/template.yaml"].replace("version: 1.0.0", "version: 1.1.0")
    change = {
        "templates/tiny/template.yaml": newer.encode(),
        "templates/tiny/manifests/config.yaml": WORKLOAD.replace("200m", "300m").encode(),
    }
    part = impact(review(change, base=WORKLOADS))
    assert part == ImpactPart((Cause("template", "tiny", "1.0.0", "1.1.0"),), rendered=4)


def test_who_fails_by_a_template_keeps_what_it_has_and_the_others_are_shown(review):
    picky = WORKLOAD + '{% if component.name == "extra-1" %}{{ fail("no") }}{% endif %}\n'
    picky = picky.replace("200m", "300m")
    plan = review({"templates/tiny/manifests/config.yaml": picky.encode()}, base=WORKLOADS)
    assert plan.denies
    assert impact(plan).failed == ("component:default/extra-1",)
    assert {name for _, name in changes(plan)} == {"shop", "extra-0", "extra-2"}


def test_only_users_of_a_changed_template_are_rendered(tree_of):
    other = {
        path.replace("/tiny/", "/other/"): text.replace("name: tiny", "name: other")
        for path, text in PLATFORM.items()
        if "/tiny/" in path
    }
    base = WORKLOADS | other | {"catalog/cart.yaml": component("cart", template="other")}
    before = tree_of(base)
    change = {
        "templates/other/manifests/config.yaml": (
            PLATFORM["templates/tiny/manifests/config.yaml"] + "  x: y\n"
        ).encode()
    }
    rendered_names = []

    def run(job):
        rendered_names.append(job.context["component"]["name"])
        return run_job(job)

    plan = plan_review(EVENT, snapshot(base=before, merged=before.with_files(change), run=run))
    assert {name for _, name in changes(plan)} == {"cart"}
    assert set(rendered_names) == {"cart"}


def test_an_entity_alone_reaches_no_further_than_itself(review):
    assert impact(review({"catalog/cart.yaml": component("cart").encode()}, base=WORKLOADS)) is None


def test_environments_and_what_templates_share_reach_far(review):
    domain = PLATFORM["catalog/prod.yaml"] + "  domain: example.com\n"
    assert impact(review({"catalog/prod.yaml": domain.encode()}, base=WORKLOADS)).causes == (
        Cause("environment", "prod"),
    )
    shared = impact(review({"templates/shared/x.j2": b"{# nothing #}\n"}, base=WORKLOADS))
    assert shared == ImpactPart((Cause("shared"),), rendered=4)


def test_a_component_knows_its_own_words(review):
    plan = review({"catalog/shop.yaml": component("shop", size=3).encode()}, base=WORKLOADS)
    names = changes(plan)["dev", "shop"].names
    assert {"name": "shop", "team": "team", "environment": "dev"}.items() <= names.items()
