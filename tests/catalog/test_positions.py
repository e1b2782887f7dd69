"""Every finding points at the very line and column: a value, the key of its parent, or an unknown key itself."""

from __future__ import annotations

import pytest

from bot.catalog.check import check
from bot.catalog.positions import key_position_of, position_of
from tests.shelf import Shelf

COMPONENT = """\
# The shop's cart.
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: cart
  labels: {tier: one, acme.example/x: two}
  annotations:
    acme.example/watched: "true"
  tags:
    - java
    - web
  links:
    - url: https://acme.example
      title: Home
spec:
  type: service
  lifecycle: production
  owner: group:shop
  dependsOn: [group:shop]
"""
GROUP = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: shop}\nspec: {type: team, children: []}\n"


def _found(text: str, **others: str) -> list[tuple[str, int, int]]:
    files = {"catalog/cart.yaml": text, "catalog/shop.yaml": GROUP, **others}
    findings = check(Shelf(files)).findings
    assert all(finding.path == "catalog/cart.yaml" for finding in findings), findings
    return [(finding.rule, finding.line, finding.column) for finding in findings]


def test_the_unchanged_document_is_valid() -> None:
    assert _found(COMPONENT) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: cart", "name: my cart", ("field-format", 5, 9)),
        ("name: cart", "name:", ("field-type", 5, 8)),
        ("name: cart", "name: 12", ("field-type", 5, 9)),
        ("name: cart", 'name: ""', ("field-empty", 5, 9)),
        ("  name: cart\n", "", ("field-missing", 4, 1)),
        ("tier: one", "tier: true", ("field-type", 6, 18)),
        ("acme.example/x: two", "a b: two", ("field-format", 6, 23)),
        ('"true"', "true", ("field-type", 8, 27)),
        ("acme.example/watched", "a/b/c", ("field-format", 8, 5)),
        ("    - web", "    - Web App", ("field-format", 11, 7)),
        ("url: https://acme.example", "url: acme", ("field-format", 13, 12)),
        ("    - url: https://acme.example\n      title", "    - title", ("field-missing", 13, 7)),
        ("  owner: group:shop\n", "", ("field-missing", 15, 1)),
        ("group:shop", "group:shopp", ("reference-unknown", 18, 10)),
        ("group:shop", "[shop]", ("field-type", 18, 10)),
        ("group:shop", "component:cart", ("reference-owner", 18, 10)),
        ("[group:shop]", "[group:shop, cart]", ("reference-kind", 19, 27)),
        ("[group:shop]", "[group:shop, 'a:/']", ("reference-form", 19, 27)),
        ("[group:shop]", "group:shop", ("field-type", 19, 14)),
        ("spec:\n", "relations: []\nspec:\n", ("field-unknown", 15, 1)),
        ("backstage.io/v1alpha1", "backstage.io/v1", ("entity-api-version", 2, 13)),
        ("kind: Component", "kind: Componet", ("entity-kind", 3, 7)),
        ("kind: Component\n", "", ("field-missing", 2, 1)),
        ("  type: service", "  type: service\n  type: website", ("yaml-duplicate-key", 17, 3)),
        ("  type: service", "\ttype: service", ("yaml-tab", 16, 1)),
    ],
)
def test_a_mistake_is_found_where_it_is(old: str, new: str, expected: tuple[str, int, int]) -> None:
    assert old in COMPONENT
    assert _found(COMPONENT.replace(old, new, 1)) == [expected]


def test_lines_are_those_of_the_file_in_later_documents_too() -> None:
    text = f"{GROUP.replace('shop', 'other')}---\n{COMPONENT.replace('name: cart', 'name: my cart')}"
    assert _found(text) == [("field-format", 10, 9)]


def test_a_missing_field_of_the_root_is_at_its_start() -> None:
    text = "# comment\n\nkind: Component\nmetadata: {name: cart}\nspec: {}\n"
    assert ("field-missing", 3, 1) in _found(text)


def test_columns_count_characters_not_bytes() -> None:
    assert position_of("a: {\u00e4\U0001f600: 1, b: 2}\n".encode(), 0, ("a", "b")) == (1, 15)


def test_a_byte_order_mark_moves_nothing() -> None:
    assert position_of(b"\xef\xbb\xbfa: 1\n", 0, ("a",)) == (1, 4)


def test_what_does_not_exist_is_at_its_nearest_ancestor() -> None:
    source = b"a:\n  b: [1, {c: 2}]\n"
    assert position_of(source, 0, ("a", "b", 1, "d", "e")) == (2, 10)
    assert key_position_of(source, 0, ("a", "b", 1, "c")) == (2, 11)
    assert key_position_of(source, 0, ("a", "x")) == (1, 1)
    assert position_of(b"", 3, ("a",)) == (1, 1)
