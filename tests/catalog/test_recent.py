"""A tree that was judged is not judged again while a process remembers it; another tree always is."""

from typing import Any

from bot.catalog.check import check
from tests.platforms import PLATFORM, component


class Counted:
    """A tree that counts how often it is listed."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.lists = 0

    def __getattr__(self, name: str) -> Any:
        self.lists += name == "list"
        return getattr(self.tree, name)


def test_the_same_tree_is_judged_once(tree_of: Any) -> None:
    memo: dict[Any, Any] = {}
    first, again = Counted(tree_of(PLATFORM)), Counted(tree_of(PLATFORM))
    checked = check(first, whole=True, memo=memo)
    assert check(again, whole=True, memo=memo) is checked
    assert first.lists
    assert not again.lists


def test_another_tree_and_another_question_are_judged(tree_of: Any) -> None:
    memo: dict[Any, Any] = {}
    tree = tree_of(PLATFORM)
    broken = tree_of({**PLATFORM, "catalog/new.yaml": component("new", owner="nobody")})
    assert not check(tree, whole=True, memo=memo).findings
    assert [one.rule for one in check(broken, whole=True, memo=memo).findings] == ["reference-unknown"]
    assert [one.severity for one in check(broken, whole=False, memo=memo).findings] == ["warn"]


def test_only_some_catalogs_are_kept(tree_of: Any) -> None:
    memo: dict[Any, Any] = {}
    base = tree_of(PLATFORM)
    kept = check(base, whole=True, memo=memo)
    for number in range(10):
        check(tree_of({**PLATFORM, "catalog/new.yaml": component(f"new-{number}")}), whole=True, memo=memo)
        assert check(base, whole=True, memo=memo) is kept
    assert len(memo["check", "recent"]) == 3
