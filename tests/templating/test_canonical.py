"""Promise 3: same value, same bytes, and every reader of YAML reads the same value back."""

import string

import pytest
import ruamel.yaml
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.templating.canonical import dump

_LINES = """
on off yes no y n Y N On OFF true True FALSE null Null ~ = << .inf -.INF .nan .NaN
012 0o14 0x1F 0b101 1e3 1E-3 1.5 .5 5. +1 -1 1_000 1:30 1:30:00 190:20:30.15 2024-01-01
2024-01-01T00:00:00Z 2001-12-14t21:59:43.10-05:00 00 0 -0 1.e+3 6.8523015e+5 685.230_15e+03 - -- --- ... ? : # & * !
| > @ ` % { } [ ] , ' " 0.0.0.0 1.2.3 12e03 0x 0o 1__0 -.5 e3 1e 123abc 100m 128Mi
"""
AMBIGUOUS = [word for line in _LINES.splitlines() for word in line.split()]

TEXTS = st.one_of(
    st.sampled_from(AMBIGUOUS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text(string.digits + "+-.:_eExXoObB~ TZ", max_size=12),
    st.text(" \n\t#:-a'\"|>\r\x85\u2028\u2029\ufeff", max_size=12),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=5)


def read_11(data):
    return yaml.safe_load(data)


def read_12(data):
    return ruamel.yaml.YAML(typ="safe", pure=True).load(data)


def same(one, other):
    """Equal, and of the same types all the way down: 1, 1.0 and True are three values."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(OBJECTS)
@example({"a": "x\n"})
@example({"a": " x\n y\n\n"})
@example({"a": "\n"})
@example({"a": "x\n\n\n"})
@example({"a": "\tx\n"})
@example({"a": "x \ny"})
@example({"k" * 200: "v"})
@example({"a\nb": {"c\nd": "e"}})
@settings(max_examples=400, deadline=None)
def test_promise_3_both_versions_of_yaml_read_back_what_was_written(value):
    data = dump(value)
    assert same(read_11(data), value), data
    assert same(read_12(data), value), data


@given(OBJECTS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_promise_3_the_order_of_keys_makes_no_difference(value, chance):
    def shuffled(node):
        if isinstance(node, dict):
            keys = list(node)
            chance.shuffle(keys)
            return {key: shuffled(node[key]) for key in keys}
        return [shuffled(item) for item in node] if isinstance(node, list) else node

    assert dump(shuffled(value)) == dump(value)
    assert dump(read_12(dump(value))) == dump(value)


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_a_string_that_looks_like_something_else_stays_a_string(text):
    data = dump({text: [text]})
    for read in (read_11, read_12):
        assert read(data) == {text: [text]}


def test_what_a_person_sees():
    value = {
        "data": {"on": "yes", "mode": "0644", "script": "set -e\nrun\n"},
        "kind": "ConfigMap",
        "metadata": {"labels": {"b": "2", "a": "x"}, "namespace": "shop", "name": "settings"},
        "apiVersion": "v1",
        "list": [{"image": "nginx:1.27", "name": "web", "cpu": "100m", "memory": "128Mi"}],
        "empty": {"list": [], "mapping": {}, "nothing": None},
    }
    assert (
        dump(value).decode()
        == """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
  labels:
    a: x
    b: "2"
data:
  mode: "0644"
  "on": "yes"
  script: |
    set -e
    run
empty:
  list: []
  mapping: {}
  nothing: null
list:
- name: web
  cpu: 100m
  image: nginx:1.27
  memory: 128Mi
"""
    )


def test_an_object_that_is_used_twice_is_written_twice():
    shared = {"app": "shop"}
    assert b"&" not in dump({"one": shared, "two": shared})
