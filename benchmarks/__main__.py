"""`python -m benchmarks`: makes the world, runs each job in a process of its own, prints one table."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import byhand, judging, roadcrew
from benchmarks.world import make

CHANGES = 12
JOBS: Mapping[str, Callable[[Path], Mapping[str, float]]] = {
    "cold check": roadcrew.cold_check,
    "warm check": roadcrew.warm_check,
    "evaluate all by hand": byhand.evaluate_all,
    "conftest, two rules": byhand.conftest,
    "warm plan, one entity": lambda repo: roadcrew.warm_plan(repo, CHANGES),
    "git diff and parse": lambda repo: byhand.diff_and_parse(repo, CHANGES),
    "cold check and render": roadcrew.cold_render,
    "load and render loop": byhand.load_and_render,
    "cold plan, template of all": lambda repo: roadcrew.cold_plan(repo, "template"),
    "20 rules, cold": judging.cold,
    "20 rules, warm": judging.warm,
    "20 rules, bare engine": judging.bare_engine,
    "20 rules in Python": judging.python,
    "20 rules, opa": judging.opa,
    "20 rules, conftest": judging.conftest,
    "warm plan, one entity, no rules": lambda repo: roadcrew.warm_plan(repo, CHANGES, "no-rules", "no-rules"),
    "warm plan, rule on entities": lambda repo: roadcrew.warm_rule_plan(repo, "rule-entity"),
    "cold plan, rule on objects": lambda repo: roadcrew.cold_plan(repo, "rule-object"),
}
RATIOS = (
    ("warm plan, one entity", "git diff and parse"),
    ("cold check", "evaluate all by hand"),
    ("cold check", "conftest, two rules"),
    ("cold check and render", "load and render loop"),
    ("cold plan, template of all", "load and render loop"),
    ("20 rules, cold", "20 rules, bare engine"),
    ("20 rules, warm", "20 rules, bare engine"),
    ("20 rules, cold", "20 rules in Python"),
    ("20 rules, cold", "20 rules, opa"),
    ("20 rules, cold", "20 rules, conftest"),
    ("warm plan, one entity", "warm plan, one entity, no rules"),
    ("warm plan, rule on entities", "warm plan, one entity"),
)
_LONGEST = 3_600
_OF = ("objects", "entities", "things", "broken")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--only", choices=JOBS, action="append", help="run this job (may be given again)")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--repo", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        print(json.dumps(_job(given.job, given.repo)))
        return
    with tempfile.TemporaryDirectory(prefix="roadcrew-bench-") as folder:
        repo = Path(folder, "platform")
        make(repo, given.entities, CHANGES)
        print(f"{given.entities:,} entities, 3 environments, Python {sys.version.split()[0]}\n")
        _table({name: _run(name, repo) for name in given.only or JOBS})


def _job(name: str, repo: Path) -> Mapping[str, float]:
    found = dict(JOBS[name](repo))
    usage = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {**found, "peak_mb": max(usage) / 1_024} if found else {}


def _run(name: str, repo: Path) -> Mapping[str, float]:
    command = [sys.executable, "-m", "benchmarks", "--job", name, "--repo", str(repo)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=_LONGEST)
    found: Mapping[str, float] = json.loads(done.stdout)
    return found


def _table(results: Mapping[str, Mapping[str, float]]) -> None:
    print("| job | seconds | peak memory | of |\n|---|---:|---:|---|")
    for name, found in results.items():
        if not found:
            print(f"| {name} | not installed | | |")
            continue
        of = next(
            (
                f"{int(found[key]):,} {key}"
                for key in ("objects", "entities", "things", "broken")
                if key in found
            ),
            "",
        )
        print(f"| {name} | {found['seconds']:.3f} | {found['peak_mb']:,.0f} MB | {of} |")
    print("\n| ratio | |\n|---|---:|")
    for one, other in RATIOS:
        if results.get(one) and results.get(other):
            print(f"| {one} / {other} | {results[one]['seconds'] / results[other]['seconds']:.1f} |")


if __name__ == "__main__":
    main()
