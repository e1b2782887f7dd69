"""What a module says of itself, without an engine. The whole libraries are compared with `opa parse` by hand."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.policy.rego.modules import known, ordered, reachable
from bot.policy.rego.outline import namespace, outline
from bot.policy.rego.tokens import tokens
from bot.policy.rego.versions import version_of

HEADS = {
    "deny[msg] { msg := input.a }": [("deny", 1)],
    "deny[msg] { msg := 1 } { msg := 2 }": [("deny", 2)],
    "deny[msg] { a } deny[msg] { b }": [("deny", 1), ("deny", 1)],
    "deny contains msg if { msg := 1 }": [("deny", 1)],
    "deny contains msg if\n  input.a": [("deny", 1)],
    "deny contains {\n  'msg': 1\n} if true": [("deny", 1)],
    "default allow = false\nallow { a }": [("allow", 1), ("allow", 1)],
    "f(x) = y { y := x } else = 2 { true }\ng := 1": [("f", 1), ("g", 1)],
    "x := {1 |\n  input.a\n  input.b\n}\ny = [\n  1,\n  2]": [("x", 1), ("y", 1)],
    "x := `\ndeny[msg] { a }\n`\ny := 1": [("x", 1), ("y", 1)],
    'x := "a # b"  # deny[msg] { a }\ny := 1': [("x", 1), ("y", 1)],
    "a.b.c := 1\nd.e contains 2 if true": [("a", 1), ("", 1)],
    "x = {1} { a }\nx = {2} { b }": [("x", 1), ("x", 1)],
    "deny contains x if some x in\n  input.a\nwarn contains 1": [("deny", 1), ("warn", 1)],
    "x if a ==\n  b\ny if c": [("x", 1), ("y", 1)],
}


@pytest.mark.parametrize("text", HEADS)
def test_the_heads_of(text):
    found = outline(f"package main\nimport data.lib\n{text}\n")
    assert [(one.name, one.bodies) for one in found.heads] == HEADS[text]
    assert found.package == ("main",)
    assert found.imports == (("data", "lib"),)


@given(st.text(alphabet='abif{}[]().:=|"`#\n \\', max_size=80))
@example('"\\\n\\')
def test_no_text_is_refused_and_places_are_true(text):
    outline(text)
    lines = text.split("\n")
    for one in tokens(text):
        assert text[one.start : one.end] == one.text
        assert lines[one.line - 1][one.column - 1 :].startswith(one.text.split("\n", maxsplit=1)[0])


@pytest.mark.parametrize(
    ("text", "wanted", "version"),
    [
        ("deny[msg] { msg := 1 }", "auto", "v0"),
        ("deny contains msg if { msg := 1 }", "auto", "v1"),
        ("import future.keywords\ndeny contains msg if { msg := 1 }", "auto", "v0"),
        ("import rego.v1\ndeny contains msg if { msg := 1 }", "v0", "v1"),
        ("x := re_match(`a`, input.b)", "auto", "v0"),
        ("x := 1", "auto", "v1"),
        ("x := 1", "v0", "v0"),
        ("deny[msg] { msg := 1 }", "v1", "v1"),
    ],
)
def test_which_syntax(text, wanted, version):
    assert version_of(outline(f"package main\n{text}"), wanted) == version


def test_a_trap_is_a_rule_that_uses_if_without_contains():
    heads = outline(
        "package main\ndeny[msg] if { msg := 1 }\nwarn[msg] { msg := 1 }\nx[k] := v if { k := v }"
    ).heads
    assert [one.is_trap for one in heads] == [True, False, False]


def modules(**texts):
    return known({"path": path, "text": text} for path, text in texts.items())


def test_a_namespace_needs_what_it_refers_to_at_any_remove():
    there = modules(
        a="package main\nimport data.lib.k8s\ndeny contains k8s.x",
        b="package lib.k8s\nx := data.lib.base.y",
        c="package lib.base\ny := 1",
        d="package other\ndeny contains 1",
        e='package main\nz := data["odd-name"].z',
        f='package odd\nimport data["odd-name"]',
    )
    assert [one.module.path for one in reachable(there, "main")] == ["a", "b", "c", "e"]
    order = [one.module.path for one in ordered(there)]
    assert order.index("c") < order.index("b") < order.index("a")


def test_a_reference_to_all_data_needs_everything():
    there = modules(
        a="package main\ndeny contains x if some x in data[input.a].y", b="package other\ny := [1]"
    )
    assert len(reachable(there, "main")) == 2


def test_circles_end():
    there = modules(a="package a\nx := data.b.x", b="package b\nx := data.a.x")
    assert len(ordered(there)) == 2


def test_namespaces_are_named_as_conftest_does():
    assert namespace(outline('package a["b-c"].d').package) == 'a["b-c"].d'
