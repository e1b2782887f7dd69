"""The schemas that are shipped: all of them compile, all are strict."""

import json

import pytest

from bot.adapters.crds.__main__ import main
from bot.adapters.schemas import ShippedSchemas
from bot.kubernetes.validate import validate

SCHEMAS = ShippedSchemas()
CUSTOM = {
    "gateway.networking.k8s.io/v1": ["HTTPRoute", "GRPCRoute", "Gateway", "ReferenceGrant"],
    "gateway.networking.k8s.io/v1beta1": ["HTTPRoute", "Gateway", "ReferenceGrant"],
    "argoproj.io/v1alpha1": ["Rollout", "AnalysisTemplate", "Application", "ApplicationSet", "AppProject"],
    "external-secrets.io/v1": ["ExternalSecret", "SecretStore", "ClusterSecretStore"],
    "monitoring.coreos.com/v1": ["ServiceMonitor", "PodMonitor", "PrometheusRule"],
    "kustomize.toolkit.fluxcd.io/v1": ["Kustomization"],
    "source.toolkit.fluxcd.io/v1": ["GitRepository"],
    "postgresql.cnpg.io/v1": ["Cluster", "ScheduledBackup", "Pooler", "Database"],
    "barmancloud.cnpg.io/v1": ["ObjectStore"],
    "objectbucket.io/v1alpha1": ["ObjectBucketClaim"],
    "s3.services.k8s.aws/v1alpha1": ["Bucket"],
    "externaldns.k8s.io/v1alpha1": ["DNSEndpoint"],
}


def test_versions_are_in_the_order_of_their_numbers():
    assert SCHEMAS.versions[:3] == ("1.25", "1.26", "1.27")
    assert len(SCHEMAS.versions) == 13


@pytest.mark.parametrize("version", SCHEMAS.versions)
def test_every_built_in_kind_compiles(version):
    served = [(api, kind) for kind, apis in SCHEMAS.kinds(version).items() for api in apis]
    assert len(served) > 60
    for api, kind in served:
        found = validate(SCHEMAS, version, {"apiVersion": api, "kind": kind, "metadata": {}, "zzz": 1})
        assert ("zzz",) in [one.pointer for one in found], (api, kind)


@pytest.mark.parametrize(("api", "kind"), [(api, kind) for api, kinds in CUSTOM.items() for kind in kinds])
def test_every_custom_kind_compiles_and_is_strict(api, kind):
    head = {"apiVersion": api, "kind": kind, "metadata": {"name": "x", "labels": {"a": "b"}}}
    found = {one.pointer for one in validate(SCHEMAS, "1.34", {**head, "spec": {"zzz": 1}, "zzz": 1})}
    assert ("zzz",) in found
    assert ("spec", "zzz") in found
    assert not {pointer for pointer in found if pointer[0] in {"metadata", "apiVersion", "kind"}}


def test_the_data_stays_small():
    from importlib.resources import files

    folder = files("bot.adapters").joinpath("crds")
    sizes = [len(one.read_bytes()) for one in folder.iterdir() if one.name.endswith(".json")]
    assert len(sizes) == len({(api.split("/")[0], kind) for api, kinds in CUSTOM.items() for kind in kinds})
    assert sum(sizes) < 500_000
    assert folder.joinpath("NOTICE.md").is_file()


def test_definitions_become_files(tmp_path, capsys):
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "acme.test",
            "names": {"kind": "Thing"},
            "versions": [{"name": "v1", "served": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
        },
    }
    (tmp_path / "crd.yaml").write_text(json.dumps(definition))
    assert main([str(tmp_path), "Thing.acme.test", "--", str(tmp_path / "crd.yaml")]) == 0
    made = json.loads((tmp_path / "acme.test_thing.json").read_text())
    assert (made["group"], made["kind"], [*made["versions"]]) == ("acme.test", "Thing", ["v1"])
    assert main([str(tmp_path), "Other.acme.test", "--", str(tmp_path / "crd.yaml")]) == 1
    assert "Other.acme.test" in capsys.readouterr().err
