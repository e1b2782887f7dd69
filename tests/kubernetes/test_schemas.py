"""Objects against schemas: as strict as an API server, silent about what it would take, and never a crash."""

import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.schemas import ShippedSchemas
from bot.kubernetes.crd import CustomKind
from bot.kubernetes.schemas import NoSchemas, WithCustom, closest
from bot.kubernetes.validate import (
    LATER_KIND,
    MISSING,
    MOST_PROBLEMS,
    NO_KIND,
    REMOVED_KIND,
    UNCHECKED,
    UNKNOWN,
    validate,
)

SCHEMAS = ShippedSchemas()
CONTAINER = ("spec", "template", "spec", "containers", 0)

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "cart", "labels": {"app": "cart"}, "creationTimestamp": None},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "cart"}},
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
        "template": {
            "metadata": {"labels": {"app": "cart"}},
            "spec": {
                "containers": [
                    {
                        "name": "cart",
                        "image": "cart:1",
                        "args": None,
                        "env": [{"name": "LOG", "value": "info"}, {"name": "NONE", "value": None}],
                        "ports": [{"containerPort": 8080}],
                        "resources": {"requests": {"cpu": 0.5, "memory": "128Mi"}, "limits": {"cpu": 1}},
                        "livenessProbe": {"httpGet": {"port": "http"}},
                        "readinessProbe": {"httpGet": {"port": 8080}},
                    }
                ]
            },
        },
    },
}


def said(value, version="1.34", schemas=SCHEMAS):
    return [(one.pointer, one.keyword) for one in validate(schemas, version, value)]


def changed(pointer, value):
    whole = deepcopy(DEPLOYMENT)
    node = whole
    for step in pointer[:-1]:
        node = node[step]
    node[pointer[-1]] = value
    return whole


@pytest.mark.parametrize("version", SCHEMAS.versions)
def test_what_every_version_takes_is_not_held_against_anyone(version):
    assert said(DEPLOYMENT, version) == []


@pytest.mark.parametrize(
    ("pointer", "value", "keyword"),
    [
        ((*CONTAINER, "resourcs"), {}, UNKNOWN),
        (("metadata", "label"), {}, UNKNOWN),
        (("metadata", "labels", "tier"), 1, "type"),
        (("spec", "replicas"), "two", "type"),
        (("spec", "replicas"), 2**31, "maximum"),
        ((*CONTAINER, "env", 0, "value"), True, "type"),
        ((*CONTAINER, "name"), None, "type"),
        ((*CONTAINER, "resources", "limits", "memory"), "256 MB", "pattern"),
        ((*CONTAINER, "resources", "limits", "memory"), [], "type"),
        ((*CONTAINER, "livenessProbe", "httpGet", "port"), 1.5, "type"),
        (("status",), {"replicas": "x"}, "type"),
    ],
)
def test_what_a_server_refuses_is_said_at_its_place(pointer, value, keyword):
    whole = changed(pointer, value)
    assert (pointer if pointer != ("status",) else ("status", "replicas"), keyword) in said(whole)


def test_what_is_missing_is_said_at_the_field_that_lacks():
    whole = changed((*CONTAINER, "ports", 0), {"name": "http"})
    assert said(whole) == [((*CONTAINER, "ports", 0, "containerPort"), MISSING)]


def test_an_unknown_field_tells_which_there_are():
    (problem,) = validate(SCHEMAS, "1.34", changed((*CONTAINER, "comand"), []))
    assert "command" in problem.known
    assert "image" in problem.known


def test_reasons_speak_of_the_value():
    def reason(pointer, value):
        return validate(SCHEMAS, "1.34", changed(pointer, value))[0].reason

    assert reason((*CONTAINER, "env", 0, "value"), True) == "true is not of type string"
    assert reason(("spec", "replicas"), "a" * 500) == f'"{"a" * 59}... is not of type integer'
    limit = (*CONTAINER, "resources", "limits", "cpu")
    assert reason(limit, "1x") == '"1x" is no quantity such as 250m or 1.5Gi'


@pytest.mark.parametrize(
    "text", ["1", "0.5", ".5", "1.", "+1", "-1", "100m", "1Gi", "1e3", "1E3", "1E", "12n"]
)
def test_every_spelling_of_a_quantity_is_taken(text):
    assert said(changed((*CONTAINER, "resources", "limits", "cpu"), text)) == []


REMOVED = [
    # API version, kind, last version that has it (None: before all of ours), what the newest has instead
    ("policy/v1beta1", "PodDisruptionBudget", None, "policy/v1"),
    ("batch/v1beta1", "CronJob", None, "batch/v1"),
    ("extensions/v1beta1", "Ingress", None, "networking.k8s.io/v1"),
    ("apps/v1beta2", "Deployment", None, "apps/v1"),
    ("rbac.authorization.k8s.io/v1beta1", "Role", None, "rbac.authorization.k8s.io/v1"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.25", "autoscaling/v2"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", "1.25", "flowcontrol.apiserver.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", "1.26", "storage.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", "1.28", "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "1.31", "flowcontrol.apiserver.k8s.io/v1"),
]


def minor(version):
    return int(version.split(".")[1])


@pytest.mark.parametrize("version", SCHEMAS.versions)
@pytest.mark.parametrize(("api", "kind", "last", "use"), REMOVED, ids=str)
def test_what_a_version_of_kubernetes_removed_is_said_with_what_to_use(version, api, kind, last, use):
    value = {"apiVersion": api, "kind": kind, "metadata": {"name": "x"}}
    found = validate(SCHEMAS, version, value)
    is_gone = last is None or minor(version) > minor(last)
    assert (REMOVED_KIND in [one.keyword for one in found]) == is_gone
    if is_gone:
        (problem,) = found
        assert problem.pointer == ("apiVersion",)
        assert minor(problem.reason) <= minor(version)
        assert problem.reason == f"1.{minor(last) + 1}" if last else minor(problem.reason) <= 25
        if version == SCHEMAS.versions[-1]:
            assert problem.known[0] == use


def test_a_kind_that_comes_later_says_with_which_version():
    value = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    (problem,) = validate(SCHEMAS, "1.28", value)
    assert (problem.keyword, problem.reason) == (LATER_KIND, "1.30")


def test_a_kind_in_the_wrong_group_says_the_right_one():
    (problem,) = validate(SCHEMAS, "1.34", {"apiVersion": "apps/v1", "kind": "CronJob"})
    assert (problem.keyword, problem.known) == (NO_KIND, ("batch/v1",))


def test_a_kind_that_is_none_tells_those_that_there_are():
    (problem,) = validate(SCHEMAS, "1.34", {"apiVersion": "apps/v1", "kind": "Deploymnt"})
    assert (problem.pointer, problem.keyword) == (("kind",), NO_KIND)
    assert "Deployment" in problem.known


@pytest.mark.parametrize(
    "api", ["acme.test/v1", "networking.acme.test/v1", "kustomize.config.k8s.io/v1beta1"]
)
def test_nothing_is_said_of_a_custom_kind_without_a_schema(api):
    assert said({"apiVersion": api, "kind": "Ingress", "metadata": {"name": "x"}}) == [((), UNCHECKED)]


def test_a_platforms_own_kinds_are_judged_and_stronger():
    schema = {"type": "object", "required": ["spec"]}
    kinds = (
        CustomKind("acme.test", "Thing", {"v1": schema}),
        CustomKind("argoproj.io", "Rollout", {"v1alpha1": schema}),
    )
    own = WithCustom(SCHEMAS, kinds)
    for one in kinds:
        (version,) = one.versions
        value = {"apiVersion": f"{one.group}/{version}", "kind": one.kind}
        assert said(value, schemas=own) == [(("spec",), MISSING)]
        assert said({**value, "spec": {"anything": 1}}, schemas=own) == []
    assert said(DEPLOYMENT, schemas=own) == []
    assert own.id not in (SCHEMAS.id, WithCustom(SCHEMAS, kinds[:1]).id)


@pytest.mark.parametrize(
    ("wanted", "got"), [("", "1.37"), ("1.30", "1.30"), ("1.99", "1.37"), ("1.2", "1.25"), ("1.37", "1.37")]
)
def test_the_nearest_version_judges_for_one_that_we_do_not_have(wanted, got):
    assert closest(SCHEMAS.versions, wanted) == got


def test_no_schemas_say_nothing():
    assert closest(NoSchemas().versions, "1.30") == ""
    assert said(DEPLOYMENT, "", NoSchemas()) == [((), UNCHECKED)]


def test_no_object_makes_more_findings_than_anyone_reads():
    whole = changed(CONTAINER, {f"x{number}": 1 for number in range(500)})
    assert len(said(whole)) == MOST_PROBLEMS


def test_what_nobody_can_judge_is_a_problem_and_no_crash():
    deep = {"apiVersion": "v1", "kind": "ConfigMap", "data": {}}
    node = deep["data"]
    for _ in range(400):
        node["a"] = {}
        node = node["a"]
    assert [keyword for _, keyword in said(deep)] == ["json"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
POINTERS = [
    ("apiVersion",),
    ("kind",),
    ("metadata",),
    ("spec",),
    ("spec", "template"),
    CONTAINER,
    (*CONTAINER, "resources"),
    (*CONTAINER, "env"),
    (*CONTAINER, "env", 0, "value"),
    (*CONTAINER, "livenessProbe", "httpGet", "port"),
]


@settings(deadline=None)
@given(value=JSON)
def test_any_value_at_all_has_a_verdict(value):
    assert isinstance(validate(SCHEMAS, "1.34", value), tuple)


@settings(deadline=None)
@given(pointer=st.sampled_from(POINTERS), value=JSON)
def test_any_value_anywhere_has_a_verdict_that_points_into_the_object(pointer, value):
    whole = changed(pointer, value)
    found = validate(SCHEMAS, "1.34", whole)
    assert found == validate(SCHEMAS, "1.34", json.loads(json.dumps(whole)))
    for problem in found:
        node = whole
        for step in problem.pointer[:-1]:
            node = node[step]
