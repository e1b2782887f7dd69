"""Dangers: each kind from a small change, and none from a change that hurts nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.kubernetes.dangers import KINDS, dangers
from bot.kubernetes.immutable import IMMUTABLE
from tests.kubernetes.objects import (
    autoscaler,
    budget,
    database,
    route,
    service,
    thing,
    volume,
    workload,
)


def kinds(before, after):
    return [danger.kind for danger in dangers(before, after)]


@pytest.mark.parametrize("key", IMMUTABLE, ids=str)
def test_every_fixed_field_is_watched(key):
    group, kind = key
    for path, *_ in IMMUTABLE[key]:
        before, after = ({"apiVersion": f"{group}/v1".lstrip("/"), "kind": kind} for _ in range(2))
        for one, value in ((before, "one"), (after, "two")):
            inside = one
            for step in path[:-1]:
                inside = inside.setdefault(step, {})
            inside[path[-1]] = value
        (found,) = [danger for danger in dangers([before], [after]) if danger.facts.get("field")]
        assert found.facts["field"] == ".".join(path)
        assert (found.facts["was"], found.facts["now"]) == ("one", "two")


@pytest.mark.parametrize(
    ("spec", "later", "field", "case"),
    [
        ({"name": "acme-dev-cart"}, {"name": "acme-dev-basket"}, "spec.name", None),
        (
            {"createBucketConfiguration": {"locationConstraint": "eu-central-1"}},
            {"createBucketConfiguration": {"locationConstraint": "eu-west-1"}},
            "spec.createBucketConfiguration.locationConstraint",
            "ignored",
        ),
    ],
)
def test_a_bucket_keeps_its_name_and_its_place(spec, later, field, case):
    before, after = (thing("Bucket", "s3.services.k8s.aws/v1alpha1", spec=one) for one in (spec, later))
    (danger,) = dangers([before], [after])
    assert (danger.kind, danger.facts["field"], danger.facts.get("case")) == ("immutable-field", field, case)
    other = thing("Bucket", "s3.aws.upbound.io/v1beta1", spec=spec)
    assert kinds([other], [other | {"spec": later}]) == []


def test_how_a_database_is_made_is_read_once_and_told_at_its_own_place():
    before, after = (database(bootstrap={"initdb": {"owner": owner}}) for owner in ("cart", "shop"))
    (danger,) = dangers([before], [after])
    assert danger.facts == {
        "field": "spec.bootstrap.initdb.owner",
        "was": "cart",
        "now": "shop",
        "case": "ignored",
    }


@pytest.mark.parametrize(
    ("was", "now", "fields"),
    [
        ({"imageName": "pg:16.4"}, {"imageName": "pg:17.0"}, []),
        ({"imageName": "pg:17.0@sha256:0"}, {"imageName": "pg:16.4"}, ["spec.imageName"]),
        (
            {"imageCatalogRef": {"major": 17}},
            {"imageCatalogRef": {"major": 16}},
            ["spec.imageCatalogRef.major"],
        ),
        ({"imageName": "localhost:5000/pg"}, {"imageName": "localhost:4000/pg"}, []),
        ({"walStorage": {"size": "1Gi"}}, {}, ["spec.walStorage"]),
        ({}, {"walStorage": {"size": "1Gi"}}, []),
    ],
)
def test_a_database_goes_to_no_older_version_and_keeps_its_log(was, now, fields):
    found = dangers([database(**was)], [database(**now)])
    assert [danger.facts["field"] for danger in found] == fields


def test_what_is_fixed_once_it_is_said_may_be_said_later():
    def named(**spec):
        return thing("Database", "postgresql.cnpg.io/v1", spec={"cluster": {"name": "pg"}, **spec})

    assert kinds([named()], [named(encoding="UTF8")]) == []
    assert kinds([named(encoding="UTF8")], [named(encoding="LATIN1")]) == ["immutable-field"]


def test_what_the_api_server_fills_in_is_no_change():
    said = workload("StatefulSet", podManagementPolicy="OrderedReady", serviceName="")
    assert kinds([workload("StatefulSet")], [said]) == []
    assert kinds([said], [workload("StatefulSet")]) == []


def test_a_changed_selector_is_told_with_both_values():
    (danger, _) = dangers([workload(), service()], [workload(labels={"app": "basket"}), service()])
    assert (danger.kind, danger.object) == ("selector", "Deployment/cart")
    assert (danger.facts["was"], danger.facts["now"]) == ("app=cart", "app=basket")


def test_what_is_long_is_not_told_in_a_sentence():
    (danger,) = dangers(
        [workload("Job", "batch/v1")], [workload("Job", "batch/v1", template={"x": "y" * 200})]
    )
    assert danger.facts == {"field": "spec.template", "case": "long"}


@pytest.mark.parametrize(
    "notes",
    [
        {"argocd.argoproj.io/hook": "PreSync"},
        {"argocd.argoproj.io/sync-options": "Force=true,Replace=true"},
        {"kustomize.toolkit.fluxcd.io/force": "enabled"},
    ],
)
def test_what_is_made_anew_may_change_everywhere(notes):
    after = workload("Job", "batch/v1", template={})
    after["metadata"]["annotations"] = notes
    assert kinds([workload("Job", "batch/v1")], [after]) == []


def test_volumes_grow_and_never_shrink():
    assert kinds([volume("10Gi")], [volume("10240Mi")]) == []
    assert kinds([volume("10Gi")], [volume("20Gi")]) == []
    assert kinds([volume("10Gi")], [volume("9Gi")]) == ["storage-shrinks"]
    assert kinds([database("10Gi")], [database("20Gi")]) == []
    (danger,) = dangers([database("10Gi")], [database("5Gi")])
    assert danger.facts == {"field": "spec.storage.size", "was": "10Gi", "now": "5Gi"}


def test_a_stateful_sets_claims_cannot_even_grow():
    before, after = (workload("StatefulSet", volumeClaimTemplates=[volume(size)]) for size in ("1Gi", "2Gi"))
    assert kinds([before], [after]) == ["immutable-field"]


def test_sealed_data_cannot_change_and_open_data_can():
    before, after = (thing("ConfigMap", data={"a": value}, immutable=True) for value in ("1", "2"))
    assert kinds([before], [after]) == ["immutable-field"]
    opened = {key: value for key, value in before.items() if key != "immutable"}
    assert kinds([before], [opened]) == ["immutable-field"]
    assert kinds([opened], [after]) == []


def test_scaling_to_nothing_is_told_and_staying_there_is_not():
    assert kinds([workload()], [workload(replicas=0)]) == ["replicas-zero"]
    assert kinds([workload(replicas=0)], [workload(replicas=0)]) == []
    assert kinds([workload(), autoscaler(1, 3)], [workload(), autoscaler(0, 0)]) == ["replicas-zero"]
    assert kinds([workload(replicas=2)], [workload(replicas=1)]) == []


def test_a_service_that_loses_its_pods_is_told_whichever_of_both_changed():
    other = workload(labels={"app": "cart", "tier": "2"})
    assert kinds([workload(), service()], [workload(), service(selector={"app": "x"})]) == ["no-endpoints"]
    assert "no-endpoints" in kinds([workload(), service()], [workload(labels={"app": "x"}), service()])
    assert "no-endpoints" not in kinds([workload(), service()], [other, service()])
    elsewhere = service(selector={"app": "of-another-component"})
    assert kinds([workload(), elsewhere], [workload(), service(selector={"app": "x"})]) == []


def test_a_released_host_is_told_unless_something_still_answers():
    assert kinds([route("a.test")], [route("a.test")]) == []
    (danger,) = dangers([route("a.test", "b.test")], [route("a.test")])
    assert (danger.kind, danger.facts["host"], danger.facts["paths"]) == ("host-released", "b.test", ())
    assert kinds([route("a.test")], [route("*.test")]) == []
    assert kinds([route("a.test", path="/api/v1")], [route("a.test", path="/api")]) == []
    (narrower,) = dangers([route("a.test")], [route("a.test", path="/api")])
    assert narrower.facts["paths"] == ("/",)
    assert kinds([route("a.test", path="/api")], [route("a.test", path="/apiary")]) == ["host-released"]


@pytest.mark.parametrize(
    ("objects", "is_blocked"),
    [
        ([workload(replicas=3), budget(maxUnavailable=1)], False),
        ([workload(replicas=3), budget(maxUnavailable=0)], True),
        ([budget(maxUnavailable="0%")], True),
        ([budget(minAvailable="100%")], True),
        ([workload(replicas=2), budget(minAvailable=1)], False),
        ([workload(), budget(minAvailable=1)], True),
        ([workload(), budget(minAvailable="50%")], True),
        ([workload(replicas=2), budget(minAvailable="50%")], False),
        ([workload(), autoscaler(1, 9), budget(minAvailable=1)], True),
        ([workload(replicas=0), budget(minAvailable=1)], False),
        ([workload(labels={"app": "x"}), budget(minAvailable=1)], False),
    ],
)
def test_a_budget_that_lets_no_pod_go_is_told_once(objects, is_blocked):
    assert kinds([], objects) == (["eviction-blocked"] if is_blocked else [])
    assert kinds(objects, objects) == []


def test_a_new_version_of_an_api_group_is_the_same_object():
    assert kinds([workload(api="apps/v1beta1")], [workload()]) == []


def test_the_worst_comes_first():
    before = [workload(), budget(maxUnavailable=1), route("a.test"), volume()]
    after = [workload(replicas=0), budget(maxUnavailable=0)]
    ranks = [list(KINDS).index(kind) for kind in kinds(before, after)]
    assert ranks == sorted(ranks)
    assert len(ranks) == 4


OBJECTS = st.lists(
    st.sampled_from(
        [
            *(workload(), workload(replicas=0), service(), volume(), volume("1Gi"), database()),
            *(route("a.test"), budget(maxUnavailable=0), autoscaler(0, 0), thing("Namespace")),
            workload("StatefulSet"),
        ]
    ),
    unique_by=lambda one: one["kind"],
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@given(OBJECTS)
def test_nothing_changed_is_no_danger(objects):
    assert dangers(objects, list(reversed(objects))) == ()


@given(OBJECTS, OBJECTS, st.randoms())
def test_the_order_of_objects_says_nothing(before, after, random):
    found = dangers(before, after)
    random.shuffle(before)
    random.shuffle(after)
    assert dangers(before, after) == found


@given(st.sampled_from(sorted(IMMUTABLE)), JUNK, JUNK)
@settings(deadline=None)
def test_no_object_is_so_odd_that_it_stops_the_search(key, one, other):
    group, kind = key
    head = {"apiVersion": f"{group}/v1".lstrip("/"), "kind": kind, "metadata": {"name": "x"}}
    for spec in (one, {"selector": one, "template": {"metadata": {"labels": other}}, "resources": one}):
        for danger in dangers([head | {"spec": spec}], [head | {"spec": other}]):
            assert danger.kind in KINDS
