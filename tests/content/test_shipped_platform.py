"""The platform that ships with Roadcrew is one that a strict reviewer would take."""

import json
import os
import re
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from jinja2 import Environment as Jinja

from bot.adapters.folder import Folder
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.catalog.yaml12 import load
from bot.templating.deploy import is_deployed
from bot.templating.environment import environment_findings, environments
from bot.templating.jinja import run_job
from bot.templating.render import render
from tests.content.pod_security import pod_templates

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path.parent for path in (ROOT / "templates").glob("*/template.yaml"))
REPOSITORIES = [folder for folder in TEMPLATES if (folder / "skeleton/.roadcrew.yaml").exists()]
"""Those that a repository is made from; the others' skeletons become an entry of the catalog."""
LABELS = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
    "roadcrew.dev/team",
    "roadcrew.dev/environment",
    "roadcrew.dev/tier",
    "roadcrew.dev/cost-center",
}


class Shipped:
    """Only what is shipped: the rest of this repo is no platform repo."""

    def __init__(self):
        self._folder = Folder(ROOT)

    def list(self, prefix=""):
        rooms = [prefix] if prefix else ["catalog", "rules", "templates"]
        return [entry for room in rooms for entry in self._folder.list(room)]

    def __getattr__(self, name):
        return getattr(self._folder, name)


@pytest.fixture(scope="module")
def files():
    return Shipped()


@pytest.fixture(scope="module")
def checked(files):
    return check(files, whole=True)


@pytest.fixture(scope="module")
def renderings(files, checked):
    with Sandbox() as sandbox:
        return {
            environment.name: render(files, checked.catalog, environment, sandbox, schemas=ShippedSchemas())
            for environment in environments(checked.catalog)
        }


@pytest.fixture(scope="module")
def objects(renderings):
    """(environment, component, file name) to the object."""
    return {
        (name, folder, file): load(data.decode())
        for name, rendering in renderings.items()
        for folder, component in rendering.components.items()
        for file, data in component.files.items()
    }


def of_kind(objects, kind):
    return {place: value for place, value in objects.items() if value["kind"] == kind}


def workloads(objects):
    """What always runs and may have replicas."""
    return {**of_kind(objects, "Deployment"), **of_kind(objects, "Rollout")}


def test_nothing_is_wrong_with_it(checked):
    assert checked.findings == ()
    assert environment_findings(checked.catalog) == ()


def test_every_component_renders_for_every_environment(checked, renderings):
    components = {entity.name for entity in checked.catalog.entities if is_deployed(entity)}
    assert len(components) >= 3
    assert list(renderings) == ["dev", "staging", "prod"]
    for rendering in renderings.values():
        assert rendering.findings == ()
        assert set(rendering.components) == components


def test_all_objects_that_production_needs_are_there(objects):
    files = {
        file for environment, component, file in objects if (environment, component) == ("prod", "checkout")
    }
    assert files == {
        *(
            f"{kind}-checkout.yaml"
            for kind in (
                "rollout",
                "analysistemplate",
                "service",
                "serviceaccount",
                "httproute",
                "horizontalpodautoscaler",
                "poddisruptionbudget",
                "networkpolicy",
                "externalsecret",
                "servicemonitor",
                "prometheusrule",
            )
        ),
        "service-checkout-canary.yaml",
        "configmap-checkout-dashboard.yaml",
    }


def test_every_object_says_whose_it_is(objects):
    for (environment, component, _), value in objects.items():
        labels = value["metadata"]["labels"]
        assert labels.keys() >= LABELS
        assert labels["app.kubernetes.io/name"] == component
        assert labels["app.kubernetes.io/managed-by"] == "roadcrew"
        assert labels["roadcrew.dev/environment"] == environment
        assert all(
            re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", text) for text in labels.values()
        )


def test_pods_say_whose_they_are_too(objects):
    told = {key for key in LABELS if key.startswith("roadcrew.dev/")}
    for pod in (pod for value in objects.values() for pod in pod_templates(value)):
        assert pod["metadata"]["labels"].keys() >= told
    for cluster in of_kind(objects, "Cluster").values():
        assert cluster["spec"]["inheritedMetadata"]["labels"].keys() >= told


def test_containers_that_serve_are_probed(objects):
    served = {place[:2] for place in of_kind(objects, "Service")}
    for place, value in workloads(objects).items():
        probes = {"startupProbe", "livenessProbe"} | ({"readinessProbe"} if place[:2] in served else set())
        for container in value["spec"]["template"]["spec"]["containers"]:
            assert probes <= container.keys()


def test_selectors_agree_and_hold_only_what_never_changes(objects):
    for (environment, component, _), value in workloads(objects).items():
        selector = {"app.kubernetes.io/name": component}
        assert value["spec"]["selector"]["matchLabels"] == selector
        assert selector.items() <= value["spec"]["template"]["metadata"]["labels"].items()
        mine = [one for place, one in objects.items() if place[:2] == (environment, component)]
        specs = {one["kind"]: one["spec"] for one in mine if "spec" in one}
        assert specs["PodDisruptionBudget"]["selector"]["matchLabels"] == selector
        assert specs["NetworkPolicy"]["podSelector"]["matchLabels"] == selector
        assert specs.get("Service", {"selector": selector})["selector"] == selector


def test_replicas_grow_with_the_environment_and_belong_to_the_autoscaler(objects):
    least = {
        environment: value["spec"]["minReplicas"]
        for (environment, component, _), value in of_kind(objects, "HorizontalPodAutoscaler").items()
        if component == "checkout"
    }
    assert least == {"dev": 1, "staging": 2, "prod": 4}
    assert not any("replicas" in value["spec"] for value in workloads(objects).values())


def test_no_host_is_taken_twice_and_private_services_have_none(objects):
    hosts = [
        (place[0], host)
        for place, value in of_kind(objects, "HTTPRoute").items()
        for host in value["spec"]["hostnames"]
    ]
    assert len(hosts) == len(set(hosts))
    assert ("prod", "shop.acme.example") in hosts
    assert not any(place[1] == "cart" for place in of_kind(objects, "HTTPRoute"))


@pytest.mark.parametrize("folder", TEMPLATES, ids=lambda folder: folder.name)
def test_a_template_says_one_version_everywhere(folder):
    template = load((folder / "template.yaml").read_text())
    version = template["spec"]["version"]
    assert template["metadata"]["name"] == folder.name
    assert re.findall(r"^## (\S+)", (folder / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == version


@pytest.mark.parametrize("folder", REPOSITORIES, ids=lambda folder: folder.name)
def test_what_is_made_from_a_template_says_so(folder):
    version = load((folder / "template.yaml").read_text())["spec"]["version"]
    made_from = load(
        (folder / "skeleton" / ".roadcrew.yaml").read_text().replace("${{", "'{{").replace("}}", "}}'")
    )
    assert (made_from["template"], made_from["version"]) == (folder.name, version)


@pytest.mark.parametrize("system", ["", "shop"])
@pytest.mark.parametrize("folder", REPOSITORIES, ids=lambda folder: folder.name)
def test_what_a_skeleton_becomes_is_valid_and_deploys(folder, system, tmp_path):
    values = {
        "name": "wishlist",
        "description": "Remembers: what people 'want' # soon",
        "owner": "group:default/storefront",
        "system": system,
        "repoUrl": {"owner": "acme", "repo": "wishlist"},
        "image": f"ghcr.io/acme/wishlist@sha256:{'0' * 64}",
        "port": 8080,
        "schedule": "@daily",
    }
    engine = Jinja(
        variable_start_string="${{", variable_end_string="}}", autoescape=False, keep_trailing_newline=True
    )
    engine.filters["dump"] = json.dumps
    engine.filters["projectSlug"] = lambda url: f"{url['owner']}/{url['repo']}"
    texts = {
        path.relative_to(folder / "skeleton").as_posix(): engine.from_string(path.read_text()).render(
            values=values
        )
        for path in (folder / "skeleton").rglob("*")
        if path.is_file()
    }
    assert load(texts[".roadcrew.yaml"])["values"].keys() <= values.keys()
    for room in ("catalog", "rules", "templates"):
        shutil.copytree(ROOT / room, tmp_path / room)
    (tmp_path / "catalog/components/wishlist.yaml").write_text(texts["catalog-info.yaml"])
    grown = Folder(tmp_path)
    found = check(grown, whole=True)
    assert found.findings == ()
    component = found.catalog.get("component:default/wishlist")
    assert component.metadata["description"] == values["description"]
    assert component.spec.get("system", "") == system
    assert component.spec["deploy"]["template"] == folder.name
    rendering = render(
        grown,
        found.catalog,
        environments(found.catalog)[0],
        run_job,
        schemas=ShippedSchemas(),
        only={component.ref},
    )
    assert rendering.findings == ()
    assert set(rendering.components) == {"wishlist"}


@pytest.mark.corpora
@pytest.mark.skipif("ROADCREW_CORPORA" not in os.environ, reason="needs $ROADCREW_CORPORA")
@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "catalog").rglob("*.yaml")) + [folder / "template.yaml" for folder in TEMPLATES],
    ids=lambda path: path.name,
)
def test_backstage_s_own_schemas_take_it(path):
    schemas = Path(os.environ["ROADCREW_CORPORA"]) / "backstage-schemas"
    known = {}
    for file in schemas.glob("*.schema.json"):
        schema = json.loads(file.read_text())
        known[schema["$id"]] = schema
    entity = yaml.safe_load(path.read_text())
    if entity["apiVersion"].startswith("roadcrew.dev/"):
        schema = known["EntityEnvelope"]
    else:
        version = entity["apiVersion"].rpartition("/")[2]
        schema = json.loads((schemas / f"{entity['kind']}.{version}.schema.json").read_text())
    if entity["kind"] == "API":
        entity["spec"]["definition"] = "text"  # the catalog resolves $text before it validates
    registry = jsonschema_rs.Registry([(f"json-schema:///{name}", schema) for name, schema in known.items()])
    validator = jsonschema_rs.Draft7Validator(schema, registry=registry, offline=True)
    assert [error.message for error in validator.iter_errors(entity)] == []
    assert not validator.is_valid({**entity, "metadata": {"name": "not a name"}, "kind": 5})
