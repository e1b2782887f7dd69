"""Dangers in words: each kind has its own, and the same danger is said once."""

import re

import pytest

from bot.kubernetes.dangers import KINDS
from bot.model.plan import ComponentChange, Danger, FileChange, RenderPart
from bot.report.dangers import WORDS, say_danger, told

FACTS = {
    "moved": {"from": "shop", "to": "store", "number": 3},
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


@pytest.mark.parametrize("case", ["", "one"])
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
