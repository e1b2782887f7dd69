"""Promise 6: whatever a template does, it ends in a sentence within its limits, and the next job works."""

import threading
import time
from pathlib import Path

import pytest

from bot.adapters.sandbox import Sandbox
from bot.templating.jobs import Recipe, RenderJob, RenderResult

QUICK = 1.0
"""For what never ends."""
PATIENT = 20.0
"""For all else, so that a busy machine changes no verdict."""
NEST = "{% for i in range(99999) %}" * 4 + "{% endfor %}" * 4


def job(text, *, pages=(), layers=(), files=None, max_output=100_000):
    return RenderJob(
        Recipe({"a.yaml": text, **(files or {})}, pages),
        layers=layers,
        context={"component": {"name": "shop"}},
        max_output=max_output,
    )


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(seconds=PATIENT) as made:
        yield made


@pytest.fixture(scope="module")
def quick():
    with Sandbox(seconds=QUICK) as made:
        yield made


def doubling(levels):
    """A schema that takes 2**levels steps to check."""
    steps = {f"a{n}": {"allOf": [{"$ref": f"#/definitions/a{n + 1}"}] * 2} for n in range(levels)}
    return {
        "definitions": {**steps, f"a{levels}": {"type": "string"}},
        "properties": {"x": {"$ref": "#/definitions/a0"}},
    }


ATTACKS = {
    "loops for ever": (job(NEST), "template-too-slow"),
    "asks for ten gigabytes": (job("{{ 'x' * 10**10 }}"), "template-too-big"),
    "pads to a gigabyte": (job("{{ '%1000000000d' % 1 }}"), "template-too-big"),
    "pads with format": (job("{{ '{:1000000000}'.format(1) }}"), "template-too-big"),
    "pads with a filter": (job("{{ 'x'|center(1000000000) }}"), "template-too-big"),
    "computes a huge number": (job("{% set x = 9 ** (9 ** 9) %}{{ x % 7 }}"), "template-too-slow"),
    "doubles a string": (
        job(
            "{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}"
        ),
        "template-too-big",
    ),
    "writes too much": (job("{% for i in range(99999) %}0123456789{% endfor %}"), "template-too-big"),
    "climbs to the classes": (job("{{ ''.__class__.__mro__ }}"), "template-forbidden"),
    "climbs by a filter": (job("{{ ''|attr('__class__') }}"), "template-forbidden"),
    "climbs by format": (job("{{ '{0.__class__}'.format(1) }}"), "template-forbidden"),
    "climbs by subscript": (job("{{ component['__class__'].x }}"), "template-forbidden"),
    "climbs by a macro": (job("{% macro m() %}{% endmacro %}{{ m._environment }}"), "template-forbidden"),
    "climbs by range": (job("{{ range.__init__.__globals__ }}"), "template-forbidden"),
    "changes what others see": (job("{{ component.update({'name': 'x'}) }}"), "template-forbidden"),
    "calls itself": (job("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"), "template-failed"),
    "includes itself": (job("{% include 'a.yaml' %}"), "template-failed"),
    "nests without end": (job("{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}"), "template-failed"),
    "nests loops without end": (job("{% for i in [1] %}" * 500 + "{% endfor %}" * 500), "template-failed"),
    "reads a file": (job("{% include '/etc/passwd' %}"), "template-failed"),
    "reads a file above": (job("{% include '../../../../etc/passwd' %}"), "template-failed"),
    "reads what is not shared": (job("{% include 'shared/../../rules/x.rego' %}"), "template-failed"),
    "imports what is not shared": (job("{% from '../template.yaml' import x %}"), "template-failed"),
    "rolls dice": (job("{{ [1, 2]|random }}"), "template-failed"),
    "has a contract without end": (
        job("a", pages=(doubling(60),), layers=({"x": "y"},)),
        "template-too-slow",
    ),
    "fetches a contract": (job("a", pages=({"$ref": "http://127.0.0.1:9/x"},)), "template-contract"),
    "reads a contract from disk": (job("a", pages=({"$ref": "file:///etc/passwd"},)), "template-contract"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_promise_6_a_template_that(name, sandbox, quick):
    attack, rule = ATTACKS[name]
    used, limit = (quick, QUICK) if rule == "template-too-slow" else (sandbox, PATIENT)
    used(job("warm"))
    begun = time.monotonic()
    result = used(attack)
    assert time.monotonic() - begun < limit + 5
    assert result.error is not None
    assert result.error.rule == rule, result.error
    assert result.error.reason
    assert used(job("name: {{ component.name }}")).texts == {"a.yaml": "name: shop"}


def test_a_result_as_large_as_the_limit_comes_through(sandbox):
    text = "\U0001f600" * 99_990
    assert sandbox(job(text)).texts == {"a.yaml": text}


def test_a_job_larger_than_the_limit_is_not_sent(sandbox):
    result = sandbox(job("x" * 17_000_000))
    assert result.error is not None
    assert result.error.rule == "template-too-big"


def test_a_child_that_was_killed_is_replaced():
    with Sandbox() as sandbox:
        sandbox(job("a"))
        (child,) = sandbox._pool.idle
        child.process.kill()
        child.process.wait()
        assert sandbox(job("b")).texts == {"a.yaml": "b"}


def test_threads_share_one_child(sandbox):
    results = {}

    def ask(number):
        results[number] = sandbox(job(f"{{{{ {number} }}}}")).texts["a.yaml"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert results == {number: str(number) for number in range(8)}


def test_a_closed_sandbox_leaves_no_process():
    sandbox = Sandbox()
    sandbox(job("a"))
    (child,) = sandbox._pool.idle
    sandbox.close()
    assert child.process.poll() is not None


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="needs Linux's /proc")
def test_the_child_sees_no_environment_and_can_open_nothing(monkeypatch, sandbox):
    """Looked at from outside: the limits stand in /proc of the running child."""
    monkeypatch.setenv("ROADCREW_SECRET_OF_THIS_TEST", "x")
    with Sandbox() as fresh:
        fresh(job("a"))
        (child,) = fresh._pool.idle
        proc = Path(f"/proc/{child.process.pid}")
        assert b"ROADCREW_SECRET_OF_THIS_TEST" not in (proc / "environ").read_bytes()
        limits = {
            line[:26].strip(): line[26:].split()[:2] for line in (proc / "limits").read_text().splitlines()
        }
    assert limits["Max open files"] == ["3", "3"]
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max address space"] == [str(512 * 2**20)] * 2


def test_the_sandbox_and_the_plain_runner_agree(sandbox):
    from bot.templating.jinja import run_job

    for asked in (
        job("a: {{ parameters.port }}", pages=({"properties": {"port": {"default": 80}}},)),
        job(
            "a: {{ parameters.port }}",
            pages=({"properties": {"port": {"type": "integer"}}},),
            layers=({"port": "x"},),
        ),
        job("a: {{ nothing }}"),
    ):
        result = sandbox(asked)
        assert isinstance(result, RenderResult)
        assert result == run_job(asked)
