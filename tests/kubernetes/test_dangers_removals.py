"""Dangers of what goes away: deleted, left behind, stopped, or only moved. Each is told once."""

import pytest

from bot.kubernetes.claims import claims
from bot.kubernetes.dangers import dangers
from bot.kubernetes.lasting import staying
from bot.kubernetes.totals import totals
from tests.kubernetes.objects import (
    KEPT,
    annotated,
    autoscaler,
    bucket,
    budget,
    database,
    placed,
    renamed,
    route,
    service,
    stateful,
    thing,
    volume,
    workload,
)

REST = thing("ConfigMap", name="rest")
"""Something else of the component, so that not all of it goes."""
ARGO, HELM, FLUX = (
    "argocd.argoproj.io/sync-options",
    "helm.sh/resource-policy",
    "kustomize.toolkit.fluxcd.io/prune",
)


def found(before, after, **more):
    return [(danger.kind, danger.object) for danger in dangers(before, after, **more)]


def kinds(before, after):
    return [kind for kind, _ in found(before, after)]


def facts(before, after):
    (danger,) = dangers(before, after)
    return {key: value for key, value in danger.facts.items() if value != ""}


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (thing("Namespace"), "namespace-removed"),
        (thing("CustomResourceDefinition", "apiextensions.k8s.io/v1"), "definition-removed"),
        (database(), "database-removed"),
        (volume(), "volume-removed"),
        (stateful(), "stateful-removed"),
        (thing("Bucket", "s3.aws.upbound.io/v1beta1"), "bucket-removed"),
        (thing("ObjectBucketClaim", "objectbucket.io/v1alpha1"), "bucket-removed"),
    ],
)
def test_what_holds_data_is_missed_when_it_goes(one, kind):
    assert kinds([one, REST], [REST]) == [kind]
    assert kinds([], [one]) == []
    assert kinds([one], [one]) == []


def test_what_holds_nothing_and_serves_nobody_may_go():
    flux = thing("Bucket", "source.toolkit.fluxcd.io/v1")
    assert kinds([REST, flux, budget(maxUnavailable=1)], []) == []


# What stays in the cluster.


@pytest.mark.parametrize(
    ("notes", "of_a_part", "of_the_whole"),
    [
        ({ARGO: "ServerSideApply=true, Prune=false"}, True, False),
        ({ARGO: "Delete=false"}, False, True),
        ({ARGO: "Prune=false, Delete=false"}, True, True),
        ({ARGO: "Prune=confirm"}, False, False),
        ({HELM: "keep"}, False, True),
        ({HELM: "delete"}, False, False),
        ({FLUX: "Disabled"}, True, True),
        ({}, False, False),
    ],
)
def test_what_its_annotations_keep_is_left_behind_and_what_they_do_not_is_deleted(
    notes, of_a_part, of_the_whole
):
    one = annotated(volume(), notes)
    assert kinds([one, REST], [REST]) == ["left-behind" if of_a_part else "volume-removed"]
    assert kinds([one], []) == ["left-behind" if of_the_whole else "volume-removed"]


def test_a_retained_bucket_is_left_behind():
    retained = annotated(bucket(), {"services.k8s.aws/deletion-policy": "retain"})
    assert kinds([retained], []) == ["left-behind"]
    assert kinds([annotated(bucket(), {"services.k8s.aws/deletion-policy": "delete"})], []) == [
        "bucket-removed"
    ]


def test_what_is_left_behind_is_told_with_the_kinds_that_are_really_gone():
    kept = annotated(database(), KEPT)
    backup = thing("ScheduledBackup", "postgresql.cnpg.io/v1")
    config = thing("ConfigMap")
    assert facts([kept, config, backup], []) == {"beside": ("ScheduledBackup", "ConfigMap")}
    assert facts([kept], []) == {}
    assert facts([kept, config, backup], [config, backup]) == {}
    assert facts([annotated(thing("Namespace"), KEPT)], []) == {"case": "Namespace"}


def test_what_stays_goes_on_asking_for_what_it_asked_for():
    kept = annotated(database("5Gi"), KEPT)
    assert staying([kept, workload()], []) == (kept,)
    assert totals(staying([kept, workload()], [])) == totals([kept])
    assert staying([kept], [database("6Gi")]) == ()
    assert staying([kept, REST], [placed(kept, "store"), REST]) == (kept,)


def test_a_kept_workload_is_no_workload_that_stops():
    kept = annotated(workload(), KEPT)
    assert found([kept, REST], [REST]) == [("left-behind", "Deployment/cart")]
    assert found([kept], []) == [("left-behind", "Deployment/cart")]


# Under another name.


def test_data_does_not_follow_a_new_name():
    assert found([database(), REST], [database(name="shop"), REST]) == [
        ("database-removed", "Cluster/cart"),
        ("starts-empty", "Cluster/shop"),
    ]
    restored = database(name="shop", bootstrap={"recovery": {"source": "cart"}})
    assert kinds([database(), REST], [restored, REST]) == ["database-removed"]
    assert kinds([REST], [database(), REST]) == []


def test_data_does_not_follow_into_another_component():
    (danger,) = dangers([], [database(name="shop")], leaving=[database(), volume()])
    assert (danger.kind, danger.facts) == ("starts-empty", {"former": ("Cluster/cart",)})
    assert dangers([], [volume()], leaving=[database()]) == ()


def test_the_same_bucket_by_another_object_does_not_start_empty():
    assert dangers([], [bucket("shop")], leaving=[bucket()]) == ()
    assert [one.kind for one in dangers([], [bucket("shop", store="other")], leaving=[bucket()])] == [
        "starts-empty"
    ]


# Into another namespace.


def test_another_namespace_is_one_danger_that_names_the_data_that_goes():
    before = [workload(), service(), volume()]
    after = [placed(one, "store") for one in before]
    assert facts(before, after) == {
        "from": "shop",
        "to": "store",
        "number": 3,
        "lost": ("PersistentVolumeClaim/cart",),
    }


def test_volumes_of_a_stateful_set_that_moves_stay_behind():
    assert facts([stateful()], [placed(stateful(), "store")])["behind"] == ("StatefulSet/cart",)
    bare = workload("StatefulSet")
    assert "behind" not in facts([bare], [placed(bare, "store")])


def test_what_is_kept_where_it_was_is_not_said_to_be_deleted():
    kept = annotated(database(), KEPT)
    alone = facts([kept, REST], [placed(kept, "store"), REST])
    assert alone == {"from": "shop", "to": "store", "number": 1, "case": "kept"}
    both = facts([kept, service()], [placed(kept, "store"), placed(service(), "store")])
    assert both == {"from": "shop", "to": "store", "number": 2, "kept": ("Cluster/cart",)}


def test_the_same_bucket_from_another_namespace_keeps_its_contents():
    kept = annotated(bucket(), KEPT)
    alone = facts([kept], [placed(kept, "store")])
    assert alone == {"from": "shop", "to": "store", "number": 1, "case": "same"}
    other = annotated(bucket(namespace="store", store="acme-store"), KEPT)
    assert facts([kept], [other])["case"] == "kept"
    assert facts([bucket()], [placed(bucket(), "store")])["lost"] == ("Bucket/cart",)


# What stops.


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (workload(), {"replicas": 1, "case": "one"}),
        (workload("Rollout", "argoproj.io/v1alpha1", replicas=3), {"replicas": 3}),
        (workload("DaemonSet"), {"case": "daemon"}),
        (workload("CronJob", "batch/v1"), {"case": "job"}),
        (workload("StatefulSet", replicas=2), {"replicas": 2, "forgets": ("StatefulSet/cart",)}),
    ],
)
def test_a_workload_that_goes_is_one_danger(one, said):
    assert found([one, REST], [REST]) == [("workload-removed", f"{one['kind']}/cart")]
    assert facts([one, REST], [REST]) == said
    assert found([one, REST], []) == [("component-removed", f"{one['kind']}/cart")]
    assert facts([one, REST], []) == said


@pytest.mark.parametrize("one", [workload(replicas=0), workload("CronJob", "batch/v1", suspend=True)])
def test_what_does_not_run_cannot_stop(one):
    assert kinds([one, REST], [REST]) == []
    assert kinds([one], []) == []


def test_an_autoscalers_range_is_told():
    assert facts([workload(), autoscaler(2, 5), REST], [REST]) == {"least": 2, "replicas": 5, "case": "range"}


def test_another_controller_of_the_same_pods_takes_over():
    rollout = workload("Rollout", "argoproj.io/v1alpha1")
    assert found([workload()], [rollout]) == [("controller-changed", "Deployment/cart")]
    assert facts([workload()], [renamed(workload(), "basket")]) == {"to": "Deployment/basket"}
    idle = workload("Rollout", "argoproj.io/v1alpha1", replicas=0)
    assert kinds([workload()], [idle]) == ["workload-removed"]
    job = workload("CronJob", "batch/v1")
    assert kinds([workload()], [job]) == ["workload-removed"]


def test_a_service_that_goes_is_told():
    assert found([workload(), service()], [workload()]) == [("service-removed", "Service/cart")]


def test_a_component_that_goes_is_one_danger_however_much_it_was():
    before = [workload(replicas=2), service(), route("a.test"), thing("ConfigMap"), budget(maxUnavailable=1)]
    assert found(before, []) == [("component-removed", "Deployment/cart")]
    assert facts(before, []) == {"replicas": 2, "answers": ("a.test", "Service/cart")}
    assert found([service(), REST], []) == [("component-removed", "Service/cart")]

    (whole,) = dangers([workload(), route("a.test")], [], elsewhere=claims([route("a.test")]))
    assert "answers" not in whole.facts


def test_data_of_a_component_that_goes_is_told_beside_it():
    assert kinds([workload(), service(), volume()], []) == ["volume-removed", "component-removed"]
    assert kinds([workload(), annotated(volume(), KEPT)], []) == ["left-behind", "component-removed"]
    cache = [workload("StatefulSet", replicas=3), service()]
    assert facts(cache, [])["forgets"] == ("StatefulSet/cart",)


# StatefulSets.


def test_a_stateful_set_leaves_volumes_behind_only_where_it_has_some():
    assert kinds([stateful(), REST], [REST]) == ["stateful-removed"]
    assert facts([stateful()], [])["behind"] == ("StatefulSet/cart",)
    assert facts([stateful(replicas=0)], [])["behind"] == ("StatefulSet/cart",)
    assert "behind" not in facts([workload("StatefulSet")], [])


def test_volumes_that_are_deleted_with_their_stateful_set_are_not_said_to_stay():
    one = stateful(persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete"})
    assert facts([one, REST], [REST]) == {"case": "deleted"}
    assert facts([one], [])["lost"] == ("StatefulSet/cart",)
    assert facts([one], [placed(one, "store")])["lost"] == ("StatefulSet/cart",)


def test_a_stateful_set_on_a_claim_of_its_own_forgets_nothing():
    bound = workload("StatefulSet")
    bound["spec"]["template"]["spec"]["volumes"] = [{"persistentVolumeClaim": {"claimName": "data"}}]
    assert facts([bound, REST], [REST]) == {"replicas": 1, "case": "one"}
