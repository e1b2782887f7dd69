"""Promise 6: whatever a template does, it ends in a sentence within its limits, and the next job works."""

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.sandbox import Sandbox
from bot.templating.jinja import run_job
from bot.templating.jobs import Recipe, RenderJob

QUICK = 1.0
"""For what never ends."""
PATIENT = 20.0
"""For all else, so that a busy machine changes no verdict."""
OBJECT = "apiVersion: v1\nkind: A\nmetadata: {name: a}\n"
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
    "has aliases that stand for much": (
        job(f"a: &a {'x' * 50_000}\n{OBJECT}b: [{', '.join(['*a'] * 40)}]\n"),
        "template-too-big",
    ),
    "writes a number that nobody can": (job(f"{OBJECT}a: 0x{'f' * 5000}\n"), "template-failed"),
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


@pytest.mark.parametrize("text", ["{{ 'x' * 10**10 }}", "{% for i in range(99999) %}0123456789{% endfor %}"])
def test_what_asks_for_too_much_is_named(sandbox, text):
    sandbox(job("warm"))
    error = sandbox(job("a: b\n", files={"b.yaml": text, "_c.yaml": "c"})).error
    assert error is not None
    assert (error.rule, error.file) == ("template-too-big", "b.yaml")


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


def test_threads_share_the_children(sandbox):
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


COUNTER = "{% set n = namespace(x=0) %}{% macro next() %}{% set n.x = n.x + 1 %}{{ n.x }}{% endmacro %}"
COUNTS = "{% from '_n.j2' import next %}{{ next() }}{% include '_m.j2' %}"


@pytest.mark.parametrize("runner", ["plain", "sandbox"])
def test_what_one_job_sets_in_a_file_the_next_does_not_see(runner, sandbox):
    run = run_job if runner == "plain" else sandbox
    again = "{% from '_n.j2' import next %}{{ next() }}"
    asked = job(COUNTS, files={"_n.j2": COUNTER, "_m.j2": again, "b.yaml": again})
    for _ in range(3):
        assert run(asked).texts == {"a.yaml": "12", "b.yaml": "3"}, "one job is one room"


def test_what_a_broken_job_left_is_not_used_again(sandbox):
    files = {"_n.j2": COUNTER, "_m.j2": "{% if component.name == 'bad' %}{{ nothing }}{% endif %}"}
    good = job(COUNTS, files=files)
    bad = RenderJob(good.recipe, (), {"component": {"name": "bad"}})
    for run in (run_job, sandbox):
        assert [run(one).texts for one in (good, bad, good)] == [{"a.yaml": "1"}, {}, {"a.yaml": "1"}]


TEXTS = st.sampled_from(
    [
        OBJECT + "spec: {port: {{ parameters.port }}, b: [1.5, .inf, null, 'no', '\\u2028\U0001f600']}\n",
        OBJECT + "b: &x {c: 1}\nd: *x\n---\n" + OBJECT,
        OBJECT.replace("name: a", "name: A_b"),
        "a: [\n",
        "{{ nothing }}",
        "{% if %}",
        "{{ fail('no', 'port') }}",
        "- a\n",
        "a: {{ '\\ud800' }}\n",
        "",
        COUNTS,
    ]
)
JOBS = st.lists(
    st.builds(
        lambda text, port, pages: job(
            text, files={"_n.j2": COUNTER, "_m.j2": "x"}, pages=pages, layers=({"port": port},)
        ),
        TEXTS,
        st.sampled_from([1, True, 1.0, "x", None, [1]]),
        st.sampled_from(
            [
                (),
                ({"properties": {"port": {"type": "integer", "default": 80}}},),
                ({"properties": {"port": {}}}, {"properties": {"more": {"default": [1]}}}),
                ({"type": 3},),
            ]
        ),
    ),
    max_size=12,
)


@given(JOBS)
@settings(max_examples=60, deadline=None)
def test_promise_3_children_and_the_plain_runner_agree_in_order(sandbox, jobs):
    plain = [run_job(one) for one in jobs]
    assert [sandbox(one) for one in jobs] == plain
    assert list(sandbox.run_all(jobs)) == plain


def test_more_templates_than_a_child_keeps():
    jobs = [job(f"{{{{ component.name }}}} {number}") for number in range(40)]
    with Sandbox(seconds=PATIENT, children=1) as sandbox:
        for number, one in [*enumerate(jobs), *enumerate(jobs)]:
            assert sandbox(one).texts == {"a.yaml": f"shop {number}"}
        (child,) = sandbox._pool.idle
        assert len(child._known) == 32


def test_a_job_that_is_too_long_leaves_child_and_parent_of_one_mind():
    with Sandbox(seconds=PATIENT, children=1) as sandbox:
        small = [job(f"{number}") for number in range(32)]
        assert [sandbox(one).texts["a.yaml"] for one in small] == [str(number) for number in range(32)]
        for _ in range(2):
            assert sandbox(job("x" * 17_000_000)).error.rule == "template-too-big"
        assert [sandbox(one).texts["a.yaml"] for one in small] == [str(number) for number in range(32)]


def test_jobs_are_asked_for_late_and_a_killed_child_costs_one_verdict():
    taken = []

    def jobs():
        for number in range(60):
            taken.append(number)
            yield job(f"{number}" if number != 5 else "{{ 'x' * 10**10 }}")

    with Sandbox(seconds=PATIENT, children=2) as sandbox:
        for number, result in enumerate(sandbox.run_all(jobs())):
            assert len(taken) <= number + 5
            if number == 5:
                assert result.error.rule == "template-too-big"
            else:
                assert result.texts == {"a.yaml": str(number)}
        assert number == 59
        children = list(sandbox._pool.idle)
    assert len(children) <= 2
    assert all(child.process.poll() is not None for child in children)


def test_whoever_stops_asking_gets_all_children_back():
    with Sandbox(seconds=PATIENT, children=2) as sandbox:
        results = sandbox.run_all(job(f"{number}") for number in range(50))
        assert next(results).texts == {"a.yaml": "0"}
        results.close()
        assert sandbox(job("b")).texts == {"a.yaml": "b"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_children_of_its_own():
    with Sandbox(seconds=PATIENT, children=1) as sandbox:
        sandbox(job("a"))
        (mine,) = sandbox._pool.idle
        forked = os.fork()
        if forked == 0:
            code = 1
            try:
                is_right = sandbox(job("b")).texts == {"a.yaml": "b"}
                is_own = sandbox._pool.idle[0].process.pid != mine.process.pid
                sandbox.close()
                code = 0 if is_right and is_own else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
        assert mine.is_alive()
        assert sandbox(job("c")).texts == {"a.yaml": "c"}
        assert list(sandbox._pool.idle) == [mine]
