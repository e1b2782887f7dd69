"""Dangers in words: each kind has its own, and the same danger is said once."""

import re

import pytest

from bot.kubernetes.dangers import KINDS
from bot.model.plan import ComponentChange, Danger, FileChange, RenderPart
from bot.report.dangers import MORE, WORDS, say_danger, told

FACTS = {
    "starts-empty": {"former": ("Cluster/cart",)},
    "moved": {"from": "shop", "to": "store", "number": 3},
    "component-removed": {"least": 2, "replicas": 5},
    "workload-removed": {"least": 2, "replicas": 5},
    "controller-changed": {"to": "Rollout/cart"},
    "storage-shrinks": {"field": "spec.storage.size", "was": "20Gi", "now": "10Gi"},
    "selector": {"was": "app=cart", "now": "app=basket"},
    "immutable-field": {"field": "spec.serviceName", "was": "cart", "now": "basket"},
    "replicas-zero": {"was": 3},
    "no-endpoints": {"selector": "app=cart"},
    "host-released": {"host": "cart.test", "paths": ("/", "/api")},
    "eviction-blocked": {"rule": "minAvailable: 2", "replicas": 2},
}
CASES = [(kind, case) for kind, words in WORDS.items() for case in ("", *words.cases)]


def part(environment, *dangers_of):
    changes = tuple(
        ComponentChange(
            f"component:default/{name}",
            "t",
            "1",
            (FileChange(f"{name}/a.yaml", None, b""),),
            dangers=dangers,
            names={"name": name},
        )
        for name, dangers in dangers_of
    )
    return RenderPart(environment, f"env/{environment}", changes, is_first=False)


def test_every_kind_has_words_and_no_words_are_left_over():
    assert WORDS.keys() == KINDS.keys()


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_all_facts_find_their_place(kind, case):
    said = say_danger(Danger(kind, "Thing/x", {**FACTS.get(kind, {}), "case": case}))
    assert "…" not in said.message
    assert said.fix
    assert re.fullmatch(r"[A-Z`].*\.", said.message)


@pytest.mark.parametrize("fact", MORE)
def test_what_is_said_besides_is_a_sentence_with_all_its_names(fact):
    names = ("Cluster/cart", "Bucket/cart")
    alone = say_danger(Danger("component-removed", "Thing/x", {"case": "idle"})).message
    said = say_danger(Danger("component-removed", "Thing/x", {"case": "idle", fact: names})).message
    assert re.fullmatch(rf"{re.escape(alone)} [A-Z`].*`Cluster/cart` and `Bucket/cart`.*\.", said)


@pytest.mark.parametrize("case", ["", "one", "kept", "same"])
def test_what_moves_has_a_verb(case):
    said = say_danger(Danger("moved", "Service/x", {**FACTS["moved"], "case": case}))
    assert said.message.startswith("It moves from namespace `shop` to `store`")


def test_one_danger_in_many_environments_and_components_is_told_once():
    def gone(name):
        return (name, (Danger("volume-removed", f"PersistentVolumeClaim/{name}-data"),))

    (one,) = told([part("dev", gone("cart"), gone("shop")), part("prod", gone("cart"), gone("shop"))])
    assert one.environments == ("dev", "prod")
    assert one.components == ("cart", "shop")
    assert not one.is_literal


def test_what_is_told_once_is_true_of_each_component_in_each_of_the_environments():
    def gone(name):
        return (name, (Danger("volume-removed", f"PersistentVolumeClaim/{name}-data"),))

    found = told([part("dev", gone("cart"), gone("shop")), part("prod", gone("shop"))])
    assert [(one.environments, one.components) for one in found] == [
        (("dev",), ("cart",)),
        (("dev", "prod"), ("shop",)),
    ]


def test_no_kind_is_named_for_a_component_that_does_not_have_it():
    def left(name, *beside):
        return (name, (Danger("left-behind", f"Cluster/{name}", {"beside": beside}),))

    found = told([part("dev", left("cart", "ScheduledBackup"), left("shop", "ObjectStore"))])
    assert [(one.components, one.danger.facts["beside"]) for one in found] == [
        (("cart",), ("ScheduledBackup",)),
        (("shop",), ("ObjectStore",)),
    ]


def test_other_facts_are_another_danger_and_the_worst_comes_first():
    dangers = (
        Danger("replicas-zero", "Deployment/cart", {"was": 2}),
        Danger("volume-removed", "PersistentVolumeClaim/cart"),
    )
    more = (Danger("replicas-zero", "Deployment/cart", {"was": 4}),)
    found = told([part("dev", ("cart", dangers)), part("prod", ("cart", more))])
    assert [(one.danger.kind, one.environments) for one in found] == [
        ("volume-removed", ("dev",)),
        ("replicas-zero", ("dev",)),
        ("replicas-zero", ("prod",)),
    ]


def test_what_people_wrote_stays_in_its_code_span():
    said = say_danger(Danger("no-endpoints", "Service/x", {"selector": "a=`b` <img>\n# x"}))
    assert said.message.count("`") == 2
