"""The benchmarks still run, and what they compare does the same work. How long it takes is not asked."""

import json
import subprocess
import sys

import pytest

from benchmarks.__main__ import JOBS, RATIOS
from benchmarks.world import make

SMALL = 200


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench") / "platform"
    make(folder, SMALL, 12)
    return folder


def run(job, repo):
    command = [sys.executable, "-m", "benchmarks", "--job", job, "--repo", str(repo)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("job", ["cold check", "warm plan, one entity", "git diff and parse"])
def test_every_job_says_how_long_it_took_and_what_it_held(job, repo):
    found = run(job, repo)
    assert found["seconds"] > 0
    assert found["peak_mb"] > 1


def test_the_plain_loop_makes_as_many_objects_as_we_do(repo):
    assert run("cold check and render", repo)["objects"] == run("load and render loop", repo)["objects"]


@pytest.mark.soak
def test_all_ways_of_judging_find_the_same(repo):
    ours = run("20 rules, cold", repo)["broken"]
    others = [run(job, repo) for job in ("20 rules, warm", "20 rules, bare engine", "20 rules in Python")]
    others += [found for job in ("20 rules, opa", "20 rules, conftest") if (found := run(job, repo))]
    assert ours > 0
    assert {one["broken"] for one in others} == {ours}


@pytest.mark.parametrize(
    "job", ["warm plan, one entity, no rules", "warm plan, rule on entities", "cold plan, rule on objects"]
)
def test_changed_rules_are_planned(job, repo):
    assert run(job, repo)["seconds"] > 0


def test_ratios_are_of_jobs_that_there_are():
    assert {name for pair in RATIOS for name in pair} <= JOBS.keys()
