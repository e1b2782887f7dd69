"""`roadcrew rules eval` as a person and a script meet it. The expected JSON was written by conftest itself."""

from __future__ import annotations

import json
import shutil

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from bot.adapters.rego_embedded import find_embedded
from bot.cli import main
from tests.conftest import ROOT
from tests.report.test_formats import SARIF

CONFTEST = ROOT / "tests/fixtures/conftest"
ENGINES = [one for one, is_there in (("opa", shutil.which("opa")), ("", find_embedded())) if is_there]
pytestmark = pytest.mark.skipif(not ENGINES, reason="no Rego engine")

VAP = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
    - expression: object.spec.replicas <= int(params.data.most)
      messageExpression: '"at most " + params.data.most'
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas}
spec:
  policyName: replicas
  paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}
  validationActions: [%s]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: limits, namespace: shop}
data: {most: "2"}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  replicas: %d
"""
RULE = """\
apiVersion: roadcrew.dev/v1
kind: Rule
metadata: {name: %s}
spec:
  severity: %s
  judges: %s
  validations:
    - {expression: '%s', message: %s}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs it in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, ["rules", "eval", *arguments], input=stdin)

    return run


@pytest.fixture
def write(tmp_path):
    def write(**files: str) -> None:
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_y", ".yaml").replace("_j", ".json").replace(
                "_r", ".rego"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def said(result: Result) -> list:
    """Results in one order: conftest's own is that of Go's maps."""
    found = json.loads(result.stdout)
    for one in found:
        for name in ("failures", "warnings", "exceptions"):
            if name in one:
                one[name].sort(key=lambda each: json.dumps(each, sort_keys=True))
    return sorted(found, key=lambda one: (one["namespace"], one["filename"]))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("options", "expected", "code"),
    [
        ([], "expected", 1),
        (["--all-namespaces"], "expected-allnamespaces", 1),
        (["-n", "team.*"], "expected-namespaceteam", 0),
        (["--combine"], "expected-combine", 0),
        (["-n", "main,team.a"], "expected-allnamespaces", 1),
        (["--rego-version", "v1"], "expected", 1),
    ],
)
def test_it_says_what_conftest_says(monkeypatch, engine, options, expected, code):
    monkeypatch.chdir(CONFTEST)
    if not engine:
        monkeypatch.setenv("PATH", "")
    arguments = ["rules", "eval", "-p", "policy", "-d", "data", "-o", "json", *options]
    result = CliRunner().invoke(main, [*arguments, "objects.yaml", "service.json"])
    assert said(result) == json.loads((CONFTEST / f"{expected}.json").read_text())
    assert result.exit_code == code


def test_text_is_conftests(monkeypatch):
    monkeypatch.chdir(CONFTEST)
    arguments = ["rules", "eval", "--rules", "policy", "-d", "data", "objects.yaml", "service.json"]
    result = CliRunner().invoke(main, arguments)
    lines = result.stdout.splitlines()
    assert "FAIL - objects.yaml - main - cart has 3 replicas" in lines
    assert "FAIL - objects.yaml:9 - main - latest" in lines
    assert 'EXCP - objects.yaml - main - data.main.exception[_][_] == "latest"' in lines
    assert lines[-1].startswith("20 tests, 13 passed, 2 warnings, 4 failures, 1 exception (")


POLICY = 'package main\nimport rego.v1\ndeny contains "no" if input.bad\nwarn contains "hm" if input.odd\n'


def test_exit_codes_are_conftests(run, write):
    write(policy__a_r=POLICY, bad_y="bad: true\n", odd_y="odd: true\n", good_y="a: 1\n")
    assert run("good.yaml").exit_code == 0
    assert run("bad.yaml").exit_code == 1
    assert run("odd.yaml").exit_code == 0
    assert run("--fail-on-warn", "odd.yaml").exit_code == 1
    assert run("--fail-on-warn", "bad.yaml", "odd.yaml").exit_code == 2
    assert run("--fail-on-warn", "good.yaml").exit_code == 0
    assert run("--no-fail", "bad.yaml").exit_code == 0
    assert run("--quiet", "good.yaml").stdout == ""
    assert run("--quiet", "bad.yaml").stdout != ""


def test_standard_input_and_its_name(run, write):
    write(policy__a_r=POLICY)
    result = run("-o", "json", "-", stdin="bad: true\n")
    assert (result.exit_code, said(result)[0]["filename"]) == (1, "")
    assert "FAIL - - main - no" in run("-", stdin="bad: true\n").stdout
    assert "FAIL - x.yaml - main - no" in run("--stdin-filename", "x.yaml", "-", stdin="bad: true\n").stdout


def test_folders_are_read_whole_and_may_be_thinned(run, write):
    write(policy__a_r=POLICY, in__a_y="bad: 1\n", in__deep__b_j='{"bad": 1}', in__c_txt="bad: 1\n")
    assert [one["filename"] for one in said(run("-o", "json", "in"))] == ["in/a.yaml", "in/deep/b.json"]
    assert [one["filename"] for one in said(run("-o", "json", "--ignore", "deep/", "in"))] == ["in/a.yaml"]


def test_what_cannot_be_judged_fails_and_says_why(run, write):
    write(a_r='package main\ndeny contains "x" if http.send({"url": input.u})\n', i_y="u: 1\n")
    result = run("--rules", "a.rego", "-o", "json", "i.yaml")
    (one,) = said(result)
    assert result.exit_code == 1
    assert one["notEvaluated"] == [
        {"msg": "a.rego calls http.send, which reaches out to the network", "metadata": {"rule": "main"}}
    ]
    text = run("--rules", "a.rego", "i.yaml").stdout
    assert text.startswith("NOEV - i.yaml - main - a.rego calls http.send")
    assert "1 not evaluated" in text
    assert run("--rules", "a.rego", "--fail-on-warn", "i.yaml").exit_code == 2


@pytest.mark.parametrize(("action", "code", "name"), [("Deny", 1, "failures"), ("Warn", 0, "warnings"), ("Audit", 0, "warnings")])  # fmt: skip
def test_admission_policies_with_bindings_and_parameters(run, write, action, code, name):
    write(p_y=VAP % action, i_y=DEPLOYMENT % 3)
    result = run("--rules", "p.yaml", "-o", "json", "i.yaml")
    (one,) = said(result)
    assert (result.exit_code, one["namespace"], one["successes"]) == (code, "replicas", 0)
    (found,) = one[name]
    assert (found["msg"], found["loc"]) == ("at most 2", {"file": "i.yaml", "line": 5})
    assert run("--rules", "p.yaml", "-", stdin=DEPLOYMENT % 2).exit_code == 0


def test_parameters_may_be_given(run, write):
    write(
        p_y=VAP % "Deny",
        i_y=DEPLOYMENT % 3,
        most_y='apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {most: "5"}\n',
    )
    assert run("--rules", "p.yaml", "i.yaml", "--params", "most.yaml").exit_code == 0


def test_lists_are_unpacked(run, write):
    write(p_y=VAP % "Deny")
    items = json.dumps(
        [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": "shop"},
                "spec": {"replicas": 9},
            }
            for name in "ab"
        ]
    )
    text = f"apiVersion: v1\nkind: List\nitems: {items}\n"
    result = run("--rules", "p.yaml", "-o", "json", "-", stdin=text)
    assert [len(one["failures"]) for one in said(result)] == [2]


OLD = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: frozen}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [UPDATE, DELETE], resources: [deployments]}
  validations:
    - expression: request.operation != "DELETE" && object.spec.replicas == oldObject.spec.replicas
      message: it changed
"""


def test_operations_and_old_objects(run, write):
    write(p_y=OLD, i_y=DEPLOYMENT % 3, same_y=DEPLOYMENT % 3, other_y=DEPLOYMENT % 1)
    create = run("--rules", "p.yaml", "i.yaml")
    assert (create.exit_code, create.stderr) == (0, "Note: no rule concerns this object.\n")
    assert run("--rules", "p.yaml", "i.yaml", "--old", "same.yaml").exit_code == 0
    assert run("--rules", "p.yaml", "i.yaml", "--old", "other.yaml").exit_code == 1
    assert run("--rules", "p.yaml", "i.yaml", "--operation", "DELETE").exit_code == 1
    alone = run("--rules", "p.yaml", "i.yaml", "--operation", "update")
    assert (alone.exit_code, alone.stderr) == (1, "Note: without --old FILE, oldObject is null.\n")
    wrong = run("--rules", "p.yaml", "i.yaml", "--old", "same.yaml", "--operation", "CREATE")
    assert (wrong.exit_code, "--old says how objects were" in wrong.stderr) == (2, True)


def test_the_namespace_is_what_an_option_or_the_files_say(run, write):
    policy = OLD.replace("UPDATE, DELETE", "CREATE").replace(
        'request.operation != "DELETE" && object.spec.replicas == oldObject.spec.replicas',
        'namespaceObject.metadata.labels["team"] == "a"',
    )
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: %s}}\n"
    write(p_y=policy, i_y=DEPLOYMENT % 3, a_y=space % "a", b_y=space % "b")
    assert run("--rules", "p.yaml", "i.yaml", "--namespace-object", "a.yaml").exit_code == 0
    assert run("--rules", "p.yaml", "i.yaml", "--namespace-object", "b.yaml").exit_code == 1
    assert run("--rules", "p.yaml", "i.yaml", "a.yaml").exit_code == 0


def test_rules_of_ones_own_judge_objects_entities_and_files(run, write):
    write(
        r__o_y=RULE % ("o", "deny", "object", "has(object.spec.replicas)", "no replicas"),
        r__e_y=RULE % ("e", "warn", "entity", "has(entity.spec.owner)", "no owner"),
        r__f_y=RULE % ("f", "info", "file", "file.documents.size() == 1", "more than one"),
        i_y="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n---\napiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: b}\nspec: {}\n",
    )
    result = run("--rules", "r", "-o", "json", "i.yaml")
    found = {one["namespace"]: one for one in said(result)}
    assert result.exit_code == 1
    assert found["o"]["failures"][0]["msg"] == "no replicas"
    assert found["e"]["warnings"][0]["metadata"] == {"rule": "validations[0]", "severity": "warn"}
    assert found["f"]["warnings"][0]["metadata"]["severity"] == "info"


def test_what_is_no_rule_is_told(run, write):
    older = "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: old}\nspec: {}\n"
    write(
        p_y=older,
        q_y=older.replace("kyverno.io/v1", "policies.kyverno.io/v1").replace(
            "ClusterPolicy", "MutatingPolicy"
        ),
        i_y="a: 1\n",
    )
    result = run("--rules", "p.yaml", "--rules", "q.yaml", "i.yaml")
    assert result.exit_code == 1
    assert "NOEV - p.yaml:3 - p.yaml - old is of Kyverno's older kind" in result.stdout
    assert result.stderr.splitlines()[0] == "Note: q.yaml:3: old changes objects and judges none."


def test_a_rule_that_is_broken_is_no_pass(run, write):
    write(p_y=RULE % ("o", "deny", "nothing", "true", "x"), i_y="a: 1\n")
    result = run("--rules", "p.yaml", "i.yaml")
    assert result.exit_code == 1
    assert "NOEV - p.yaml:3 - p.yaml - o: spec.judges:" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "files", "sentence"),
    [
        (["i.yaml"], {"i_y": "a: 1"}, "No rules are named. Name them with --rules PATH."),
        (["--rules", "no", "i.yaml"], {}, "There is no file or folder no. Mend the path."),
        (["--rules", "p.rego", "no.yaml"], {"p_r": POLICY}, "There is no file or folder no.yaml."),
        (["--rules", "i.yaml", "i.yaml"], {"i_y": "a: 1"}, "There are no rules in i.yaml."),
        (["--rules", "i.yaml", "i.yaml"], {"i_y": "a: [1\n"}, "i.yaml:1:4: YAML error"),
        (["--rules", "p.rego", "i.yaml"], {"p_r": POLICY, "i_y": "a: 1\nb: [1\n"}, "i.yaml:2:4: YAML error"),
        (["--rules", "p.rego", "i.json"], {"p_r": POLICY, "i_j": '{"a": [1}'}, "i.json:1:"),
        (["--rules", "p.rego", "p.rego"], {"p_r": POLICY}, "Only YAML and JSON files can be judged, and this is neither by its name."),
        (["--rules", "p.rego", "-n", "man", "i.yaml"], {"p_r": POLICY, "i_y": "a: 1"}, "No Rego package in p.rego is called man. Did you mean main?"),
        (["--rules", "p.rego", "in"], {"p_r": POLICY, "in__a_txt": ""}, "There are no YAML or JSON files in in."),
        (["--rules", "p.rego", "--ignore", "[", "i.yaml"], {"p_r": POLICY, "i_y": "a: 1"}, "--ignore '[' is no regular expression"),
        (["--rules", "p.rego", "--kubernetes", "new", "i.yaml"], {"p_r": POLICY, "i_y": "a: 1"}, "--kubernetes 'new' is no version."),
        (["--rules", "p.rego", "--data", "i.yaml", "i.yaml"], {"p_r": POLICY, "i_y": "[1]"}, "Data for Rego must be a mapping."),
        (["--rules", "p.rego", "--namespace-object", "i.yaml", "i.yaml"], {"p_r": POLICY, "i_y": "a: 1"}, "This is no Namespace."),
        (["--rules", "p.rego", "--params", "i.yaml", "i.yaml"], {"p_r": POLICY, "i_y": "# nothing\n"}, "There is no object in this file."),
        (["--rules", "p.rego", "--opa", "/no/opa", "i.yaml"], {"p_r": POLICY, "i_y": "a: 1"}, "/no/opa is no opa that can be used."),
    ],
)  # fmt: skip
def test_what_is_typed_wrong_gets_a_sentence_and_2(run, write, arguments, files, sentence):
    write(**files)
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr


def test_an_unreadable_file_gets_a_sentence(run, write, tmp_path):
    write(p_r=POLICY)
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    result = run("--rules", "p.rego", "loop.yaml")
    assert (result.exit_code, "cannot be read" in result.stderr) == (2, True)


def test_tap_is_one_stream_that_nobody_can_break_out_of(run, write):
    write(
        p_r="package main\nimport rego.v1\ndeny contains input.msg\n",
        a_y='msg: "x # TODO later\\nok 9"\n',
        b_y="msg: b\n",
    )
    assert run("--rules", "p.rego", "-o", "tap", "a.yaml", "b.yaml").stdout.splitlines() == [
        "1..2",
        "not ok 1 - a.yaml - main - x \\# TODO later ok 9",
        "not ok 2 - b.yaml - main - b",
    ]


def test_github_gets_commands_that_nobody_can_break_out_of(run, write):
    write(p_r="package main\nimport rego.v1\ndeny contains input.msg\n", a_y='msg: "x\\n::error::y"\n')
    lines = run("--rules", "p.rego", "-o", "github", "a.yaml").stdout.splitlines()
    assert lines[0] == "::error file=a.yaml,line=1,col=1,title=main.deny::x%0A::error::y"
    assert lines[1].startswith("1 test, 0 passed")


def test_sarif_is_sarif_and_hides_nothing(run, write):
    write(p_y=VAP % "Deny", q_r='package main\ndeny contains "x" if http.send({})\n', i_y=DEPLOYMENT % 3)
    document = json.loads(run("--rules", "p.yaml", "--rules", "q.rego", "-o", "sarif", "i.yaml").stdout)
    jsonschema_rs.Draft202012Validator(SARIF).validate(document)
    results = document["runs"][0]["results"]
    assert {one["ruleId"]: one["level"] for one in results} == {"main": "error", "replicas": "error"}
    (place,) = [one["locations"][0]["physicalLocation"] for one in results if one["ruleId"] == "replicas"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("i.yaml", 5)
    assert document["runs"][0]["invocations"][0]["exitCode"] == 1


def test_verbose_says_who_judged(run, write):
    write(p_y=VAP % "Deny", q_r=POLICY, i_y=DEPLOYMENT % 1)
    lines = run("--rules", "p.yaml", "--rules", "q.rego", "-v", "i.yaml").stdout.splitlines()
    assert lines[0].startswith("main  q.rego:3  rego by ")
    assert lines[1] == "replicas  p.yaml:3  admission by cel  1 file"


def test_a_terminal_is_told_nothing_by_a_message(run, write):
    write(p_r="package main\nimport rego.v1\ndeny contains input.msg\n", a_y='msg: "\\e[31mx"\n')
    assert "\x1b" not in run("--rules", "p.rego", "a.yaml").stdout


def test_data_lies_below_its_folders(run, write):
    write(
        p_r="package main\nimport rego.v1\ndeny contains data.deep.er.x\ndeny contains data.named.y\n",
        d__deep__er__file_y="x: one\n",
        e_j='{"y": "two"}',
        i_y="a: 1\n",
    )
    found = said(run("--rules", "p.rego", "-d", "d", "-d", "named:e.json", "-o", "json", "i.yaml"))
    assert [one["msg"] for one in found[0]["failures"]] == ["one", "two"]
