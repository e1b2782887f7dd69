"""Whom a policy concerns: resources, operations, names, scopes, and selectors of labels."""

import pytest

from bot.policy.admission.resources import plural, resource_of
from bot.policy.verdict import Outcome
from tests.policy.admission.shelf import binding, judged, policy, rule, space, thing

POD = thing("Pod", "v1")
ROLE = thing("ClusterRole", "rbac.authorization.k8s.io/v1")


def matched(match, value=None, **request):
    return judged(policy("false", match=match), value, **request).outcome


def ruled(value=None, operation="CREATE", **fields):
    request = {"operation": operation}
    if operation == "DELETE":
        request["old_object"] = value or thing()
    return matched({"resourceRules": [rule(**fields)]}, value, **request) is Outcome.FAIL


@pytest.mark.parametrize(
    ("fields", "value", "expected"),
    [
        ({}, None, True),
        ({}, POD, False),
        ({"resources": ["pods"], "groups": [""]}, POD, True),
        ({"resources": ["*"]}, None, True),
        ({"resources": ["*/*"]}, None, True),
        ({"resources": ["deployments/*"]}, None, True),
        ({"resources": ["deployments/scale"]}, None, False),
        ({"resources": ["*/scale"]}, None, False),
        ({"groups": ["*"]}, None, True),
        ({"groups": ["batch"]}, None, False),
        ({"operations": ["*"]}, None, True),
        ({"operations": ["DELETE"]}, None, False),
        ({"resourceNames": ["x"]}, None, True),
        ({"resourceNames": ["y"]}, None, False),
        ({"resourceNames": ["x"]}, {**thing(), "metadata": {"generateName": "x-"}}, False),
        ({"scope": "Namespaced"}, None, True),
        ({"scope": "Cluster"}, None, False),
        ({"scope": "*"}, None, True),
        ({"resources": ["*"], "groups": ["*"], "scope": "Cluster"}, ROLE, True),
        ({"resources": ["*"], "groups": ["*"], "scope": "Namespaced"}, ROLE, False),
        ({"resources": ["*"], "groups": ["*"], "scope": "Cluster"}, space(), True),
        ({"resources": ["*"], "groups": ["*"], "scope": "Namespaced"}, space(), False),
    ],
)
def test_resource_rules(fields, value, expected):
    assert ruled(value, **fields) is expected


@pytest.mark.parametrize("operation", ["CREATE", "UPDATE", "DELETE", "CONNECT"])
def test_operations(operation):
    assert ruled(operation=operation, operations=[operation])
    assert not ruled(operation=operation, operations=[{"CREATE": "DELETE"}.get(operation, "CREATE")])


def test_a_rule_without_operations_takes_all():
    open_rule = {key: value for key, value in rule().items() if key != "operations"}
    assert matched({"resourceRules": [open_rule]}) is Outcome.FAIL


def test_versions_stand_for_each_other_unless_it_must_be_exact():
    rules = [rule(versions=["v2"])]
    assert matched({"resourceRules": rules}) is Outcome.FAIL
    assert matched({"resourceRules": rules, "matchPolicy": "Equivalent"}) is Outcome.FAIL
    assert matched({"resourceRules": rules, "matchPolicy": "Exact"}) is Outcome.SKIP


def test_what_is_excluded_is_not_matched():
    both = {"resourceRules": [rule()], "excludeResourceRules": [rule(resourceNames=["x"])]}
    assert matched(both) is Outcome.SKIP
    assert matched(both, {**thing(), "metadata": {"name": "y"}}) is Outcome.FAIL


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        ({"matchLabels": {"app": "a"}}, True),
        ({"matchLabels": {"app": "b"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "other", "operator": "NotIn", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_object_selectors(selector, expected):
    found = matched({"objectSelector": selector}, thing(labels={"app": "a"}))
    assert (found is Outcome.FAIL) is expected


def test_an_object_selector_takes_the_old_object_too():
    selector = {"objectSelector": {"matchLabels": {"app": "a"}}}
    old = thing(labels={"app": "a"})
    assert matched(selector, operation="UPDATE", old_object=old) is Outcome.FAIL


@pytest.mark.parametrize(
    "expression", [{"key": "a", "operator": "Near", "values": ["b"]}, {"key": "a", "operator": "In"}]
)
def test_a_broken_selector_is_not_evaluated(expression):
    assert matched({"objectSelector": {"matchExpressions": [expression]}}) is Outcome.NOT_EVALUATED


GOLD = {"namespaceSelector": {"matchLabels": {"tier": "gold"}}}
NAMED = {
    "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["shop"]}]
}


def test_namespace_selectors_see_the_namespace():
    value = thing(namespace="shop")
    assert matched(GOLD, value, namespace_object=space(tier="gold")) is Outcome.FAIL
    assert matched(GOLD, value, namespace_object=space(tier="tin")) is Outcome.SKIP


def test_a_namespace_is_selected_by_its_own_labels_and_what_is_cluster_wide_always():
    assert matched(GOLD, space(tier="gold")) is Outcome.FAIL
    assert matched(GOLD, space(tier="tin")) is Outcome.SKIP
    assert matched(GOLD, ROLE) is Outcome.FAIL


def test_of_a_namespace_that_is_not_here_only_the_name_is_known():
    assert matched({"namespaceSelector": NAMED}, thing(namespace="shop")) is Outcome.SKIP
    assert matched({"namespaceSelector": NAMED}, thing(namespace="bank")) is Outcome.FAIL


def test_a_selector_that_nobody_can_decide_lets_nothing_bad_through():
    value = thing(namespace="shop")
    found = judged(policy("false", match=GOLD), value)
    assert found.outcome is Outcome.NOT_EVALUATED
    assert "the Namespace shop is not here" in found.reason
    assert found.violations == ()
    assert judged(policy("true", match=GOLD), value).outcome is Outcome.PASS
    narrow = binding(matchResources=GOLD)
    assert judged((policy("false"), narrow), value).outcome is Outcome.NOT_EVALUATED
    both = {"namespaceSelector": {**NAMED, "matchLabels": {"tier": "gold"}}}
    assert matched(both, value) is Outcome.SKIP


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Deployment", "deployments"),
        ("NetworkPolicy", "networkpolicies"),
        ("Ingress", "ingresses"),
        ("IngressClass", "ingressclasses"),
        ("Endpoints", "endpoints"),
        ("EndpointSlice", "endpointslices"),
        ("Gateway", "gateways"),
        ("CSIStorageCapacity", "csistoragecapacities"),
        ("IPAddress", "ipaddresses"),
        ("Elasticsearch", "elasticsearches"),
        ("SecurityContextConstraints", "securitycontextconstraints"),
        ("ComponentStatus", "componentstatuses"),
    ],
)
def test_plurals(kind, expected):
    assert plural(kind) == expected


@pytest.mark.parametrize(
    ("version", "kind", "is_namespaced"),
    [
        ("v1", "Pod", True),
        ("v1", "Node", False),
        ("v1", "PersistentVolume", False),
        ("rbac.authorization.k8s.io/v1", "Role", True),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", False),
        ("cert-manager.io/v1", "ClusterIssuer", False),
        ("cert-manager.io/v1", "Issuer", True),
    ],
)
def test_which_kinds_have_a_namespace(version, kind, is_namespaced):
    assert resource_of(thing(kind, version)).is_namespaced is is_namespaced


def test_policies_are_no_business_of_policies():
    assert judged(policy("false"), policy("true")).outcome is Outcome.SKIP
    assert judged(policy("false"), binding()).outcome is Outcome.SKIP
    assert judged(policy("false", kind="ValidatingPolicy"), binding()).outcome is Outcome.FAIL


@pytest.mark.parametrize("value", [5, "text", [1]])
def test_what_is_no_object_is_no_business_either(value):
    assert judged(policy("false"), value).outcome is Outcome.SKIP


@pytest.mark.parametrize("failure", ["Fail", "Ignore"])
def test_what_may_be_no_business_of_the_policy_is_said_once_and_not_as_a_failure(failure):
    one = policy("false", "request.userInfo.username == 'a'", match=GOLD, failurePolicy=failure)
    found = judged(one, thing(namespace="shop"))
    assert (found.outcome, found.violations) == (Outcome.NOT_EVALUATED, ())
