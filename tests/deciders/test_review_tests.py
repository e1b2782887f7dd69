"""`review` and tests of rules: which are run, how many, and where it is said that one fails."""

from datetime import timedelta

import pytest

from bot.adapters.every_judge import EveryJudge
from bot.adapters.rego_embedded import find_embedded
from bot.deciders.review import plan_review
from bot.deciders.tried import LONGEST, MOST
from bot.model.event import PullChanged
from bot.policy.inline import judge_inline
from tests.platform_rules import rule
from tests.platforms import NOW, PLATFORM, REPO, component, snapshot

EVENT = PullChanged(delivery="d", repo=REPO, number=7)
SHOP = "catalog/shop.yaml"
RUNBOOK = {
    "rules/runbook.yaml": rule(
        "runbook",
        "has(entity.metadata.annotations)",
        match="{kinds: [Component]}",
        message="there is no runbook",
        field="metadata.annotations",
    )
}
REGO = {
    "rules/main.rego": (
        "package main\nimport rego.v1\nimport data.lib\n"
        "deny contains msg if {\n  lib.is_nine\n  msg := data.words.nine\n}\n"
    ),
    "rules/lib.rego": 'package lib\nimport rego.v1\nis_nine if input.data.size == "9"\n',
    "rules/other.rego": "package other\nimport rego.v1\ndeny contains 1 if false\n",
    "rules/other_test.rego": "package other\nimport rego.v1\ntest_fails if false\n",
    "rules/data/words.yaml": "words: {nine: too many}\n",
    "rules/main_test.rego": (
        "package main\nimport rego.v1\n"
        'test_nine if deny["too many"] with input as {"data": {"size": "9"}}\n'
        "todo_test_later if false\n"
    ),
}


@pytest.fixture
def review(tree_of):
    def plan(change, rules, **facts):
        before = tree_of(PLATFORM | rules)
        files = {path: text.encode() if isinstance(text, str) else text for path, text in change.items()}
        facts = {"base": before, "merged": before.with_files(files)} | facts
        return plan_review(EVENT, snapshot(**facts))

    return plan


def said(plan):
    return [(one.rule, one.severity.value, f"{one.path}:{one.line}") for one in plan.findings]


class TestTestsOfRules:
    CASES = (
        "rule: runbook\ncases:\n"
        "  - name: with annotations\n    given: {entity: {kind: Component, metadata: {annotations: {a: b}}}}\n"
        "    expect: pass\n"
        "  - name: without any\n    given: {entity: {kind: Component, metadata: {}}}\n    expect: fail\n"
    )

    def test_they_are_run_when_their_rule_changes(self, review):
        rules = RUNBOOK | {"rules/tests/runbook.yaml": self.CASES}
        assert said(review({SHOP: None}, rules)) == []
        loosened = RUNBOOK["rules/runbook.yaml"].replace("has(entity.metadata.annotations)", "1 == 1")
        plan = review({"rules/runbook.yaml": loosened}, rules)
        assert said(plan) == [("rule-test", "deny", "rules/tests/runbook.yaml:6")]
        assert plan.findings[0].facts["reason"] == "expected fail, got pass"

    def test_they_are_run_when_they_change(self, review):
        assert said(review({"rules/tests/runbook.yaml": self.CASES}, RUNBOOK)) == []
        wrong = self.CASES.replace("expect: pass", "expect: fail")
        assert said(review({"rules/tests/runbook.yaml": wrong}, RUNBOOK)) == [
            ("rule-test", "deny", "rules/tests/runbook.yaml:3")
        ]
        assert [one.rule for one in review({"rules/tests/x.yaml": "a: ["}, RUNBOOK).findings] == ["rule-test"]
        assert [
            one.rule for one in review({"rules/tests/x.yaml": "rule: a\ncases: 1\n"}, RUNBOOK).findings
        ] == ["rule-test"]

    def test_no_more_are_run_than_may_hold_up_a_review(self, review):
        cases = "".join(
            f"  - name: n{n}\n    given: {{entity: {{kind: Component, metadata: {{}}}}}}\n    expect: fail\n"
            for n in range(MOST + 3)
        )
        calls = []

        def judge(policies, requests, shared):
            calls.append(len(requests))
            return judge_inline(policies, requests, shared)

        plan = review({"rules/tests/a.yaml": f"rule: runbook\ncases:\n{cases}"}, RUNBOOK, judge=judge)
        assert said(plan) == [("rule-test", "warn", "rules/tests/a.yaml:0")]
        assert {key: plan.findings[0].facts[key] for key in ("ran", "tests")} == {
            "ran": MOST,
            "tests": MOST + 3,
        }
        assert max(calls) == MOST

    def test_none_is_begun_when_the_time_is_over(self, review):
        times = iter([NOW, NOW + LONGEST - timedelta(seconds=1), *[NOW + LONGEST] * 9])
        two = "rule: runbook\ncases:\n" + "".join(
            f"  - name: n{n}\n    given: {{entity: {{kind: Component, metadata: {{}}}}, now: '202{n}-01-01T00:00:00Z'}}\n"
            "    expect: pass\n"
            for n in range(3)
        )
        plan = review({"rules/tests/a.yaml": two}, RUNBOOK, clock=lambda: next(times))
        assert said(plan) == [
            ("rule-test", "deny", "rules/tests/a.yaml:3"),
            ("rule-test", "warn", "rules/tests/a.yaml:0"),
        ]
        assert plan.findings[1].facts["ran"] == 1


class TestTestsOfRego:
    @pytest.fixture
    def judge(self):
        with EveryJudge() as judge:
            yield judge

    @pytest.mark.parametrize(
        ("path", "text", "wanted"),
        [
            ("rules/lib.rego", REGO["rules/lib.rego"] + "# the same\n", []),
            ("rules/lib.rego", REGO["rules/lib.rego"].replace('"9"', '"8"'), ["rules/main_test.rego:3"]),
            ("rules/main_test.rego", "package main\ntest_broken if nowhere(1)\n", ["rules/main_test.rego:2"]),
            ("rules/other.rego", REGO["rules/other.rego"] + "#\n", ["rules/other_test.rego:3"]),
            (
                "rules/data/words.yaml",
                "words: {nine: many}\n",
                ["rules/main_test.rego:3", "rules/other_test.rego:3"],
            ),
        ],
    )
    def test_they_are_run_when_their_modules_or_data_change(self, review, judge, path, text, wanted):
        plan = review({path: text}, REGO, judge=judge)
        found = [one for one in plan.findings if one.rule == "rule-test"]
        assert [(one.severity.value, f"{one.path}:{one.line}") for one in found] == [
            ("deny", where) for where in wanted
        ]

    def test_other_changes_run_none(self, review, judge):
        assert said(review({SHOP: component("shop", size=2)}, REGO, judge=judge)) == []

    def test_an_endless_one_costs_no_other(self, review):
        endless = (
            "package main\nimport rego.v1\n"
            "test_a if count([1 | some i in numbers.range(1, 9999); some j in numbers.range(1, 9999); "
            "some k in numbers.range(1, 9999); i + j + k < 0]) == 0\n"
            "test_b if false\n"
        )
        with EveryJudge() as judge:
            judge._rego = find_embedded(seconds=1)
            plan = review({"rules/main_test.rego": endless}, REGO, judge=judge)
        reasons = {one.facts["name"]: one.facts["reason"] for one in plan.findings if one.rule == "rule-test"}
        assert reasons["test_a"].startswith("stopped: ")
        assert reasons["test_b"] in {"it is undefined", "it is false"}

    def test_they_share_the_bound_with_all_tests(self, review, judge):
        many = "package main\nimport rego.v1\n" + "".join(f"test_{n} if true\n" for n in range(MOST + 1))
        plan = review({"rules/main_test.rego": many}, REGO, judge=judge)
        found = [one.facts for one in plan.findings if one.rule == "rule-test"]
        assert [(one["ran"], one["tests"]) for one in found] == [(MOST, MOST + 1)]
