"""Ten thousand entities: seconds when nothing is known, and one file read when one file changed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bot.catalog.check import check
from tests.shelf import Shelf

NUMBER = 10_000
COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: service-{n}
  description: Does thing number {n}
  labels: {{acme.example/cost-center: cc-{n}}}
  annotations:
    github.com/project-slug: acme/service-{n}
  tags: [java, grpc]
spec:
  type: service
  lifecycle: production
  owner: {owner}
  dependsOn:
    - component:service-{next}
"""
GROUP = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: team}\nspec: {type: team, children: []}\n"


def _world(owner: str) -> dict[str, str | bytes]:
    texts = (COMPONENT.format(n=n, next=(n + 1) % NUMBER, owner=owner) for n in range(NUMBER))
    files: dict[str, str | bytes] = {f"catalog/s/{n}.yaml": text.encode() for n, text in enumerate(texts)}
    return {**files, "catalog/team.yaml": GROUP}


def test_ten_thousand_entities_cost_seconds_and_a_change_costs_one_read() -> None:
    files = _world("team")
    memo: dict[Any, Any] = {}
    started = time.process_time()
    checked = check(Shelf(files), memo=memo)
    assert time.process_time() - started < 30  # of processor time; about 2 on a quiet machine
    (circle,) = checked.findings  # each service depends on the next one, and the last on the first
    assert circle.rule == "dependency-cycle"
    assert len(checked.catalog.entities) == NUMBER + 1
    changed = Shelf({**files, "catalog/s/5.yaml": COMPONENT.format(n=5, next=6, owner="taem")})
    unknown = [one.path for one in check(changed, memo=memo).findings if one.rule == "reference-unknown"]
    assert unknown == ["catalog/s/5.yaml"]
    assert changed.reads == ["catalog/s/5.yaml"]


@pytest.mark.soak
def test_ten_thousand_mistakes_do_not_cost_more_than_ten_thousand_times_one() -> None:
    started = time.process_time()
    findings = [one for one in check(Shelf(_world("taem"))).findings if one.rule == "reference-unknown"]
    assert time.process_time() - started < 60  # about 3
    assert len(findings) == NUMBER
