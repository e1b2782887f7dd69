"""YAML as Kubernetes' own tools read it. The expected values are those that conftest and kubectl give."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import yaml11, yaml12
from bot.catalog.broken import Broken


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("n", False),
        ("ON", True),
        ("yEs", "yEs"),
        ("0400", 256),
        ("-012", -10),
        ("0888", 888),
        ("0o14", 12),
        ("0b11", 3),
        ("1_000", 1000),
        ("_1", "_1"),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        (".5", 0.5),
        ("1.0", 1),
        ("18446744073709551615", 1.8446744073709552e19),
        ("1e400", "1e400"),
        (".inf", ".inf"),
        ("~", None),
        ("0x", "0x"),
        ("=", "="),
        ('"yes"', "yes"),
        ("!Ref yes", "yes"),
        ("!!str 5", "5"),
        ('!!int "3"', 3),
        ("!If [a, b]", ["a", "b"]),
    ],
)
def test_scalars_are_read_as_kubectl_does(text, value) -> None:
    found = yaml11.load(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


def test_merges_are_weaker_than_what_stands_there() -> None:
    text = "base: &b {k: 1, l: 2}\none:\n  <<: *b\n  k: 3\ntwo:\n  l: 0\n  <<: [*b, {k: 9, z: 1}]\n'<<': {a: 1}\n"
    assert yaml11.load(text) == {
        "base": {"k": 1, "l": 2},
        "one": {"k": 3, "l": 2},
        "two": {"l": 0, "k": 1, "z": 1},
        "<<": {"a": 1},
    }


def test_what_cannot_be_merged_stays() -> None:
    assert yaml11.load("<<: text") == {"<<": "text"}


def test_the_catalog_keeps_its_own_reading() -> None:
    text = "a: yes\n<<: {b: 0400}\n"
    assert yaml12.load(text) == {"a": "yes", "<<": {"b": 400}}
    with pytest.raises(Broken):
        yaml12.load("a: !Ref b")


def test_places_are_those_of_the_text() -> None:
    assert yaml11.places("a: 1\nb:\n  c: !Ref yes\n")[("b", "c")] == ((2, 2), (2, 5))


@given(st.text(alphabet="0123456789abefnoxy_.+-:~ElsNn", max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_scalar_breaks_it(text) -> None:
    value = yaml11.resolve(text)
    assert value is None or isinstance(value, bool | int | float | str)


def test_many_aliases_are_fine_and_a_bomb_is_not() -> None:
    assert len(yaml11.load("a: &a 1\nb: [" + "*a, " * 1_000 + "]")["b"]) == 1_000
    layers = [f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join([f'*{chr(97 + at)}'] * 9)}]\n" for at in range(9)]
    with pytest.raises(Broken):
        yaml11.load("a: &a [x, x, x]\n" + "".join(layers))
