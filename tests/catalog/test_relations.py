"""Relations are the same whichever side writes them, circles are told once, and ten thousand cost little."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog.check import check
from bot.catalog.circles import circles
from bot.catalog.entity import Catalog, Entity
from bot.catalog.relations import INVERSE
from bot.catalog.relations_tree import dependencies, dependents
from bot.model.plan import Severity
from tests.catalog.test_scale import NUMBER, _world
from tests.shelf import Shelf

SPECS = {
    "Component": "type: t, lifecycle: l, owner: team",
    "Resource": "type: t, owner: team",
    "API": "type: t, lifecycle: l, owner: team, definition: d",
    "System": "owner: team",
    "Domain": "owner: team",
    "Group": "type: t",
    "User": "profile: {}",
}
TEMPLATE = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: tiny}
spec: {owner: team, type: service, version: 1.0.0, steps: []}
"""


def entity(kind: str, name: str, spec: str = "", namespace: str = "default") -> str:
    own = "{" + ", ".join(filter(None, [SPECS[kind], spec])) + "}"
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: {namespace}}}\nspec: {own}\n"
    )


def catalog(*texts: str) -> Catalog:
    return check(Shelf({"catalog/all.yaml": "---\n".join(texts)})).catalog


@pytest.mark.parametrize(
    ("kind", "spec", "relation", "target"),
    [
        ("Component", "", "ownedBy", "group:default/team"),
        ("Component", "system: s", "partOf", "system:default/s"),
        ("Component", "subcomponentOf: c", "partOf", "component:default/c"),
        ("Component", "providesApis: [a]", "providesApi", "api:default/a"),
        ("Component", "consumesApis: [other/a]", "consumesApi", "api:other/a"),
        ("Component", "dependsOn: ['resource:db']", "dependsOn", "resource:default/db"),
        ("Resource", "dependencyOf: ['component:c']", "dependencyOf", "component:default/c"),
        ("System", "domain: d", "partOf", "domain:default/d"),
        ("Domain", "subdomainOf: d", "partOf", "domain:default/d"),
        ("Group", "parent: g", "childOf", "group:default/g"),
        ("Group", "children: [g]", "parentOf", "group:default/g"),
        ("Group", "members: [U]", "hasMember", "user:default/u"),
        ("User", "memberOf: [g]", "memberOf", "group:default/g"),
    ],
)
def test_each_field_makes_its_pair_also_with_what_does_not_exist(
    kind: str, spec: str, relation: str, target: str
) -> None:
    relations = catalog(entity(kind, "x", spec)).relations
    ref = f"{kind.lower()}:default/x"
    assert target in relations.of(ref)[relation]
    assert relations.of(target)[INVERSE[relation]] == (ref,)
    saying = relations.said(ref, relation, target)
    assert saying.entity.ref == ref
    assert saying in relations.naming(target)


def test_the_default_namespace_is_that_of_who_refers() -> None:
    relations = catalog(entity("Component", "x", "system: s", namespace="shop")).relations
    assert relations.targets("component:shop/x", "partOf") == ("system:shop/s",)


def test_both_sides_make_one_relation() -> None:
    relations = catalog(entity("Group", "g", "members: [u]"), entity("User", "u", "memberOf: [g]")).relations
    assert relations.targets("group:default/g", "hasMember") == ("user:default/u",)
    assert relations.targets("user:default/u", "memberOf") == ("group:default/g",)


def test_a_component_is_related_to_the_template_that_renders_it() -> None:
    uses = "deploy: {template: tiny}"
    texts = (TEMPLATE, entity("Component", "c", uses), entity("Resource", "r", "template: tiny"))
    relations = catalog(*texts).relations
    assert relations.targets("template:default/tiny", "renders") == (
        "component:default/c",
        "resource:default/r",
    )


def test_what_people_write_as_relations_and_foreign_kinds_say_nothing() -> None:
    own = entity("Component", "x") + "relations: [{type: dependsOn, targetRef: 'component:default/y'}]\n"
    foreign = "apiVersion: acme.example/v1\nkind: Component\nmetadata: {name: z}\nspec: {owner: nobody}\n"
    relations = catalog(own, foreign).relations
    assert list(relations.of("component:default/x")) == ["ownedBy"]
    assert relations.of("group:default/nobody") == {}


def test_of_two_claimants_only_the_first_speaks() -> None:
    files = {
        "catalog/a.yaml": entity("Component", "x", "system: one"),
        "catalog/b.yaml": entity("Component", "x", "system: two"),
    }
    relations = check(Shelf(files)).catalog.relations
    assert relations.targets("component:default/x", "partOf") == ("system:default/one",)


def test_broken_references_say_nothing() -> None:
    relations = catalog(entity("Component", "x", "dependsOn: [nokind, ':'], providesApis: [':']")).relations
    assert list(relations.of("component:default/x")) == ["ownedBy"]


def told(*pairs: tuple[str, str]) -> list[tuple[str, ...]]:
    """The chains of the circles that these dependencies make."""
    names = sorted({name for pair in pairs for name in pair})
    texts = []
    for name in names:
        wanted = ", ".join(f"'component:{there}'" for here, there in pairs if here == name)
        texts.append(entity("Component", name, f"dependsOn: [{wanted}]"))
    found = check(
        Shelf({"catalog/all.yaml": "---\n".join([entity("Group", "team", "children: []"), *texts])})
    )
    assert {one.rule for one in found.findings} <= {"dependency-cycle"}
    assert all(one.severity is Severity.WARN for one in found.findings)
    return sorted(tuple(ref.rpartition("/")[2] for ref in one.facts["chain"]) for one in found.findings)


def test_dependencies_that_close_a_circle_are_a_warning_with_the_chain() -> None:
    assert told(("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")) == [("a", "b", "c", "a")]
    assert told(("a", "a")) == [("a", "a")]
    assert told(("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")) == []


def test_circles_that_share_a_part_are_both_told() -> None:
    pairs = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("x", "y"), ("y", "x")]
    assert told(*pairs) == [("a", "b", "a"), ("b", "c", "b"), ("x", "y", "x")]


def test_a_long_way_around_is_shown_without_its_middle() -> None:
    names = "abcdefgh"
    (chain,) = told(*zip(names, names[1:] + names[0], strict=True))
    assert chain == ("a", "b", "c", "d", "e", "f", "…", "a")


def test_a_circle_that_the_other_side_writes_is_found_where_it_is_written() -> None:
    texts = [
        entity("Group", "team", "children: []"),
        entity("Resource", "r", "dependsOn: ['component:c'], dependencyOf: ['component:c']"),
        entity("Component", "c"),
    ]
    (finding,) = check(Shelf({"catalog/all.yaml": "---\n".join(texts)})).findings
    assert finding.facts["field"] == "spec.dependencyOf[0]"
    assert finding.facts["chain"] == ("component:default/c", "resource:default/r", "component:default/c")


def test_groups_that_are_each_others_children_are_denied() -> None:
    texts = [entity("Group", "a", "children: [b]"), entity("Group", "b", "children: [a]")]
    (finding,) = check(Shelf({"catalog/all.yaml": "---\n".join(texts)})).findings
    assert (finding.rule, finding.severity) == ("reference-cycle", Severity.DENY)


@settings(deadline=None, max_examples=60)
@given(st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=14), st.randoms())
def test_circles_are_real_told_once_and_the_same_for_every_order(
    pairs: set[tuple[str, str]], chance: random.Random
) -> None:
    def told(ordered: list[tuple[str, str]]) -> list[tuple[str, ...]]:
        arrows: dict[str, list[str]] = {}
        for here, there in ordered:
            arrows.setdefault(here, []).append(there)
        return list(circles(arrows))

    shuffled = sorted(pairs)
    chance.shuffle(shuffled)
    found = told(shuffled)
    assert found == told(sorted(pairs))
    assert len(set(found)) == len(found)
    closing = set()
    for circle in found:
        steps = list(zip(circle, (*circle[1:], circle[0]), strict=True))
        assert set(steps) <= pairs
        closing.add(steps[-1])
    # Without the arrows that close them nothing leads back to where it started.
    assert told(sorted(pairs - closing)) == []


def test_ten_thousand_entities_are_related_in_well_under_a_second() -> None:
    found = check(Shelf(_world("team"))).catalog
    fresh = Catalog(
        tuple(Entity(**{name: getattr(one, name) for name in one.__match_args__}) for one in found.entities)
    )
    started = time.process_time()
    relations = fresh.relations
    assert len(relations.targets("group:default/team", "ownerOf")) == NUMBER
    assert time.process_time() - started < 3  # about 0.2 on a quiet machine


def test_a_tree_of_ten_thousand_that_all_hang_on_one_another_is_quick_and_tells_each_once() -> None:
    relations = check(Shelf(_world("team"))).catalog.relations
    started = time.process_time()
    steps = dependents(relations, "component:default/service-0")
    assert len({step.ref for step in steps}) == NUMBER
    assert [step.is_circle for step in steps[-2:]] == [False, True]
    assert time.process_time() - started < 10  # about 0.1


@settings(deadline=None, max_examples=60)
@given(st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=20))
def test_a_tree_opens_each_once_and_reaches_all(pairs: set[tuple[str, str]]) -> None:
    texts = [
        entity(
            "Component",
            name,
            f"dependsOn: [{', '.join(f'component:{b}' for a, b in sorted(pairs) if a == name)}]",
        )
        for name in "abcdef"
    ]
    relations = catalog(*texts).relations
    steps = dependencies(relations, "component:default/a")
    reached, new = {"a"}, {"a"}
    while new:
        new = {b for a, b in pairs if a in new} - reached
        reached |= new
    assert {step.ref.rpartition("/")[2] for step in steps} | {"a"} == reached
    assert len({(step.parent, step.ref) for step in steps}) == len(steps)
