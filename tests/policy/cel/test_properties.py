"""For any text and any values: nothing comes out but CelProblem, CelFault and answers; no missing key is a yes."""

import json
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.cel import CelFault, CelProblem, Variables, compile_expression
from bot.policy.cel.scan import tokens
from bot.policy.cel.tolerant import tolerant

NAMES = ("object", "params", "variables")
LINES = (Path(__file__).parent / "kubernetes.jsonl").read_text().splitlines()[1:]
TEXTS = [json.loads(line)["text"] for line in LINES]
PIECES = sorted({token.text for text in TEXTS for token in tokens(text)})

texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
    st.tuples(
        st.sampled_from(TEXTS), st.sampled_from(["", "||", "&&", "==", "+", "."]), st.sampled_from(TEXTS)
    ).map("".join),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abspec"), inner, max_size=3),
    max_leaves=12,
)


def compiled(text):
    """The expression, or the problem."""
    try:
        return compile_expression(text, NAMES)
    except CelProblem as problem:
        return problem


def answer(made, known):
    """True, False, or the fault's reason."""
    try:
        return made.boolean(known)
    except CelFault as fault:
        return fault.reason


@settings(max_examples=400, deadline=None)
@given(texts, values)
def test_only_faults_and_answers_come_out(text, value):
    made = compiled(text)
    if isinstance(made, CelProblem):
        assert 1 <= made.line <= text.count("\n") + 1
        assert made.column >= 1
        return
    known = {"object": value, "params": None}
    known["variables"] = Variables([("x", made)], known)
    for one in (made, compile_expression("variables.x == 1", NAMES)):
        found = answer(one, known)
        assert found in {True, False} or (isinstance(found, str) and found)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["==", "!=", "<", ">="]), st.lists(st.sampled_from("abc"), min_size=1, max_size=4), values
)
def test_a_missing_key_is_never_a_yes(sign, path, value):
    known = {"object": {"spec": value if not isinstance(value, dict) else {}}}
    text = f"object.spec.{'.'.join(path)} {sign} 'x'"
    assert isinstance(answer(compile_expression(text, NAMES), known), str)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), texts))
def test_tokens_are_all_of_the_text(text):
    found = tokens(text)
    assert all(text[token.start : token.end] == token.text for token in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert isinstance(tolerant(text), str)
