"""What Kubernetes 1.37's own CEL said of each of these texts is what ours says. And where the two differ, how.

`kubernetes.jsonl`: the object in the first line, then a text a line with the value that k8s.io/apiserver gave, or
that it was an error, when compiled or when evaluated. Made by running both; see docs/rules.md.
"""

import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.policy.cel import CelFault, CelProblem, compile_expression

NAMES = ("object", "oldObject", "params", "request", "namespaceObject", "variables")
LINES = (Path(__file__).parent / "kubernetes.jsonl").read_text().splitlines()
OBJECT = json.loads(LINES[0])["object"]
ERROR = {"error": True}


def said(text):
    values = {**dict.fromkeys(NAMES), "object": OBJECT}
    try:
        return {"value": shown(compile_expression(text, NAMES).evaluate(values))}
    except (CelProblem, CelFault):
        return ERROR


def shown(value):
    """JSON that tells 1 from 1.0, and times from texts."""
    if isinstance(value, float):
        return {"double": special(value) if not math.isfinite(value) else value}
    if isinstance(value, bytes | datetime | timedelta):
        return time_or_bytes(value)
    if isinstance(value, dict):
        return {
            "map": sorted(
                ([shown(key), shown(each)] for key, each in value.items()), key=lambda one: str(one[0])
            )
        }
    return [shown(each) for each in value] if isinstance(value, list) else value


def time_or_bytes(value):
    if isinstance(value, timedelta):
        return {"duration": value // timedelta(microseconds=1)}
    return {"bytes": value.decode()} if isinstance(value, bytes) else {"timestamp": value.isoformat()}


def special(value):
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def exact(value):
    """JSON's text: Python takes True for 1."""
    return json.dumps(value, sort_keys=True)


def test_every_text_of_the_table_means_what_it_means_in_kubernetes():
    cases = [json.loads(line) for line in LINES[1:]]
    wrong = [
        (case["text"], expected, said(case["text"]))
        for case in cases
        if exact(expected := {key: case[key] for key in case if key != "text"}) != exact(said(case["text"]))
    ]
    assert len(cases) > 2_000
    assert not wrong


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        # Kubernetes refuses the text when the policy is made; here it has its plain meaning.
        ("[1, 'a'].size()", 2),
        ("[1, 2].indexOf('a')", -1),
        ("quantity('1').sign()", 1),
        ("cel.bind(x, 1, x + 1)", 2),
        ("math.greatest(1, 2)", 2),
        ("base64.encode(b'a')", "YQ=="),
        ("false && duration('x') == duration('1h')", False),
        # The engine's own way of writing times, and of ordering what is not a number.
        ("string(timestamp('2024-01-01T00:00:00+02:00'))", "2023-12-31T22:00:00Z"),
        ("duration('3h25m45.5s').getMilliseconds()", 500),
        ("0.0 / 0.0 < 1.0", False),
        # A quantity, address or version compared with something else: an error there.
        ("dyn(quantity('1')) == 1", False),
    ],
)
def test_where_kubernetes_says_something_else(text, ours):
    assert exact(said(text)) == exact({"value": ours})


@pytest.mark.parametrize(
    "text",
    [
        "{1: 1, 1: 2}",
        "{1.5: 2}",
        "type(ip('::1')) == net.IP",
    ],
)
def test_what_kubernetes_answers_and_the_engine_does_not(text):
    assert said(text) == ERROR
