"""What a policy's expressions come to: errors, messages, conditions, variables, and what nobody can know."""

import pytest

from bot.model.plan import Severity
from bot.policy.verdict import Outcome
from tests.policy.admission.shelf import judged, policy, space, thing


def said(verdict):
    return [one.message for one in verdict.violations]


def test_true_passes_and_false_is_a_violation():
    assert judged(policy("true")).outcome is Outcome.PASS
    found = judged(policy("object.kind == 'Deployment'", "object.kind == 'Pod'"))
    assert found.outcome is Outcome.FAIL
    assert found.checks == 2
    assert [one.rule for one in found.violations] == ["validations[1]"]
    assert found.violations[0].severity is Severity.DENY


@pytest.mark.parametrize(("failure", "outcome"), [("Fail", Outcome.FAIL), ("Ignore", Outcome.PASS)])
def test_an_error_is_what_the_failure_policy_makes_of_it(failure, outcome):
    assert judged(policy("object.spec.no.where == 1", failurePolicy=failure)).outcome is outcome


def test_an_error_names_the_expression_and_no_message():
    found = judged(policy({"expression": "object.spec.no.where ==\n 1", "message": "unheard"}))
    assert said(found) == ["expression 'object.spec.no.where == 1' resulted in error: no such key: no"]


def test_a_result_that_is_no_bool_is_an_error():
    assert judged(policy("dyn(object.metadata.name) && true")).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "failed expression: 1 == 2"),
        ({"message": " written \n"}, "written"),
        ({"message": "written", "messageExpression": "'name ' + object.metadata.name"}, "name x"),
        ({"message": "written", "messageExpression": "'  '"}, "written"),
        ({"message": "written", "messageExpression": "'a\\nb'"}, "written"),
        ({"message": "written", "messageExpression": "string(object.spec.nowhere)"}, "written"),
        ({"message": "written", "messageExpression": "string(1 / 0)"}, "written"),
        ({"messageExpression": "string(object.spec.nowhere)"}, "failed expression: 1 == 2"),
        ({"message": "written", "messageExpression": "['x'].map(i, '0123456789')[0]"}, "0123456789"),
    ],
)
def test_messages_fall_back_in_kubernetes_order(more, expected):
    assert said(judged(policy({"expression": " 1 == 2 ", **more}))) == [expected]


def test_a_message_of_more_than_5_kib_is_not_used():
    more = {"message": "written", "messageExpression": "string(object.spec.long)"}
    found = judged(policy({"expression": "false", **more}), thing(spec={"long": "a" * 5_121}))
    assert said(found) == ["written"]


def test_the_reason_is_told():
    found = judged(policy({"expression": "false", "reason": "Forbidden"}))
    assert found.violations[0].metadata == {"reason": "Forbidden"}


def condition(*expressions):
    return [{"name": f"c{number}", "expression": one} for number, one in enumerate(expressions)]


@pytest.mark.parametrize(
    ("conditions", "failure", "outcome"),
    [
        (("true", "true"), "Fail", Outcome.FAIL),
        (("false",), "Fail", Outcome.SKIP),
        (("object.spec.a.b == 1", "false"), "Fail", Outcome.SKIP),
        (("object.spec.a.b == 1", "true"), "Fail", Outcome.FAIL),
        (("object.spec.a.b == 1",), "Ignore", Outcome.SKIP),
        (("request.userInfo.username == 'me'",), "Fail", Outcome.NOT_EVALUATED),
        (("request.userInfo.username == 'me'",), "Ignore", Outcome.NOT_EVALUATED),
        (("request.userInfo.username == 'me'", "false"), "Fail", Outcome.SKIP),
    ],
)
def test_match_conditions(conditions, failure, outcome):
    found = judged(policy("false", failurePolicy=failure, matchConditions=condition(*conditions)))
    assert found.outcome is outcome


def test_a_broken_condition_denies_before_anything_is_validated():
    found = judged(policy("false", "false", matchConditions=condition("object.spec.a.b == 1")))
    assert said(found) == ["matchConditions c0 resulted in error: no such key: a"]


def test_variables_see_those_before_them_and_errors_reach_who_reads_them():
    variables = [
        {"name": "a", "expression": "object.metadata.name + '!'"},
        {"name": "b", "expression": "variables.a + '!'"},
        {"name": "broken", "expression": "object.spec.no.where"},
    ]
    assert judged(policy("variables.b == 'x!!'", variables=variables)).outcome is Outcome.PASS
    found = judged(policy("variables.broken == 1", variables=variables))
    assert "no such key: no" in said(found)[0]


@pytest.mark.parametrize("failure", ["Fail", "Ignore"])
@pytest.mark.parametrize(
    "expression",
    [
        "request.userInfo.username != 'admin'",
        "has(request.userInfo)",
        "!has(request.userInfo.groups)",
        "request.?userInfo.?groups.orValue([]).size() == 0",
        "request['userInfo'].username != 'admin'",
        "request.uid != ''",
        "!has(request.options.dryRun)",
        "variables.who != 'admin'",
        "!has(namespaceObject.metadata.labels)",
        "authorizer.group('').resource('pods').check('create').allowed()",
        "!authorizer.group('').resource('pods').check('create').allowed()",
    ],
)
def test_what_only_a_cluster_knows_is_not_evaluated(expression, failure):
    variables = [{"name": "who", "expression": "request.userInfo.username"}]
    found = judged(policy(expression, variables=variables, failurePolicy=failure))
    assert found.outcome is Outcome.NOT_EVALUATED
    assert found.reason
    assert not found.violations


def test_what_is_certain_without_the_unknown_is_judged():
    assert (
        judged(policy("object.kind == 'Deployment' || request.userInfo.username == 'me'")).outcome
        is Outcome.PASS
    )
    assert judged(policy("object.kind == 'Pod' && request.userInfo.username == 'me'")).outcome is Outcome.FAIL


def test_a_violation_beside_something_unknown_is_kept():
    found = judged(policy("false", "request.userInfo.username == ''"))
    assert found.outcome is Outcome.NOT_EVALUATED
    assert said(found) == ["failed expression: false"]


@pytest.mark.parametrize(
    "expression",
    [
        "request.operation == 'CREATE' && request.dryRun == false",
        "request.kind.kind == 'Deployment' && request.kind.group == 'apps' && request.kind.version == 'v1'",
        "request.resource.resource == 'deployments' && request.requestResource.resource == 'deployments'",
        "request.name == 'x' && request.namespace == 'shop' && !has(request.subResource)",
        "oldObject == null && request.requestKind.kind == object.kind",
        "namespaceObject.metadata.labels.tier == 'gold'",
        "has(namespaceObject.status) && namespaceObject.spec != null",
    ],
)
def test_the_request_is_as_the_api_server_shows_it(expression):
    found = judged(policy(expression), thing(namespace="shop"), namespace_object=space(tier="gold"))
    assert found.outcome is Outcome.PASS, found


def test_an_object_without_a_namespace_is_in_the_default_one():
    assert (
        judged(policy("object.metadata.namespace == 'default' && request.namespace == 'default'")).checks == 1
    )
    assert judged(policy("namespaceObject.metadata.name == 'default'")).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("expression", "outcome"),
    [
        ("namespaceObject.metadata.name == 'shop'", Outcome.PASS),
        ("namespaceObject.metadata.labels['kubernetes.io/metadata.name'] == 'shop'", Outcome.PASS),
        ("namespaceObject.metadata.labels['tier'] == 'gold'", Outcome.NOT_EVALUATED),
        ("namespaceObject == null", Outcome.NOT_EVALUATED),
    ],
)
def test_of_a_namespace_that_is_not_here_the_name_is_known(expression, outcome):
    assert judged(policy(expression), thing(namespace="shop")).outcome is outcome


def test_a_cluster_wide_object_has_no_namespace():
    value = thing("ClusterRole", "rbac.authorization.k8s.io/v1")
    assert judged(policy("namespaceObject == null && request.namespace == ''"), value).outcome is Outcome.PASS
    assert (
        judged(policy("namespaceObject == null && request.namespace == 'shop'"), space()).outcome
        is Outcome.PASS
    )


def test_a_delete_shows_the_old_object_only():
    wanted = policy("object == null && oldObject.kind == 'Deployment' && request.operation == 'DELETE'")
    assert judged(wanted, operation="DELETE", old_object=thing()).outcome is Outcome.PASS
    found = judged(
        policy("oldObject.spec.replicas == 1"), operation="DELETE", old_object=thing(spec={"replicas": 2})
    )
    assert found.violations[0].field == ("spec", "replicas")


def test_an_update_without_what_was_before_cannot_be_compared():
    assert (
        judged(policy("oldObject.spec == object.spec"), operation="UPDATE").outcome is Outcome.NOT_EVALUATED
    )
    assert judged(policy("!has(oldObject.spec)"), operation="UPDATE").outcome is Outcome.NOT_EVALUATED
    assert judged(policy("object.kind != 'Pod'"), operation="UPDATE").outcome is Outcome.PASS
    found = judged(policy("oldObject.spec == object.spec"), operation="UPDATE", old_object=thing())
    assert found.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("note", "failure", "outcome"),
    [
        ("'seen'", "Fail", Outcome.PASS),
        ("null", "Fail", Outcome.PASS),
        ("string(object.spec.no.where)", "Fail", Outcome.FAIL),
        ("string(object.spec.no.where)", "Ignore", Outcome.PASS),
        ("request.userInfo.username", "Fail", Outcome.NOT_EVALUATED),
    ],
)
def test_audit_annotations_that_cannot_be_made_deny(note, failure, outcome):
    notes = [{"key": "k", "valueExpression": note}]
    assert judged(policy("true", auditAnnotations=notes, failurePolicy=failure)).outcome is outcome


@pytest.mark.parametrize(
    ("expression", "value", "outcome"),
    [
        ("object.spec.replicas <= 5", thing(), Outcome.PASS),
        ("object.spec.replicas >= 2", thing(), Outcome.FAIL),
        ("object.spec.type != 'LoadBalancer'", thing("Service", "v1"), Outcome.PASS),
        (
            "object.spec.template.metadata.?labels.orValue({}).size() == 0",
            thing(spec={"template": {"spec": {}}}),
            Outcome.PASS,
        ),
        (
            "object.spec.containers.all(c, c.imagePullPolicy == 'Always')",
            thing("Pod", "v1", {"containers": [{"image": "a/b"}, {"image": "r:5000/c:latest"}]}),
            Outcome.PASS,
        ),
        (
            "object.spec.containers.all(c, c.imagePullPolicy == 'Always')",
            thing("Pod", "v1", {"containers": [{"image": "r:5000/c:1"}]}),
            Outcome.FAIL,
        ),
        ("!has(object.spec.replicas)", thing(), Outcome.PASS),
    ],
)
def test_what_the_api_server_fills_in_helps_an_expression_that_broke(expression, value, outcome):
    assert judged(policy(expression), value).outcome is outcome


def test_an_ignored_error_is_asked_again_too():
    assert judged(policy("object.spec.replicas >= 2", failurePolicy="Ignore")).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("object.spec.replicas > 5", ("spec", "replicas")),
        ("has(object.spec.replicas) && object.metadata.labels.app == 'x'", ("spec", "replicas")),
        ("has(object.spec.paused)", ("spec",)),
        ("variables.many.size() > 5", ("spec", "template", "containers")),
        ("variables.again[0] == 'y'", ("spec", "template", "containers", 0)),
        ("variables.any.spec.replicas > 5", ("spec", "replicas")),
        ("1 == 2", ()),
    ],
)
def test_a_violation_points_into_the_object(expression, expected):
    variables = [
        {"name": "many", "expression": "object.spec.template.containers"},
        {"name": "again", "expression": "variables.many"},
        {"name": "any", "expression": "object != null ? object : oldObject"},
    ]
    value = thing(spec={"replicas": 1, "template": {"containers": ["x"]}})
    found = judged(policy(expression, variables=variables), value)
    assert found.violations[0].field == expected


def test_what_does_not_compile_is_said_with_its_place():
    found = judged(policy("object.kind ==\n  nobody.knows"))
    assert found.outcome is Outcome.NOT_EVALUATED
    assert "line 2, column 9" in found.reason


@pytest.mark.parametrize(
    "spec", [{"validations": [{}]}, {"validations": 5}, {"matchConditions": [{"name": "x"}]}]
)
def test_what_is_no_policy_is_not_evaluated(spec):
    broken = policy("true")
    broken["spec"] |= spec
    assert judged(broken).outcome is Outcome.NOT_EVALUATED
