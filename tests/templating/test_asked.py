"""What an entity may ask for: as a Resource, of a version, of a template with a future, within limits."""

from datetime import date

import pytest

from bot.catalog.check import check
from bot.kubernetes.schemas import NoSchemas
from bot.model.plan import Severity
from bot.report.sentences import RULES, say
from bot.templating.verify import deploy_findings, template_findings
from bot.templating.version import is_version, meets
from tests import platforms
from tests.platforms import (
    MANIFEST,
    PLATFORM,
    TEMPLATE,
    component,
    environment,
    resource,
)

DATA = "catalog/data.yaml"
SHOP = "catalog/shop.yaml"
CONFIG = "templates/tiny/manifests/config.yaml"
TINY = "templates/tiny/template.yaml"
SCHEMAS = NoSchemas()
"""The objects here are smaller than any server would take."""


def rendered(tree, name="dev", **options):
    return platforms.rendered(tree, name, **{"schemas": SCHEMAS, **options})


def only(findings):
    (finding,) = findings
    assert finding.rule in RULES
    assert say(finding).message
    assert say(finding).fix
    return finding


def size_of(rendering, name):
    return rendering.components[name].files[f"configmap-{name}.yaml"].decode().split('size: "')[1][0]


WRONG = {
    "a wrong type": ("  size: many\n", "parameter-invalid", 9),
    "in an override": ("  environments:\n    prod: {size: 0}\n", "parameter-invalid", 10),
    "a slip of the pen": ("  sise: 3\n", "parameter-unknown", 9),
    "an environment that is not": ("  environments:\n    prd: {size: 1}\n", "environment-unknown", 10),
    "environments of the wrong shape": ("  environments: [prod]\n", "deploy-invalid", 9),
}


class TestResources:
    def test_parameters_stand_in_the_spec_itself_and_environments_override_them(self, tree_of):
        more = "  size: 3\n  environments:\n    prod: {size: 7}\n"
        tree = tree_of(PLATFORM | {DATA: resource("data", more=more)})
        assert (size_of(rendered(tree), "data"), size_of(rendered(tree, "prod"), "data")) == ("3", "7")
        assert rendered(tree).components["data"].ref == "resource:default/data"

    def test_backstage_s_own_keys_are_no_parameters(self, tree_of):
        more = "  system: shop\n  dependsOn: [component:shop]\n  dependencyOf: [component:shop]\n"
        rendering = rendered(tree_of(PLATFORM | {DATA: resource("data", more=more)}))
        assert rendering.findings == ()
        assert "data" in rendering.components

    def test_one_without_a_template_is_not_rendered(self, tree_of):
        text = resource("data").replace("  template: tiny\n", "")
        rendering = rendered(tree_of(PLATFORM | {DATA: text}))
        assert (list(rendering.components), rendering.findings) == (["shop"], ())

    def test_deploy_on_a_resource_is_told_where_to_write_it(self, tree_of):
        text = resource("data").replace("  template: tiny\n", "  deploy: {template: tiny}\n")
        finding = only(rendered(tree_of(PLATFORM | {DATA: text})).findings)
        assert (finding.rule, finding.path, finding.line) == ("deploy-invalid", DATA, 8)
        assert "in `spec` itself" in say(finding).message

    @pytest.mark.parametrize("name", WRONG)
    def test_what_is_wrong_is_found_at_its_line(self, name, tree_of):
        more, rule, line = WRONG[name]
        finding = only(rendered(tree_of(PLATFORM | {DATA: resource("data", more=more)}), "prod").findings)
        assert (finding.rule, finding.path, finding.line) == (rule, DATA, line)

    def test_a_missing_parameter_is_asked_for_in_the_spec(self, tree_of):
        needs = TEMPLATE.replace("    type: object\n", "    type: object\n    required: [zone]\n").replace(
            "      size", "      zone: {type: string}\n      size"
        )
        files = {DATA: resource("data"), TINY: needs, SHOP: component("shop", more="    zone: a\n")}
        finding = only(rendered(tree_of(PLATFORM | files)).findings)
        assert (finding.rule, finding.line) == ("parameter-missing", 8)
        assert say(finding).fix == "Add it under `spec`."

    @pytest.mark.parametrize(("written", "line"), [("nope", 8), ("{a: b}", 8)])
    def test_a_template_that_is_none(self, written, line, tree_of):
        finding = only(rendered(tree_of(PLATFORM | {DATA: resource("data", template=written)})).findings)
        assert (finding.path, finding.line) == (DATA, line)

    def test_its_context_holds_no_parameters_of_other_environments(self, tree_of):
        """They would make it render anew where nothing changed."""
        files = {CONFIG: MANIFEST + "  keys: {{ component.spec | list | sort | tojson | tojson }}\n"}
        more = "  environments:\n    prod: {size: 7}\n"
        rendering = rendered(tree_of(PLATFORM | files | {DATA: resource("data", more=more)}))
        assert b'keys: \'["owner", "type"]\'' in rendering.components["data"].files["configmap-data.yaml"]


VERSIONS = {
    "exact": ("1.0.0", True),
    "a minor one": ('"1.0"', True),
    "a minor one without quotes": ("1.0", True),
    "a major one": ("1", True),
    "another patch": ("1.0.1", False),
    "another minor one": ("1.1", False),
    "without quotes what would be another number": ("1.00", False),
    "another major one": ("2", False),
    "a word": ("latest", False),
    "a range": ("^1.0.0", False),
    "a list": ("[1]", False),
    "true": ("true", False),
}


@pytest.mark.parametrize("name", VERSIONS)
def test_a_version_beside_the_template_is_a_guard(name, tree_of):
    written, holds = VERSIONS[name]
    files = {SHOP: component("shop", more=f"    version: {written}\n")}
    rendering = rendered(tree_of(PLATFORM | files))
    assert ("shop" in rendering.components) is holds
    if not holds:
        finding = only(rendering.findings)
        assert (finding.rule, finding.path, finding.line) == ("template-version-unknown", SHOP, 12)
        assert "1.0.0" in say(finding).message + say(finding).fix


def test_a_guard_that_yaml_would_take_for_another_number_is_read_as_it_was_written(tree_of):
    ten = {TINY: TEMPLATE.replace("1.0.0", "1.10.0"), SHOP: component("shop", more="    version: 1.10\n")}
    assert rendered(tree_of(PLATFORM | ten)).findings == ()
    one = {**ten, TINY: TEMPLATE.replace("1.0.0", "1.1.0")}
    assert only(rendered(tree_of(PLATFORM | one)).findings).facts["version"] == "1.10"


def test_a_guard_works_on_a_resource_too(tree_of):
    files = {DATA: resource("data", more="  version: 2\n")}
    finding = only(rendered(tree_of(PLATFORM | files)).findings)
    assert (finding.rule, finding.path, finding.line) == ("template-version-unknown", DATA, 9)


@pytest.mark.parametrize(
    ("version", "guard", "holds"),
    [
        ("1.2.3", "1.2", True),
        ("1.20.3", "1.2", False),
        ("12.0.0", "1", False),
        ("1.2.3-rc.1", "1.2", False),
        ("1.2.3-rc.1", "1.2.3-rc.1", True),
        ("1.2.3+build", "1.2", True),
        ("1.2.3", "", False),
        ("1.2.3", "1.", False),
    ],
)
def test_what_a_guard_means(version, guard, holds):
    assert is_version(version)
    assert meets(version, guard) is holds


SUPPORT = {
    # spec, today, case of the warning or None
    "nothing said": ("", date(2026, 1, 1), None),
    "maintenance": ("  support: maintenance\n", date(2026, 1, 1), None),
    "deprecated": ("  support: deprecated\n", None, ""),
    "deprecated with a day to come": (
        "  support: deprecated\n  sunset: 2026-06-30\n",
        date(2026, 6, 29),
        "planned",
    ),
    "over": ("  sunset: 2026-06-30\n", date(2026, 6, 30), "over"),
    "not over yet": ("  sunset: 2026-06-30\n", date(2026, 6, 29), None),
    "nobody knows the day": ("  sunset: 2026-06-30\n", None, None),
}


@pytest.mark.parametrize("name", SUPPORT)
def test_who_uses_a_template_without_a_future_is_warned_and_served(name, tree_of):
    spec, today, case = SUPPORT[name]
    rendering = rendered(tree_of(PLATFORM | {TINY: TEMPLATE + spec}), today=today)
    assert list(rendering.components) == ["shop"]
    if case is None:
        assert rendering.findings == ()
        return
    finding = only(rendering.findings)
    assert (finding.rule, finding.severity) == ("template-sunset", Severity.WARN)
    assert (finding.path, finding.line) == (SHOP, 10)
    assert finding.facts.get("case", "") == case
    assert finding.facts["owner"] == "team"


def test_the_day_changes_what_is_said_and_not_what_is_remembered(tree_of):
    tree, memo = tree_of(PLATFORM | {TINY: TEMPLATE + "  sunset: 2026-06-30\n"}), {}
    days = (date(2026, 6, 29), date(2026, 6, 30), date(2026, 6, 29))
    assert [len(rendered(tree, memo=memo, today=day).findings) for day in days] == [0, 1, 0]


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("  support: someday\n", 14),
        ("  support: [supported]\n", 14),
        ("  sunset: soon\n", 14),
        ("  sunset: 2026-02-30\n", 14),
        ("  sunset: 20260230\n", 14),
    ],
)
def test_support_that_cannot_be_understood(spec, line, tree_of):
    rendering = rendered(tree_of(PLATFORM | {TINY: TEMPLATE + spec}))
    finding = only(rendering.findings)
    assert (finding.rule, finding.path, finding.line) == ("template-support", TINY, line)
    assert rendering.components == {}


CHANGELOGS = {
    "## 1.0.0\n": True,
    "# Changes\n\n## [1.0.0] - 2026-01-02\n": True,
    "### v1.0.0 (first)\n": True,
    "## 1.0.01\n": False,
    "## 1.0.0-rc.1\n": False,
    "1.0.0\n": False,
    "## 11.0.0\n": False,
    "\x00": False,
}


@pytest.mark.parametrize("text", CHANGELOGS)
def test_a_changelog_has_a_heading_for_the_version(text, tree_of):
    tree = tree_of(PLATFORM | {"templates/tiny/CHANGELOG.md": text})
    findings = template_findings(tree, check(tree, whole=True).catalog)
    assert (findings == ()) is CHANGELOGS[text]
    if findings:
        finding = only(findings)
        assert (finding.rule, finding.severity) == ("template-changelog", Severity.WARN)
        assert finding.path == "templates/tiny/CHANGELOG.md"


def test_a_template_without_a_changelog_is_told_so_at_its_version(tree_of):
    files = {path: text for path, text in PLATFORM.items() if "CHANGELOG" not in path}
    tree = tree_of(files)
    finding = only(template_findings(tree, check(tree, whole=True).catalog))
    assert (finding.path, finding.line) == (TINY, 8)
    assert "templates/tiny/CHANGELOG.md" in say(finding).message


def test_templates_that_nobody_uses_are_judged_and_those_without_manifests_are_not(tree_of):
    other = TEMPLATE.replace("name: tiny", "name: other").replace("1.0.0", "1")
    files = {
        "templates/other/template.yaml": other,
        "templates/form/template.yaml": other.replace("other", "form"),
    }
    tree = tree_of(PLATFORM | files | {"templates/other/manifests/a.yaml": "a"})
    finding = only(template_findings(tree, check(tree, whole=True).catalog))
    assert (finding.rule, finding.path) == ("template-version", "templates/other/template.yaml")


@pytest.mark.parametrize("word", ["template", "version", "environments"])
def test_a_parameter_may_not_be_called_what_has_another_meaning(word, tree_of):
    text = TEMPLATE.replace("      size:", f"      {word}: {{type: string}}\n      size:")
    finding = only(rendered(tree_of(PLATFORM | {TINY: text})).findings)
    assert (finding.rule, finding.path) == ("template-contract", TINY)
    assert word in say(finding).message


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ component.name }}}
spec:
  replicas: {{ parameters.size }}
  template:
    spec:
      containers:
        - name: app
          resources: {requests: {cpu: 500m, memory: 1Gi}}
"""
STAGE = "catalog/dev.yaml"
LIMITS = {
    # limits, size, the parameters of the template, rule's case or None, what is asked and what there is
    "enough": ("{cpu: 2, memory: 4Gi, replicas: 4, storage: 0}", None, None, None),
    "replicas": ("{replicas: 3}", "replicas", "4", "3"),
    "cpu": ("{cpu: 1500m}", "cpu", "2", "1.5"),
    "cpu as a number": ("{cpu: 1}", "cpu", "2", "1"),
    "memory": ("{memory: 3.5Gi}", "memory", "4Gi", "3.5Gi"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_an_environment_limits_what_one_component_asks_for(name, tree_of):
    limits, case, asked, limit = LIMITS[name]
    files = {
        STAGE: environment("dev", 1, f"  limits: {limits}\n"),
        CONFIG: DEPLOYMENT,
        SHOP: component("shop", size=4),
    }
    tree = tree_of(PLATFORM | files)
    assert check(tree, whole=True).findings == ()
    rendering = rendered(tree)
    assert ("shop" in rendering.components) is (case is None)
    assert rendered(tree, "prod").findings == ()
    if case:
        finding = only(rendering.findings)
        assert (finding.rule, finding.path, finding.line) == ("environment-limit", SHOP, 9)
        assert (finding.facts["case"], finding.facts["asked"], finding.facts["limit"]) == (case, asked, limit)


def test_a_limit_is_shown_at_the_parameter_that_is_called_like_it(tree_of):
    template = TEMPLATE.replace("      size:", "      replicas: {type: object}\n      size:")
    files = {
        TINY: template,
        STAGE: environment("dev", 1, "  limits: {replicas: 3, memory: 3Gi}\n"),
        CONFIG: DEPLOYMENT.replace("parameters.size", "parameters.replicas.max"),
        SHOP: component("shop", more="    environments:\n      dev:\n        replicas: {max: 4}\n"),
        "catalog/prod.yaml": environment("prod", 2, "  defaults: {tiny: {replicas: {max: 4}}}\n"),
    }
    findings = rendered(tree_of(PLATFORM | files)).findings
    assert [(one.path, one.line) for one in findings] == [(SHOP, 14)] * 2


def test_a_raised_limit_is_seen_though_the_memory_holds_what_was_rendered(tree_of):
    files = {CONFIG: DEPLOYMENT, SHOP: component("shop", size=4)}
    memo = {}
    answers = []
    for limit in (9, 3, 4):
        stage = {STAGE: environment("dev", 1, f"  limits: {{replicas: {limit}}}\n")}
        answers.append(bool(rendered(tree_of(PLATFORM | files | stage), memo=memo).findings))
    assert answers == [False, True, False]


@pytest.mark.parametrize(
    "spec",
    [
        "kubernetes: 1.34",
        "kubernetes: v1.34",
        "kubernetes: '1.34.1'",
        "limits: 3",
        "limits: {cpu: lots}",
        "limits: {memory: 9999999Ti}",
        "limits: {replicas: -1}",
        "limits: {replicas: }",
        "limits: {gpu: 1}",
    ],
)
def test_an_environment_that_cannot_be_understood_is_told_so(spec, tree_of):
    checked = check(tree_of(PLATFORM | {STAGE: environment("dev", 1, f"  {spec}\n")}), whole=True)
    finding = only(checked.findings)
    assert (finding.path, finding.line) == (STAGE, 7)


def test_a_name_too_long_for_what_it_becomes_is_found_where_it_was_given(tree_of):
    name = "a" * 56
    headless = "apiVersion: v1\nkind: Service\nmetadata: {name: {{ component.name }}-headless}\n"
    files = {SHOP: component(name), CONFIG: MANIFEST + "---\n" + headless}
    finding = only(rendered(tree_of(PLATFORM | files)).findings)
    assert (finding.rule, finding.path, finding.line) == ("manifest-name", SHOP, 4)
    assert f"{name}-headless" in say(finding).message
    assert "at most 63 characters" in say(finding).fix


@pytest.mark.parametrize(
    ("version", "kind", "longest"),
    [("batch/v1", "CronJob", 52), ("apps/v1", "StatefulSet", 52), ("postgresql.cnpg.io/v1", "Cluster", 50)],
)
def test_what_gets_a_longer_name_later_must_have_a_shorter_one_now(version, kind, longest, tree_of):
    manifest = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {{{{ component.name }}}}}}\n"
    for length, rules in ((longest, []), (longest + 1, ["manifest-name"])):
        files = {SHOP: component("a" * length), CONFIG: manifest}
        findings = rendered(tree_of(PLATFORM | files)).findings
        assert [one.rule for one in findings] == rules
    (finding,) = findings
    assert (finding.path, finding.line) == (SHOP, 4)
    assert f"at most {longest} characters" in say(finding).fix


def test_checking_a_platform_says_each_thing_once(tree_of):
    from bot.templating.jinja import run_job

    files = {TINY: TEMPLATE + "  support: deprecated\n", "templates/tiny/CHANGELOG.md": "none"}
    tree = tree_of(PLATFORM | files)
    found = deploy_findings(
        tree, check(tree, whole=True).catalog, run_job, schemas=SCHEMAS, today=date(2026, 1, 1)
    )
    assert sorted(one.rule for one in found) == ["template-changelog", "template-sunset"]
