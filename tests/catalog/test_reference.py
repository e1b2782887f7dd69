"""Backstage's reference grammar, case by case as its own parser answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog.reference import ReferenceBroken, parse_ref


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("a", "group:mine/a"),
        ("user:a", "user:mine/a"),
        ("other/a", "group:other/a"),
        ("API:Other/A", "api:other/a"),
        ("a/b:c", "group:a/b:c"),
        ("a:b:c", "a:mine/b:c"),
        ("a/b/c", "group:a/b/c"),
        ("a:b/c/d", "a:b/c/d"),
        (" a ", "group:mine/ a "),
    ],
)
def test_references_become_canonical(ref: str, expected: str) -> None:
    assert parse_ref(ref, "Group", "mine") == expected


@pytest.mark.parametrize("ref", ["", ":", "/", ":a", "a:", "/a", "a/", "k:/a", "k:n/", ":n/a"])
def test_an_empty_part_is_no_reference(ref: str) -> None:
    with pytest.raises(ReferenceBroken) as caught:
        parse_ref(ref, "group")
    assert caught.value.reason == "form"


def test_a_kind_is_needed_where_none_is_the_default() -> None:
    with pytest.raises(ReferenceBroken) as caught:
        parse_ref("a")
    assert caught.value.reason == "kind"
    assert parse_ref("component:a") == "component:default/a"


_PART = st.text(alphabet="abcXYZ019-_.", min_size=1)


@given(_PART, _PART, _PART)
def test_a_canonical_reference_is_its_own_canonical_form(kind: str, namespace: str, name: str) -> None:
    ref = parse_ref(f"{kind}:{namespace}/{name}")
    assert parse_ref(ref, "other", "elsewhere") == ref == f"{kind}:{namespace}/{name}".lower()
