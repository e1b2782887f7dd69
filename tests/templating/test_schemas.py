"""Rendered objects and their schemas: each finding at the line that a person has to change."""

import pytest

from bot.kubernetes.schemas import NoSchemas
from bot.model.plan import Severity
from bot.report.sentences import RULES, say
from bot.templating.lines import line_in_source, spot_in_sources
from tests.platforms import MANIFEST, PLATFORM, TEMPLATE, component, environment, rendered

SHOP = "catalog/shop.yaml"
CONFIG = "templates/tiny/manifests/config.yaml"
TINY = "templates/tiny/template.yaml"
OPEN = TEMPLATE.replace("    type: object\n", "    type: object\n    additionalProperties: true\n", 1)
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ component.name }}
spec:
  replicas: {{ parameters.size }}
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
        - name: {{ component.name }}
          image: shop
{% if parameters.resources is defined %}
          resources: {{ parameters.resources | tojson }}
{% endif %}
          env:
{% for name, value in (parameters.env or {}).items() %}
            - name: {{ name }}
              value: {{ value | tojson }}
{% endfor %}
"""
THING = """\
apiVersion: acme.test/v1
kind: Thing
metadata:
  name: {{ component.name }}
spec:
  size: "{{ parameters.size }}"
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.acme.test
spec:
  group: acme.test
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: {type: integer}
"""


def only(findings):
    (finding,) = findings
    assert finding.rule in RULES
    assert "\u2026" not in say(finding).message + say(finding).fix, "a fact is missing"
    return finding


def place(finding):
    return finding.rule, finding.path, finding.line


def shop(tree_of, manifest, more="", **files):
    env = "" if "env:" in more else "    env: {}\n"
    return tree_of(
        {**PLATFORM, TINY: OPEN, CONFIG: manifest, SHOP: component("shop", more=more + env), **files}
    )


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ("    resources: {limits: {memory: 256 MB}}\n", "resources: {limits"),
        ("    resources:\n      limitz: {memory: 256Mi}\n", "limitz:"),
        ("    env:\n      LOG: true\n", "LOG: true"),
    ],
)
def test_what_the_catalog_caused_is_said_there(tree_of, more, text):
    tree = shop(tree_of, DEPLOYMENT, more)
    rendering = rendered(tree)
    lines = tree.read(SHOP).decode().split("\n")
    expected = next(number for number, line in enumerate(lines, 1) if text in line)
    assert place(only(rendering.findings)) == ("manifest-schema", SHOP, expected)
    assert not rendering.components, "what no cluster takes is not there"


@pytest.mark.parametrize(
    ("manifest", "line", "case"),
    [
        (MANIFEST.replace("\ndata:\n", "\ndta: {}\ndata:\n"), 5, "unknown-of-few"),
        (MANIFEST.replace("metadata:\n", "metadata:\n  lables: {}\n"), 4, "unknown"),
        (MANIFEST.replace('"{{ parameters.size }}"', "{{ parameters.size }}"), 7, None),
        (DEPLOYMENT.replace("          image: shop\n", "          imagee: shop\n"), 15, "unknown"),
        ("{# a note\n#}" + DEPLOYMENT.replace("- name: {{ component.name }}", "- tty: true"), 15, "required"),
        (
            MANIFEST.replace("apiVersion: v1", "apiVersion: policy/v1beta1").replace("ConfigMap", "Pod"),
            1,
            "kind",
        ),
        (MANIFEST.replace("ConfigMap", "ConfgMap"), 2, "kind"),
        (DEPLOYMENT.replace("apps/v1", "apps/v1beta1"), 1, "removed"),
    ],
)
def test_what_the_template_wrote_is_said_at_its_line(tree_of, manifest, line, case):
    findings = rendered(shop(tree_of, manifest)).findings
    finding = only([one for one in findings if one.path == CONFIG])
    assert place(finding) == ("manifest-schema", CONFIG, line)
    assert finding.facts.get("case") == case
    assert finding.severity is Severity.DENY


def test_what_a_shared_file_wrote_is_said_there(tree_of):
    shared = "  labels:\n    app: {{ component.name }}\n    tier: 1\n"
    manifest = MANIFEST.replace("\ndata:\n", '\n{% include "shared/labels.yaml" %}\ndata:\n')
    tree = shop(tree_of, manifest, **{"templates/shared/labels.yaml": shared})
    assert place(only(rendered(tree).findings)) == ("manifest-schema", "templates/shared/labels.yaml", 3)


def test_the_sentence_names_what_to_write(tree_of):
    finding = only(rendered(shop(tree_of, MANIFEST.replace("\ndata:\n", "\ndta:\n"))).findings)
    said = say(finding)
    assert said.message == (
        "For `component:default/shop`, `ConfigMap/shop` has the field `dta`, which `ConfigMap` does not have in "
        "`v1` (Kubernetes 1.37)."
    )
    assert said.fix == "Did you mean `data`?"


def test_each_environment_has_its_own_version(tree_of):
    manifest = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ component.name }}
spec:
  validations: [{expression: "true"}]
"""
    old = environment("dev", 1, '  kubernetes: "1.29"\n')
    tree = shop(tree_of, manifest, **{"catalog/dev.yaml": old})
    finding = only(rendered(tree).findings)
    assert finding.facts["case"] == "later"
    assert say(finding).message.endswith("comes with Kubernetes 1.30; here it is 1.29.")
    assert rendered(tree, "prod").findings == ()


def test_a_version_that_we_do_not_have_is_judged_by_the_nearest(tree_of):
    tree = shop(tree_of, MANIFEST, **{"catalog/dev.yaml": environment("dev", 1, '  kubernetes: "1.99"\n')})
    rendering = rendered(tree)
    finding = only(rendering.findings)
    assert place(finding) == ("environment-kubernetes", "catalog/dev.yaml", 7)
    assert finding.severity is Severity.WARN
    assert [*rendering.components] == ["shop"]
    assert "1.25 to 1.37" in say(finding).fix


def test_a_kind_that_nobody_knows_is_said_once_and_rendered(tree_of):
    files = {f"catalog/{name}.yaml": component(name) for name in ("cart", "till")}
    tree = shop(tree_of, THING, **files)
    rendering = rendered(tree)
    finding = only(rendering.findings)
    assert place(finding) == ("manifest-unchecked", CONFIG, 1)
    assert finding.severity is Severity.INFO
    assert sorted(rendering.components) == ["cart", "shop", "till"]


class TestOwnSchemas:
    """CustomResourceDefinitions in the platform's `schemas/`."""

    def test_they_judge_the_platforms_own_kinds(self, tree_of):
        tree = shop(tree_of, THING, **{"schemas/thing.yaml": CRD})
        assert place(only(rendered(tree).findings)) == ("manifest-schema", CONFIG, 6)
        good = tree.with_files({CONFIG: THING.replace('"', "").encode()})
        assert rendered(good).findings == ()

    def test_the_folder_is_what_the_platform_says(self, tree_of):
        platform = "apiVersion: roadcrew.dev/v1\nkind: Platform\nmetadata:\n  name: acme\nspec:\n  schemas: crds/own\n"
        files = {"catalog/platform.yaml": platform, "crds/own/thing.yaml": CRD, "schemas/x.yaml": "broken"}
        assert only(rendered(shop(tree_of, THING, **files)).findings).rule == "manifest-schema"

    @pytest.mark.parametrize(
        ("text", "rule", "line"),
        [
            ("kind: ConfigMap\n", "schema-broken", 1),
            (CRD.replace("extensions.k8s.io/v1\n", "extensions.k8s.io/v1beta1\n", 1), "schema-broken", 1),
            ("---\n" + CRD.replace("type: integer", "type: whole"), "schema-broken", 21),
            (CRD.replace("{type: integer}", "{type: string, pattern: '('}"), "schema-broken", 9),
            (CRD.replace("served: true", "served: false"), "schema-broken", 9),
            ("a: 1\na: 2\n", "yaml-duplicate-key", 2),
            ("just text", "schema-broken", 1),
        ],
    )
    def test_a_broken_one_is_said_where_it_is_broken(self, tree_of, text, rule, line):
        rendering = rendered(shop(tree_of, MANIFEST, **{"schemas/thing.yaml": text}))
        assert place(only(rendering.findings)) == (rule, "schemas/thing.yaml", line)
        assert [*rendering.components] == ["shop"], "it holds up nobody who does not need it"

    def test_other_kinds_do_no_harm(self, tree_of):
        text = f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n---\n{CRD}"
        found = rendered(shop(tree_of, THING, **{"schemas/thing.yaml": text})).findings
        assert [place(one) for one in found] == [
            ("schema-skipped", "schemas/thing.yaml", 2),
            ("manifest-schema", CONFIG, 6),
        ], "what stands beside it is read"
        assert found[0].severity is Severity.INFO
        assert "`Kustomization`" in say(found[0]).message

    def test_other_files_and_empty_ones_are_nobodys_business(self, tree_of):
        files = {"schemas/README.md": "# ours\n", "schemas/empty.yaml": "# nothing yet\n"}
        assert rendered(shop(tree_of, MANIFEST, **files)).findings == ()

    def test_a_change_of_a_schema_is_seen_though_the_memory_holds_what_was_rendered(self, tree_of):
        memo = {}
        tree = shop(tree_of, THING, **{"schemas/thing.yaml": CRD})
        loose = tree.with_files({"schemas/thing.yaml": CRD.replace("integer", "string").encode()})
        counts = [len(rendered(one, memo=memo).findings) for one in (tree, loose, tree)]
        assert counts == [1, 0, 1]


def test_without_schemas_nothing_is_judged(tree_of):
    tree = shop(tree_of, MANIFEST.replace("\ndata:\n", "\ndta:\n"))
    rendering = rendered(tree, schemas=NoSchemas())
    assert (rendering.findings, [*rendering.components]) == ((), ["shop"])


SOURCE = """\
kind: A
metadata:
  name: {{ name }}
{% for one in list %}
  - item: {{ one }}
    value: same
{% endfor %}
  last: {{ a }}-{{ b }}
  value: same
"""
TEXT = "kind: A\nmetadata:\n  name: x\n  - item: 1\n    value: same\n  - item: 2\n    value: same\n  last: p-q\n  value: same\nend"


@pytest.mark.parametrize(
    ("line", "made_by"),
    [(1, 1), (3, 3), (4, 5), (6, 5), (5, 6), (7, 6), (8, 8), (9, 9), (10, 0), (0, 0), (99, 0)],
)
def test_a_rendered_line_is_traced_to_the_line_that_made_it(line, made_by):
    assert line_in_source(TEXT.split("\n"), SOURCE.split("\n"), line) == made_by


def test_a_line_of_two_files_is_no_ones():
    sources = {"a.yaml": "one: {{ x }}\n\n\n", "shared/b.yaml": "two: 2", "shared/c.yaml": "two: 2\nthree: 3"}
    text = "one: 1\ntwo: 2\nthree: 3"
    assert spot_in_sources(text, sources, "a.yaml", 1) == ("a.yaml", 1)
    assert spot_in_sources(text, sources, "a.yaml", 2) == ("a.yaml", 0)
    assert spot_in_sources(text, sources, "a.yaml", 3) == ("shared/c.yaml", 2)
