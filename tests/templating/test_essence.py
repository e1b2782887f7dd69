"""The essence of a file: what is called harmless never holds a danger."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kubernetes.dangers import dangers
from bot.templating.canonical import dump
from bot.templating.essence import is_harmless

BASE = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "cart", "labels": {"a": "b"}, "annotations": {"note": "two\n\nlines\n"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "cart"}},
        "serviceName": "cart",
        "template": {
            "metadata": {"labels": {"app": "cart"}},
            "spec": {"containers": [{"name": "app", "args": ["x\n\n y\n"]}], "volumes": []},
        },
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}],
    },
}
WAYS = [
    ("metadata", "labels", "a"),
    ("metadata", "annotations", "note"),
    ("spec", "replicas"),
    ("spec", "selector", "matchLabels", "app"),
    ("spec", "serviceName"),
    ("spec", "template", "metadata", "labels", "app"),
    ("spec", "template", "spec", "containers", 0, "name"),
    ("spec", "template", "spec", "volumes"),
    ("spec", "volumeClaimTemplates", 0, "spec", "accessModes"),
]
HARMLESS = {way for way in WAYS if way[0] == "metadata" or way[:3] == ("spec", "template", "spec")}


def changed(way, value="other", base=BASE):
    after = deepcopy(base)
    node = after
    for step in way[:-1]:
        node = node[step]
    node[way[-1]] = value
    return after


def harmless(before, after, path="statefulset-cart.yaml"):
    return is_harmless(path, before and dump(before), after and dump(after))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_only_metadata_and_the_inside_of_pods_are_harmless(way):
    assert harmless(BASE, changed(way)) == (way in HARMLESS)


def test_what_comes_or_goes_is_doubted_and_what_stays_is_not():
    assert not harmless(BASE, None)
    assert not harmless(None, BASE)
    assert harmless(BASE, BASE)


def test_kinds_that_hold_no_danger_are_harmless_whatever_changes():
    assert harmless(BASE, None, path="serviceaccount-cart.yaml")


def test_open_data_is_harmless_and_sealed_data_is_not():
    before, after = ({"kind": "ConfigMap", "data": {"a": value}} for value in ("1", "immutable: true\n"))
    assert harmless(before, after, path="configmap-cart.yaml")
    assert not harmless(before | {"immutable": True}, after, path="configmap-cart.yaml")


def test_a_jobs_pods_may_not_change():
    before = BASE | {"kind": "Job", "apiVersion": "batch/v1"}
    after = changed(("spec", "template", "spec", "volumes"), base=before)
    assert not harmless(before, after, path="job-cart.yaml")


VALUES = st.recursive(
    st.none() | st.integers(-1, 2) | st.text("a: -|\n\"#'", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("ab :\n-", max_size=3), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(
    st.sampled_from(["Deployment", "StatefulSet", "Rollout", "Job", "Service", "ConfigMap"]),
    st.lists(st.tuples(st.sampled_from(WAYS), VALUES), max_size=2),
    st.lists(st.tuples(st.sampled_from(WAYS), VALUES), max_size=2),
)
def test_what_is_called_harmless_holds_no_danger(kind, one, other):
    groups = {"Rollout": "argoproj.io/v1alpha1", "Job": "batch/v1", "Service": "v1", "ConfigMap": "v1"}
    base = BASE | {"kind": kind, "apiVersion": groups.get(kind, "apps/v1")}
    before, after = deepcopy(base), deepcopy(base)
    for value, edits in ((before, one), (after, other)):
        for way, put in edits:
            node = value
            for step in way[:-1]:
                node = (
                    node[step]
                    if isinstance(node, dict | list) and node and (step in node or step == 0)
                    else None
                )
            if isinstance(node, dict | list):
                node[way[-1]] = put
    if harmless(before, after, path=f"{kind.lower()}-cart.yaml"):
        assert dangers([before], [after]) == ()
