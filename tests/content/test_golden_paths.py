"""Every golden path, in every environment, with the least and the most that can be said: what a strict reviewer asks.

Discovers the templates; what each is tested with stands in `cases/<template>/{minimal,maximal}.yaml`.
"""

import json
import re

import promql_parser
import pytest

from bot.kubernetes.schemas import minor_of
from bot.kubernetes.validate import validate
from tests.content.golden import CASES, NAMES, SCHEMAS, STAGES, case, rendered
from tests.content.pod_security import pod_templates, violations

ALL = [
    pytest.param(template, name, stage, id=f"{template}-{name}-{stage}")
    for template in NAMES
    for name in ("minimal", "maximal")
    for stage in STAGES
    if (CASES / template / f"{name}.yaml").is_file()
]
LABELS = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
    "roadcrew.dev/team",
    "roadcrew.dev/environment",
}
GENERATED = re.compile(r"\$__\w+|\{\{args\.\w+\}\}")
"""What Grafana and Argo Rollouts put in before Prometheus sees it."""


@pytest.fixture
def made(template, name, stage):
    return rendered(case(template, name))[stage]


def containers(made):
    for value in made.objects.values():
        for pod in pod_templates(value):
            yield from pod["spec"]["containers"]


def test_every_template_has_its_two_cases():
    there = {path.relative_to(CASES).as_posix() for path in CASES.glob("*/*")}
    assert there == {f"{template}/{name}.yaml" for template in NAMES for name in ("minimal", "maximal")}


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_it_renders_without_a_finding(made):
    assert made.findings == ()
    assert made.objects


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_every_kubernetes_since_1_29_takes_it(made):
    """The first that knows a sleep before the end (preStop.sleep), which all pods behind a Service have."""
    versions = [version for version in SCHEMAS.versions if minor_of(version) >= minor_of("1.29")]
    assert len(versions) >= 9
    for file, value in made.objects.items():
        for version in versions:
            assert (file, version, validate(SCHEMAS, version, value)) == (file, version, ())


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_pods_keep_the_baseline_and_the_restricted_profile(made):
    for value in made.objects.values():
        for pod in pod_templates(value):
            assert violations(pod) == (set(), set())


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_every_object_says_whose_it_is(made):
    for value in made.objects.values():
        labels = value["metadata"]["labels"]
        assert labels.keys() >= LABELS
        assert labels["roadcrew.dev/environment"] == made.environment
        for text in labels.values():
            assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", text)


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_containers_are_pinned_bounded_and_see_no_secret_values(made):
    stored = {
        entry["secretKey"]
        for secret in made.of_kind("ExternalSecret")
        for entry in secret["spec"].get("data", ())
    }
    for container in containers(made):
        assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
        resources = container["resources"]
        assert resources["requests"].keys() >= {"cpu", "memory"}
        assert resources["limits"].keys() >= {"memory"}
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        names = [variable["name"] for variable in container.get("env", ())]
        assert len(names) == len(set(names))
        for variable in container.get("env", ()):
            reference = variable.get("valueFrom", {}).get("secretKeyRef", {})
            assert reference.get("name") != made.name or reference["key"] in stored
    assert not made.of_kind("Secret")


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_no_pod_gets_a_token_or_stands_without_a_network_policy(made):
    policies = [one["spec"] for one in made.of_kind("NetworkPolicy")]
    for value in made.objects.values():
        for pod in pod_templates(value):
            needs_token = value["kind"] == "Pooler"  # its process asks the API server for its settings
            assert needs_token or pod["spec"]["automountServiceAccountToken"] is False
            labels = pod["metadata"]["labels"].items()
            mine = [one for one in policies if one["podSelector"].get("matchLabels", {}).items() <= labels]
            assert any(set(one["policyTypes"]) == {"Ingress", "Egress"} for one in mine)
    for policy in policies:
        for rule in (*policy.get("ingress", ()), *policy.get("egress", ())):
            assert rule.get("from") or rule.get("to"), "an empty rule lets everyone through"


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_a_disruption_budget_never_holds_a_node_back_for_ever(made):
    for budget in made.of_kind("PodDisruptionBudget"):
        assert budget["spec"]["maxUnavailable"] == 1
        assert "minAvailable" not in budget["spec"]


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_what_scales_is_there_and_owns_the_replicas(made):
    workloads = {
        (one["apiVersion"], one["kind"], one["metadata"]["name"]): one for one in made.objects.values()
    }
    for scaler in made.of_kind("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        scaled = workloads[target["apiVersion"], target["kind"], target["name"]]
        assert "replicas" not in scaled["spec"]
        assert scaler["spec"]["minReplicas"] <= scaler["spec"]["maxReplicas"]


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_services_and_routes_lead_to_ports_that_are_open(made):
    ports = {port["name"] for one in containers(made) for port in one.get("ports", ())}
    is_operated = not ports  # by someone in the cluster, who makes the pods
    services = {one["metadata"]["name"]: one["spec"] for one in made.of_kind("Service")}
    for service in services.values():
        if "selector" in service:
            assert {port["targetPort"] for port in service["ports"]} <= ports
    for route in made.of_kind("HTTPRoute"):
        for rule in route["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                assert backend["port"] in {port["port"] for port in services[backend["name"]]["ports"]}
    for monitor in made.of_kind("ServiceMonitor"):
        chosen = {port["name"] for service in services.values() for port in service["ports"]}
        assert {one["port"] for one in monitor["spec"]["endpoints"]} <= chosen
    for monitor in made.of_kind("PodMonitor"):
        assert is_operated or {one["port"] for one in monitor["spec"]["podMetricsEndpoints"]} <= ports


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_alerts_can_be_read_by_prometheus_and_by_people(made):
    for value in made.of_kind("PrometheusRule"):
        groups = value["spec"]["groups"]
        assert len({group["name"] for group in groups}) == len(groups)
        recorded = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
        for rule in (rule for group in groups for rule in group["rules"]):
            promql_parser.parse(rule["expr"])
            assert set(re.findall(r"\bcomponent:\w+:\w+", rule["expr"])) <= recorded
            if "alert" in rule:
                assert rule["labels"].keys() >= {"severity", "team", "component", "environment"}
                assert rule["annotations"].keys() >= {"summary", "description"}
                assert rule["for"]


@pytest.mark.parametrize(("template", "name", "stage"), ALL)
def test_dashboards_are_json_whose_queries_prometheus_can_read(made):
    boards = [one for one in made.of_kind("ConfigMap") if "grafana_dashboard" in one["metadata"]["labels"]]
    for board in boards:
        assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
        for file, text in board["data"].items():
            assert file.endswith(".json")
            panels = json.loads(text)["panels"]
            assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
            for target in (target for panel in panels for target in panel["targets"]):
                promql_parser.parse(GENERATED.sub("5m", target["expr"]))
