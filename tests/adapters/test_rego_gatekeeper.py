"""Gatekeeper's templates on both engines: who asks, in which namespace, and with which parameters."""

import pytest

from bot.adapters.opa import find_opa
from bot.adapters.rego_embedded import find_embedded
from bot.policy.rego.constraint import judge_gatekeeper
from bot.policy.rego.gatekeeper import Placed, gatekeeper_policies
from bot.policy.verdict import Outcome, Request, Shared

ENGINES = [pytest.param("opa", marks=pytest.mark.opa), "embedded"]
NOBODY = "it looks at input.review.userInfo, and nobody has asked for anything yet"
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "a"},
    "spec": {"replicas": 3},
}
OTHER = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "b"}}


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    if request.param == "opa":
        yield find_opa(seconds=20) or pytest.skip("needs opa on PATH")
        return
    found = find_embedded(seconds=20) or pytest.skip("needs the extra rego")
    yield found
    found.close()


def template(body, schema=None, **target):
    rego = f'package it\nviolation[{{"msg": msg}}] {{ {body} }}'
    validation = {"openAPIV3Schema": schema} if schema else {}
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": "it"},
        "spec": {
            "crd": {"spec": {"names": {"kind": "It"}, "validation": validation}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": rego, **target}],
        },
    }


def constraint(**spec):
    metadata = {"name": "one"}
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": "It",
        "metadata": metadata,
        "spec": spec,
    }


def placed(*documents):
    return [Placed("t.yaml", number, one) for number, one in enumerate(documents, 1)]


def judge(engine, made, request, *, inventory=(), **spec):
    (policy,), problems = gatekeeper_policies(placed(made, constraint(**spec)))
    assert not problems
    (found,) = judge_gatekeeper(engine, policy, [request], Shared(inventory=tuple(inventory)))
    return found


@pytest.mark.parametrize(
    "body",
    [
        'input.review.userInfo.username != "admin"; msg := "no"',
        'not input.review.userInfo.username == "admin"; msg := "no"',
        'count([g | g := input.review["userInfo"].groups[_]]) == 0; msg := "no"',
        'object.get(input.review, "userInfo", {}).username != "admin"; msg := "no"',
    ],
)
def test_who_looks_at_who_asks_has_no_answer(engine, body):
    found = judge(engine, template(body), Request(DEPLOYMENT))
    assert (found.outcome, found.reason) == (Outcome.NOT_EVALUATED, NOBODY)


def test_who_does_not_come_to_it_has_one(engine):
    body = 'input.review.operation == "UPDATE"; input.review.userInfo.username != "admin"; msg := "no"'
    assert judge(engine, template(body), Request(DEPLOYMENT)).outcome is Outcome.PASS
    update = Request(DEPLOYMENT, DEPLOYMENT, operation="UPDATE")
    assert judge(engine, template(body), update).reason == NOBODY


def test_a_review_says_who_asks_and_where(engine):
    body = 'msg := sprintf("%s in %s", [input.review.userInfo.username, input.review.namespace])'
    inner = {
        "object": DEPLOYMENT,
        "operation": "CREATE",
        "userInfo": {"username": "eve"},
        "namespace": "shop",
    }
    asked = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": inner}
    found = judge(engine, template(body), Request(asked))
    assert [one.message for one in found.violations] == ["eve in shop"]


def test_what_names_no_namespace_is_in_default_wherever_rego_looks(engine):
    body = (
        "other := data.inventory.namespace[space][_].Deployment[name]; "
        "name != input.review.name; space == input.review.namespace; "
        "other.metadata.namespace == input.review.object.metadata.namespace; "
        'msg := sprintf("%s/%s", [space, name])'
    )
    found = judge(engine, template(body), Request(DEPLOYMENT), inventory=[DEPLOYMENT, OTHER])
    assert [one.message for one in found.violations] == ["default/b"]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}}
    body = "not input.review.namespace; data.inventory.cluster[_].ClusterRole[name]; msg := name"
    found = judge(engine, template(body), Request(role), inventory=[role])
    assert [one.message for one in found.violations] == ["r"]


SCHEMA = {
    "type": "object",
    "properties": {
        "max": {"type": "integer", "default": 2},
        "names": {"type": "array", "items": {"type": "string"}},
    },
}
MORE = 'input.review.object.spec.replicas > input.parameters.max; msg := "many"'


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"max": "x"}, 'one: spec.parameters.max "x" is not of type integer'),
        ({"names": "a"}, 'one: spec.parameters.names "a" is not of type array'),
        ({"names": [1]}, "one: spec.parameters.names.0 1 is not of type string"),
    ],
)
def test_parameters_that_break_their_schema_are_the_constraints_fault(parameters, reason):
    policies, problems = gatekeeper_policies(
        placed(template(MORE, SCHEMA), constraint(parameters=parameters))
    )
    assert not policies
    assert [(one.path, one.line, one.message, one.is_error) for one in problems] == [
        ("t.yaml", 2, reason, True)
    ]


def test_parameters_that_are_fine_or_have_no_schema_to_speak_of_judge():
    for schema, parameters in (
        (SCHEMA, {"max": 3}),
        (SCHEMA, {"more": 1}),
        ({"properties": {"max": {"type": "integer"}}}, {"max": "x"}),
        (None, {"max": "x"}),
    ):
        policies, problems = gatekeeper_policies(
            placed(template(MORE, schema), constraint(parameters=parameters))
        )
        assert (len(policies), problems) == (1, [])


def test_the_server_fills_parameters_in_where_there_are_some(engine):
    many = Request(DEPLOYMENT)
    assert judge(engine, template(MORE, SCHEMA), many, parameters={}).outcome is Outcome.FAIL
    assert judge(engine, template(MORE, SCHEMA), many, parameters={"max": 3}).outcome is Outcome.PASS
    assert judge(engine, template(MORE, SCHEMA), many).outcome is Outcome.PASS


def test_a_template_for_other_operations_is_not_concerned(engine):
    made = template('msg := "no"', operations=["DELETE"])
    assert judge(engine, made, Request(DEPLOYMENT)).outcome is Outcome.SKIP
    assert (
        judge(engine, template('msg := "no"', operations=["*"]), Request(DEPLOYMENT)).outcome is Outcome.FAIL
    )
