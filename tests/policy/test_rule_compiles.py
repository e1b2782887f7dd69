"""What can be compiled is not called broken, whatever it judges; what cannot is, at the expression."""

import pytest
import yaml

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


def test_what_no_api_server_compiles_is_broken_at_its_expression():
    source = (
        b"apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: p}\n"
        b"spec:\n  matchConstraints: {}\n  variables:\n    - name: a\n      expression: object.spec.a\n"
        b"  validations:\n    - expression: variables.a == 1\n      messageExpression: string(math.abs(1))\n"
    )
    (document,) = yaml.safe_load_all(source)
    policy = Policy("p", Language.ADMISSION, (document,), "digest", "rules/p.yaml", 1)
    rules = RuleSet((Ruling(policy, "object", source=source),))
    (finding,) = compile_findings(rules, judge_inline, {})
    assert (finding.rule, finding.path, finding.line, finding.column) == (
        "rule-broken",
        "rules/p.yaml",
        11,
        33,
    )
    assert finding.facts["reason"] == "no API server compiles this: undeclared reference to 'math'"
