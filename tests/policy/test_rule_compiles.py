"""What can be compiled is not called broken, whatever it judges; what cannot is, at the expression."""

import pytest

from bot.policy.inline import judge_inline
from bot.policy.rules.compiles import compile_findings
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.verdict import Language, Policy


def found(judges, expression):
    spec = {"judges": judges, "validations": [{"expression": expression}]}
    policy = Policy("mine", Language.CEL, ({"spec": spec},), "digest", "rules/mine.yaml", 4)
    return compile_findings(RuleSet((Ruling(policy, judges),)), judge_inline, {})


@pytest.mark.parametrize("judges", ["entity", "object", "pull", "file"])
def test_a_rule_without_match_is_compiled_and_asked_about_nothing(judges):
    assert found(judges, f"{judges}.metadata.name.matches('^a')") == ()


@pytest.mark.parametrize("judges", ["entity", "object", "pull", "file"])
def test_what_cannot_be_compiled_is_broken(judges):
    (finding,) = found(judges, "nobody.metadata")
    assert (finding.rule, finding.path, finding.line) == ("rule-broken", "rules/mine.yaml", 4)
    assert "nobody" in finding.facts["reason"]
