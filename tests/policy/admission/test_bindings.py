"""Bindings and parameters: which bring a policy to bear, how heavily, and what happens where they are missing."""

import pytest

from bot.model.plan import Severity
from bot.policy.verdict import Outcome
from tests.policy.admission.shelf import binding, judged, policy, rule, space, thing

KIND = {"apiVersion": "v1", "kind": "ConfigMap"}
PARAMETRIC = policy("object.spec.replicas <= int(params.data.most)", paramKind=KIND)


def given(name="limits", most=3, **metadata):
    return {**KIND, "metadata": {"name": name, **metadata}, "data": {"most": str(most)}}


def asked(replicas, *parameters, bindings=(), **request):
    value = thing(spec={"replicas": replicas}, namespace="shop")
    return judged((PARAMETRIC, *bindings), value, parameters, **request)


@pytest.mark.parametrize(
    ("actions", "severity"),
    [
        (["Deny"], Severity.DENY),
        (["Warn"], Severity.WARN),
        (["Audit"], Severity.INFO),
        (["Audit", "Warn"], Severity.WARN),
        (["Deny", "Audit"], Severity.DENY),
        ([], Severity.DENY),
    ],
)
def test_actions_are_severities(actions, severity):
    found = judged((policy("false"), binding(actions=actions)))
    assert [one.severity for one in found.violations] == [severity]
    assert found.violations[0].metadata == {"binding": "b"}


def test_a_policy_that_nobody_bound_is_judged_as_if_it_denied():
    assert judged(policy("false")).violations[0].severity is Severity.DENY


def test_a_binding_narrows_whom_it_concerns():
    narrow = binding(matchResources={"resourceRules": [rule(["pods"], [""])]})
    assert judged((policy("false"), narrow)).outcome is Outcome.SKIP
    chosen = binding(matchResources={"namespaceSelector": {"matchLabels": {"tier": "gold"}}})
    value = thing(namespace="shop")
    assert judged((policy("false"), chosen), value, namespace_object=space()).outcome is Outcome.SKIP
    assert (
        judged((policy("false"), chosen), value, namespace_object=space(tier="gold")).outcome is Outcome.FAIL
    )


def test_what_several_bindings_say_alike_is_said_once_and_by_the_heaviest():
    several = (binding("a", ["Audit"]), binding("b", ["Deny"]), binding("c", ["Warn"]))
    found = judged((policy("false"), *several))
    assert [(one.severity, one.metadata["binding"]) for one in found.violations] == [(Severity.DENY, "b")]


REF = {"name": "limits", "parameterNotFoundAction": "Deny"}


def test_parameters_by_name():
    bindings = [binding(paramRef=REF)]
    others = (given("others", most=1), {**given(most=1), "kind": "Secret"})
    assert asked(3, *others, given(), bindings=bindings).outcome is Outcome.PASS
    assert asked(4, *others, given(), bindings=bindings).outcome is Outcome.FAIL


def test_every_parameter_that_a_selector_finds_must_be_met():
    bindings = [
        binding(paramRef={"selector": {"matchLabels": {"for": "all"}}, "parameterNotFoundAction": "Deny"})
    ]
    known = (given("a", 5, labels={"for": "all"}), given("b", 2, labels={"for": "all"}), given("c", 1))
    assert asked(2, *known, bindings=bindings).outcome is Outcome.PASS
    assert asked(3, *known, bindings=bindings).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("home", "named", "outcome"),
    [
        ("shop", {}, Outcome.PASS),
        ("bank", {}, Outcome.NOT_EVALUATED),
        ("bank", {"namespace": "bank"}, Outcome.PASS),
        ("shop", {"namespace": "bank"}, Outcome.NOT_EVALUATED),
    ],
)
def test_parameters_are_looked_for_in_the_named_namespace_or_the_objects_own(home, named, outcome):
    found = asked(1, given(namespace=home), bindings=[binding(paramRef={**REF, **named})])
    assert found.outcome is outcome


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("Deny", Outcome.NOT_EVALUATED), (None, Outcome.NOT_EVALUATED), ("Allow", Outcome.SKIP)],
)
def test_parameters_that_are_not_here(action, outcome):
    found = asked(1, bindings=[binding(paramRef={"name": "limits", "parameterNotFoundAction": action})])
    assert found.outcome is outcome
    assert ("limits" in found.reason) is (outcome is Outcome.NOT_EVALUATED)


def test_a_binding_that_names_no_parameters_gives_none():
    bound = (policy("params == null", paramKind=KIND), binding())
    assert judged(bound, parameters=[given()]).outcome is Outcome.PASS


def test_a_policy_without_a_kind_of_parameters_has_none():
    found = judged((policy("params == null"), binding(paramRef=REF)), parameters=[given()])
    assert found.outcome is Outcome.NOT_EVALUATED
    assert "no API server compiles this: undeclared reference to 'params'" in found.reason


def test_without_a_binding_the_only_parameters_are_meant():
    assert asked(3, given()).outcome is Outcome.PASS
    assert asked(4, given()).outcome is Outcome.FAIL
    assert asked(3).outcome is Outcome.NOT_EVALUATED
    assert asked(3, given(), given("others")).outcome is Outcome.NOT_EVALUATED


@pytest.mark.parametrize("ref", [None, REF, {"name": "others", "parameterNotFoundAction": "Allow"}])
def test_given_parameters_stand_for_whatever_is_referred_to(ref):
    bindings = [binding(paramRef=ref)] if ref else []
    assert asked(3, bindings=bindings, params=given()).outcome is Outcome.PASS
    assert asked(4, bindings=bindings, params=given()).outcome is Outcome.FAIL
