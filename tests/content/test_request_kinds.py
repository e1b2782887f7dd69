"""Every shipped kind of request, in every environment, with the least and the most that can be said.

What each is tested with stands in `requests/<kind>.yaml`: parameters, for `minimal` and `maximal`.
"""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.catalog.check import check
from bot.catalog.yaml12 import load
from bot.deciders.review import plan_review
from bot.kubernetes.schemas import minor_of
from bot.kubernetes.validate import validate
from bot.leases.judged import Around, request_findings
from bot.leases.kind import kind_names, request_kinds
from bot.leases.manifests import GrantFacts, Subject, Workshop, render_request
from bot.leases.request import requests
from bot.leases.written import Wish, request_bytes
from bot.model.event import PullChanged
from bot.model.request_part import RequestPart
from bot.report.sentences import say
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from bot.templating.verify import template_findings
from tests.content.golden import SCHEMAS, STAGES, shipped
from tests.platforms import REPO, snapshot
from tests.shelf import Shelf

CASES = Path(__file__).parent / "requests"
KINDS = ("access", "database", "dns", "environment", "object-store", "quota", "secret")
PATH = "catalog/requests/checkout-try-1a2b3c.yaml"
NAME = "checkout-try-1a2b3c"
START = datetime(2026, 11, 21, 9, tzinfo=UTC)
END = datetime(2026, 11, 21, 11, tzinfo=UTC)
ALL = [(kind, name, stage) for kind in KINDS for name in ("minimal", "maximal") for stage in STAGES]


@cache
def platform():
    files = Shelf(shipped())
    return files, check(files, whole=True).catalog, {}


def case(kind, name):
    return yaml.safe_load((CASES / f"{kind}.yaml").read_text())[name]


def made(kind, parameters, stage, *, expires_at=END, **facts):
    """The request's findings and objects."""
    _, catalog, memo = platform()
    wish = Wish(kind, "checkout", stage, "INC-204: slow checkout", "developer", parameters=parameters)
    files = Shelf({**shipped(), PATH: request_bytes(NAME, wish)})
    found = check(files, whole=True)
    (request,) = requests(found.catalog)
    kinds = request_kinds(files, catalog, memo)
    findings = [*found.findings, *request_findings(request, Around(found.catalog, kinds))]
    given = {
        "subject": Subject("user:default/developer", "developer", "developer@acme.example", "developer"),
        "requested_by": "developer",
        "approved_by": ("reviewer",),
        "starts_at": START,
        "pull": "https://github.com/acme/platform/pull/881",
    }
    environment = next(one for one in environments(found.catalog) if one.name == stage)
    workshop = Workshop(files, found.catalog, run_job, SCHEMAS, memo)
    lasts = expires_at if kinds[kind].maximum else None
    grant = GrantFacts(**{**given, "expires_at": lasts, **facts})
    rendered = render_request(request, kinds[kind], environment, grant, workshop)
    objects = [load(data.decode()) for data in rendered.files.values()]
    return [*findings, *rendered.findings], objects


def test_these_are_all_kinds_and_nothing_is_wrong_with_them():
    files, catalog, memo = platform()
    assert kind_names(catalog) == KINDS
    assert tuple(request_kinds(files, catalog, memo)) == KINDS
    assert template_findings(files, catalog, memo=memo) == ()


@pytest.mark.parametrize(("kind", "name", "stage"), ALL)
def test_it_renders_and_every_kubernetes_takes_it(kind, name, stage):
    findings, objects = made(kind, case(kind, name), stage)
    assert findings == []
    assert objects
    for version in (one for one in SCHEMAS.versions if minor_of(one) >= minor_of("1.29")):
        for value in objects:
            assert validate(SCHEMAS, version, value) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_says_who_asked_and_who_approved(kind):
    _, objects = made(kind, case(kind, "maximal"), "prod")
    for value in objects:
        said = value["metadata"]["annotations"]
        assert said["roadcrew.dev/requested-by"] == "developer"
        assert said["roadcrew.dev/approved-by"] == "reviewer"
        assert said["roadcrew.dev/reason"] == "INC-204: slow checkout"
        assert said["roadcrew.dev/request"] == "https://github.com/acme/platform/pull/881"
        labels = value["metadata"]["labels"]
        assert labels["roadcrew.dev/request"] == NAME
        assert labels["roadcrew.dev/team"] == "payments"
        assert labels["roadcrew.dev/environment"] == "prod"


@pytest.mark.parametrize("kind", ["access", "quota"])
def test_what_ends_by_itself_has_a_second_line_of_defence(kind):
    _, objects = made(kind, case(kind, "minimal"), "prod")
    for value in objects:
        assert value["metadata"]["annotations"]["roadcrew.dev/expires-at"] == "2026-11-21T11:00:00Z"
        assert value["metadata"]["labels"]["cleanup.kyverno.io/ttl"] == "2026-11-21T110000Z"


@pytest.mark.parametrize("kind", ["database", "dns", "object-store", "secret"])
def test_what_lasts_has_no_end(kind):
    _, objects = made(kind, case(kind, "minimal"), "prod")
    for value in objects:
        assert "roadcrew.dev/expires-at" not in value["metadata"]["annotations"]
        assert "cleanup.kyverno.io/ttl" not in value["metadata"]["labels"]


def test_nothing_is_quicker_than_the_people_who_are_asked():
    _, objects = made("environment", {}, "dev")
    for value in objects:
        assert value["metadata"]["annotations"]["roadcrew.dev/expires-at"] == "2026-11-21T11:00:00Z"
        assert "cleanup.kyverno.io/ttl" not in value["metadata"]["labels"]


@pytest.mark.parametrize("role", ["logs", "view", "debug"])
def test_access_binds_one_person_to_one_bounded_role(role):
    findings, (binding,) = made("access", {"role": role}, "prod")
    assert findings == []
    assert binding["roleRef"]["name"] == f"roadcrew-{role}"
    assert binding["subjects"] == [
        {"kind": "User", "name": "developer@acme.example", "apiGroup": "rbac.authorization.k8s.io"}
    ]
    assert binding["metadata"]["name"] == f"grant-{NAME}"


def test_access_takes_the_name_of_the_person_from_the_catalog_alone():
    subject = Subject("user:default/x", "x", annotations={"roadcrew.dev/kubernetes-user": "oidc:x"})
    _, (binding,) = made("access", {"role": "logs"}, "prod", subject=subject)
    assert binding["subjects"][0]["name"] == "oidc:x"
    for parameters in ({"role": "logs", "user": "admin"}, {"role": "admin"}, {}):
        findings, objects = made("access", parameters, "prod")
        assert [one.rule.startswith("parameter-") for one in findings] == [True]
        assert objects == []


@pytest.mark.parametrize(
    "subject",
    [Subject(), Subject("user:default/x", "x", annotations={"roadcrew.dev/kubernetes-user": "system:admin"})],
)
def test_access_needs_a_person(subject):
    findings, objects = made("access", {"role": "logs"}, "prod", subject=subject)
    assert [one.rule for one in findings] == ["parameter-invalid"]
    assert objects == []


def test_no_value_of_a_secret_stands_in_git():
    value = "s3cr3t-value"
    findings, objects = made("secret", {"name": "stripe", "keys": ["API_KEY"], "value": value}, "prod")
    assert objects == []
    words = [say(one) for one in findings]
    assert "No value ever stands in git" in f"{words[0].message} {words[0].fix}"
    assert value not in str(words)
    findings, _ = made("secret", {"name": "stripe", "keys": [f"API_KEY={value}"]}, "prod")
    assert findings
    assert value not in str([say(one) for one in findings])


def test_a_secret_is_read_below_the_service_s_own_key():
    _, (one,) = made("secret", {"name": "stripe", "keys": ["API_KEY"]}, "prod")
    assert one["spec"]["data"] == [
        {"secretKey": "API_KEY", "remoteRef": {"key": "prod/checkout/stripe", "property": "API_KEY"}}
    ]


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("dns", {"name": "shop", "type": "A", "targets": ["300.1.1.1"]}),
        ("dns", {"name": "shop", "type": "A", "targets": ["example.com"]}),
        ("dns", {"name": "shop", "type": "CNAME", "targets": ["a.example", "b.example"]}),
        ("dns", {"name": "shop.", "type": "CNAME", "targets": ["a.example"]}),
        ("dns", {"name": "*", "type": "CNAME", "targets": ["a.example"]}),
        ("secret", {"name": "stripe", "keys": ["../other"]}),
        ("secret", {"name": "../x", "keys": ["A"]}),
        ("database", {"cluster": "checkout-db", "name": "postgres"}),
        ("database", {"cluster": "checkout-db", "name": "orders", "owner": "postgres"}),
        ("quota", {"priorityClass": "system-node-critical"}),
        ("environment", {"memory": "65Gi"}),
    ],
)
def test_what_reaches_too_far_is_refused(kind, parameters):
    findings, objects = made(kind, parameters, "dev")
    assert findings
    assert objects == []


def test_data_stays_when_its_request_goes():
    for kind in ("database", "object-store"):
        _, (kept,) = made(kind, case(kind, "minimal"), "prod")
        assert kept["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/prune"] == "disabled"
        _, (gone,) = made(kind, {**case(kind, "minimal"), "keep": False}, "prod")
        assert "kustomize.toolkit.fluxcd.io/prune" not in gone["metadata"]["annotations"]


def test_all_of_them_keep_the_rules_of_this_platform(tree_of):
    """Every kind, with the least and the most, in every environment, in one pull request."""
    asked = {}
    for number, (kind, name, stage) in enumerate(ALL):
        wish = Wish(kind, "checkout", stage, "INC-204", "developer", parameters=case(kind, name))
        asked[f"catalog/requests/try-{number}.yaml"] = request_bytes(f"try-{number}", wish)
    base = shipped()
    merged = tree_of({**base, **asked})
    said = snapshot(base=tree_of(base), head=merged, merged=merged)
    plan = plan_review(PullChanged(delivery="d", repo=REPO, number=7), said)
    assert [one for one in plan.findings if one.rule != "pull-size"] == []  # it is many at once, for a person
    parts = [one for one in plan.parts if isinstance(one, RequestPart)]
    assert len(parts) == len(ALL)
    assert all(one.files and one.approvers for one in parts)


def judged(tree_of, *wishes):
    """What the check denies, of requests called `<service>-<kind>` or as they say."""
    files = {
        f"catalog/requests/{name}.yaml": request_bytes(
            name, Wish(kind, service, "prod", "x", parameters=said)
        )
        for name, kind, service, said in wishes
    }
    base, merged = shipped(), tree_of({**shipped(), **files})
    plan = plan_review(
        PullChanged(delivery="d", repo=REPO, number=7),
        snapshot(base=tree_of(base), head=merged, merged=merged),
    )
    return [(one.rule, one.facts.get("case", ""), one.facts.get("holder", "")) for one in plan.findings]


@pytest.mark.parametrize("name", ["kube-system", "default", "kube-x", "argocd", "flux-system"])
def test_no_request_makes_a_namespace_of_the_cluster(tree_of, name):
    assert judged(tree_of, (name, "environment", "checkout", {})) == [("request-namespace", "", "")]


def test_no_request_takes_over_a_namespace_that_is_lived_in(tree_of):
    rule, _, holder = judged(tree_of, ("shop", "environment", "checkout", {}))[0]
    assert (rule, holder) == ("object-taken", "resource:default/shop")
    assert judged(tree_of, ("try", "environment", "checkout", {})) == []


@pytest.mark.parametrize(
    ("kind", "parameters", "holder"),
    [
        ("secret", {"name": "cart-cache", "keys": ["password"]}, "resource:default/cart-cache"),
        ("secret", {"name": "checkout-db-app", "keys": ["password"]}, "resource:default/checkout-db"),
        (
            "dns",
            {"name": "shop", "type": "A", "targets": ["192.0.2.1"]},
            "component:default/storefront",
        ),
    ],
)
def test_no_request_takes_what_the_platform_has(tree_of, kind, parameters, holder):
    found = judged(tree_of, ("try", kind, "checkout", parameters))
    assert [one[2] for one in found] == [holder]


def test_no_two_requests_take_the_same(tree_of):
    orders = {"cluster": "checkout-db", "name": "orders"}
    found = judged(tree_of, ("a", "database", "checkout", orders), ("b", "database", "checkout", orders))
    assert found == [("object-taken", "namespaced", "request:default/a")]


@pytest.mark.parametrize(("service", "cluster"), [("checkout", "no-such-cluster"), ("cart", "checkout-db")])
def test_no_database_in_a_cluster_that_is_not_the_services(tree_of, service, cluster):
    found = judged(tree_of, ("a", "database", service, {"cluster": cluster, "name": "orders"}))
    assert [one[0] for one in found] == ["parameter-invalid"]
