"""Two components of one environment that claim one host, or one object."""

import pytest

from bot.catalog.check import check
from bot.catalog.entity import Catalog
from bot.report.sentences import say
from bot.templating.clashes import clash_findings, gains
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from bot.templating.render import render
from bot.templating.verify import deploy_findings
from tests.platforms import PLATFORM, SCHEMAS, TEMPLATE, environment, rendered, resource

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: {{ component.name }}}
spec:
  hostnames: [{{ parameters.host }}.{{ environment.name }}.example]
  rules:
    - matches: [{path: {type: PathPrefix, value: {{ parameters.path }}}}]
"""
ROUTED = TEMPLATE.replace(
    "      size:", "      host: {type: string}\n      path: {type: string, default: /}\n      size:"
)
STAGES = {
    "catalog/dev.yaml": environment("dev", 1, "  domain: dev.example\n"),
    "catalog/prod.yaml": environment("prod", 2, "  domain: prod.example\n"),
}


def routed(name, deploy):
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n"
        f"spec:\n  type: service\n  lifecycle: production\n  owner: team\n"
        f"  deploy:\n    template: tiny\n{deploy}"
    )


def platform(manifest=ROUTE, **deploys):
    files = {path: text for path, text in PLATFORM.items() if path != "catalog/shop.yaml"}
    own = {"templates/tiny/template.yaml": ROUTED, "templates/tiny/manifests/config.yaml": manifest}
    return (
        files | STAGES | own | {f"catalog/{name}.yaml": routed(name, text) for name, text in deploys.items()}
    )


def clashes(tree, name="dev", of=None):
    catalog = check(tree, whole=True).catalog
    stage = next(one for one in environments(catalog) if one.name == name)
    return clash_findings(rendered(tree, name), catalog, stage, of=of)


def test_the_second_by_reference_is_told_at_the_parameter_that_gives_the_host(tree_of):
    tree = tree_of(platform(b="    host: shop\n", a="    path: /\n    host: shop\n", c="    host: other\n"))
    (finding,) = clashes(tree)
    assert (finding.rule, finding.path, finding.line) == ("host-taken", "catalog/b.yaml", 11)
    assert say(finding).message == (
        "In `dev`, `component:default/b` would take the requests of `shop.dev.example`, which "
        "`component:default/a` takes already."
    )


@pytest.mark.parametrize("path", ["/api", "/shop"])
def test_one_host_with_two_paths_is_no_clash(path, tree_of):
    assert clashes(tree_of(platform(a="    host: shop\n", b=f"    host: shop\n    path: {path}\n"))) == ()


def test_what_clashes_in_one_environment_is_said_of_that_one(tree_of):
    more = "    host: mine\n    environments:\n      prod:\n        host: shop\n"
    tree = tree_of(platform(a="    host: shop\n", b=more))
    assert clashes(tree) == ()
    (finding,) = clashes(tree, "prod")
    assert (finding.facts["environment"], finding.line) == ("prod", 14)


def test_where_no_parameter_gives_the_host_it_is_the_deploy_line(tree_of):
    manifest = ROUTE.replace("{{ parameters.host }}", "fixed")
    (finding,) = clashes(tree_of(platform(manifest, a="", b="")))
    assert (finding.path, finding.line) == ("catalog/b.yaml", 9)


def test_only_those_that_a_change_takes_part_in_and_then_at_the_change(tree_of):
    host = "    host: shop\n"
    tree = tree_of(platform(a=host, b=host, c="    host: other\n", d="    host: other\n"))
    assert len(clashes(tree)) == 2
    (finding,) = clashes(tree, of={"component:default/a"})
    assert (finding.path, finding.facts["holder"]) == ("catalog/a.yaml", "component:default/b")
    assert clashes(tree, of=set()) == ()


def test_three_that_claim_one_host_are_each_told_of_the_first(tree_of):
    host = "    host: shop\n"
    found = clashes(tree_of(platform(a=host, b=host, c=host)))
    assert [(one.path, one.facts["holder"][-1]) for one in found] == [
        ("catalog/b.yaml", "a"),
        ("catalog/c.yaml", "a"),
    ]


OBJECT = "apiVersion: {}\nkind: ConfigMap\nmetadata: {{name: one, namespace: {}}}\n"


def test_one_object_of_two_components(tree_of):
    (finding,) = clashes(tree_of(platform(OBJECT.format("v1", "here"), a="", b="")))
    assert (finding.rule, finding.path, finding.line) == ("object-taken", "catalog/b.yaml", 9)
    assert say(finding).message == (
        "In `dev`, `component:default/b` and `component:default/a` would both write `ConfigMap/one` to `here`."
    )


def test_objects_of_one_name_in_two_namespaces_are_two(tree_of):
    assert clashes(tree_of(platform(OBJECT.format("v1", "{{ component.name }}"), a="", b=""))) == ()


def test_a_resource_and_a_component_of_one_name_want_one_folder(tree_of):
    files = PLATFORM | {"catalog/data.yaml": resource("shop")}
    (finding,) = rendered(tree_of(files)).findings
    assert (finding.rule, finding.path) == ("folder-taken", "catalog/data.yaml")


def test_what_claims_nothing_new_need_not_be_compared_with_others(tree_of):
    before = rendered(tree_of(platform(a="    host: shop\n", b="    host: other\n")))
    same = rendered(tree_of(platform(a="    host: shop\n    size: 3\n", b="    host: other\n")))
    more = rendered(tree_of(platform(a="    host: shop\n", b="    host: third\n", c="    host: x\n")))
    assert gains(before, same) == frozenset()
    assert gains(before, more) == {"component:default/b", "component:default/c"}
    assert gains(more, before) == {"component:default/b"}


def test_a_warm_rendering_knows_its_claims_without_running_anything(tree_of):
    tree, memo = tree_of(platform(a="    host: shop\n")), {}
    rendered(tree, memo=memo)
    catalog = check(tree, whole=True).catalog
    again = render(tree, catalog, environments(catalog)[0], _never, schemas=SCHEMAS, memo=memo)
    (claim,) = again.components["a"].claims
    assert (claim.host, claim.path) == ("shop.dev.example", "/")


def _never(_job):
    raise AssertionError("it was rendered before")


def test_checking_a_platform_finds_clashes_of_all_environments(tree_of):
    more = "    host: mine\n    environments:\n      prod: {host: shop}\n"
    tree = tree_of(platform(a="    host: shop\n", b=more))
    found = deploy_findings(tree, check(tree, whole=True).catalog, run_job, schemas=SCHEMAS)
    assert [one.rule for one in found] == ["host-taken"]


def test_the_order_of_files_decides_nothing(tree_of):
    host = "    host: shop\n"
    tree = tree_of(platform(a=host, b=host, c=host))
    catalog = check(tree, whole=True).catalog
    turned = Catalog(catalog.entities[::-1])
    answers = [
        clash_findings(
            render(tree, one, environments(one)[0], run_job, schemas=SCHEMAS), one, environments(one)[0]
        )
        for one in (catalog, turned)
    ]
    assert answers[0] == answers[1]


BUCKET = """\
apiVersion: s3.services.k8s.aws/v1alpha1
kind: Bucket
metadata: {name: {{ component.name }}, namespace: {{ component.name }}}
spec: {name: acme-shop}
"""
DATABASE = """\
{% if component.name == 'a' %}
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: db, namespace: shop}
spec: {instances: 1, storage: {size: 1Gi}}
{% else %}
apiVersion: v1
kind: Service
metadata: {name: db-rw, namespace: shop}
{% endif %}
"""
MADE = {
    "a bucket's name": (BUCKET, "Bucket/acme-shop"),
    "a database's service": (DATABASE, "Service/db-rw"),
}


@pytest.mark.parametrize(("manifest", "taken"), MADE.values(), ids=MADE)
def test_what_operators_make_of_objects_is_taken_too(tree_of, manifest, taken):
    (finding,) = clashes(tree_of(platform(manifest, a="    host: a\n", b="    host: b\n")))
    assert (finding.rule, finding.path, finding.facts["object"]) == ("object-taken", "catalog/b.yaml", taken)
