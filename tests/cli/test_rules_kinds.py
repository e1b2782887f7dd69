"""Policies of engines that nobody here speaks for, among rules: they never pass without a word."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.report.rulesets import list_text
from tests.platform_rules import VAP
from tests.policy.rules.test_load import TODAY, load

POLICY = "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: odd}}\nspec: {{}}\n"
JUDGING = [
    ("json.kyverno.io/v1alpha1", "ValidatingPolicy", "odd is of kyverno-json, which is not read here"),
    ("policies.kubewarden.io/v1", "ClusterAdmissionPolicy", "odd is a WebAssembly module of Kubewarden"),
    ("policies.kubewarden.io/v1", "AdmissionPolicyGroup", "odd is a WebAssembly module of Kubewarden"),
]
FOREIGN = [
    ("policy.open-cluster-management.io/v1", "Policy"),
    ("mutations.gatekeeper.sh/v1", "Assign"),
    ("policies.kyverno.io/v9", "FuturePolicy"),
    ("acme.example/v1", "ClusterGuardPolicy"),
]
BESIDE = [("networking.k8s.io/v1", "NetworkPolicy"), ("security.istio.io/v1", "AuthorizationPolicy")]
BESIDE += [("v1", "ConfigMap")]


def judged(tmp_path, text):
    (tmp_path / "vap.yaml").write_text(VAP)
    (tmp_path / "odd.yaml").write_text(text)
    (tmp_path / "in.yml").write_text("a: 1\n")
    arguments = ["rules", "eval", "--rules", tmp_path / "vap.yaml", "--rules", tmp_path / "odd.yaml"]
    return CliRunner().invoke(main, [str(one) for one in (*arguments, tmp_path / "in.yml")])


@pytest.mark.parametrize(("api", "kind", "sentence"), JUDGING)
def test_what_would_judge_elsewhere_is_not_evaluated(tmp_path, api, kind, sentence):
    result = judged(tmp_path, POLICY.format(api=api, kind=kind))
    assert (result.exit_code, sentence in result.stdout) == (1, True)
    _, rules = load({"rules/odd.yaml": POLICY.format(api=api, kind=kind)})
    (finding,) = rules.findings
    assert (finding.rule, finding.severity.value) == ("rule-broken", "deny")
    assert sentence in list_text(rules, TODAY)


@pytest.mark.parametrize(("api", "kind"), FOREIGN)
def test_what_is_plainly_a_policy_is_told_of(tmp_path, api, kind):
    result = judged(tmp_path, POLICY.format(api=api, kind=kind))
    assert result.exit_code == 0
    assert f"odd.yaml:3: not read: kind {kind} of {api}." in result.stderr
    _, rules = load({"rules/odd.yaml": POLICY.format(api=api, kind=kind)})
    assert [one.rule for one in rules.findings] == ["rule-unread"]
    assert f"rules/odd.yaml:2: This `{kind}` of `{api}` is neither" in list_text(rules, TODAY)


@pytest.mark.parametrize(("api", "kind"), BESIDE)
def test_what_merely_lies_there_is_left_alone(tmp_path, api, kind):
    result = judged(tmp_path, POLICY.format(api=api, kind=kind))
    assert (result.exit_code, "not read" in result.stderr) == (0, False)
