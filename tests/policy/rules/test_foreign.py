"""Policies of others among a repo's rules: how heavy they are, and what besides the object decides them."""

import pytest

from bot.model.plan import Severity
from bot.policy.admission.load import admission_policies
from bot.policy.rego.gatekeeper import Placed
from bot.policy.rules import foreign
from bot.policy.verdict import Language, Policy
from tests.policy.admission.shelf import binding, policy

BUT = {
    "apiVersion": "policies.kyverno.io/v1",
    "kind": "PolicyException",
    "metadata": {"name": "but"},
    "spec": {"policyRefs": [{"name": "p", "kind": "ValidatingPolicy"}], "expiresAt": "2026-12-01T00:00:00Z"},
}


def ruling(*documents):
    (found,) = admission_policies(Placed("r.yaml", 1, one) for one in documents).policies
    return foreign._admission(found)


def test_an_exception_is_no_binding():
    assert (
        ruling(policy("true", kind="ValidatingPolicy", validationActions=["Audit"]), BUT).heaviest
        is Severity.INFO
    )
    assert ruling(policy("true"), binding(actions=["Warn"])).heaviest is Severity.WARN


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([policy("true", kind="ValidatingPolicy")], set()),
        ([policy("time.now() != null", kind="ValidatingPolicy")], {"now"}),
        ([policy("true", kind="ValidatingPolicy"), BUT], {"now"}),
        ([policy("true", paramKind={"apiVersion": "v1", "kind": "ConfigMap"})], {"parameters"}),
    ],
)
def test_what_decides_a_verdict_besides_the_object(documents, expected):
    assert ruling(*documents).needs == expected


@pytest.mark.parametrize(
    ("spec", "severity"),
    [
        ({}, Severity.DENY),
        ({"enforcementAction": "warn"}, Severity.WARN),
        ({"enforcementAction": "dryrun"}, Severity.INFO),
        (
            {
                "enforcementAction": "scoped",
                "scopedEnforcementActions": [
                    {"action": "warn", "enforcementPoints": [{"name": "validation.gatekeeper.sh"}]}
                ],
            },
            Severity.WARN,
        ),
    ],
)
def test_a_constraint_weighs_what_it_says_wherever_it_is_read(spec, severity):
    constraint = {"kind": "K8sNo", "metadata": {"name": "no"}, "spec": spec}
    one = Policy("no", Language.GATEKEEPER, ({"kind": "ConstraintTemplate", "metadata": {}}, constraint), "")
    assert foreign._gatekeeper(one).heaviest is severity
