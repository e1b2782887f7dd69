"""The rules of a cluster: a folder like any other, whose pin says the day by which it was made."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import yaml

from bot.catalog.check import check
from bot.deciders.decider import Branch, Traced
from bot.deciders.deliver import plan_delivery
from bot.deciders.drift import plan_drift
from bot.deciders.enforced import RULES_REF, Enforcement
from bot.deciders.promote import plan_promotion
from bot.deciders.review import plan_review
from bot.model.event import PullChanged, Pushed
from bot.model.plan import EnsureFiles, RenderPart, Severity
from bot.model.proposal import EnsurePull
from bot.model.stage import Hand
from bot.templating.environment import environments
from bot.templating.pin import read_pin
from tests.deciders.road import FIRST, SECOND, Road
from tests.platform_rules import rule, waiver
from tests.platforms import NOW, PLATFORM, REPO, component, environment, pull, snapshot

PUSH = Pushed(delivery="d", repo=REPO, branch="main")
EXPORT = "  rules: {export: true}\n"
MAPS = "{kinds: [ConfigMap]}"
TODAY, LATER = NOW.date(), date(2026, 3, 1)
ALL = PLATFORM | {
    "catalog/dev.yaml": environment("dev", 1, EXPORT),
    "catalog/prod.yaml": environment("prod", 2, EXPORT),
    "rules/one.yaml": rule(
        "one",
        "has(object.data)",
        judges="object",
        match=MAPS,
        severity="warn",
        more=f"  denyFrom: '{LATER}'\n",
    ),
}
LAST_ONLY = ALL | {"catalog/dev.yaml": environment("dev", 1)}
BINDING = "validatingadmissionpolicybinding-one.yaml"
FILES = {"source.yaml", BINDING, "validatingadmissionpolicy-one.yaml"}


@pytest.fixture
def deliver(tree_of):
    """The folders that are due on the first environment's branch, and the plan."""

    def folders(files, standing=None, *, day=TODAY, tip=FIRST, **facts):
        branch = Branch("env/dev", "e" * 40, tree_of(standing or {"README.md": "dev"}))
        now = NOW.replace(year=day.year, month=day.month, day=day.day)
        known = {"pull": None, "tip": tip, "tip_at": NOW, "tip_tree": tree_of(files), "now": now}
        plan = plan_delivery(PUSH, snapshot(**{**known, "first_environment": branch, **facts}))
        effect = next((one for one in plan.effects if isinstance(one, EnsureFiles)), None)
        return (dict(effect.folders) if effect else {}), plan

    return folders


def flat(folders):
    return {f"{folder}/{path}": data for folder, files in folders.items() for path, data in files.items()}


def actions(files):
    return yaml.safe_load(files[BINDING])["spec"]["validationActions"]


def test_without_the_setting_there_is_no_such_folder(deliver):
    folders, _ = deliver(
        ALL | {"catalog/dev.yaml": environment("dev", 1), "catalog/prod.yaml": environment("prod", 2)}
    )
    assert set(folders) == {"shop"}


def test_rules_are_delivered_with_a_pin_as_components_are(deliver):
    folders, _ = deliver(ALL)
    assert folders["roadcrew-rules"].keys() == FILES
    pin = read_pin(folders["roadcrew-rules"]["source.yaml"])
    assert (pin.component, pin.commit, pin.template, pin.version) == (RULES_REF, FIRST, "rules", "")


def test_what_stands_stays_whatever_the_day_is_and_a_date_that_passes_is_delivered_once(deliver):
    first, _ = deliver(ALL)
    standing = flat(first)
    assert actions(first["roadcrew-rules"]) == ["Warn"]
    assert deliver(ALL, standing, day=LATER - timedelta(days=1))[0] == {}
    due, _ = deliver(ALL, standing, day=LATER)
    assert set(due) == {"roadcrew-rules"}
    assert actions(due["roadcrew-rules"]) == ["Deny"]
    assert read_pin(due["roadcrew-rules"]["source.yaml"]).version == str(LATER)
    standing |= flat(due)
    assert deliver(ALL, standing, day=LATER + timedelta(days=400))[0] == {}


def test_a_waiver_spares_its_component_until_the_day_after_its_end(deliver):
    files = ALL | {
        "rules/one.yaml": rule("one", "has(object.data)", judges="object", match=MAPS),
        "catalog/waiver.yaml": waiver("w", rule="one", target="component:shop", expires="2026-02-01"),
    }
    before, _ = deliver(files)
    selector = yaml.safe_load(before["roadcrew-rules"][BINDING])["spec"]["matchResources"]["objectSelector"]
    assert selector["matchExpressions"] == [
        {"key": "app.kubernetes.io/name", "operator": "NotIn", "values": ["shop"]}
    ]
    assert deliver(files, flat(before), day=date(2026, 2, 1))[0] == {}
    after, _ = deliver(files, flat(before), day=date(2026, 2, 2))
    assert b"NotIn\n      values:\n      - shop" not in after["roadcrew-rules"][BINDING]
    assert b"shop" not in after["roadcrew-rules"][BINDING]


def test_on_the_way_to_an_environment_that_gets_them_the_pin_goes_alone(deliver):
    folders, _ = deliver(LAST_ONLY)
    assert folders["roadcrew-rules"].keys() == {"source.yaml"}


def test_clusters_keep_what_they_have_while_a_rule_is_broken(deliver):
    standing = flat(deliver(ALL)[0])
    broken = ALL | {
        "rules/one.yaml": "apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata: {name: one}\nspec: {severity: deny, judges: object}\n"
    }
    folders, plan = deliver(broken, standing, tip=SECOND)
    assert folders == {}
    assert "rule-broken" in [one.rule for one in plan.findings]


def test_they_go_when_nobody_wants_them_any_more(deliver):
    standing = flat(deliver(ALL)[0])
    folders, _ = deliver(PLATFORM | {"rules/one.yaml": ALL["rules/one.yaml"]}, standing, tip=SECOND)
    assert folders == {"roadcrew-rules": {}}


def test_the_folder_is_no_components(deliver):
    mine = ALL | {"catalog/mine.yaml": component("roadcrew-rules")}
    folders, plan = deliver(mine)
    assert folders["roadcrew-rules"].keys() == FILES
    assert "folder-taken" in [one.rule for one in plan.findings]


def test_builtin_rules_weigh_at_delivery_what_they_weigh_today(deliver):
    said = "apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata: {name: reference-unknown}\nspec: {severity: warn, denyFrom: '2026-03-01'}\n"
    files = PLATFORM | {"rules/known.yaml": said, "catalog/shop.yaml": component("shop", owner="nobody")}
    found = [[one.rule for one in deliver(files, day=day)[1].findings] for day in (NOW.date(), LATER)]
    assert found == [[], ["reference-unknown"]]


@pytest.fixture
def road(tree_of, deliver):
    return Road(tree_of, **{FIRST: ALL})


def promoted(road, standing, event=PUSH, plan=plan_promotion, **facts):
    made = road.snapshot(FIRST, standing, **facts)
    return [one for one in plan(event, made).effects if isinstance(one, (EnsureFiles, EnsurePull))]


def test_a_date_that_passed_is_promoted_though_the_commit_is_the_same(road, deliver):
    before, after = (flat(deliver(ALL, day=day)[0]) for day in (NOW.date(), LATER))
    standing = {
        "dev": after,
        "prod": road.files(FIRST, "prod") | {p: d for p, d in before.items() if "rules" in p},
    }
    files, words = promoted(road, standing)
    assert set(files.folders) == {"roadcrew-rules"}
    assert actions(files.folders["roadcrew-rules"]) == ["Deny"]
    assert words.title == "Promote roadcrew-rules to prod"
    assert "`rules` `2026-03-01`" in words.body


def test_nothing_is_promoted_twice(road, deliver):
    files = flat(deliver(ALL, day=LATER)[0])
    rules = {path: data for path, data in files.items() if "rules" in path}
    assert promoted(road, {"dev": files, "prod": road.files(FIRST, "prod") | rules}) == []


def test_an_environment_that_gets_them_last_gets_them_through_the_others(tree_of, deliver):
    road = Road(tree_of, **{FIRST: LAST_ONLY})
    standing = {"dev": flat(deliver(LAST_ONLY)[0]), "prod": road.files(FIRST, "prod")}
    files, _ = promoted(road, standing)
    assert files.folders["roadcrew-rules"].keys() == FILES


def test_hands_on_the_folder_are_drift(road, deliver):
    left = flat(deliver(ALL)[0])
    edited = left | {
        f"roadcrew-rules/{BINDING}": left[f"roadcrew-rules/{BINDING}"].replace(b"Warn", b"Audit")
    }
    hand = Traced((Hand("a" * 40, "developer", "Let me"),), road.tree_of(left))
    facts = {"traced": {"dev": {"roadcrew-rules": hand}}}
    files, words = promoted(road, {"dev": edited, "prod": None}, plan=plan_drift, **facts)
    assert files.folders["roadcrew-rules"][BINDING] == left[f"roadcrew-rules/{BINDING}"]
    assert "`rules/`" in words.body


def reviewed(tree_of, before, after):
    made = snapshot(pull=pull(), base=tree_of(before), merged=tree_of(after))
    return plan_review(PullChanged(delivery="d", repo=REPO, number=7), replace(made, default_branch="main"))


def changed(plan):
    parts = [part for part in plan.parts if isinstance(part, RenderPart)]
    return {part.environment: [file.path for one in part.components for file in one.files] for part in parts}


def test_a_pull_request_shows_what_a_changed_rule_changes_in_clusters(tree_of):
    heavier = ALL | {"rules/one.yaml": ALL["rules/one.yaml"].replace("severity: warn", "severity: deny")}
    plan = reviewed(tree_of, ALL, heavier)
    path = f"roadcrew-rules/{BINDING}"
    assert changed(plan) == {"dev": [path], "prod": [path]}


def test_a_pull_request_says_which_rule_clusters_do_not_get(tree_of):
    files = ALL | {"rules/two.yaml": rule("two", "siblings.size() > 0", judges="object", match=MAPS)}
    found = [one for one in reviewed(tree_of, ALL, files).findings if one.rule == "rule-not-exported"]
    assert [(one.path, one.severity, one.facts["what"]) for one in found] == [
        ("rules/two.yaml", Severity.INFO, "siblings")
    ]
    assert not [
        one
        for one in reviewed(tree_of, files, files | {"catalog/a.yaml": component("a")}).findings
        if one.rule == "rule-not-exported"
    ]


def test_what_is_remembered_changes_no_answer(tree_of):
    memo = {}
    one = rule("one", "has(object.data)", judges="object", match=MAPS)
    spared = waiver("w", rule="one", target="component:shop", expires="2026-02-01")
    states = [ALL, ALL | {"rules/one.yaml": one}, LAST_ONLY, ALL | {"catalog/waiver.yaml": spared}, ALL]
    for files in states:
        tree = tree_of(files)
        catalog = check(tree, whole=True).catalog
        for day in (TODAY, LATER):
            for stage in environments(catalog):
                found = Enforcement(tree, catalog, day, memo).component(stage)
                assert found == Enforcement(tree, catalog, day, {}).component(stage)
