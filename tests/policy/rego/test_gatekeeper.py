"""ConstraintTemplates and constraints: what becomes a policy, what it matches, what Rego gets to see."""

import pytest

from bot.model.plan import Severity
from bot.policy.rego.constraint import judge_gatekeeper
from bot.policy.rego.engine import Answer, NoEngine
from bot.policy.rego.gatekeeper import Placed, gatekeeper_policies, native_of, severity_of
from bot.policy.rego.match import Unknown, is_matched
from bot.policy.rego.review import inventory
from bot.policy.verdict import Outcome, Request, Shared, Verdict

REGO = 'package owners\nimport data.lib.x\nviolation[{"msg": msg}] { msg := "no" }'
LIB = "package lib.x\ny := 1"


def template(*, version="v1", **target):
    return {
        "apiVersion": f"templates.gatekeeper.sh/{version}",
        "kind": "ConstraintTemplate",
        "metadata": {"name": "owners"},
        "spec": {
            "crd": {"spec": {"names": {"kind": "Owners"}}},
            "targets": [
                {"target": "admission.k8s.gatekeeper.sh", **(target or {"rego": REGO, "libs": [LIB]})}
            ],
        },
    }


def constraint(name="all", kind="Owners", **spec):
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def thing(kind="Deployment", version="apps/v1", name="shop", namespace="web", **metadata):
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **where, **metadata}}


class Told:
    """An engine that always says the same, and remembers what it was asked."""

    name = "told 1"

    def __init__(self, *results):
        self.results, self.asked, self.modules, self.data = list(results), [], [], {}

    def evaluate(self, modules, questions, data, now):
        self.asked += questions
        self.modules, self.data = modules, data
        return [Answer(((self.results,),))] * len(questions)

    def check(self, modules):
        return []


def placed(*documents):
    return [Placed(f"{number}.yaml", 1, one) for number, one in enumerate(documents)]


def judge(engine, requests, *, made=None, shared=None, native=None, **spec):
    (policy,), _ = gatekeeper_policies(placed(made or template(), constraint(**spec)))
    return judge_gatekeeper(engine, policy, requests, shared or Shared(), native)


def test_a_policy_for_each_constraint():
    policies, problems = gatekeeper_policies(
        placed(template(version="v1beta1"), constraint("a"), constraint("b"), {"kind": "Other"})
    )
    assert [one.name for one in policies] == ["a", "b"]
    assert not problems
    assert policies[0].digest != policies[1].digest


def test_what_has_no_effect_is_told():
    policies, problems = gatekeeper_policies(placed(template(), constraint("a", kind="Nope")))
    assert not policies
    assert [(one.path, one.is_error) for one in problems] == [("1.yaml", True), ("0.yaml", False)]


def test_rego_sees_review_parameters_and_libraries():
    engine = Told({"msg": "no", "details": {"x": 1}})
    (found,) = judge(engine, [Request(thing(), operation="UPDATE", old_object=thing())], parameters={"a": 1})
    (asked,) = engine.asked
    assert asked.queries == ("data.owners.violation",)
    assert asked.input["parameters"] == {"a": 1}
    review = asked.input["review"]
    assert review["kind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert (review["name"], review["namespace"], review["operation"]) == ("shop", "web", "UPDATE")
    assert review["object"] == review["oldObject"] == thing()
    assert [one.version for one in engine.modules] == ["v0", "v0"]
    assert (found.outcome, found.violations[0].message) == (Outcome.FAIL, "no")
    assert found.violations[0].metadata == {"details": {"x": 1}}


def test_code_comes_before_rego_and_says_its_version():
    code = [
        {"engine": "Rego", "source": {"version": "v1", "rego": 'package b\nviolation contains {"msg": "x"}'}}
    ]
    engine = Told()
    judge(engine, [Request(thing())], made=template(rego=REGO, code=code))
    assert [one.version for one in engine.modules] == ["v1"]
    assert engine.asked[0].queries == ("data.b.violation",)


def test_an_admission_review_is_what_it_asks_about():
    engine = Told()
    asked = {"kind": "AdmissionReview", "request": {"operation": "UPDATE", "object": thing()}}
    judge(engine, [Request(asked)])
    assert engine.asked[0].input["review"]["operation"] == "UPDATE"
    assert engine.asked[0].input["review"]["name"] == "shop"


def test_a_result_without_a_message_is_no_pass():
    (found,) = judge(Told({"details": 1}), [Request(thing())])
    assert found.outcome == Outcome.NOT_EVALUATED


def test_without_an_engine_nothing_passes():
    (found,) = judge(NoEngine(), [Request(thing())])
    assert found.outcome == Outcome.NOT_EVALUATED


def test_the_inventory_is_given_to_those_that_look_at_it():
    other = thing("Namespace", "v1", "web", None)
    shared = Shared(inventory=(thing(), other))
    looks = template(rego='package a\nviolation[{"msg": "x"}] { data.inventory.cluster["v1"] }')
    engine = Told()
    judge(engine, [Request(thing())], made=looks, shared=shared)
    assert engine.data == {"inventory": inventory(shared.inventory)}
    assert engine.data["inventory"]["cluster"] == {"v1": {"Namespace": {"web": other}}}
    assert engine.data["inventory"]["namespace"] == {"web": {"apps/v1": {"Deployment": {"shop": thing()}}}}
    judge(engine, [Request(thing())], shared=shared)
    assert engine.data == {"inventory": {}}


NATIVE = {
    "engine": "K8sNativeValidation",
    "source": {
        "validations": [{"expression": "false", "message": "no"}],
        "variables": [{"name": "a", "expression": "1"}],
    },
}


def test_cel_is_handed_on():
    made = template(code=[NATIVE])
    source = native_of(made, constraint(parameters={"a": 1}))
    assert source["params"] == {"a": 1}
    assert source["failurePolicy"] == "Fail"
    assert native_of(template(), constraint()) is None
    (alone,) = judge(Told(), [Request(thing())], made=made)
    assert alone.outcome == Outcome.NOT_EVALUATED
    assert "CEL" in alone.reason
    seen = []

    def native(source, requests, shared):
        seen.append(source)
        return [Verdict(Outcome.PASS)] * len(requests)

    found = judge(
        Told(),
        [Request(thing()), Request(thing("Job"))],
        made=made,
        native=native,
        match={"kinds": [{"kinds": ["Job"]}]},
    )
    assert [one.outcome for one in found] == [Outcome.SKIP, Outcome.PASS]
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("spec", "severity"),
    [
        ({}, Severity.DENY),
        ({"enforcementAction": "warn"}, Severity.WARN),
        ({"enforcementAction": "dryrun"}, Severity.INFO),
        ({"enforcementAction": "new"}, Severity.DENY),
        (
            {
                "enforcementAction": "scoped",
                "scopedEnforcementActions": [
                    {"action": "deny", "enforcementPoints": [{"name": "audit.gatekeeper.sh"}]},
                    {"action": "warn", "enforcementPoints": [{"name": "validation.gatekeeper.sh"}]},
                ],
            },
            Severity.WARN,
        ),
    ],
)
def test_what_an_enforcement_action_weighs(spec, severity):
    assert severity_of(constraint(**spec)) == severity


SPACE = {"web": thing("Namespace", "v1", "web", None, labels={"a": "b"})}
MATCHES = [
    ({}, thing(), True),
    ({"kinds": [{"apiGroups": ["apps"], "kinds": ["Deployment"]}]}, thing(), True),
    ({"kinds": [{"apiGroups": [""], "kinds": ["*"]}]}, thing(), False),
    ({"kinds": [{"apiGroups": ["*"], "kinds": ["Job"]}, {"kinds": ["Deployment"]}]}, thing(), True),
    ({"namespaces": ["we*"]}, thing(), True),
    ({"namespaces": ["*eb"]}, thing(), True),
    ({"namespaces": ["*e*"]}, thing(), True),
    ({"namespaces": ["we"]}, thing(), False),
    ({"namespaces": ["other"]}, thing("ClusterRole", "rbac.authorization.k8s.io/v1", namespace=None), True),
    ({"namespaces": ["other"]}, thing("Namespace", "v1", "web", None), False),
    ({"excludedNamespaces": ["web"]}, thing(), False),
    ({"excludedNamespaces": ["kube-*"]}, thing(), True),
    ({"scope": "Cluster"}, thing(), False),
    ({"scope": "Cluster"}, thing("Namespace", "v1", "web", None), True),
    ({"scope": "Namespaced"}, thing(), True),
    ({"scope": "*"}, thing(), True),
    ({"name": "sh*"}, thing(), True),
    ({"name": "x"}, thing(), False),
    ({"labelSelector": {"matchLabels": {"a": "b"}}}, thing(labels={"a": "b"}), True),
    ({"labelSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}, thing(), False),
    ({"namespaceSelector": {"matchLabels": {"a": "b"}}}, thing(), True),
    ({"namespaceSelector": {"matchLabels": {"a": "c"}}}, thing(), False),
    (
        {"namespaceSelector": {"matchLabels": {"a": "c"}}},
        thing("ClusterRole", "rbac.authorization.k8s.io/v1", namespace=None),
        True,
    ),
    ({"source": "Original"}, thing(), True),
    ({"source": "Generated"}, thing(), False),
]


@pytest.mark.parametrize(("match", "value", "expected"), MATCHES)
def test_what_a_constraint_matches(match, value, expected):
    assert is_matched(match, Request(value), SPACE) is expected
    assert is_matched(match, Request(None, old_object=value, operation="DELETE"), SPACE) is expected


def test_labels_of_an_unknown_namespace_are_not_guessed():
    match = {"namespaceSelector": {"matchLabels": {"a": "b"}}}
    with pytest.raises(Unknown):
        is_matched(match, Request(thing(namespace="far")), SPACE)
    (found,) = judge(Told(), [Request(thing(namespace="far"))], match=match)
    assert found.outcome == Outcome.NOT_EVALUATED
    assert "far" in found.reason
    known = Request(thing(namespace="far"), namespace_object=SPACE["web"])
    assert is_matched(match, known, {})
