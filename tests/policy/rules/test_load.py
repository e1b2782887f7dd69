"""One rule set of all languages: what is in it, and that nothing is left out without a word."""

from datetime import date

import pytest

from bot.catalog.check import check, layout_of
from bot.model.plan import Severity
from bot.policy.inline import judge_inline
from bot.policy.rules.compiles import compile_findings
from bot.policy.rules.load import load_rules
from tests.platform_rules import BINDING, REGO, VAP, rule
from tests.platforms import PLATFORM
from tests.shelf import Shelf

TODAY = date(2026, 1, 2)


def load(files):
    shelf = Shelf(PLATFORM | files)
    checked = check(shelf, whole=True)
    return checked, load_rules(shelf, checked.catalog, layout_of(checked.catalog))


def names(rules):
    return [(one.name, one.judges, one.language.value) for one in rules.rulings]


def said(findings):
    return [
        (one.rule, one.severity.value, f"{one.path}:{one.line}", one.facts.get("case")) for one in findings
    ]


def test_all_languages_are_one_set():
    checked, rules = load(
        {
            "rules/a.yaml": rule("mine", "1 == 1"),
            "rules/pods/vap.yaml": f"{VAP}---\n{BINDING}",
            "rules/deep/main.rego": REGO,
            "rules/deep/lib.rego": "package lib\n\nhelp(x) { x == 1 }\n",
            "rules/deep/main_test.rego": "package main\n\ntest_it { true }\n",
            "rules/tests/mine.yaml": "given: []\n",
        }
    )
    assert names(rules) == [
        ("main", "object", "rego"),
        ("mine", "entity", "cel"),
        ("no-nine", "object", "admission"),
    ]
    assert not checked.findings
    assert not rules.findings
    assert rules.get("no-nine").heaviest is Severity.WARN
    assert rules.get("main.deny_dev").name == "main"


def test_policies_are_no_entities_and_rules_below_folders_are():
    checked, _ = load({"rules/vap.yaml": VAP, "rules/deep/a.yaml": rule("mine", "1 == 1")})
    assert [one.name for one in checked.catalog.of_kind("Rule")] == ["mine"]
    assert not list(checked.catalog.of_kind("ValidatingAdmissionPolicy"))


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (
            {"rules/a.yaml": rule("same", "1 == 1"), "rules/b.yaml": VAP.replace("no-nine", "same")},
            [("rule-name", "deny", "rules/b.yaml:3", None)],
        ),
        (
            {"rules/a.yaml": rule("user-groups", "1 == 1")},
            [("rule-name", "deny", "rules/a.yaml:3", "taken")],
        ),
        (
            {"rules/a.yaml": rule("mine", "1 == 1").split("  validations")[0]},
            [("rule-broken", "deny", "rules/a.yaml:4", "empty")],
        ),
        (
            {"rules/a.yaml": rule("mine", "1 == 1").replace("  judges: entity\n", "")},
            [("rule-broken", "deny", "rules/a.yaml:4", "judges")],
        ),
        ({"rules/b.yaml": BINDING}, [("rule-broken", "warn", "rules/b.yaml:3", "file")]),
        (
            {
                "rules/p.yaml": "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: old}\nspec: {}\n"
            },
            [("rule-broken", "deny", "rules/p.yaml:3", "file")],
        ),
        (
            {"rules/p.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\n"},
            [("rule-unread", "info", "rules/p.yaml:2", None)],
        ),
        ({"rules/x.rego": "deny[msg] { true }\n"}, [("rule-broken", "deny", "rules/x.rego:1", "file")]),
    ],
)
def test_what_cannot_be_loaded_is_said_at_its_line(files, wanted):
    checked, rules = load(files)
    assert said(rules.findings) == wanted
    assert "rule-unknown" not in {one.rule for one in checked.findings}


def test_an_expression_that_cannot_be_compiled_is_said_at_its_place():
    text = rule("mine", "|\n        has(entity.spec) &&\n        entty.spec.owner != ''")
    _, rules = load(
        {"rules/a.yaml": text, "rules/b.yaml": rule("where", "1 == 1", match="{where: 'pul.number > 1'}")}
    )
    found = compile_findings(rules, judge_inline, {})
    assert said(found) == [
        ("rule-broken", "deny", "rules/a.yaml:10", "expression"),
        ("rule-broken", "deny", "rules/b.yaml:7", "expression"),
    ]
    assert "entty" in found[0].facts["reason"]
    assert found[1].column == len("  match: {where: 'pul.")


def test_a_rule_weighs_more_from_its_day_on():
    _, rules = load(
        {"rules/a.yaml": rule("mine", "1 == 1", severity="warn", more='  denyFrom: "2026-01-02"\n')}
    )
    mine = rules.get("mine")
    assert mine.severity(date(2026, 1, 1)) is Severity.WARN
    assert mine.severity(TODAY) is Severity.DENY
    _, rules = load(
        {"rules/a.yaml": rule("mine", "1 == 1", severity="off", more='  denyFrom: "2026-01-02"\n')}
    )
    assert rules.get("mine").severity(TODAY) is None


def test_a_rule_without_judges_gives_weight_and_words_to_a_policy_of_another_language():
    override = "apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata: {name: no-nine}\nspec: {severity: info, fix: Ask.}\n"
    _, rules = load({"rules/vap.yaml": VAP, "rules/weight.yaml": override})
    assert rules.get("no-nine").severity(TODAY) is Severity.INFO
    assert rules.get("no-nine").fix == "Ask."


def test_the_same_content_is_loaded_once():
    shelf = Shelf(PLATFORM | {"rules/vap.yaml": VAP})
    catalog, memo = check(shelf, whole=True).catalog, {}
    assert load_rules(shelf, catalog, layout_of(catalog), memo) is load_rules(
        shelf, catalog, layout_of(catalog), memo
    )


def test_data_is_what_opa_makes_of_it():
    files = {
        "rules/data/a.yaml": "allowed: [NO, SE]\nNO: 1\nlimits: {cpu: 0o10}\nmode: 0777\n---\nsecond: 1\n",
        "rules/data/b.json": '{"limits": {"mem": 1}}',
    }
    _, rules = load(files)
    assert rules.data == {
        "allowed": ["NO", "SE"],
        "NO": 1,
        "limits": {"cpu": 8, "mem": 1},
        "mode": 511,
    }
