"""What Kyverno's kinds have beyond Kubernetes' own: controllers of pods, JSON, namespaces, exceptions, time."""

import pytest

from bot.model.plan import Severity
from bot.policy.admission.load import admission_policies
from bot.policy.rego.gatekeeper import Placed
from bot.policy.verdict import Outcome
from tests.policy.admission.shelf import judged, policy, rule, thing

PODS = {"resourceRules": [rule(["pods"], [""])]}
TAGGED = "object.spec.containers.all(c, c.image.contains(':'))"


def kyvernos(*expressions, kind="ValidatingPolicy", **spec):
    return policy(*expressions, kind=kind, **spec)


def pod(image, **metadata):
    return {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": image}]}}


def deployment(image):
    return thing(spec={"template": pod(image, labels={"of": "pod"})}, labels={"of": "deployment"})


def cron_job(image):
    return thing("CronJob", "batch/v1", {"jobTemplate": {"spec": {"template": pod(image)}}})


def test_a_policy_for_pods_holds_for_what_makes_pods():
    wanted = kyvernos(TAGGED, match=PODS)
    for make in (deployment, cron_job):
        assert judged(wanted, make("a:1")).outcome is Outcome.PASS
        assert judged(wanted, make("a")).outcome is Outcome.FAIL


def test_violations_point_into_what_makes_the_pods():
    found = judged(kyvernos("object.spec.containers[0].image == 'b'", match=PODS), cron_job("a"))
    path = ("spec", "jobTemplate", "spec", "template", "spec", "containers", 0, "image")
    assert found.violations[0].field == path


def test_metadata_is_the_pods_and_the_namespace_the_objects_own():
    labels = kyvernos("object.metadata.labels.of == 'pod'", match=PODS)
    assert judged(labels, deployment("a")).outcome is Outcome.PASS
    home = kyvernos("object.metadata.namespace == 'default' && object.kind == 'Deployment'", match=PODS)
    assert judged(home, deployment("a")).outcome is Outcome.PASS


def test_what_was_before_is_the_pods_too():
    same = kyvernos("oldObject.spec.containers[0].image == object.spec.containers[0].image", match=PODS)
    found = judged(same, deployment("a"), operation="UPDATE", old_object=deployment("a"))
    assert found.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("spec", "is_generated"),
    [
        ({}, True),
        ({"autogen": {"podControllers": {"controllers": ["deployments"]}}}, True),
        ({"autogen": {"podControllers": {"controllers": ["cronjobs"]}}}, False),
        ({"autogen": {"podControllers": {"controllers": []}}}, False),
    ],
)
def test_which_controllers_are_meant_can_be_said(spec, is_generated):
    found = judged(kyvernos(TAGGED, match=PODS, **spec), deployment("a"))
    assert (found.outcome is Outcome.FAIL) is is_generated


@pytest.mark.parametrize(
    "match",
    [
        {"resourceRules": [rule(["pods", "services"], [""])]},
        {"resourceRules": [rule(["pods"], [""]), rule(["services"], [""])]},
        {"resourceRules": [rule(["pods"], [""], resourceNames=["x"])]},
        {**PODS, "objectSelector": {"matchLabels": {"of": "deployment"}}},
        {**PODS, "excludeResourceRules": [rule(["services"], [""])]},
    ],
)
def test_a_policy_for_more_or_less_than_all_pods_is_for_no_controller(match):
    assert judged(kyvernos(TAGGED, match=match), deployment("a")).outcome is Outcome.SKIP


def test_of_kubernetes_own_kind_nothing_is_made():
    assert judged(policy(TAGGED, match=PODS), deployment("a")).outcome is Outcome.SKIP


def test_versions_do_not_stand_for_each_other():
    match = {"resourceRules": [rule(versions=["v1beta1"])]}
    assert judged(kyvernos("false", match=match)).outcome is Outcome.SKIP


@pytest.mark.parametrize(
    ("actions", "severity"), [(["Audit"], Severity.INFO), (["Warn"], Severity.WARN), ([], Severity.DENY)]
)
def test_actions_stand_in_the_policy_itself(actions, severity):
    assert judged(kyvernos("false", validationActions=actions)).violations[0].severity is severity


def test_json_is_judged_whatever_it_is():
    found = judged(kyvernos("object.size > 10", evaluation={"mode": "JSON"}, match=PODS), {"size": 5})
    assert found.outcome is Outcome.FAIL
    assert found.violations[0].field == ("size",)


@pytest.mark.parametrize("mode", ["Envoy", "HTTP"])
def test_what_goes_over_a_network_is_in_no_file(mode):
    found = judged(kyvernos("true", evaluation={"mode": mode}))
    assert found.outcome is Outcome.NOT_EVALUATED
    assert mode in found.reason


@pytest.mark.parametrize(("home", "outcome"), [("shop", Outcome.FAIL), ("bank", Outcome.SKIP)])
def test_a_namespaced_policy_sees_its_own_namespace(home, outcome):
    wanted = kyvernos("false", kind="NamespacedValidatingPolicy")
    wanted["metadata"]["namespace"] = "shop"
    assert judged(wanted, thing(namespace=home)).outcome is outcome
    cluster_wide = thing("ClusterRole", "rbac.authorization.k8s.io/v1")
    assert judged(wanted, cluster_wide).outcome is Outcome.SKIP


def exception(*conditions, kind="ValidatingPolicy", name="p", **spec):
    made = [{"name": f"c{number}", "expression": one} for number, one in enumerate(conditions)]
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "PolicyException",
        "metadata": {"name": "but"},
        "spec": {"policyRefs": [{"name": name, "kind": kind}], "matchConditions": made, **spec},
    }


@pytest.mark.parametrize(
    ("excused", "outcome"),
    [
        (exception("object.metadata.name == 'x'"), Outcome.EXCEPTED),
        (exception("object.metadata.name == 'x'", "object.kind == 'Deployment'"), Outcome.EXCEPTED),
        (exception("object.metadata.name == 'y'"), Outcome.FAIL),
        (exception(), Outcome.EXCEPTED),
        (exception("object.spec.no.where"), Outcome.FAIL),
        (exception("no where"), Outcome.FAIL),
        (exception("request.userInfo.username == 'me'"), Outcome.FAIL),
        (exception(expiresAt="2026-12-01T00:00:00Z"), Outcome.EXCEPTED),
        (exception(expiresAt="2026-11-01T00:00:00Z"), Outcome.FAIL),
        (exception(expiresAt="2026-12-01"), Outcome.FAIL),
        (exception(images=["a:*"]), Outcome.FAIL),
    ],
)
def test_an_exception_lets_through_what_it_is_for(excused, outcome):
    found = judged((kyvernos("false"), excused))
    assert found.outcome is outcome
    assert [one.message for one in found.exempted] == ["policy exception but"] * (outcome is Outcome.EXCEPTED)


def test_an_exception_of_values_is_seen_by_expressions():
    wanted = kyvernos("exceptions.allowedValues.exists(v, v == object.metadata.name)")
    assert judged(wanted).outcome is Outcome.FAIL
    assert judged((wanted, exception(allowedValues=["x"]))).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("expression", "outcome"),
    [
        ("time.now() > timestamp('2026-01-01T00:00:00Z')", Outcome.PASS),
        ("images.containers.size() == 0", Outcome.NOT_EVALUATED),
        ("resource.Get('v1', 'configmaps', 'a', 'b').data.c == 'd'", Outcome.NOT_EVALUATED),
        ("image('ghcr.io/a/b:1').registry() == 'ghcr.io'", Outcome.PASS),
    ],
)
def test_what_only_kyverno_knows(expression, outcome):
    assert judged(kyvernos(expression)).outcome is outcome


def loaded(*documents):
    return admission_policies(Placed("r.yaml", number, one) for number, one in enumerate(documents))


def test_exceptions_go_with_the_policies_that_they_name():
    mine, other = exception(), exception(name="q")
    found = loaded(kyvernos("false"), mine, other)
    assert found.policies[0].documents[1:] == (mine,)
    assert not found.problems
    assert found.policies[0].digest != loaded(kyvernos("false")).policies[0].digest


def test_an_exception_from_another_kind_excuses_nothing():
    wrong = exception(kind="ImageValidatingPolicy")
    assert len(loaded(kyvernos("false"), wrong).policies[0].documents) == 1


@pytest.mark.parametrize(
    ("version", "kind", "is_error"),
    [
        ("policies.kyverno.io/v1", "ImageValidatingPolicy", True),
        ("policies.kyverno.io/v1alpha1", "MutatingPolicy", False),
        ("policies.kyverno.io/v1beta1", "GeneratingPolicy", False),
        ("policies.kyverno.io/v1", "DeletingPolicy", False),
        ("kyverno.io/v1", "ClusterPolicy", True),
        ("kyverno.io/v2", "PolicyException", False),
    ],
)
def test_kinds_that_are_not_judged_are_named(version, kind, is_error):
    found = loaded({"apiVersion": version, "kind": kind, "metadata": {"name": "p"}, "spec": {}})
    assert not found.policies
    assert [one.is_error for one in found.problems] == [is_error]
    assert found.problems[0].message.startswith("p ")


def test_a_policy_for_envoy_is_a_problem_of_its_file():
    found = loaded(kyvernos("true", evaluation={"mode": "Envoy"}))
    assert not found.policies
    assert found.problems[0].is_error
