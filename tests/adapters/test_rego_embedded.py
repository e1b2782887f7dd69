"""The embedded engine: what OPA would refuse is not evaluated, even where no input reaches it."""

import pytest

from bot.adapters.rego_embedded import find_embedded
from bot.policy.rego.engine import Module, Question

LIB = Module("lib.rego", "package lib\nimport rego.v1\nf(x) if x == 1\nvalue := 1\n", "v1")


@pytest.fixture
def answer():
    engine = find_embedded(seconds=5)
    if engine is None:
        pytest.skip("the extra rego is not installed")

    def ask(text, version):
        modules = [LIB, Module("main.rego", f"package main\n{text}\n", version)]
        (found,) = engine.evaluate(modules, [Question(("data.main.deny",), input={"a": 2})], {}, "")
        return found

    yield ask
    engine.close()


@pytest.mark.parametrize(
    "text",
    [
        "import data.lib\ndeny contains 1 if { input.a == 1; lib.nowhere(input.a) }",
        "import data.lib.nowhere\ndeny contains 1 if { input.a == 1; nowhere(input.a) }",
        "deny contains 1 if { input.a == 1; data.lib.nowhere(input.a) }",
        "deny contains 1 if { input.a == 1; data.lib.value(input.a) }",
        "x := 1\ndeny contains 1 if { input.a == 1; x(input.a) }",
        "deny contains 1 if { input.a == 1; nowhere(input.a) }",
    ],
)
def test_a_function_that_is_nowhere_is_no_pass_although_nothing_reaches_it(answer, text):
    assert "it calls" in answer(f"import rego.v1\n{text}", "v1").reason


@pytest.mark.parametrize("head", ["deny if { input.a == 1 }", 'deny contains "x" if { input.a == 1 }'])
def test_v1s_words_are_none_of_v0(answer, head):
    assert "v0 has no" in answer(head, "v0").reason
    assert answer(f"import future.keywords\n{head}", "v0").reason == ""


@pytest.mark.parametrize(
    "text",
    [
        "import data.lib\ndeny contains 1 if lib.f(input.a)",
        "import data.lib.f\ndeny contains 1 if f(input.a)",
        "import data.lib as other\ndeny contains 1 if other.f(input.a)",
        "deny contains 1 if { data.lib.f(input.a); g(input.a) }\ng(x) if x == 2",
        'deny contains 1 if { count(input) > 9; json.marshal(input) == "" }',
    ],
)
def test_functions_that_there_are_may_be_called(answer, text):
    assert answer(f"import rego.v1\n{text}", "v1").reason == ""
