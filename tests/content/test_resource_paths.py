"""What the paths for data and platform promise in particular, and what they refuse, each at its parameter."""

import json
import posixpath
from fnmatch import fnmatch

import pytest
import yaml
from jinja2 import Environment as Jinja

from bot.adapters.folder import Folder
from bot.catalog.check import check
from bot.catalog.yaml12 import load
from bot.kubernetes.quantity import thousandths, whole
from bot.kubernetes.totals import totals
from bot.report.sentences import say
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from bot.templating.render import render
from tests.content.golden import NAMES, ROOT, SCHEMAS, STAGES, case, rendered, shipped
from tests.shelf import Shelf

DATABASE, CACHE, BUCKET, ENVELOPE, DELIVERY = "postgresql", "redis-cache", "bucket", "namespace", "delivery"
RESOURCES = (BUCKET, DELIVERY, ENVELOPE, DATABASE, CACHE)
KEPT = {
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
}


def changed(template, metadata=None, case_name="minimal", **spec):
    """A case with other parameters."""
    entity = yaml.safe_load(case(template, case_name))
    entity["metadata"].update(metadata or {})
    entity["spec"].update(spec)
    return yaml.safe_dump(entity)


def in_prod(template, metadata=None, **spec):
    made = rendered(changed(template, metadata, **spec))["prod"]
    assert made.findings == ()
    return made


REFUSED = [
    (DATABASE, {"synchronous": True, "instances": 2}, "instances", "say 3 or more"),
    (DATABASE, {"catalog": {"name": "acme", "major": 18}}, "image", "one of them decides"),
    (DATABASE, {"image": f"acme/postgresql@sha256:{'0' * 64}"}, "image", "reads the version"),
    (DATABASE, {"image": "acme/postgresql:18"}, "image", "By tag and digest"),
    (DATABASE, {"settings": {"shared_buffers": "1GB"}}, "settings.shared_buffers", "half of the memory"),
    (DATABASE, {"settings": {"archive_command": "true"}}, "settings", "archive_command"),
    (DATABASE, {"database": {"name": "postgres"}}, "database.name", "postgres"),
    (DATABASE, {"pooler": {"enabled": True, "size": 50}}, "pooler.size", "fewer than 20 of 100"),
    (DATABASE, {"backup": {"schedule": "0 3 * * *"}}, "backup.schedule", "Six fields"),
    (DATABASE, {"backup": {"schedule": "0 0 25 * * *"}}, "backup.schedule", "the hour cannot be 25"),
    (DATABASE, {"backup": {"schedule": "0 0 3 * * SAT-MON"}}, "backup.schedule", "backwards in SAT-MON"),
    (DATABASE, {"backup": {"destination": "s3://a..b/c"}}, "backup.destination", "a..b"),
    (DATABASE, {"backup": {"destination": "s3://" + "b" * 64}}, "backup.destination", "b" * 64),
    (DATABASE, {"network": {"apiServer": {"cidrs": ["10.0.0.256/8"]}}}, "network.apiServer.cidrs", "256"),
    (DATABASE, {"cpu": "0.0"}, "cpu", "0.0"),
    (CACHE, {"cpu": {"request": "0.000"}}, "cpu.request", "0.000"),
    (ENVELOPE, {"quota": {"requests": {"cpu": "0.0"}}}, "quota.requests.cpu", "0.0"),
    (BUCKET, {"accessLogs": "logs.acme"}, "accessLogs", "logs.acme"),
    (BUCKET, {"accessLogs": "l" * 64}, "accessLogs", "l" * 64),
    (CACHE, {"memory": "32Mi"}, "memory", "64Mi or more"),
    (CACHE, {"cpu": {"request": "2", "limit": "1500m"}}, "cpu.request", "more than its limit, 1500m"),
    (CACHE, {"eviction": "some"}, "eviction", "allkeys-lru"),
    (
        BUCKET,
        {"objects": {"expireDays": 40, "infrequentDays": 60}},
        "objects.infrequentDays",
        "expire after 40",
    ),
    (BUCKET, {"public": True}, "public", "public"),
    (
        ENVELOPE,
        {"container": {"max": {"cpu": "4", "memory": "8Gi"}, "limits": {"cpu": "5"}}},
        "container.limits.cpu",
        "what bounds it, 4",
    ),
    (ENVELOPE, {"container": {"limits": {"cpu": "97"}}}, "container.limits.cpu", "what bounds it, 96"),
    (ENVELOPE, {"quota": {"requests": {"memory": "97Gi"}}}, "quota.requests.memory", "what bounds it, 96Gi"),
    (ENVELOPE, {"access": {"role": "admin"}}, "access.role", "view"),
    (DELIVERY, {"repository": "https://token@github.com/acme/platform.git"}, "repository", "Credentials"),
    (
        DELIVERY,
        {"repository": "ssh://git@github.com/acme/platform.git", "flux": {"provider": "github"}},
        "repository",
        "https",
    ),
]


@pytest.mark.parametrize(("template", "spec", "parameter", "reason"), REFUSED)
def test_what_cannot_be_is_refused_where_it_is_said(template, spec, parameter, reason):
    made = rendered(changed(template, **spec))["prod"]
    assert made.objects == {}
    (finding,) = made.findings
    assert str(finding.facts["parameter"]).startswith(parameter)
    said = say(finding)
    assert reason in f"{said.message} {said.fix}"


LONG = "w" * 60


@pytest.mark.parametrize(
    ("template", "name", "reason"),
    [
        (DATABASE, "w" * 51, "51 characters"),
        (DATABASE, "2nd-db", "by a letter"),
        (DATABASE, "orders.db", "letters, digits and dashes"),
        (CACHE, "w" * 53, "53 characters"),
        (BUCKET, LONG, "acme-prod-" + LONG),
        (BUCKET, "receipts.eu", "letters, digits and dashes"),
        (BUCKET, "receipts_eu", "letters, digits and dashes"),
        (BUCKET, "receipts-s3alias", "for itself"),
    ],
)
def test_a_name_that_would_not_do_is_refused(template, name, reason):
    made = rendered(changed(template, {"name": name}))["prod"]
    assert made.objects == {}
    (finding,) = made.findings
    assert reason in str(finding.facts)


@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_an_envelope_never_wraps_what_belongs_to_the_cluster(name):
    findings = rendered(changed(ENVELOPE, {"name": name}))["prod"].findings
    assert "belongs to the cluster" in str(findings)


@pytest.mark.parametrize("template", [DATABASE, BUCKET, ENVELOPE])
def test_what_holds_data_outlives_its_catalog_entry_unless_someone_says_so(template):
    kind = {DATABASE: "Cluster", BUCKET: "Bucket", ENVELOPE: "Namespace"}[template]
    kept = in_prod(template).the(kind)["metadata"]["annotations"]
    assert kept.items() >= KEPT.items()
    let_go = in_prod(template, protect=False).the(kind)["metadata"].get("annotations", {})
    assert not let_go.keys() & KEPT.keys()


@pytest.mark.parametrize("template", [DATABASE, CACHE])
def test_only_named_components_get_in(template):
    closed = in_prod(template).the("NetworkPolicy")["spec"]["ingress"]
    callers = [{"component": "cart"}, {"component": "report", "namespace": "analytics"}]
    policy = in_prod(template, dependencyOf=["component:checkout"], callers=callers)
    (rule,) = [one for one in policy.the("NetworkPolicy")["spec"]["ingress"] if one not in closed]
    home = policy.the("NetworkPolicy")["metadata"]["namespace"]
    assert [
        (
            peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"],
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"],
        )
        for peer in rule["from"]
    ] == [("shop", "checkout"), (home, "cart"), ("analytics", "report")]
    assert {port["port"] for port in rule["ports"]} <= {5432, "redis"}
    for one in closed:
        assert all(peer.get("namespaceSelector") or peer["podSelector"] for peer in one["from"])


def test_a_database_is_safe_by_default_and_small_where_that_is_enough():
    made = rendered(case(DATABASE, "minimal"))
    prod, dev = made["prod"].the("Cluster")["spec"], made["dev"].the("Cluster")["spec"]
    assert (prod["instances"], dev["instances"]) == (3, 1)
    assert prod["postgresql"]["synchronous"]["dataDurability"] == "required"
    assert prod["enableSuperuserAccess"] is dev["enableSuperuserAccess"] is False
    assert (prod["enablePDB"], dev["enablePDB"]) == (True, False)
    assert prod["resources"]["requests"] == prod["resources"]["limits"]
    assert prod["postgresql"]["parameters"]["shared_buffers"] == "256MB"
    assert made["prod"].the("ScheduledBackup")["spec"]["cluster"] == {"name": "wishlist-db"}
    assert (
        made["prod"]
        .the("ObjectStore")["spec"]["configuration"]["destinationPath"]
        .startswith("s3://acme-prod-backups/")
    )
    assert not made["dev"].of_kind("ScheduledBackup")
    assert "enablePodMonitor" not in prod.get("monitoring", {})


def test_a_database_may_take_its_image_from_a_catalog():
    shelf = {
        **shipped(),
        "catalog/added.yaml": changed(DATABASE, catalog={"name": "acme", "major": 18}).encode(),
    }
    path = "catalog/environments/prod.yaml"
    environment = yaml.safe_load(shelf[path])
    del environment["spec"]["defaults"]["postgresql"]["image"]
    shelf[path] = yaml.safe_dump(environment).encode()
    files = Shelf(shelf)
    catalog = check(files, whole=True).catalog
    (prod,) = [one for one in environments(catalog) if one.name == "prod"]
    only = {"resource:default/wishlist-db"}
    rendering = render(files, catalog, prod, run_job, only=only, schemas=SCHEMAS)
    assert rendering.findings == ()
    cluster = load(rendering.components["wishlist-db"].files["cluster-wishlist-db.yaml"].decode())
    assert cluster["spec"]["imageCatalogRef"]["major"] == 18
    assert "imageName" not in cluster["spec"]


@pytest.mark.parametrize(("memory", "most"), [("64Mi", "48mb"), ("2Gi", "1536mb")])
def test_a_cache_stays_below_its_limit_and_its_password_is_nowhere(memory, most):
    made = in_prod(CACHE, memory=memory)
    (cache, _) = made.the("StatefulSet")["spec"]["template"]["spec"]["containers"]
    args = cache["args"]
    assert args[args.index("--maxmemory") + 1] == most
    assert args[args.index("--save") + 1] == ""
    assert not any("pass" in arg for arg in args)
    acl = made.the("ExternalSecret")["spec"]["target"]["template"]["data"]["users.acl"]
    assert all("#{{ .password | sha256sum }}" in line for line in acl.splitlines())


def test_several_nodes_of_a_cache_have_no_address_in_common():
    names = [one["metadata"]["name"] for one in in_prod(CACHE, nodes=3).of_kind("Service")]
    assert names == ["wishlist-cache-nodes"]
    names = [one["metadata"]["name"] for one in in_prod(CACHE).of_kind("Service")]
    assert sorted(names) == ["wishlist-cache", "wishlist-cache-nodes"]


def test_a_bucket_is_closed_encrypted_and_speaks_tls_only():
    bucket = in_prod(BUCKET)
    spec = bucket.the("Bucket")["spec"]
    assert spec["name"] == "acme-prod-wishlist-pictures"
    assert set(spec["publicAccessBlock"].values()) == {True}
    for statement in json.loads(spec["policy"])["Statement"]:
        assert statement["Effect"] == "Deny"
        assert statement["Resource"] == [f"arn:aws:s3:::{spec['name']}", f"arn:aws:s3:::{spec['name']}/*"]
    assert {tag["key"] for tag in spec["tagging"]["tagSet"]} >= {"team", "environment"}
    assert "createBucketConfiguration" not in in_prod(BUCKET, region="us-east-1").the("Bucket")["spec"]


def test_teams_may_look_in_production_and_work_elsewhere():
    made = rendered(case(ENVELOPE, "minimal"))
    roles = {stage: made[stage].the("RoleBinding")["roleRef"]["name"] for stage in STAGES}
    assert roles == {"dev": "edit", "staging": "edit", "prod": "view"}
    (namespace,) = made["prod"].of_kind("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce-version"] == "v1.34"
    assert "namespace" not in namespace["metadata"]
    assert made["prod"].the("NetworkPolicy")["spec"].keys() == {"podSelector", "policyTypes", "egress"}


@pytest.mark.parametrize("stage", STAGES)
def test_the_shop_fits_into_its_envelope(stage):
    files = Shelf(shipped())
    catalog = check(files, whole=True).catalog
    (environment,) = [one for one in environments(catalog) if one.name == stage]
    rendering = render(files, catalog, environment, run_job, schemas=SCHEMAS)
    objects = [load(data.decode()) for one in rendering.components.values() for data in one.files.values()]
    (quota,) = [one["spec"]["hard"] for one in objects if one["kind"] == "ResourceQuota"]
    asked = totals([one for one in objects if one["metadata"].get("namespace") == "shop"])
    assert asked.most_cpu <= thousandths(quota["requests.cpu"])
    assert asked.most_memory <= whole(quota["requests.memory"])
    assert asked.storage <= whole(quota["requests.storage"])
    assert asked.most_replicas <= int(quota["pods"])


def test_what_the_contract_lets_a_pod_ask_for_no_envelope_refuses():
    """Environment and quota bound it, and say so in the pull request; a LimitRange would say it in the cluster."""
    (limits,) = in_prod(ENVELOPE).the("LimitRange")["spec"]["limits"]
    assert limits.keys() == {"type", "default", "defaultRequest"}
    most = {"cpu": "8", "memory": "16Gi"}
    (limits,) = in_prod(ENVELOPE, container={"max": most}).the("LimitRange")["spec"]["limits"]
    assert limits["max"] == most


def test_what_a_canary_moves_is_no_difference_to_argo_and_flux():
    """Argo Rollouts changes weights of routes, and the selectors of both Services."""
    made = roots("prod")
    spec = made.the("ApplicationSet")["spec"]["template"]["spec"]
    assert {
        (one["group"], one["kind"]): one.get("jqPathExpressions") or one["jsonPointers"]
        for one in spec["ignoreDifferences"]
    } == {
        ("gateway.networking.k8s.io", "HTTPRoute"): [".spec.rules[].backendRefs[].weight"],
        ("", "Service"): ["/spec/selector/rollouts-pod-template-hash"],
    }
    assert "ApplyOutOfSyncOnly=true" in spec["syncPolicy"]["syncOptions"]
    ignored = {one["target"]["kind"]: one["paths"] for one in main(made, "Kustomization")["spec"]["ignore"]}
    web = yaml.safe_load(case("web-service", "maximal"))
    route = rendered(yaml.safe_dump(web))["prod"].the("HTTPRoute")["spec"]
    weights = [
        f"/spec/rules/{rule}/backendRefs/{backend}/weight"
        for rule, one in enumerate(route["rules"])
        for backend in range(len(one["backendRefs"]))
    ]
    assert ignored == {"HTTPRoute": weights, "Service": ["/spec/selector/rollouts-pod-template-hash"]}


def roots(stage, name="minimal"):
    made = rendered(case(DELIVERY, name))[stage]
    assert made.findings == ()
    return made


def main(made, kind):
    """The one that is not there for grants."""
    (found,) = [one for one in made.of_kind(kind) if not one["metadata"]["name"].endswith("-grants")]
    return found


def grants(made, kind):
    (found,) = [one for one in made.of_kind(kind) if one["metadata"]["name"].endswith("-grants")]
    return found


def test_argo_prunes_grants_to_the_last_and_heals_none():
    made = roots("prod")
    spec = grants(made, "Application")["spec"]
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": False, "allowEmpty": True}
    assert (spec["source"]["targetRevision"], spec["source"]["path"]) == ("roadcrew/grants", "prod")
    assert spec["source"]["directory"] == {"recurse": True}
    project = grants(made, "AppProject")
    assert spec["project"] == project["metadata"]["name"] == "acme-prod-grants"
    allowed = {one["kind"] for one in project["spec"]["namespaceResourceWhitelist"]}
    assert {"RoleBinding", "ExternalSecret", "Database", "DNSEndpoint"} <= allowed
    assert not allowed & {"Secret", "Role", "ClusterRole", "ClusterRoleBinding", "Deployment"}


def test_flux_follows_grants_and_removes_them():
    made = roots("prod")
    spec = grants(made, "Kustomization")["spec"]
    assert (spec["path"], spec["prune"], spec["interval"]) == ("./prod", True, "168h0m0s")
    source = grants(made, "GitRepository")
    assert source["spec"]["ref"] == {"branch": "roadcrew/grants"}
    assert spec["sourceRef"]["name"] == source["metadata"]["name"]


def test_roles_for_access_read_no_secret_and_raise_no_right():
    roles = {one["metadata"]["name"]: one["rules"] for one in roots("prod").of_kind("ClusterRole")}
    assert set(roles) == {"roadcrew-logs", "roadcrew-view", "roadcrew-debug"}
    for rules in roles.values():
        for rule in rules:
            assert not {"*", "secrets", "serviceaccounts/token"} & {*rule["resources"], *rule["apiGroups"]}
            assert rule["apiGroups"] != ["rbac.authorization.k8s.io"]
            is_read = set(rule["verbs"]) <= {"get", "list", "watch"}
            assert is_read or rule["resources"] == ["pods/exec", "pods/portforward"]
    assert {len(one) for one in roles.values()} == {2, 12, 13}


def test_argo_may_deploy_every_kind_of_the_golden_paths_and_no_secret():
    project = main(roots("prod"), "AppProject")["spec"]
    allowed = {
        (one["group"], one["kind"])
        for field in ("namespaceResourceWhitelist", "clusterResourceWhitelist")
        for one in project[field]
    }
    made = [
        one
        for template in NAMES
        if template != DELIVERY
        for name in ("minimal", "maximal")
        for stage in rendered(case(template, name)).values()
        for one in stage.objects.values()
    ]
    kinds = {(posixpath.dirname(one["apiVersion"]), one["kind"]) for one in made}
    assert len(kinds) > 20
    assert kinds <= allowed
    assert not any(kind in {"Secret", "Role", "ClusterRole", "ClusterRoleBinding"} for _, kind in allowed)
    assert {one["kind"] for one in project["clusterResourceWhitelist"]} == {"Namespace"}


def test_argo_may_deploy_rules_where_the_environment_gets_them():
    files = case(DELIVERY, "minimal")
    kinds = {}
    for stage, made in rendered(files).items():
        (project,) = [
            one for one in made.of_kind("AppProject") if not one["metadata"]["name"].endswith("-grants")
        ]
        kinds[stage] = {one["kind"] for one in project["spec"]["clusterResourceWhitelist"]}
    policies = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
    assert kinds == {"dev": {"Namespace"} | policies, "staging": {"Namespace"}, "prod": {"Namespace"}}


@pytest.mark.parametrize(("name", "folder"), [("minimal", "roots"), ("maximal", "delivery_2.eu")])
def test_argo_makes_an_application_of_each_folder_but_its_own(name, folder):
    spec = roots("prod", name).the("ApplicationSet")["spec"]
    (generator,) = spec["generators"]
    assert generator["git"]["revision"] == "env/prod"
    picked = [one["path"] for one in generator["git"]["directories"] if not one.get("exclude")]
    left_out = [one["path"] for one in generator["git"]["directories"] if one.get("exclude")]
    assert any(fnmatch("checkout", path) for path in picked)
    assert left_out == [folder]
    template = spec["template"]
    assert template["metadata"]["name"] == "acme-prod-{{.path.basename}}"
    assert template["spec"]["project"] == main(roots("prod", name), "AppProject")["metadata"]["name"]
    assert template["spec"]["source"]["directory"] == {"exclude": "source.yaml"}
    assert template["spec"]["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert not any("CreateNamespace" in option for option in template["spec"]["syncPolicy"]["syncOptions"])


def test_flux_leaves_out_pins_and_its_own_objects():
    made = roots("staging")
    source, kustomization = main(made, "GitRepository")["spec"], main(made, "Kustomization")["spec"]
    lines = [line for line in source["ignore"].splitlines() if not line.startswith("#")]
    assert lines == ["source.yaml", "/roots/"]
    assert source["ref"] == {"branch": "env/staging"}
    assert kustomization["sourceRef"]["name"] == main(made, "GitRepository")["metadata"]["name"]
    assert (kustomization["prune"], kustomization["wait"]) == (True, True)


def test_only_the_tools_that_are_wanted_have_root_objects():
    made = rendered(changed(DELIVERY, tools=["argocd"]))["dev"]
    kinds = {one["kind"] for one in made.objects.values()}
    assert kinds == {"AppProject", "Application", "ApplicationSet", "ClusterRole"}
    assert {one["kind"] for one in roots("dev", "maximal").objects.values()} == {
        "GitRepository",
        "Kustomization",
    }


@pytest.mark.parametrize("system", ["", "shop"])
@pytest.mark.parametrize("template", RESOURCES)
def test_what_a_form_writes_into_the_catalog_is_valid_and_renders(template, system):
    folder = ROOT / "templates" / template / "skeleton"
    values = {
        "name": "wishlist",
        "description": "Remembers: what people 'want' # soon",
        "owner": "group:default/storefront",
        "system": system,
        "repository": "https://github.com/acme/platform.git",
        "nodes": 1,
        "size": "10Gi",
        "memory": "256Mi",
        "versioning": True,
    }
    engine = Jinja(variable_start_string="${{", variable_end_string="}}", autoescape=False)
    engine.filters["dump"] = json.dumps
    engine.finalize = lambda value: json.dumps(value) if isinstance(value, bool) else value
    written = {
        engine.from_string(path.relative_to(folder).as_posix()).render(values=values): engine.from_string(
            path.read_text()
        ).render(values=values)
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert list(written) == ["catalog/resources/wishlist.yaml"]
    entity = load(next(iter(written.values())))
    assert entity["spec"]["template"] == template
    assert entity["metadata"]["description"] == values["description"]
    for stage in rendered(next(iter(written.values()))).values():
        assert stage.findings == ()
        assert stage.objects


@pytest.mark.parametrize("template", RESOURCES)
def test_a_form_asks_for_no_parameter_that_the_skeleton_does_not_know(template):
    """Backstage fails a step that reads a value which no page asks for."""
    spec = load((ROOT / "templates" / template / "template.yaml").read_text())["spec"]
    asked = {name for page in spec["parameters"] for name in page["properties"]}
    (fetch,) = [step for step in spec["steps"] if step["action"] == "fetch:template"]
    for value in fetch["input"]["values"].values():
        assert value.removeprefix("${{ parameters.").split(" ")[0].split(".")[0] in asked
    assert {"type", "owner", "system", "dependsOn", "version"}.isdisjoint(spec["parameters"][1]["properties"])
    assert Folder(ROOT).read(f"templates/{template}/CHANGELOG.md")
