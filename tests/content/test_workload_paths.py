"""What the paths for workloads promise in particular, and what they refuse, each at the parameter that has to change."""

import ipaddress
import json
import re
import zoneinfo

import pytest
import yaml

from bot.report.sentences import say
from tests.content.golden import ROOT, case, rendered

WEB, WORKER, JOB, SITE = "web-service", "event-worker", "scheduled-job", "static-site"
LONG = "w" * 63


def changed(template, name="minimal", metadata=None, **deploy):
    """A case with other parameters; None takes one away."""
    entity = yaml.safe_load(case(template, name))
    entity["metadata"].update(metadata or {})
    own = entity["spec"]["deploy"]
    own.pop("environments", None)
    own.update(deploy)
    entity["spec"]["deploy"] = {key: value for key, value in own.items() if value is not None}
    return yaml.safe_dump(entity)


def in_prod(template, name="minimal", metadata=None, **deploy):
    made = rendered(changed(template, name, metadata, **deploy))["prod"]
    assert made.findings == ()
    return made


CANARY = {"strategy": "canary", "steps": [{"weight": 50, "pause": "5m"}]}
REFUSED = [
    (WEB, {"env": {"PORT": "80"}}, "env.PORT", "say port instead"),
    (SITE, {"env": {"PORT": "80"}}, "env.PORT", "say port instead"),
    (WEB, {"replicas": {"min": 5, "max": 4}}, "replicas.min", "more than replicas.max, 4"),
    (WORKER, {"replicas": {"min": 5, "max": 4}}, "replicas.min", "more than replicas.max, 4"),
    (SITE, {"replicas": {"min": 7}}, "replicas.min", "more than replicas.max, 6"),
    (
        WEB,
        {"resources": {"requests": {"cpu": "1.5"}, "limits": {"cpu": "1400m"}}},
        "resources.requests.cpu",
        "more than its limit, 1400m",
    ),
    (
        JOB,
        {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "2047Mi"}}},
        "resources.requests.memory",
        "more than its limit, 2047Mi",
    ),
    (
        WEB,
        {"env": {"KEY": "a"}, "secrets": [{"name": "KEY", "key": "a"}]},
        "env.KEY",
        "set here and in secrets",
    ),
    (
        WORKER,
        {"secrets": [{"name": "KEY", "key": "a"}, {"name": "KEY", "key": "b"}]},
        "secrets",
        "KEY is there more than once",
    ),
    (WEB, {"secrets": [{"name": "PORT", "key": "a"}]}, "secrets", "the template sets PORT"),
    (JOB, {"secrets": [{"name": "KEY", "key": "../cart/stripe"}]}, "secrets", "secrets"),
    (JOB, {"secrets": [{"name": "KEY", "key": "a/../../cart"}]}, "secrets", "the secrets of others"),
    (WEB, {"secrets": [{"name": "KEY", "key": "a", "value": "hush"}]}, "secrets", "value"),
    (WEB, {"slo": {"availability": 99.9}}, "slo", "say metrics.port as well"),
    (
        WEB,
        {
            "metrics": {"port": 9464},
            "slo": {"availability": 99.9, "latency": {"percentile": 99, "seconds": 0.3}},
        },
        "slo.latency.seconds",
        "no bucket of the histogram ends at 0.3",
    ),
    (WEB, {"metrics": {"port": 9464}, "slo": {"availability": 90}}, "slo.availability", "95"),
    (WEB, {"rollout": CANARY, "replicas": {"min": 1}}, "replicas.min", "half of all"),
    (
        WEB,
        {"rollout": {"strategy": "canary"}, "route": {"public": False}},
        "rollout.steps",
        "of 3 the smallest is 34, not 10",
    ),
    (
        WEB,
        {
            "rollout": {
                "strategy": "canary",
                "steps": [{"weight": 50, "pause": "5m"}, {"weight": 20, "pause": "5m"}],
            }
        },
        "rollout.steps",
        "20 follows 50",
    ),
    (JOB, {"schedule": "61 * * * *"}, "schedule", "the minute cannot be 61"),
    (JOB, {"schedule": "0 0 1 13 *"}, "schedule", "the month cannot be 13"),
    (JOB, {"schedule": "0 0 * * 1-7"}, "schedule", "the weekday cannot be 7"),
    (JOB, {"schedule": "0 MON * * *"}, "schedule", "the hour cannot be MON"),
    (JOB, {"schedule": "every day"}, "schedule", "every day"),
    (JOB, {"schedule": "TZ=UTC 0 0 * * *"}, "schedule", "TZ=UTC"),
    (JOB, {"schedule": "0 0 * * FRI-MON"}, "schedule", "the weekday goes backwards in FRI-MON"),
    (JOB, {"schedule": "0 22-6/2 * * *"}, "schedule", "the hour goes backwards in 22-6/2"),
    (JOB, {"schedule": "0 0 1 DEC-1 *"}, "schedule", "the month goes backwards in DEC-1"),
    (JOB, {"timeZone": "Europe/Berlinn"}, "timeZone", "there is no time zone Europe/Berlinn"),
    (JOB, {"timeZone": "Local"}, "timeZone", "there is no time zone Local"),
    *[
        (template, {"route": {"path": path}}, "route.path", path)
        for template in (WEB, SITE)
        for path in ("lists", "/a b", "/a//b", "/a/../b", "/..", "/a?b=1", "/a%2Fb", "/%zz")
    ],
    (WEB, {"route": {"path": "/" + "a" * 1024}}, "route.path", "What its paths begin with"),
    (WEB, {"route": {"gateway": {"name": "Edge_1"}}}, "route.gateway.name", "Edge_1"),
    (WEB, {"route": {"gateway": {"namespace": "edge.system"}}}, "route.gateway.namespace", "edge.system"),
    (WEB, {"health": {"ready": "/is ready"}}, "health.ready", "/is ready"),
    (SITE, {"health": {"path": "/is ready"}}, "health.path", "/is ready"),
    (WORKER, {"metrics": {"port": 9464, "path": "/a b"}}, "metrics.path", "/a b"),
    (
        WEB,
        {"network": {"dns": {"labels": {"k8s-app": "kube dns"}}}},
        "network.dns.labels.k8s-app",
        "kube dns",
    ),
    (JOB, {"network": {"dns": {"labels": {"-app": "dns"}}}}, "network.dns.labels", "-app"),
    (
        WORKER,
        {"replicas": {"queue": {"metric": "waiting", "perReplica": 5, "labels": {"queue": "a/b"}}}},
        "replicas.queue.labels.queue",
        "a/b",
    ),
    (WEB, {"secrets": [{"name": "KEY", "secret": "s", "key": "a/b"}]}, "secrets", "no key of a Secret"),
    (WEB, {"secrets": [{"name": "KEY", "secret": "a..b", "key": "k"}]}, "secrets.0.secret", "a..b"),
    *[
        (template, {"resources": {"requests": {"cpu": "0.0"}}}, "resources.requests.cpu", "0.0")
        for template in (WEB, WORKER, JOB, SITE)
    ],
    (WEB, {"resources": {"limits": {"cpu": "00.000"}}}, "resources.limits.cpu", "00.000"),
    (WORKER, {"health": {"path": "/livez"}}, "health", "health"),
    (WORKER, {"route": {"public": True}}, "route", "route"),
    (WORKER, {"network": {"callers": ["cart"]}}, "network.callers", "callers"),
    (
        WEB,
        {"network": {"egress": [{"cidr": "10.0.0.256/8", "ports": [1]}]}},
        "network.egress.0.cidr",
        "10.0.0.256/8",
    ),
    (
        WEB,
        {"network": {"egress": [{"cidr": "::/0", "namespace": "a", "ports": [1]}]}},
        "network.egress.0",
        "egress",
    ),
]


@pytest.mark.parametrize(("template", "deploy", "parameter", "reason"), REFUSED)
def test_what_cannot_work_is_refused_at_its_parameter(template, deploy, parameter, reason):
    findings = rendered(changed(template, **deploy))["prod"].findings
    assert {one.facts["parameter"].removesuffix(".0.value").removesuffix(".0.key") for one in findings} == {
        parameter
    }
    assert any(reason in f"{say(one).message} {say(one).fix}" for one in findings)
    assert all(one.path in {"catalog/added.yaml", "catalog/environments/prod.yaml"} for one in findings)


@pytest.mark.parametrize(
    ("template", "deploy", "longest"),
    [(JOB, {}, 48), (WEB, {}, 46), (WEB, {"rollout": CANARY}, 46), (WORKER, {}, 46), (SITE, {}, 46)],
)
def test_a_name_must_leave_room_for_what_is_put_behind_it(template, deploy, longest):
    fits = changed(template, metadata={"name": LONG[:longest]}, **deploy)
    assert rendered(fits)["prod"].findings == ()
    (finding,) = rendered(changed(template, metadata={"name": LONG[: longest + 1]}, **deploy))[
        "prod"
    ].findings
    assert f"it may have {longest}" in say(finding).message


def pod_of(made):
    """As Kubernetes calls it: cut after 58 characters, then 5 of its own."""
    kinds = {"CronJob": "29401234", "Deployment": "7f9c6d5b8f", "Rollout": "7f9c6d5b8f"}
    (owner,) = [one for one in made.objects.values() if one["kind"] in kinds]
    return f"{owner['metadata']['name']}-{kinds[owner['kind']]}-"[:58] + "x2k9q"


@pytest.mark.parametrize(
    ("template", "longest"), [(WEB, 46), (WORKER, 46), (SITE, 46), (JOB, 48), ("canary", 46)]
)
def test_the_longest_name_still_finds_its_pods(template, longest):
    canary = {"rollout": CANARY, "metrics": {"port": 9464}, "slo": {"availability": 99}}
    deploy = canary if template == "canary" else {}
    made = in_prod(WEB if deploy else template, metadata={"name": LONG[:longest]}, **deploy)
    texts = [json.dumps(one) for one in made.objects.values()]
    patterns = {
        pattern.replace("{{args.canary}}", "7f9c6d5b8f")
        for text in texts
        for pattern in re.findall(r'pod=~\\+"(.*?)\\+"', text)
    }
    assert len(patterns) == (2 if deploy else 1)
    for pattern in patterns:
        assert re.fullmatch(pattern, pod_of(made))


def says_cidr(template, cidr):
    deploy = {"network": {"egress": [{"cidr": cidr, "ports": [1]}]}}
    return not rendered(changed(template, **deploy))["prod"].findings


@pytest.mark.parametrize(
    "template", [JOB, *(pytest.param(one, marks=pytest.mark.soak) for one in (WEB, WORKER, SITE))]
)
def test_a_range_is_one_that_the_cluster_can_read(template):
    for cidr in (
        "10.0.0.0/8",
        "0.0.0.0/0",
        "::/0",
        "2001:db8::/32",
        "1:2:3:4:5:6:7:8/128",
        "1:2:3:4:5:6:7::/112",
    ):
        assert ipaddress.ip_network(cidr)
        assert says_cidr(template, cidr), cidr
    for cidr in (
        *("010.0.0.0/8", "10.0.0/8", "10.0.0.0/33", "10.0.0.0", ":::/8", "1::2::3/64", "::/129", "1:2/64"),
        *("1:2:3:4:5:6:7:8:9/64", "1:2:3:4::5:6:7:8/64", ":1::/64", "12345::/16", "g::/16", "::/064"),
    ):
        assert not says_cidr(template, cidr), cidr


@pytest.mark.parametrize("path", ["/", "/lists", "/a/.b/..c/d.", "/a%20b/~c;d=1", "/caf%C3%A9/"])
def test_a_route_takes_the_paths_that_a_gateway_takes(path):
    (rule,) = in_prod(WEB, route={"path": path}).the("HTTPRoute")["spec"]["rules"]
    assert rule["matches"][0]["path"]["value"] == path


def test_time_zones_are_those_that_there_are():
    _, _, text = (ROOT / "templates/shared/zones.j2").read_text().partition("[")
    zones = re.findall(r'"([^"]+)"', text)
    assert zones == sorted(set(zones))
    assert all(zoneinfo.ZoneInfo(name) for name in zones)
    assert {"UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"} <= set(zones)


def wired(template, **spec):
    """A case that has neighbours. It lives in a namespace of its own, the shop's components in `shop`."""
    entity = yaml.safe_load(case(template, "minimal"))
    entity["spec"].update(spec)
    made = rendered(yaml.safe_dump(entity))["prod"]
    assert made.findings == ()
    return made.the("NetworkPolicy")["spec"]


def pods(name, home="shop"):
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": home}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
    }


@pytest.mark.parametrize("template", [WEB, WORKER, JOB, SITE])
def test_what_is_declared_in_another_namespace_can_be_called(template):
    alone = wired(template)["egress"]
    near = wired(template, dependsOn=["component:cart", "resource:cart-cache"], consumesApis=["checkout"])
    (rule,) = [one for one in near["egress"] if one not in alone]
    shop = {"namespaceSelector": pods("")["namespaceSelector"]}
    assert rule == {"to": [pods("cart"), shop, pods("checkout")]}
    assert wired(template, system="shop", dependsOn=["component:cart"])["egress"] == alone


@pytest.mark.parametrize("template", [WEB, SITE])
def test_who_declares_in_another_namespace_that_it_calls_gets_in(template):
    alone = wired(template)["ingress"]
    near = wired(template, providesApis=["checkout"], dependencyOf=["component:cart", "component:storefront"])
    (rule,) = [one for one in near["ingress"] if one not in alone]
    assert rule["from"] == [pods("storefront"), pods("cart")]
    assert [port["port"] for port in rule["ports"]] == ["http"]
    assert wired(template, system="shop", dependencyOf=["component:cart"])["ingress"] == alone


def test_who_calls_a_worker_still_does_not_get_in():
    assert wired(WORKER, providesApis=["checkout"], dependencyOf=["component:cart"])["ingress"] == []


def test_quantities_are_compared_as_quantities():
    in_prod(
        WEB,
        resources={
            "requests": {"cpu": "0.5", "memory": "1Gi"},
            "limits": {"cpu": "500m", "memory": "1024Mi"},
        },
    )


@pytest.mark.parametrize("deploy", [{}, {"rollout": CANARY}])
def test_the_selector_is_that_of_version_1_0_0(deploy):
    made = in_prod(WEB, **deploy)
    selector = {"app.kubernetes.io/name": "wishlist"}
    (workload,) = made.of_kind("Deployment") + made.of_kind("Rollout")
    assert workload["metadata"]["name"] == "wishlist"
    assert workload["spec"]["selector"] == {"matchLabels": selector}
    assert all(service["spec"]["selector"] == selector for service in made.of_kind("Service"))


def test_the_least_that_can_be_said_needs_nothing_but_kubernetes_and_a_gateway():
    kinds = {one["apiVersion"] for one in in_prod(WEB).objects.values()}
    assert kinds == {
        "v1",
        "apps/v1",
        "autoscaling/v2",
        "policy/v1",
        "networking.k8s.io/v1",
        "gateway.networking.k8s.io/v1",
    }


def test_a_public_canary_moves_traffic_between_two_services():
    made = in_prod(WEB, rollout=CANARY, metrics={"port": 9464}, slo={"availability": 99.9})
    canary = made.the("Rollout")["spec"]["strategy"]["canary"]
    services = {one["metadata"]["name"] for one in made.of_kind("Service")}
    assert services == {canary["stableService"], canary["canaryService"]} == {"wishlist", "wishlist-canary"}
    assert canary["trafficRouting"]["plugins"] == {
        "argoproj-labs/gatewayAPI": {"httpRoute": "wishlist", "namespace": "wishlist"}
    }
    backends = made.the("HTTPRoute")["spec"]["rules"][0]["backendRefs"]
    assert [(one["name"], one["weight"]) for one in backends] == [("wishlist", 100), ("wishlist-canary", 0)]
    assert canary["steps"] == [{"setWeight": 50}, {"pause": {"duration": "5m"}}]
    analysis = made.the("AnalysisTemplate")
    assert canary["analysis"]["templates"] == [{"templateName": analysis["metadata"]["name"]}]
    (metric,) = analysis["spec"]["metrics"]
    assert metric["successCondition"] == "len(result) > 0 && !isNaN(result[0]) && result[0] <= 0.006"
    # What is neither is inconclusive: nothing measured is no success, and no failure.
    assert metric["failureCondition"] == "len(result) > 0 && !isNaN(result[0]) && result[0] > 0.006"
    assert 'pod=~"wishlist-{{args.canary}}-.+"' in metric["provider"]["prometheus"]["query"]
    assert [one["name"] for one in canary["analysis"]["args"]] == ["canary"]
    assert made.the("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["kind"] == "Rollout"
    assert not made.of_kind("Deployment")


def test_a_canary_inside_the_cluster_is_a_share_of_replicas_behind_one_service():
    made = in_prod(WEB, rollout=CANARY, route={"public": False})
    canary = made.the("Rollout")["spec"]["strategy"]["canary"]
    assert not canary.keys() & {"stableService", "canaryService", "trafficRouting", "analysis"}
    assert made.the("Service")["metadata"]["name"] == "wishlist"


def test_a_budget_for_disruptions_needs_more_than_one_replica():
    assert in_prod(WEB, replicas={"min": 1, "max": 2}).of_kind("PodDisruptionBudget")
    assert not in_prod(WEB, replicas={"min": 1, "max": 1}).of_kind("PodDisruptionBudget")


def test_secrets_are_names_below_the_component_s_own_key():
    made = in_prod(WEB, "maximal")
    secret = made.the("ExternalSecret")["spec"]
    keys = [one["remoteRef"] for one in secret["data"]]
    assert keys == [
        {"key": "prod/wishlist/stripe", "property": "api_key"},
        {"key": "prod/wishlist/session/key"},
    ]
    assert secret["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault"}
    (container,) = made.the("Rollout")["spec"]["template"]["spec"]["containers"]
    references = {
        one["name"]: one["valueFrom"]["secretKeyRef"] for one in container["env"] if "valueFrom" in one
    }
    assert references == {
        "STRIPE_API_KEY": {"name": secret["target"]["name"], "key": "STRIPE_API_KEY"},
        "SESSION_KEY": {"name": secret["target"]["name"], "key": "SESSION_KEY"},
        "DATABASE_URL": {"name": "wishlist-database", "key": "uri"},
    }


def test_what_people_write_is_never_a_template():
    made = in_prod(WEB, "maximal")
    (container,) = made.the("Rollout")["spec"]["template"]["spec"]["containers"]
    assert container["args"][1] == 'say "hi": {{ now }} # ${HOME}'
    values = {one["name"]: one.get("value") for one in container["env"]}
    assert values["GREETING"] == 'say "hi": {{ now }} # ${HOME}'
    rules = [rule for group in made.the("PrometheusRule")["spec"]["groups"] for rule in group["rules"]]
    runbooks = {rule["annotations"]["runbook_url"] for rule in rules if "alert" in rule}
    assert runbooks == {'https://runbooks.acme.example/wishlist?from={{ "{{" }}alert}}'}


def test_an_objective_alerts_fast_and_slowly_on_both_its_windows():
    """The factors of https://sre.google/workbook/alerting-on-slos/ and the budget of 99.95 %."""
    groups = {
        one["name"]: one["rules"] for one in in_prod(WEB, "maximal").the("PrometheusRule")["spec"]["groups"]
    }
    alerts = [one for one in groups["wishlist-availability"] if "alert" in one]
    said = [
        (one["labels"]["severity"], one["labels"]["window"], one["expr"].count(limit))
        for one, limit in zip(alerts, ("> 14.4 * 0.0005", "> 6 * 0.0005", "> 1 * 0.0005"), strict=True)
    ]
    assert said == [("critical", "1h", 2), ("critical", "6h", 2), ("warning", "3d", 2)]
    for alert, short in zip(alerts, ("5m", "30m", "6h"), strict=True):
        assert f"ratio_rate{short}{{" in alert["expr"]
    slow = next(one for one in groups["wishlist-latency"] if one.get("record", "").endswith("rate5m"))
    assert 'http_request_seconds_bucket{namespace="shop", job="wishlist", le=~"1([.]0)?"}[5m]' in slow["expr"]


def test_metrics_on_the_port_of_the_traffic_need_no_port_of_their_own():
    made = in_prod(WEB, metrics={"port": 8080})
    assert made.the("ServiceMonitor")["spec"]["endpoints"][0]["port"] == "http"
    assert [one["name"] for one in made.the("Service")["spec"]["ports"]] == ["http"]
    own = in_prod(WEB, metrics={"port": 9464})
    assert own.the("ServiceMonitor")["spec"]["endpoints"][0]["port"] == "metrics"


def test_the_internet_is_what_is_neither_private_nor_a_metadata_address():
    egress = in_prod(WEB).the("NetworkPolicy")["spec"]["egress"]
    four, six = (peer["ipBlock"] for rule in egress for peer in rule["to"] if "ipBlock" in peer)
    assert (four["cidr"], six["cidr"]) == ("0.0.0.0/0", "::/0")
    assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(four["except"])
    assert {"fc00::/7", "fe80::/10"} <= set(six["except"])
    closed = in_prod(WEB, network={"internet": False}).the("NetworkPolicy")["spec"]["egress"]
    assert not [peer for rule in closed for peer in rule["to"] if "ipBlock" in peer]


def test_nobody_calls_a_worker_or_a_job():
    for template in (WORKER, JOB):
        made = in_prod(template)
        assert made.the("NetworkPolicy")["spec"]["ingress"] == []
        assert not made.of_kind("Service") + made.of_kind("HTTPRoute")


def test_a_worker_is_given_its_time_and_scales_with_its_queue():
    made = in_prod(WORKER, "maximal")
    pod = made.the("Deployment")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 600
    assert pod["containers"][0]["livenessProbe"]["exec"] == {"command": ["/app/alive", "--within", "30s"]}
    assert pod["containers"][0]["startupProbe"]["failureThreshold"] == 3
    external = made.the("HorizontalPodAutoscaler")["spec"]["metrics"][1]["external"]
    assert external["metric"]["selector"] == {"matchLabels": {"queue": "wishes"}}
    assert external["target"] == {"type": "AverageValue", "averageValue": "250"}


@pytest.mark.parametrize(
    "schedule", ["@daily", "*/10,15 0-6/2 1,15 JAN-MAR MON-FRI", "0 0 ? 12 0", "59 23 31 12 6"]
)
def test_a_job_runs_as_cron_says(schedule):
    job = in_prod(JOB, schedule=schedule, timeZone="Europe/Berlin").the("CronJob")["spec"]
    assert (job["schedule"], job["timeZone"]) == (schedule, "Europe/Berlin")
    assert job["concurrencyPolicy"] == "Forbid"
    assert job["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_alerts_can_be_left_to_environments():
    assert not in_prod(SITE, alerts={"enabled": False}).of_kind("PrometheusRule")
    severities = {
        stage: {
            rule["labels"]["severity"]
            for group in made.the("PrometheusRule")["spec"]["groups"]
            for rule in group["rules"]
        }
        for stage, made in rendered(case(WORKER, "minimal")).items()
    }
    assert severities == {"dev": {"info"}, "staging": {"ticket"}, "prod": {"page", "ticket"}}
