"""Who removes or renames what others name hears of it once, where it stood, with all who name it."""

from __future__ import annotations

import pytest

from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.plan import Severity
from bot.report.sentences import say
from tests.platforms import GROUP, PLATFORM, REPO, TEMPLATE, component, environment, snapshot

EVENT = PullChanged(delivery="d", repo=REPO, number=7)
API = (
    "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: orders\n"
    "spec:\n  type: openapi\n  lifecycle: production\n  owner: team\n  definition: '{}'\n"
)
USER = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: ada\nspec:\n  memberOf: [team]\n"
CART = component("cart")
SHOP = component("shop", more="  dependsOn:\n    - component:cart\n  consumesApis: [orders]\n")
BASE = PLATFORM | {
    "catalog/cart.yaml": CART,
    "catalog/shop.yaml": SHOP,
    "catalog/till.yaml": component(
        "till", more="  dependsOn: ['component:default/Cart']\n  providesApis: [orders]\n"
    ),
    "catalog/orders.yaml": API,
}


@pytest.fixture
def review(tree_of):
    def plan(change, *, base=BASE):
        before = tree_of(base)
        files = {path: text if text is None else text.encode() for path, text in change.items()}
        return plan_review(EVENT, snapshot(base=before, merged=before.with_files(files)))

    return plan


def places(plan):
    return [(one.rule, one.path, one.line) for one in plan.findings]


def only(plan):
    (finding,) = plan.findings
    return finding


def test_a_removed_component_is_one_finding_that_lists_who_depends_on_it(review):
    finding = only(review({"catalog/cart.yaml": None}))
    assert (finding.rule, finding.severity) == ("entity-removed", Severity.DENY)
    assert (finding.path, finding.line) == ("catalog/cart.yaml", 0)
    said = say(finding)
    assert said.message == (
        "This removes `component:default/cart`, which 2 others still name: "
        "`component:default/shop (catalog/shop.yaml:13)` and `component:default/till (catalog/till.yaml:12)`."
    )
    assert said.fix == "Change these as well, or keep it."


def test_one_dependent_is_named_alone(review):
    files = {path: text for path, text in BASE.items() if path != "catalog/till.yaml"}
    said = say(only(review({"catalog/cart.yaml": None}, base=files)))
    assert said.message.endswith("which `component:default/shop (catalog/shop.yaml:13)` still names.")


def test_what_nobody_needs_goes_without_a_word(review):
    plan = review({"catalog/till.yaml": None})
    assert not plan.findings
    assert plan.parts


def test_a_rename_asks_whether_it_is_one(review):
    finding = only(review({"catalog/cart.yaml": CART.replace("name: cart", "name: basket")}))
    assert (finding.rule, finding.line) == ("entity-removed", 4)
    assert say(finding).fix == "Renamed to `component:default/basket`? Then update these too."


def test_a_rename_into_another_file_is_seen_by_what_stayed_the_same(review):
    moved = {"catalog/cart.yaml": None, "catalog/basket.yaml": component("basket")}
    finding = only(review(moved))
    assert (finding.path, finding.line) == ("catalog/cart.yaml", 0)
    assert finding.facts["near"] == ("component:default/basket",)


def test_a_move_without_a_new_name_removes_nothing(review):
    assert review({"catalog/cart.yaml": None, "catalog/new/cart.yaml": CART}).findings == ()


def test_something_quite_different_that_is_new_is_no_rename(review):
    other = component("other", owner="group:default/team", size=7, template="tiny")
    other += "  system: warehouse\n  lifecycle2: old\n  a: 1\n  b: 2\n  c: 3\n  d: 4\n  e: 5\n"
    system = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: warehouse\nspec:\n  owner: team\n"
    plan = review({"catalog/cart.yaml": None, "catalog/other.yaml": other, "catalog/warehouse.yaml": system})
    assert only(plan).facts["near"] == ()


def test_references_in_touched_files_keep_their_own_finding(review):
    plan = review({"catalog/cart.yaml": None, "catalog/shop.yaml": SHOP.replace("size: 1", "size: 2")})
    assert places(plan) == [
        ("reference-unknown", "catalog/shop.yaml", 13),
        ("entity-removed", "catalog/cart.yaml", 0),
    ]
    assert plan.findings[1].facts["dependents"] == ("component:default/till (catalog/till.yaml:12)",)


def test_who_mends_all_references_may_remove(review):
    plan = review(
        {
            "catalog/cart.yaml": CART.replace("name: cart", "name: basket"),
            "catalog/shop.yaml": SHOP.replace("cart", "basket"),
            "catalog/till.yaml": component("till", more="  providesApis: [orders]\n"),
        }
    )
    assert plan.findings == ()


def test_one_of_several_documents_is_told_on_the_line_where_it_stood(review):
    both = BASE | {"catalog/cart.yaml": f"{component('other')}---\n{CART}"}
    finding = only(review({"catalog/cart.yaml": component("other")}, base=both))
    assert (finding.path, finding.line) == ("catalog/cart.yaml", 11)


def test_a_removed_group_lists_what_it_owns_and_who_is_in_it(review):
    base = BASE | {"catalog/ada.yaml": USER}
    finding = only(review({"catalog/groups.yaml": None}, base=base))
    assert finding.facts["ref"] == "group:default/team"
    assert finding.facts["count"] == 6
    assert "user:default/ada (catalog/ada.yaml:6)" in finding.facts["dependents"]


def test_a_removed_user_lists_its_groups(review):
    base = BASE | {
        "catalog/ada.yaml": USER,
        "catalog/groups.yaml": GROUP.replace("children: []", "children: []\n  members: [ada]"),
    }
    finding = only(review({"catalog/ada.yaml": None}, base=base))
    assert finding.facts["dependents"] == ("group:default/team (catalog/groups.yaml:8)",)


def test_a_removed_api_lists_consumers_and_providers(review):
    finding = only(review({"catalog/orders.yaml": None}))
    assert finding.facts["dependents"] == (
        "component:default/shop (catalog/shop.yaml:14)",
        "component:default/till (catalog/till.yaml:13)",
    )


def test_a_removed_template_lists_the_components_that_it_makes(review):
    gone = {"templates/tiny/template.yaml": None, "templates/tiny/manifests/config.yaml": None}
    finding = only(review(gone))
    assert (finding.path, finding.line) == ("templates/tiny/template.yaml", 0)
    assert finding.facts["count"] == 3
    assert "component:default/cart (catalog/cart.yaml:10)" in finding.facts["dependents"]


def test_a_renamed_template_is_told_at_its_new_name(review):
    finding = only(review({"templates/tiny/template.yaml": TEMPLATE.replace("name: tiny", "name: small")}))
    assert (finding.path, finding.line) == ("templates/tiny/template.yaml", 4)
    assert finding.facts["near"] == ("template:default/small",)


def test_many_dependents_are_counted_and_some_are_named(review):
    many = {
        f"catalog/x{n:02}.yaml": component(f"x{n:02}", more="  dependsOn: ['component:cart']\n")
        for n in range(20)
    }
    finding = only(review({"catalog/cart.yaml": None}, base=BASE | many))
    assert len(finding.facts["dependents"]) == 8
    assert "which 22 others still name, among them `component:default/shop" in say(finding).message


def test_a_removed_environment_says_what_becomes_of_its_branch(review):
    finding = only(review({"catalog/prod.yaml": None}))
    assert (finding.rule, finding.severity) == ("environment-removed", Severity.WARN)
    assert (finding.path, finding.line) == ("catalog/prod.yaml", 0)
    assert "Its branch `env/prod` stays as it is" in say(finding).message


def test_a_removed_environment_that_components_speak_of_denies(review):
    more = "    environments:\n      prod: {size: 3}\n"
    base = BASE | {"catalog/cart.yaml": component("cart", more=more)}
    plan = review({"catalog/prod.yaml": None}, base=base)
    assert places(plan) == [
        ("environment-removed", "catalog/prod.yaml", 0),
        ("entity-removed", "catalog/prod.yaml", 0),
    ]
    assert plan.findings[1].facts["dependents"] == ("component:default/cart (catalog/cart.yaml:13)",)


def test_an_environment_that_takes_the_branch_over_is_no_loss(review):
    heir = environment("live", 2) + "  branch: env/prod\n"
    assert review({"catalog/prod.yaml": heir}).findings == ()


def test_a_file_that_cannot_be_read_any_more_is_not_gone(review):
    plan = review({"catalog/cart.yaml": CART + "  a: [\n"})
    assert [rule for rule, _, _ in places(plan)] == ["yaml-syntax"]


def rule(name, severity):
    return (
        f"apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata:\n  name: {name}\nspec:\n  severity: {severity}\n"
    )


def test_promise_5_the_bases_rules_weigh_a_removal(review):
    base = BASE | {"rules/removed.yaml": rule("entity-removed", "warn")}
    plan = review({"catalog/cart.yaml": None}, base=base)
    severities = {one.rule: one.severity for one in plan.findings}
    assert severities == {"entity-removed": Severity.WARN, "reference-unknown": Severity.DENY}


def test_a_lighter_removal_does_not_hide_what_cannot_be_rendered(review):
    base = BASE | {"rules/removed.yaml": rule("entity-removed", "off")}
    gone = {"templates/tiny/template.yaml": None, "templates/tiny/manifests/config.yaml": None}
    plan = review(gone, base=base)
    assert {one.rule for one in plan.findings} == {"template-unknown"}
    assert plan.denies
