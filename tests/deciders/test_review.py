"""`review`: what a pull request answers for, on the merge result, by the base branch's rules."""

import pytest

from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.plan import ConflictPart, OutsidePart, RenderPart, RulesPart, Severity
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
