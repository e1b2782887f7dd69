"""From a platform repo's files to manifests and findings, with the real catalog check and real git trees."""

import json
from dataclasses import replace

import pygit2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.git.tree import GitTree
from bot.catalog.check import check
from bot.catalog.entity import Catalog
from bot.kubernetes.schemas import NoSchemas
from bot.report.sentences import RULES, say
from bot.templating.environment import environment_findings, environments
from bot.templating.jinja import run_job
from bot.templating.jobs import RenderError, RenderResult
from bot.templating.pin import Pin, pin, read_pin
from bot.templating.render import render
from bot.templating.wire import job_from_json, job_to_json, result_from_json, result_to_json

SCHEMAS = NoSchemas()
"""The objects here are smaller than any server would take."""

TEMPLATE = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: web}
spec:
  type: service
  owner: team
  version: 1.2.3
  steps: []
  parameters:
    - roadcrew:scaffold-only: true
      required: [repoUrl]
      properties: {repoUrl: {type: string}}
    - required: [image]
      properties:
        image: {type: string, pattern: "^[a-z/]+$"}
        port: {type: integer, minimum: 1, maximum: 65535, default: 80}
        replicas:
          type: object
          additionalProperties: false
          properties:
            min: {type: integer, default: 1, minimum: 1}
            max: {type: integer, default: 3}
        args: {type: array, items: {type: string}}
"""
MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {name: {{ component.name | tojson }}, namespace: {{ environment.namespace }}}
spec:
  replicas: {{ parameters.replicas.min }}
  port: {{ parameters.port }}
  args: {{ parameters.args | default([]) | tojson }}
  host: {{ component.name }}.{{ environment.domain }}
"""
GROUP = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: team}\nspec: {type: team, children: []}\n"


def component(deploy, name="shop", namespace=None):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {json.dumps(metadata)}\nspec:\n"
        f"  type: service\n  lifecycle: production\n  owner: group:default/team\n  deploy:\n{deploy}"
    )


def stage(name, order, defaults=""):
    return (
        f"apiVersion: roadcrew.dev/v1\nkind: Environment\nmetadata: {{name: {name}}}\n"
        f"spec:\n  order: {order}\n  domain: {name}.example\n{defaults}"
    )


SHOP = "catalog/shop.yaml"
BASE = {
    "catalog/team.yaml": GROUP,
    "catalog/dev.yaml": stage("dev", 1),
    "catalog/prod.yaml": stage("prod", 2, "  defaults:\n    web:\n      replicas: {min: 2}\n"),
    SHOP: component("    template: web\n    image: acme/shop\n"),
    "templates/web/template.yaml": TEMPLATE,
    "templates/web/manifests/service.yaml": MANIFEST,
}


@pytest.fixture
def repository(tmp_path):
    return pygit2.init_repository(tmp_path / "platform", bare=True)


@pytest.fixture
def tree_of(repository):
    empty = GitTree(repository, str(repository.TreeBuilder().write()))

    def made(**changes):
        files = {**BASE, **changes.get("files", {})}
        return empty.with_files({path: _bytes(text) for path, text in files.items() if text is not None})

    return made


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def rendered(tree, name="prod", **options):
    catalog = check(tree, whole=True).catalog
    by_name = {one.name: one for one in environments(catalog)}
    return render(
        tree, catalog, by_name[name], options.pop("run", run_job), **{"schemas": SCHEMAS, **options}
    )


def only_finding(rendering):
    assert rendering.components == {}
    (finding,) = rendering.findings
    sentence = say(finding)
    assert finding.rule in RULES
    assert sentence.message
    assert sentence.fix
    return finding


def test_a_component_becomes_one_canonical_file_an_object(tree_of):
    rendering = rendered(tree_of())
    assert rendering.findings == ()
    shop = rendering.components["shop"]
    assert (shop.ref, shop.folder, shop.template, shop.version) == (
        "component:default/shop",
        "shop",
        "web",
        "1.2.3",
    )
    assert shop.files == {
        "service-shop.yaml": b"apiVersion: v1\nkind: Service\nmetadata:\n  name: shop\n  namespace: shop\nspec:\n"
        b"  args: []\n  host: shop.prod.example\n  port: 80\n  replicas: 2\n"
    }


def test_environments_come_in_their_order_and_not_at_all_while_one_is_broken(tree_of):
    names = [one.name for one in environments(check(tree_of(), whole=True).catalog)]
    assert names == ["dev", "prod"]
    for broken in (
        "order: x",
        "order: 1\n  branch: main",
        "order: 1\n  branch: env/prod",
        "domain: d",
        "order: 1\n  domain: A.example",
        "order: 1\n  namespace: '{sytem}'",
    ):
        text = f"apiVersion: roadcrew.dev/v1\nkind: Environment\nmetadata: {{name: dev}}\nspec:\n  {broken}\n"
        checked = check(tree_of(files={"catalog/dev.yaml": text}), whole=True)
        assert environments(checked.catalog) == ()
        assert checked.findings


def test_no_environment_is_a_finding_that_says_how_to_add_one():
    assert environments(Catalog(())) == ()
    (finding,) = environment_findings(Catalog(()))
    assert "kind: Environment" in say(finding).fix
    assert "spec.order" in say(finding).fix


LAYERS = {
    "the schema's default": ("", "", "dev", 1),
    "the environment's default is stronger": ("", "", "prod", 2),
    "the component is stronger": ("    replicas: {min: 5}\n", "", "prod", 5),
    "its override is the strongest": (
        "    replicas: {min: 5}\n",
        "      prod: {replicas: {min: 7}}\n",
        "prod",
        7,
    ),
    "an override of another environment is not": ("", "      prod: {replicas: {min: 7}}\n", "dev", 1),
    "an empty override changes nothing": ("    replicas: {min: 5}\n", "      prod:\n", "prod", 5),
}


@pytest.mark.parametrize("name", LAYERS)
def test_where_a_parameter_comes_from(name, tree_of):
    own, overrides, environment, expected = LAYERS[name]
    text = component(
        f"    template: web\n    image: acme/shop\n{own}"
        + (f"    environments:\n{overrides}" if overrides else "")
    )
    shop = rendered(tree_of(files={SHOP: text}), environment).components["shop"]
    assert f"replicas: {expected}\n".encode() in shop.files["service-shop.yaml"]


def test_lists_are_replaced_and_mappings_merged(tree_of):
    text = component(
        "    template: web\n    image: acme/shop\n    args: [a, b]\n    replicas: {max: 9}\n"
        "    environments:\n      prod: {args: [c]}\n"
    )
    shop = rendered(tree_of(files={SHOP: text})).components["shop"]
    assert b"  args:\n  - c\n" in shop.files["service-shop.yaml"]
    assert b"replicas: 2\n" in shop.files["service-shop.yaml"]


DEPLOYS = {
    # deploy, rule, line in the component (deploy starts at line 9), fact
    "a wrong type": (
        "    template: web\n    image: acme/shop\n    port: x\n",
        "parameter-invalid",
        11,
        "port",
    ),
    "out of range": (
        "    template: web\n    image: acme/shop\n    port: 70000\n",
        "parameter-invalid",
        11,
        "port",
    ),
    "deep inside": (
        "    template: web\n    image: acme/shop\n    replicas:\n      min: 0\n",
        "parameter-invalid",
        12,
        "replicas.min",
    ),
    "in an override": (
        "    template: web\n    image: acme/shop\n    environments:\n      prod:\n        port: 0\n",
        "parameter-invalid",
        13,
        "port",
    ),
    "in a list": (
        "    template: web\n    image: acme/shop\n    args:\n    - a\n    - 1\n",
        "parameter-invalid",
        13,
        "args.1",
    ),
    "a slip of the pen": (
        "    template: web\n    image: acme/shop\n    replica: {min: 2}\n",
        "parameter-unknown",
        11,
        "replica",
    ),
    "a slip deep inside": (
        "    template: web\n    image: acme/shop\n    replicas:\n      minimum: 2\n",
        "parameter-unknown",
        12,
        "replicas.minimum",
    ),
    "nothing where something must be": ("    template: web\n", "parameter-missing", 8, "image"),
    "a page of the form": (
        "    template: web\n    image: acme/shop\n    repoUrl: x\n",
        "parameter-unknown",
        11,
        "repoUrl",
    ),
}


@pytest.mark.parametrize("name", DEPLOYS)
def test_a_parameter_that_breaks_the_contract_is_found_at_its_line(name, tree_of):
    deploy, rule, line, parameter = DEPLOYS[name]
    finding = only_finding(rendered(tree_of(files={SHOP: component(deploy)})))
    assert (finding.rule, finding.path, finding.line) == (rule, SHOP, line)
    assert finding.facts["parameter"] == parameter


def test_an_unknown_parameter_names_what_was_meant(tree_of):
    text = component("    template: web\n    image: acme/shop\n    replica: {min: 2}\n")
    finding = only_finding(rendered(tree_of(files={SHOP: text})))
    assert say(finding).fix == "Did you mean `replicas`?"


def test_a_parameter_that_is_described_is_explained_with_it(tree_of):
    described = TEMPLATE.replace("image: {type: string,", "image: {type: string, description: By digest.,")
    files = {"templates/web/template.yaml": described, SHOP: component("    template: web\n    image: 3\n")}
    assert say(only_finding(rendered(tree_of(files=files)))).fix == "The template says of it: `By digest.`"


def test_a_wrong_default_of_an_environment_is_found_there(tree_of):
    bad = stage("prod", 2, "  defaults:\n    web:\n      port: none\n")
    finding = only_finding(rendered(tree_of(files={"catalog/prod.yaml": bad})))
    assert (finding.rule, finding.path, finding.line) == ("parameter-invalid", "catalog/prod.yaml", 9)


SHAPES = {
    "no mapping": ("    web\n", "deploy-invalid", 8),
    "no template": ("    image: acme/shop\n", "deploy-invalid", 8),
    "an unknown template": ("    template: wbe\n", "template-unknown", 9),
    "an unknown environment": ("    template: web\n    environments: {prd: {}}\n", "environment-unknown", 10),
    "environments of the wrong shape": (
        "    template: web\n    environments: [prod]\n",
        "deploy-invalid",
        10,
    ),
    "an override of the wrong shape": (
        "    template: web\n    environments: {prod: 3}\n",
        "deploy-invalid",
        10,
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_deploy_that_cannot_be_read(name, tree_of):
    deploy, rule, line = SHAPES[name]
    finding = only_finding(rendered(tree_of(files={SHOP: component(deploy)})))
    assert (finding.rule, finding.path, finding.line) == (rule, SHOP, line)


def test_a_component_without_deploy_renders_nothing(tree_of):
    text = component("").replace("  deploy:\n", "")
    rendering = rendered(tree_of(files={SHOP: text}))
    assert (rendering.components, rendering.findings) == ({}, ())


MANIFESTS = "templates/web/manifests"
BROKEN_TEMPLATES = {
    "an undefined name": (
        {"service.yaml": "a: 1\nb: {{ parameters.prot }}\n"},
        "template-failed",
        "service.yaml",
        2,
    ),
    "an undefined name as JSON": (
        {"service.yaml": "a: 1\nb: {{ parameters.prot | tojson }}\n"},
        "template-failed",
        "service.yaml",
        2,
    ),
    "something that is no JSON": (
        {"service.yaml": "a: {{ [1] | map('string') | tojson }}\n"},
        "template-failed",
        "service.yaml",
        1,
    ),
    "bad syntax": ({"service.yaml": "a: 1\n{% if %}\n"}, "template-failed", "service.yaml", 2),
    "a failure in an included file": (
        {"service.yaml": "{% include '_x.yaml' %}", "_x.yaml": "\n\n{{ 1 / 0 }}"},
        "template-failed",
        "_x.yaml",
        3,
    ),
    "a forbidden attribute": (
        {"service.yaml": "{{ ''.__class__.__mro__ }}"},
        "template-forbidden",
        "service.yaml",
        1,
    ),
    "no YAML": ({"service.yaml": "a: {{ component.name }}: b\n"}, "manifest-broken", "service.yaml", 1),
    "no YAML after a loop": (
        {"service.yaml": "{% for i in [1, 2] %}\na{{ i }}: 1\n{% endfor %}\nx: y: z\n"},
        "manifest-broken",
        "service.yaml",
        4,
    ),
    "one key twice": ({"service.yaml": "a: 1\na: 2\n"}, "manifest-broken", "service.yaml", 2),
    "a list": ({"service.yaml": "- a\n"}, "manifest-invalid", "service.yaml", 0),
    "no kind": (
        {"service.yaml": "apiVersion: v1\nmetadata: {name: x}\n"},
        "manifest-invalid",
        "service.yaml",
        0,
    ),
    "no name": ({"service.yaml": "apiVersion: v1\nkind: Pod\n"}, "manifest-invalid", "service.yaml", 0),
    "a name with a path": (
        {"service.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: ../x}\n"},
        "manifest-name",
        "service.yaml",
        0,
    ),
    "a kind with a path": (
        {"service.yaml": "apiVersion: v1\nkind: ../Pod\nmetadata: {name: x}\n"},
        "manifest-name",
        "service.yaml",
        0,
    ),
    "one object twice": (
        {"service.yaml": MANIFEST, "zwei.yaml": "apiVersion: v2\nkind: Service\nmetadata: {name: shop}\n"},
        "manifest-duplicate",
        "zwei.yaml",
        0,
    ),
    "half a character": ({"service.yaml": "a: {{ '\\ud800' }}\n"}, "manifest-broken", "service.yaml", 1),
    "a namespace that is none": (
        {"service.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: '{team}'}\n"},
        "manifest-name",
        "service.yaml",
        0,
    ),
    "no text": ({"service.yaml": b"\xff\x00\x01"}, "template-file", "service.yaml", 1),
}


@pytest.mark.parametrize("name", BROKEN_TEMPLATES)
def test_a_template_that_fails_names_its_file_and_line(name, tree_of):
    files, rule, file, line = BROKEN_TEMPLATES[name]
    finding = only_finding(
        rendered(tree_of(files={f"{MANIFESTS}/{path}": text for path, text in files.items()}))
    )
    assert (finding.rule, finding.path, finding.line) == (rule, f"{MANIFESTS}/{file}", line)
    if rule != "template-file":
        assert finding.facts["component"] == "component:default/shop"


BROKEN_CONTRACTS = {
    "no version": ("  version: 1.2.3\n", "", "template-version"),
    "a version that is none": ("1.2.3", "1.2", "template-version"),
    "a version with zeros": ("1.2.3", "01.2.3", "template-version"),
    "a version that is a number": ("1.2.3", "1.2", "template-version"),
    "no JSON Schema": ("type: integer, minimum", "type: intger, minimum", "template-contract"),
    "a reference outside": (
        "{type: array, items",
        "{$ref: 'https://x.example/y', items",
        "template-contract",
    ),
    "a pattern that is none": ("^[a-z/]+$", "^[a-z/+$", "template-contract"),
}


@pytest.mark.parametrize("name", BROKEN_CONTRACTS)
def test_a_template_that_cannot_be_used_is_one_finding_for_all_components(name, tree_of):
    old, new, rule = BROKEN_CONTRACTS[name]
    assert old in TEMPLATE
    files = {
        "templates/web/template.yaml": TEMPLATE.replace(old, new),
        "catalog/cart.yaml": component("    template: web\n    image: acme/cart\n", "cart"),
    }
    finding = only_finding(rendered(tree_of(files=files)))
    assert (finding.rule, finding.path) == (rule, "templates/web/template.yaml")


def test_a_template_without_manifests(tree_of):
    finding = only_finding(
        rendered(tree_of(files={f"{MANIFESTS}/service.yaml": None, f"{MANIFESTS}/_x.yaml": "a"}))
    )
    assert finding.rule == "template-empty"


def test_a_template_that_is_too_large_is_not_read(tree_of):
    finding = only_finding(rendered(tree_of(files={f"{MANIFESTS}/big.txt": "x" * 1_000_001})))
    assert finding.rule == "template-large"


def test_a_symbolic_link_is_not_followed(repository, tree_of):
    tree = tree_of()
    link = repository.create_blob(b"/etc/passwd")
    index = pygit2.Index()
    index.read_tree(repository[tree.id])
    index.add(pygit2.IndexEntry(f"{MANIFESTS}/link.yaml", link, pygit2.enums.FileMode.LINK))
    finding = only_finding(rendered(GitTree(repository, str(index.write_tree(repository)))))
    assert (finding.rule, finding.path) == ("template-file", f"{MANIFESTS}/link.yaml")


SHARED = "templates/shared"
USES_SHARED = '{% include "shared/head.yaml" %}\n' + MANIFEST.replace("metadata: {", "more: {")


def test_shared_files_are_there_for_every_template_and_are_no_manifests(tree_of):
    files = {
        f"{MANIFESTS}/service.yaml": USES_SHARED,
        f"{SHARED}/head.yaml": "metadata: {name: from-shared}\n",
        f"{SHARED}/template.yaml": "kind: ConfigMap\n",
    }
    tree = tree_of(files=files)
    assert check(tree, whole=True).findings == (), "what is shared is no entity"
    assert list(rendered(tree).components["shop"].files) == ["service-from-shared.yaml"]


def test_a_change_of_a_shared_file_is_a_change_of_every_template(tree_of):
    files = {f"{MANIFESTS}/service.yaml": USES_SHARED, f"{SHARED}/head.yaml": "metadata: {name: one}\n"}
    memo = {}
    rendered(tree_of(files=files), memo=memo)
    after = rendered(tree_of(files={**files, f"{SHARED}/head.yaml": "metadata: {name: two}\n"}), memo=memo)
    assert list(after.components["shop"].files) == ["service-two.yaml"]


def test_a_shared_file_that_fails_is_named_where_it_stands(tree_of):
    files = {f"{MANIFESTS}/service.yaml": USES_SHARED, f"{SHARED}/head.yaml": "\n{{ nothing }}"}
    finding = only_finding(rendered(tree_of(files=files)))
    assert (finding.rule, finding.path, finding.line) == ("template-failed", f"{SHARED}/head.yaml", 2)


def test_a_template_has_no_shared_folder_of_its_own(tree_of):
    finding = only_finding(rendered(tree_of(files={f"{MANIFESTS}/shared/head.yaml": "a: b"})))
    assert (finding.rule, finding.path) == ("template-file", f"{MANIFESTS}/shared/head.yaml")


def test_shared_files_count_to_what_a_template_may_hold(tree_of):
    finding = only_finding(rendered(tree_of(files={f"{SHARED}/big.txt": "x" * 1_000_001})))
    assert finding.rule == "template-large"


@pytest.mark.parametrize("path", [f"{SHARED}/link.j2", SHARED])
def test_a_symbolic_link_to_what_is_shared_is_not_followed(path, repository, tree_of):
    index = pygit2.Index()
    index.read_tree(repository[tree_of().id])
    index.add(pygit2.IndexEntry(path, repository.create_blob(b"/etc"), pygit2.enums.FileMode.LINK))
    finding = only_finding(rendered(GitTree(repository, str(index.write_tree(repository)))))
    assert (finding.rule, finding.path) == ("template-file", path)


def test_a_template_can_refuse_a_parameter_at_its_line(tree_of):
    files = {
        f"{MANIFESTS}/service.yaml": "{{ fail('2 is more than 1', 'replicas.min') }}",
        SHOP: component(
            "    template: web\n    image: acme/shop\n    replicas:\n      max: 1\n      min: 2\n"
        ),
    }
    finding = only_finding(rendered(tree_of(files=files)))
    assert (finding.rule, finding.path, finding.line) == ("parameter-invalid", SHOP, 13)


def test_a_name_that_kubernetes_does_not_take_is_found_where_it_was_given(tree_of):
    text = component("    template: web\n    image: acme/shop\n", "Shop_1")
    finding = only_finding(rendered(tree_of(files={SHOP: text})))
    assert (finding.rule, finding.path, finding.line) == ("manifest-name", SHOP, 3)


def test_one_broken_component_does_not_hold_up_the_others(tree_of):
    rendering = rendered(tree_of(files={"catalog/cart.yaml": component("    template: web\n", "cart")}))
    assert list(rendering.components) == ["shop"]
    assert [finding.path for finding in rendering.findings] == ["catalog/cart.yaml"]


def test_folders_by_namespace_and_what_happens_when_two_want_one(tree_of):
    deploy = "    template: web\n    image: acme/shop\n"
    files = {
        "catalog/other.yaml": component(deploy, "shop", "payments"),
        "catalog/rival.yaml": component(deploy, "payments--shop"),
    }
    rendering = rendered(tree_of(files=files))
    assert list(rendering.components) == ["payments--shop", "shop"]
    assert rendering.components["payments--shop"].ref == "component:default/payments--shop"
    (finding,) = rendering.findings
    assert (finding.rule, finding.path) == ("folder-taken", "catalog/other.yaml")
    alone = rendered(tree_of(files=files), only={"component:payments/shop"})
    assert (dict(alone.components), alone.findings) == ({}, rendering.findings)


def test_several_objects_in_one_file_and_none_in_another(tree_of):
    files = {
        f"{MANIFESTS}/service.yaml": "---\n{% if false %}\na: b\n{% endif %}\n---\n# nothing\n",
        f"{MANIFESTS}/roles.yml": "kind: Role\napiVersion: v1\nmetadata: {name: 'a:b'}\n---\n"
        "kind: Role\napiVersion: v1\nmetadata: {name: c}\n",
        f"{MANIFESTS}/notes.txt": "{{ nothing }}",
    }
    assert sorted(rendered(tree_of(files=files)).components["shop"].files) == ["role-a_b.yaml", "role-c.yaml"]


def test_promise_3_a_slow_machine_is_not_remembered(tree_of):
    memo = {}
    slow = RenderResult(error=RenderError("template-too-slow", "5 seconds"))
    finding = only_finding(rendered(tree_of(), run=lambda _: slow, memo=memo))
    assert finding.rule == "template-too-slow"
    assert rendered(tree_of(), memo=memo).findings == ()


def test_promise_6_a_template_that_breaks_limits_is_not_tried_for_all_components(tree_of):
    ran = []

    def slow(job):
        ran.append(job)
        return RenderResult(error=RenderError("template-too-slow", "5 seconds"))

    names = [f"shop-{number}" for number in range(20)]
    files = {
        f"catalog/{name}.yaml": component("    template: web\n    image: acme/x\n", name) for name in names
    }
    rendering = rendered(tree_of(files=files), run=slow)
    assert len(ran) == 3
    assert {one.facts["component"] for one in rendering.findings} >= {
        f"component:default/{name}" for name in names
    }


class Eager:
    """Takes several jobs before it answers the first, as a runner with children does."""

    def __init__(self, run, ahead=4):
        self.run, self.ahead, self.ran = run, ahead, 0

    def __call__(self, job):
        self.ran += 1
        return self.run(job)

    def run_all(self, jobs):
        results = []
        for one in jobs:
            results.append(self(one))
            if len(results) == self.ahead:
                yield results.pop(0)
        yield from results


def test_promise_6_several_at_once_lose_patience_as_one_does(tree_of):
    def slow(job):
        name = job.context["component"]["name"]
        return RenderResult(error=RenderError("template-too-slow", name)) if "1" in name else run_job(job)

    files = {
        f"catalog/shop-{number}.yaml": component(
            f"    template: web\n    image: acme/x\n{'    oops: 1' if number % 7 == 0 else ''}\n",
            f"shop-{number}",
        )
        for number in range(40)
    }
    tree = tree_of(files=files)
    eager = Eager(slow)
    assert rendered(tree, run=eager) == rendered(tree, run=slow)
    assert 3 <= eager.ran < 12


def test_nothing_is_run_again_for_the_same_content(tree_of):
    ran = []

    def counting(job):
        ran.append(job)
        return run_job(job)

    memo = {}
    first = rendered(tree_of(), run=counting, memo=memo)
    text = component("    template: web\n    image: acme/cart\n", "cart")
    second = rendered(tree_of(files={"catalog/cart.yaml": text}), run=counting, memo=memo)
    assert second.components["shop"] == first.components["shop"]
    assert [job.context["component"]["name"] for job in ran] == ["shop", "cart"]


CATALOGS = st.fixed_dictionaries(
    {},
    optional={
        f"catalog/{name}.yaml": st.builds(
            lambda port, extra, name=name: component(
                f"    template: web\n    image: acme/{name}\n    port: {port}\n{extra}", name
            ),
            st.sampled_from(["80", "x", "70000", "'80'"]),
            st.sampled_from(
                [
                    "",
                    "    environments: {dev: {port: 81}}\n",
                    "    environments: {nope: {}}\n",
                    "    oops: 1\n",
                ]
            ),
        )
        for name in ("cart", "shop", "search")
    }
    | {f"{MANIFESTS}/service.yaml": st.sampled_from([MANIFEST, "{{ nope }}", "a: b: c\n"])},
)


@given(CATALOGS, CATALOGS, st.sampled_from(["dev", "prod"]), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_promise_3_memory_order_and_company_change_no_answer(tree_of, before, after, name, chance):
    memo = {}
    rendered(tree_of(files=before), name, memo=memo)
    tree = tree_of(files=after)
    plain = rendered(tree, name)
    assert rendered(tree, name, memo=memo) == plain
    assert rendered(tree, name, run=Eager(run_job)) == plain

    catalog = check(tree, whole=True).catalog
    shuffled = list(catalog.entities)
    chance.shuffle(shuffled)
    environment = next(one for one in environments(catalog) if one.name == name)
    assert render(tree, Catalog(tuple(shuffled)), environment, run_job, schemas=SCHEMAS) == plain

    alone = [
        render(tree, catalog, environment, run_job, schemas=SCHEMAS, only={one.ref})
        for one in catalog.of_kind("Component")
    ]
    assert {folder: found for part in alone for folder, found in part.components.items()} == dict(
        plain.components
    )
    assert {str(finding) for part in alone for finding in part.findings} == {
        str(one) for one in plain.findings
    }


@given(CATALOGS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_jobs_and_results_survive_the_pipe(tree_of, files):
    def through_json(job):
        assert job_from_json(job_to_json(job), {}) == job
        result = run_job(job)
        assert result_from_json(result_to_json(result)) == result
        return result

    tree = tree_of(files=files)
    assert rendered(tree, run=through_json) == rendered(tree)


def test_a_pin_says_where_manifests_came_from(tree_of):
    shop = rendered(tree_of()).components["shop"]
    data = pin(shop, "a" * 40, "b" * 64)
    assert data == pin(replace(shop), "a" * 40, "b" * 64)
    found = read_pin(data)
    assert found == Pin("component:default/shop", "a" * 40, "web", "1.2.3", "b" * 64)
    old = data.replace(b"digest: " + b"b" * 64 + b"\n", b"")
    assert read_pin(old) == replace(found, digest=""), "written before there was a digest"
    assert read_pin(data.replace(b"bbb", b"xyz")) is None


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"a: b: c", b"- a\n", b"kind: Source\n", b"x" * 5000, b"commit: [a]\n"]
)
def test_a_pin_that_someone_edited_is_none(data):
    assert read_pin(data) is None
    assert read_pin(data + b"apiVersion: roadcrew.dev/v1\n") is None


WRONG_DEFAULTS = {
    "of a parameter": ("maximum: 65535, default: 80", "maximum: 65535, default: '80'", "port"),
    "inside another": ("default: 1, minimum: 1", "default: 0, minimum: 1", "replicas.min"),
    "of what is around it": (
        "args: {type: array, items: {type: string}}",
        "args: {type: array, items: {type: string}, default: [a, 1]}",
        "args[1]",
    ),
    "without what it needs": (
        "args: {type: array, items: {type: string}}",
        "args: {type: object, required: [a], default: {}}",
        "args.a",
    ),
}


@pytest.mark.parametrize(("right", "wrong", "parameter"), WRONG_DEFAULTS.values(), ids=WRONG_DEFAULTS)
def test_a_default_that_breaks_its_own_contract_is_the_templates_fault(tree_of, right, wrong, parameter):
    text = TEMPLATE.replace(right, wrong)
    assert text != TEMPLATE
    files = {
        "templates/web/template.yaml": text,
        "catalog/cart.yaml": component("    template: web\n    image: acme/cart\n", "cart"),
    }
    finding = only_finding(rendered(tree_of(files=files), "dev"))
    assert (finding.rule, finding.path) == ("template-contract", "templates/web/template.yaml")
    line = next(n for n, one in enumerate(text.splitlines(), 1) if wrong in one)
    assert (finding.line, finding.facts["parameter"]) == (line, parameter)
    assert "default of" in say(finding).message


def test_a_value_that_somebody_wrote_is_theirs_though_the_default_is_wrong_too(tree_of):
    text = TEMPLATE.replace("default: 1, minimum: 1", "default: 0, minimum: 1")
    stages = {"catalog/prod.yaml": stage("prod", 2, "  defaults:\n    web:\n      replicas: {min: -1}\n")}
    finding = only_finding(rendered(tree_of(files={"templates/web/template.yaml": text, **stages})))
    assert (finding.rule, finding.path) == ("parameter-invalid", "catalog/prod.yaml")
