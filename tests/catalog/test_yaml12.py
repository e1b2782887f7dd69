"""YAML 1.2's core schema, bounds, and what is said about broken documents."""

from __future__ import annotations

import math
import re

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.catalog import yaml12
from bot.catalog.broken import Broken
from bot.catalog.text import decode, pieces
from bot.catalog.yaml12 import EMPTY, load, places


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("No", "No"),
        ("TRUE", True),
        ("false", False),
        ("~", None),
        ("Null", None),
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("-7", -7),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-11-21", "2026-11-21"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("0b11", "0b11"),
        ("=", "="),
        ("'012'", "012"),
        ("!!str 012", "012"),
        ("! 012", "012"),
        ("!!int '12'", 12),
        ("9" * 5000, math.inf),
    ],
)
def test_scalars_are_yaml_1_2(text: str, value: object) -> None:
    loaded = load(f"key: {text}\n")["key"]
    assert loaded == value
    assert type(loaded) is type(value)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(load("key: .nan")["key"])


def test_keys_are_strings_as_in_javascript() -> None:
    assert load("1: a\ntrue: b\n~: c\n1.0e1: d\nno: e\n") == {
        "1": "a",
        "true": "b",
        "": "c",
        "10": "d",
        "no": "e",
    }


def test_merge_keys_stay_a_literal_key() -> None:
    assert load("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n")["b"] == {"<<": {"x": 1}, "y": 2}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "--- # c\n", "...\n"])
def test_nothing_is_empty(text: str) -> None:
    assert all(load(piece.text) in (EMPTY, None) for piece in pieces(text))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\r\nb: 2\r\n",
        "a: 1\t\nb: 2\t# comment\n",
        "a: 1\n\t\nb: 2\n",
        "a: 1\n\t# a comment behind a tab\nb: 2\n",
        "a:\t1\nb: 2",
        '{"a": 1, "b": 2}',
        '{\n\t"a": 1,\n\t"b": 2\n}\n',
    ],
    ids=[
        "crlf",
        "trailing tabs",
        "blank tab line",
        "tab comment",
        "tab after colon",
        "json",
        "json with tabs",
    ],
)
def test_tabs_and_breaks_that_yaml_1_2_allows(text: str) -> None:
    assert load(text) == {"a": 1, "b": 2}


def test_unicode_line_separators_are_plain_characters() -> None:
    assert load("a: x\u2028y\nb: 'x\x85y'\n") == {"a": "x\u2028y", "b": "x\x85y"}


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "yaml-duplicate-key", 3, 1),
        ("a: {b: 1, 'b': 2}\n", "yaml-duplicate-key", 1, 11),
        ("1: a\n'1': b\n", "yaml-duplicate-key", 2, 1),
        ("a:\n\tb: 1\n", "yaml-tab", 2, 1),
        ("a:\n  b: |\n    x\n\tc: 1\n", "yaml-tab", 4, 1),
        ("a: !env X\n", "yaml-tag", 1, 4),
        ("a: !!python/object:os.system x\n", "yaml-tag", 1, 4),
        ("a: !!timestamp 2020-01-01\n", "yaml-tag", 1, 4),
        ("a: !!int x\n", "yaml-tag", 1, 4),
        ("a: !!binary aGk=\n", "yaml-tag", 1, 4),
        ("a: !!set {x}\n", "yaml-tag", 1, 4),
        ("a: !x!y z\n", "yaml-tag", 1, 4),
        ("? [a, b]\n: c\n", "yaml-key", 1, 3),
        ("- {{ host }}\n", "yaml-key", 1, 4),
        ("a: *b\n", "yaml-alias", 1, 4),
        ("a: &a [*a]\n", "yaml-alias", 1, 8),
        ("a: &a x\n" + "".join(f"b{n}: *a\n" for n in range(51)), "yaml-alias", 52, 6),
        ("[" * 65, "yaml-depth", 1, 65),
        ("[" * 100_000, "yaml-depth", 1, 65),
        ("".join(f"{' ' * n}a:\n" for n in range(100)), "yaml-depth", 65, 65),
        ("- " * 100_000, "yaml-depth", 1, 129),
        ("a: b: c\n", "yaml-syntax", 1, 5),
        ("a:\n  b: 1\n c: 2\n", "yaml-syntax", 3, 2),
        ("a: [1, 2\nb: 3\n", "yaml-syntax", 1, 4),
        ("a: 'x\nb: 2\n", "yaml-syntax", 1, 4),
        ("a:\n  b\nc: 1\nd\n", "yaml-syntax", 4, 1),
        ("a: @x\n", "yaml-syntax", 1, 4),
        ("a: **bold**\n", "yaml-syntax", 1, 4),
        ("a: - b\n", "yaml-syntax", 1, 4),
        ('a: "\\d"\n', "yaml-syntax", 1, 5),
        ("- a\nb: c\n", "yaml-syntax", 2, 1),
        ("a: 'it's'\n", "yaml-syntax", 1, 8),
        ("%NOPE\n---\na: 1\n", "yaml-syntax", 1, 1),
    ],
)
def test_broken_documents_have_a_rule_and_a_place(text: str, rule: str, line: int, column: int) -> None:
    with pytest.raises(Broken) as caught:
        load(text)
    assert (caught.value.rule, caught.value.line, caught.value.column) == (rule, line, column)


def test_an_alias_bomb_is_refused_before_it_is_walked() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 6))
    with pytest.raises(Broken) as caught:
        load("l0: &l0 [x, x, x, x, x, x, x, x, x]\n" + levels)
    assert caught.value.rule == "yaml-alias"


def test_a_thousand_legitimate_nodes_behind_an_alias_are_fine() -> None:
    text = "a: &a [" + ", ".join(["x"] * 1000) + "]\nb: *a\nc: *a\n"
    assert len(load(text)["c"]) == 1000


def test_the_parser_in_python_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x {b: [1, no, '2']}\nc: *x\nd: |\n  t\n"
    fast, fast_places = load(text), places(text)
    monkeypatch.setattr(yaml12, "_LOADER", yaml.SafeLoader)
    assert (load(text), places(text)) == (fast, fast_places)


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_impossible_escapes_are_a_finding_in_both_parsers(
    monkeypatch: pytest.MonkeyPatch, loader: str
) -> None:
    monkeypatch.setattr(yaml12, "_LOADER", getattr(yaml, loader, yaml.SafeLoader))
    with pytest.raises(Broken) as caught:
        load('a: "\\UFFFFFFFF"\n')
    assert caught.value.rule == "yaml-syntax"


def test_pieces_know_their_lines() -> None:
    found = pieces("# c\n---\na: 1\n...\n%YAML 1.2\n---\nb: |\n  x\n---\n---\nc: 3\n# end\n")
    assert [(piece.above, load(piece.text)) for piece in found] == [
        (0, {"a": 1}),
        (4, {"b": "x\n"}),
        (8, None),
        (9, {"c": 3}),
    ]


_BYTES = st.one_of(
    st.binary(max_size=300),
    st.text(alphabet=":-[]{}&*!|>'\"%@`#,? \t\n\r.ab01~\u2028\u0085\ufeff\U0001f600", max_size=120).map(
        str.encode
    ),
)


def _broken(text: str) -> Broken | None:
    try:
        load(text)
    except Broken as broken:
        return broken
    return None


def _decoded(data: bytes) -> str | Broken:
    try:
        return decode(data)
    except Broken as broken:
        return broken


@settings(max_examples=400, deadline=None)
@given(_BYTES)
def test_promise_6_parse_never_crashes(data: bytes) -> None:
    text = _decoded(data)
    if isinstance(text, Broken):
        assert text.rule in {"yaml-encoding", "yaml-size"}
        return
    lines = len(re.split(r"\r\n|\r|\n", text))
    for broken in filter(None, (_broken(piece.text) for piece in pieces(text))):
        assert 1 <= broken.line <= lines
        assert broken.column >= 1


@settings(max_examples=200, deadline=None)
@given(_BYTES)
def test_both_parsers_agree_on_values(data: bytes) -> None:
    """Where both accept a document; they differ in what else they accept, and in marks inside of a text."""
    assume(b"\xef\xbb\xbf" not in data[1:])

    def values(loader: type) -> list[object]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml12, "_LOADER", loader)
            return [load(piece.text) for piece in pieces(decode(data))]

    try:
        fast, slow = values(yaml.CSafeLoader), values(yaml.SafeLoader)
    except Broken:
        return
    assert repr(fast) == repr(slow)
