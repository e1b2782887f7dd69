"""What our engine cannot do is said, and is never an error of the policy, whatever `failurePolicy` says."""

import re

import pytest

from bot.model.plan import Severity
from bot.policy.verdict import Outcome
from tests.policy.admission.shelf import judged, policy

MANY = "lists.range(300).all(a, lists.range(300).all(b, a + b >= 0))"
FAILURES = pytest.mark.parametrize("failure", ["Fail", "Ignore"])


@FAILURES
@pytest.mark.parametrize(
    "text",
    [
        MANY,
        "lists.range(100000).all(a, true)",
        "{'a': 1, 'a': 2}.a == 2",
        "quantity('1e900') == quantity('1')",
    ],
)
def test_a_limit_of_the_engine_is_not_evaluated(text, failure):
    found = judged(policy(text, failurePolicy=failure))
    assert (found.outcome, found.violations) == (Outcome.NOT_EVALUATED, ())
    assert found.reason.startswith("validations[0]: ")


def test_the_words_name_the_limit():
    assert "10,000" in judged(policy(MANY, failurePolicy="Ignore")).reason


@FAILURES
def test_a_condition_beyond_the_engine_does_not_make_the_policy_vanish(failure):
    one = policy("false", failurePolicy=failure, matchConditions=[{"name": "m", "expression": MANY}])
    found = judged(one)
    assert found.outcome is Outcome.NOT_EVALUATED
    assert found.reason.startswith("matchConditions m: ")


@FAILURES
def test_a_variable_beyond_the_engine_is_not_evaluated_where_it_is_reached(failure):
    variables = [{"name": "many", "expression": MANY}]
    reached = judged(policy("variables.many", failurePolicy=failure, variables=variables))
    assert reached.outcome is Outcome.NOT_EVALUATED
    assert judged(policy("true || variables.many", variables=variables)).outcome is Outcome.PASS


@FAILURES
def test_an_annotation_beyond_the_engine_is_not_evaluated(failure):
    notes = [{"key": "k", "valueExpression": f"{MANY} ? 'a' : 'b'"}]
    found = judged(policy("true", failurePolicy=failure, auditAnnotations=notes))
    assert found.outcome is Outcome.NOT_EVALUATED


def test_a_message_beyond_the_engine_says_so_and_the_violation_stands():
    found = judged(
        policy({"expression": "false", "message": "no", "messageExpression": f"{MANY} ? 'a' : 'b'"})
    )
    assert found.outcome is Outcome.FAIL
    assert re.fullmatch(
        r"no \(its messageExpression is not evaluated: .*10,000.*\)", found.violations[0].message
    )
    assert found.violations[0].severity is Severity.DENY


@pytest.mark.parametrize(("failure", "outcome"), [("Fail", Outcome.FAIL), ("Ignore", Outcome.PASS)])
@pytest.mark.parametrize(
    "text",
    [
        "object.spec.nowhere == 1",
        "object.spec.replicas / 0 == 1",
        "object.spec.replicas.startsWith('a')",
        "object.spec.replicas + 'a' == 'b'",
        "object.metadata.name.all(x, x)",
        "[object.metadata.name][5] == 'a'",
        "int(object.metadata.name) == 1",
        "bool(object.metadata.name)",
        "quantity(object.metadata.name) == quantity('1')",
        "object.metadata.name.charAt(99) == 'a'",
        "timestamp(object.metadata.name) < timestamp('2020-01-01T00:00:00Z')",
        "[dyn(1), object.metadata.name].sum() == 1",
        "optional.none().value() == 1",
        "object.metadata.name.matches(object.spec.replicas)",
    ],
)
def test_an_error_that_kubernetes_has_follows_the_failure_policy(text, failure, outcome):
    assert judged(policy(text, failurePolicy=failure)).outcome is outcome


@FAILURES
@pytest.mark.parametrize(
    "text",
    [
        "[duration('1h'), duration('2h')].max() < duration('2h')",
        "[duration('1h'), duration('2h')].sum() < duration('2h')",
        "[timestamp('2024-01-01T00:00:00Z')].min() > timestamp('2025-01-01T00:00:00Z')",
        "!bool('T')",
    ],
)
def test_what_was_a_gap_is_judged(text, failure):
    assert judged(policy(text, failurePolicy=failure)).outcome is Outcome.FAIL


def test_kyvernos_policies_are_treated_alike():
    one = policy(MANY, kind="ValidatingPolicy", failurePolicy="Ignore")
    assert judged(one).outcome is Outcome.NOT_EVALUATED
