"""Grouping: what is the same is shown once, and nothing is lost on the way."""

import time
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.plan import ComponentChange, FileChange, RenderPart
from bot.report.groups import groups, spread
from bot.report.own_words import OwnWords, Said


def change(name, before, after, path="deployment-{}.yaml", **names):
    file = FileChange(f"{name}/{path.format(name)}", before and before.encode(), after and after.encode())
    return ComponentChange(f"component:default/{name}", "t", "1", (file,), names={"name": name, **names})


def part(*changes, environment="dev"):
    return RenderPart(environment, f"env/{environment}", changes, is_first=environment == "dev")


def folders(found):
    return [group.components for group in found]


def test_changes_that_differ_in_own_words_alone_are_one_group():
    found = groups([part(*(change(name, f"a: {name}\n", f"a: {name}-x\n") for name in ("cart", "shop")))])
    assert folders(found) == [("cart", "shop")]


def test_a_name_counts_only_where_it_is_whole():
    found = groups([part(change("cart", None, "a: carts\n"), change("shop", None, "a: shops\n"))])
    assert folders(found) == [("cart",), ("shop",)]


def test_unchanged_lines_and_places_say_nothing():
    one = change("cart", "image: one\nx: 1\n", "image: one\nx: 2\n")
    other = change("shop", "a: b\nimage: two\nx: 1\ny: 1\n", "a: b\nimage: two\nx: 2\ny: 1\n")
    assert folders(groups([part(one, other)])) == [("cart", "shop")]


def test_another_value_another_file_or_another_way_is_another_group():
    changes = [
        change("a", "x: 1\n", "x: 2\n"),
        change("b", "x: 1\n", "x: 3\n"),
        change("c", "x: 1\n", "x: 2\n", path="service-{}.yaml"),
        change("d", None, "x: 2\n"),
        change("e", "x: 2\n", None),
    ]
    assert len(groups([part(*changes)])) == 5


def test_environments_with_the_same_change_are_one_group():
    parts = [
        part(
            change("cart", None, f"host: cart.{domain}\n", environment=name, domain=domain), environment=name
        )
        for name, domain in (("dev", "dev.test"), ("prod", "example.com"))
    ]
    (group,) = groups(parts)
    assert group.environments == ("dev", "prod")
    assert group.shown.environment == "dev"


def test_a_component_called_like_a_common_word_is_the_same_by_its_very_lines():
    changes = [change(name, None, "name: app\n", path="x.yaml") for name in ("app", "cart")]
    assert folders(groups([part(*changes)])) == [("app", "cart")]


def test_lines_that_only_change_places_are_told_apart():
    changes = [change("a", "x: 1\ny: 2\n", "y: 2\nx: 1\n"), change("b", "x: 1\nz: 2\n", "z: 2\nx: 1\n")]
    assert len(groups([part(*changes)])) == 2


def test_a_word_with_two_meanings_is_taken_for_the_one_that_fits():
    one = change("cart", None, "team: cart\n", team="cart", path="x")
    other = change("shop", None, "team: web\n", team="web", path="x")
    assert folders(groups([part(one, other)])) == [("cart", "shop")]


def test_a_word_with_two_meanings_does_not_join_what_means_different_things():
    changes = [
        change("cart", None, "x: cart\n", team="cart", path="x"),
        change("shop", None, "x: shop\n", team="web", path="x"),
        change("till", None, "x: web\n", team="web", path="x"),
    ]
    assert folders(groups([part(*changes)])) in ([("cart", "shop"), ("till",)], [("cart", "till"), ("shop",)])


def test_the_largest_group_comes_first():
    changes = [change(name, None, f"x: {value}\n") for name, value in (("a", 1), ("b", 2), ("c", 2))]
    assert folders(groups([part(*changes)])) == [("b", "c"), ("a",)]


def test_like_most_is_who_changes_as_most_in_every_environment():
    usual = [change(name, None, "x: 1\n") for name in ("a", "b", "c")]
    odd = change("c", None, "x: 9\n")
    found = spread(groups([part(*usual), part(*usual[:2], odd, environment="prod")]))
    assert (found.components, found.environments, found.alike, found.different) == (3, 2, 2, 1)


def test_several_templates_are_alike_only_as_far_as_their_diffs_are():
    same = [change(name, "x: 1\n", "x: 2\n") for name in ("a", "b", "c")]
    others = [replace(change(n, "y: 1\n", f"y: {n}{n}\n"), template=f"t{n}") for n in ("d", "e", "f")]
    found = spread(groups([part(*same, *others)]))
    assert (found.components, found.alike, found.different) == (6, 3, 3)
    found = spread(groups([part(same[0], *others)]))
    assert (found.alike, found.is_shared) == (0, False)


def test_who_changes_in_fewer_environments_goes_with_those_that_change_there_so():
    dev = [change(name, None, "x: 1\n") for name in ("a", "b", "c")]
    prod = [change(name, None, "x: 2\n") for name in ("a", "b")]
    assert spread(groups([part(*dev), part(*prod, environment="prod")])).alike == 3


def test_two_ways_in_two_environments_are_two():
    dev = [change(name, None, "x: 1\n") for name in ("a", "b", "c")]
    prod = [change(name, None, "x: 2\n") for name in ("d", "e")]
    found = spread(groups([part(*dev), part(*prod, environment="prod")]))
    assert (found.components, found.alike) == (5, 3)


def test_alike_in_one_environment_alone_is_not_in_the_same_way():
    dev = [change(name, None, "x: 1\n") for name in ("a", "b")]
    prod = [change(name, None, f"x: {n}\n") for n, name in enumerate(("a", "b"), 2)]
    found = spread(groups([part(*dev), part(*prod, environment="prod")]))
    assert (found.alike, found.is_shared) == (0, True)


def test_the_longest_name_wins():
    words = OwnWords({"name": "cart", "namespace": "cart-dev"})
    assert words.out_of_text("cart-dev/cart") == Said(
        b"\0/\0", (frozenset({"namespace"}), frozenset({"name"}))
    )
    assert OwnWords({"name": ""}).out_of_text("as it is") == Said(b"as it is", ())


NAMES = st.sampled_from(["app", "cart", "shop", "shop-cart", "a.b"])
TEXTS = st.none() | st.lists(st.sampled_from(["x: 1", "name: app", "name: cart", "host: shop.test"])).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)
CHANGES = st.lists(
    st.builds(change, NAMES, TEXTS, TEXTS, namespace=NAMES),
    max_size=5,
    unique_by=lambda one: one.component,
)


@given(st.lists(CHANGES, min_size=1, max_size=3))
@settings(deadline=None)
def test_every_changed_component_is_in_exactly_one_group_of_each_environment(environments):
    parts = [part(*changes, environment=f"e{number}") for number, changes in enumerate(environments)]
    found = groups(parts)
    told = [(member.environment, member.change.component) for group in found for member in group.members]
    assert sorted(told) == sorted(
        (one.environment, change.component) for one in parts for change in one.components
    )
    assert len(told) == len(set(told))
    assert spread(found).components == len({change.component for one in parts for change in one.components})


@given(CHANGES, st.randoms())
@settings(deadline=None)
def test_the_order_of_components_says_nothing(changes, random):
    found = groups([part(*changes)])
    random.shuffle(changes)
    assert groups([part(*changes)]) == found


def test_two_thousand_components_in_three_environments_take_seconds():
    lines = "".join(f"key-{number}: some value of it {number}\n" for number in range(100))
    parts = []
    for environment in ("dev", "staging", "prod"):
        files = (
            (f"{lines}name: service-{n}\n", f"{lines}name: service-{n}\ngrace: 1\n") for n in range(2000)
        )
        changes = [change(f"service-{n}", *texts, environment=environment) for n, texts in enumerate(files)]
        parts.append(part(*changes, environment=environment))
    start = time.process_time()
    (group,) = groups(parts)
    assert len(group.members) == 6000
    assert time.process_time() - start < 10, "about half a second on an idle core"
