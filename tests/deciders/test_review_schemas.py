"""`review` and schemas: what no cluster takes is denied at its line, and a change of schemas alone is looked at."""

import pytest

from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.plan import OutsidePart
from tests.platforms import MANIFEST, PLATFORM, REPO, component, snapshot

EVENT = PullChanged(delivery="d", repo=REPO, number=7)
CONFIG = "templates/tiny/manifests/config.yaml"
THING = MANIFEST.replace("apiVersion: v1", "apiVersion: acme.test/v1").replace("ConfigMap", "Thing")
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.acme.test}
spec:
  group: acme.test
  names: {kind: Thing}
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            data: {type: object, additionalProperties: {type: integer}}
"""


@pytest.fixture
def review(tree_of):
    def plan(change, *, base=PLATFORM):
        before = tree_of(base)
        return plan_review(EVENT, snapshot(base=before, merged=before.with_files(change)))

    return plan


def places(plan):
    return [(finding.rule, finding.path, finding.line) for finding in plan.findings]


def test_a_template_that_no_cluster_takes_is_denied_once_for_all_environments(review):
    change = {CONFIG: MANIFEST.replace("\ndata:\n", "\ndatas:\n").encode()}
    plan = review(change, base=PLATFORM | {"catalog/cart.yaml": component("cart")})
    assert places(plan) == [("manifest-schema", CONFIG, 5)]
    assert plan.denies


def test_what_was_wrong_before_is_not_held_against_a_change_elsewhere(review):
    base = PLATFORM | {CONFIG: MANIFEST.replace("\ndata:\n", "\ndatas:\n")}
    assert places(review({"catalog/group.yaml": None, "README.md": b"new"}, base=base)) == []


def test_a_new_schema_alone_judges_what_is_rendered(review):
    plan = review({"schemas/thing.yaml": CRD.encode()}, base=PLATFORM | {CONFIG: THING})
    assert places(plan) == [("manifest-schema", CONFIG, 6), ("manifest-schema", CONFIG, 7)]


def test_a_broken_schema_is_a_finding_and_no_other_file_there_is(review):
    plan = review({"schemas/thing.yaml": b"kind: Nothing\n"})
    assert places(plan) == [("schema-broken", "schemas/thing.yaml", 1)]
    assert places(review({"schemas/README.md": b"words\n"})) == []


def test_a_kind_that_becomes_unchecked_is_told_of_and_passes(review):
    plan = review({CONFIG: THING.encode()})
    assert places(plan) == [("manifest-unchecked", CONFIG, 1)]
    assert not plan.denies
    assert not any(isinstance(part, OutsidePart) for part in plan.parts)
