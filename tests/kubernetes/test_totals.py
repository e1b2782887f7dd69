"""Quantities are exact, and totals count what the scheduler would."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kubernetes.quantity import quantity, thousandths, whole
from bot.kubernetes.totals import totals
from bot.model.plan import Totals

GI = 2**30
MI = 2**20


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", Fraction(1, 2)),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("+2", 2),
        ("-1Ki", -1024),
        ("1.5Gi", 3 * 2**29),
        ("1k", 1000),
        ("1M", 10**6),
        ("1E", 10**18),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12E-1", Fraction(6, 5)),
        ("100n", Fraction(1, 10**7)),
        ("3u", Fraction(3, 10**6)),
        (2, 2),
        (0.25, Fraction(1, 4)),
        (1e-07, Fraction(1, 10**7)),
    ],
)
def test_a_quantity_is_exact(text, number):
    assert quantity(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "m",
            "1 Gi",
            "1gi",
            "1K",
            "1mi",
            "٣",
            "1e",
            "0x10",
            "1e999999999",
            "9Ei",
            "1" * 65,
            "inf",
            "1\n",
        ),
        *(None, True, [], {}, float("nan"), 10**4000),
    ],
)
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(ValueError):
        quantity(text)


def test_rounding_is_up_as_in_kubernetes():
    assert (thousandths("0.1m"), thousandths("1.0001"), whole("1500m"), whole("0.5")) == (1, 1001, 2, 1)


@given(st.integers(0, 10**12), st.sampled_from(["", "m", "u", "k", "Ki", "Mi", "e2"]))
def test_quantities_scale_with_their_number(number, suffix):
    assert quantity(f"{number}{suffix}") == number * quantity(f"1{suffix}")


def resources(cpu=None, memory=None, **limits):
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value is not None}
    return {"resources": {"requests": requests, "limits": limits}}


def pod(*containers, **more):
    return {"spec": {"containers": list(containers), **more}}


def thing(kind, spec, api="apps/v1", name="cart"):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def deployment(replicas=None, template=None, **more):
    spec = {"template": template or pod(resources("100m", "64Mi")), **more}
    return thing("Deployment", spec | ({} if replicas is None else {"replicas": replicas}))


def autoscaler(least=2, most=6, kind="Deployment", api="apps/v1"):
    target = {"apiVersion": api, "kind": kind, "name": "cart"}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    return thing("HorizontalPodAutoscaler", spec, "autoscaling/v2")


def of(*objects):
    total = totals(objects)
    return total.least_replicas, total.least_cpu, total.least_memory // MI, total.storage // GI


def test_a_deployment_asks_for_all_its_replicas():
    assert of(deployment(3)) == (3, 300, 192, 0)
    assert of(deployment()) == (1, 100, 64, 0)
    assert of(deployment(0)) == (0, 0, 0, 0)


def test_an_autoscaler_makes_a_range():
    assert totals([deployment(), autoscaler()]) == Totals(2, 6, 200, 600, 128 * MI, 384 * MI)


def test_an_autoscaler_leaves_what_was_scaled_to_zero():
    assert of(deployment(0), autoscaler()) == (0, 0, 0, 0)


def test_an_autoscaler_of_something_else_changes_nothing():
    assert totals([deployment(4), autoscaler(kind="StatefulSet")]).most_replicas == 4


def test_keda_scales_from_nothing():
    spec = {"scaleTargetRef": {"name": "cart"}, "maxReplicaCount": 5}
    total = totals([deployment(), thing("ScaledObject", spec, "keda.sh/v1alpha1")])
    assert (total.least_replicas, total.most_replicas) == (0, 5)


def test_init_containers_count_when_they_ask_for_more_and_sidecars_beside_all():
    small, init = resources("100m", "64Mi"), resources("500m", "32Mi")
    assert of(deployment(1, pod(small, initContainers=[init]))) == (1, 500, 64, 0)
    sidecar = {**resources("50m", "16Mi"), "restartPolicy": "Always"}
    assert of(deployment(1, pod(small, initContainers=[sidecar]))) == (1, 150, 80, 0)
    assert of(deployment(1, pod(small, initContainers=[sidecar, init]))) == (1, 550, 80, 0)
    assert of(deployment(1, pod(small, initContainers=[init, sidecar]))) == (1, 500, 80, 0)


def test_a_limit_stands_for_a_request_that_is_not_said():
    assert of(deployment(1, pod(resources(cpu="1", memory=None, memory_="x", cpu_="y")))) == (1, 1000, 0, 0)
    limited = {"resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}}
    assert of(deployment(1, pod(limited))) == (1, 1000, 1024, 0)


def test_overhead_and_requests_of_the_whole_pod_count():
    template = pod(resources("1", "1Gi"), overhead={"cpu": "250m"}, resources={"requests": {"cpu": "2"}})
    assert of(deployment(1, template)) == (1, 2250, 1024, 0)


def test_storage_comes_with_every_replica_of_a_stateful_set():
    claim = {"spec": {"resources": {"requests": {"storage": "10Gi"}}}}
    spec = {"replicas": 3, "template": pod(resources("1", "1Gi")), "volumeClaimTemplates": [claim]}
    assert of(thing("StatefulSet", spec)) == (3, 3000, 3072, 30)
    assert of(thing("PersistentVolumeClaim", claim["spec"], "v1")) == (0, 0, 0, 10)
    volume = {"ephemeral": {"volumeClaimTemplate": claim}}
    assert of(deployment(2, pod(resources("1"), volumes=[volume]))) == (2, 2000, 0, 20)


def test_a_daemon_set_counts_as_one_pod_and_a_cron_job_as_one_run():
    template = pod(resources("100m", "64Mi"))
    assert of(thing("DaemonSet", {"template": template})) == (1, 100, 64, 0)
    job = {"parallelism": 4, "completions": 2, "template": template}
    assert of(thing("Job", job, "batch/v1")) == (2, 200, 128, 0)
    assert of(thing("CronJob", {"jobTemplate": {"spec": job}}, "batch/v1")) == (2, 200, 128, 0)
    assert of(thing("CronJob", {"jobTemplate": {"spec": job}, "suspend": True}, "batch/v1")) == (0, 0, 0, 0)
    assert of({**thing("Pod", None, "v1"), **template}) == (1, 100, 64, 0)


def test_a_rollout_counts_as_a_deployment_and_once_when_it_borrows_one():
    template = pod(resources("100m", "64Mi"))
    rollout = thing("Rollout", {"replicas": 2, "template": template}, "argoproj.io/v1alpha1")
    assert of(rollout) == (2, 200, 128, 0)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    borrowing = thing("Rollout", {"replicas": 3, "workloadRef": reference}, "argoproj.io/v1alpha1")
    scaled = autoscaler(kind="Rollout", api="argoproj.io/v1alpha1")
    assert of(borrowing, deployment(1)) == (3, 300, 192, 0)
    assert totals([borrowing, deployment(1), scaled]).most_cpu == 600


def test_a_database_of_cloudnativepg_asks_for_every_instance():
    spec = {
        "instances": 3,
        "storage": {"size": "20Gi"},
        "walStorage": {"size": "5Gi"},
        "resources": {"requests": {"cpu": "1", "memory": "2Gi"}},
    }
    assert of(thing("Cluster", spec, "postgresql.cnpg.io/v1")) == (3, 3000, 6144, 75)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["Deployment", "StatefulSet", "Job", "CronJob", "Pod", "DaemonSet"]),
)
def test_no_object_is_so_odd_that_it_stops_the_sum(odd, kind):
    for spec in (
        odd,
        {"template": odd},
        {"template": {"spec": {"containers": odd, "initContainers": [odd]}}},
    ):
        total = totals([thing(kind, spec, "batch/v1" if "Job" in kind else "apps/v1")])
        assert total.least_cpu >= 0


def test_nobody_asks_for_less_than_nothing():
    assert of(deployment(-3, pod(resources("-1", "lots")))) == (0, 0, 0, 0)
