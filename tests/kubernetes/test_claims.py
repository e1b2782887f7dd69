"""Claims: which host and path belong to a route, in one spelling for equal claims."""

import pytest

from bot.kubernetes.claims import CNPG, S3, Claim, Record, claims, made_of, records
from bot.kubernetes.identity import Identity

GATEWAY = "gateway.networking.k8s.io/v1"


def route(kind="HTTPRoute", api=GATEWAY, **spec):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "cart"}, "spec": spec}


def said(*objects):
    return [(claim.host, claim.path) for claim in claims(objects)]


def http(path=None, **more):
    return route(hostnames=["Cart.example.com"], rules=[{"matches": [{"path": path, **more}]}])


def test_a_route_claims_each_host_with_each_path():
    rules = [{"matches": [{"path": {"type": "PathPrefix", "value": "/api"}}]}, {}]
    found = claims([route(hostnames=["b.test", "a.test"], rules=rules)])
    assert found == tuple(
        Claim(host, path, "HTTPRoute/cart") for host in ("a.test", "b.test") for path in ("/", "/api")
    )


def test_no_host_is_no_claim():
    assert said(route(rules=[{}]), route("Ingress", "networking.k8s.io/v1", rules=[{"http": {}}])) == []


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        (None, "/"),
        ({"type": "PathPrefix", "value": "/api/"}, "/api"),
        ({"value": "/api"}, "/api"),
        ({"type": "Exact", "value": "/api/"}, "=/api/"),
        ({"type": "RegularExpression", "value": "/a.*"}, "~/a.*"),
    ],
)
def test_equal_paths_have_one_spelling(path, claimed):
    assert said(http(path)) == [("cart.example.com", claimed)]


def test_what_narrows_a_match_is_part_of_the_claim():
    assert said(http(method="GET")) != said(http())
    one = http(headers=[{"name": "x", "value": "1"}])
    assert said(one) == said(http(headers=[{"value": "1", "name": "x"}]))


def test_grpc_claims_services_and_methods():
    def grpc(**method):
        matches = [{"method": method}] if method else []
        return route("GRPCRoute", hostnames=["g.test"], rules=[{"matches": matches}])

    assert said(grpc()) == [("g.test", "/")]
    assert said(grpc(service="shop.Cart")) == [("g.test", "/shop.Cart")]
    assert said(grpc(service="shop.Cart", method="Add")) == [("g.test", "=/shop.Cart/Add")]
    assert said(grpc(method="Add")) == [("g.test", "~/.*/Add")]


def test_tls_and_ingress_claim_too():
    paths = [{"path": "/v1/", "pathType": "Prefix"}, {"path": "/x", "pathType": "Exact"}]
    ingress = route("Ingress", "networking.k8s.io/v1", rules=[{"host": "i.test", "http": {"paths": paths}}])
    assert said(ingress) == [("i.test", "/v1"), ("i.test", "=/x")]
    assert said(route("TLSRoute", hostnames=["*.t.test"])) == [("*.t.test", "/")]


def test_other_groups_of_the_same_kind_are_not_routes():
    assert said(route(api="example.com/v1", hostnames=["a.test"])) == []


@pytest.mark.parametrize("odd", [None, "x", [], 3, {"hostnames": "a"}, {"hostnames": ["a"], "rules": [1]}])
def test_an_odd_route_stops_nothing(odd):
    found = claims([{"apiVersion": GATEWAY, "kind": "HTTPRoute", "metadata": odd, "spec": odd}])
    assert [claim.host for claim in found] == (["a"] if isinstance(odd, dict) and "rules" in odd else [])


def asked(api, kind, **spec):
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": spec,
    }


def test_a_database_takes_the_names_of_its_services():
    cluster = asked("postgresql.cnpg.io/v1", "Cluster")
    services = [one for one in made_of([cluster, cluster]) if one.kind == "Service"]
    assert services == [Identity("", "Service", "shop", name) for name in ("db-r", "db-ro", "db-rw")]
    services = {"disabledDefaultServices": ["ro", "r"]}
    made = made_of([asked("postgresql.cnpg.io/v1", "Cluster", managed={"services": services})])
    assert [one.name for one in made if one.kind == "Service"] == ["db-rw"]


def test_a_bucket_takes_its_name_in_all_namespaces():
    bucket = asked("s3.services.k8s.aws/v1alpha1", "Bucket", name="acme-receipts")
    elsewhere = {**bucket, "metadata": {"name": "other", "namespace": "cart"}}
    assert made_of([bucket, elsewhere]) == (Identity(S3, "Bucket", "", "acme-receipts"),)


def test_other_kinds_of_these_names_take_nothing():
    assert (
        made_of([asked("cluster.x-k8s.io/v1beta1", "Cluster"), asked("acme.test/v1", "Bucket", name="a")])
        == ()
    )
    assert made_of([asked("s3.services.k8s.aws/v1alpha1", "Bucket", name=["a"])]) == ()


def test_secrets_that_operators_make_are_taken():
    made = made_of(
        [asked("postgresql.cnpg.io/v1", "Cluster"), asked("external-secrets.io/v1", "ExternalSecret")]
    )
    secrets = {one.name for one in made if one.kind == "Secret"}
    assert secrets == {"db", "db-app", "db-superuser", "db-ca", "db-server", "db-replication"}
    merging = asked("external-secrets.io/v1", "ExternalSecret", target={"creationPolicy": "Merge"})
    named = asked("external-secrets.io/v1", "ExternalSecret", target={"name": "stripe"})
    assert [one.name for one in made_of([merging, named])] == ["stripe"]


def test_one_database_has_one_owner():
    database = asked("postgresql.cnpg.io/v1", "Database", cluster={"name": "main"}, name="orders")
    assert made_of([database]) == (Identity(CNPG, "database", "shop", "main/orders"),)


def test_names_in_dns_that_lead_somewhere():
    points = [
        {"dnsName": "Shop.test.", "recordType": "A"},
        {"dnsName": "shop.test", "recordType": "TXT"},
        {"dnsName": "a.test", "recordType": "CNAME"},
    ]
    found = records([asked("externaldns.k8s.io/v1alpha1", "DNSEndpoint", endpoints=points)])
    assert found == (Record("a.test", "CNAME", "DNSEndpoint/db"), Record("shop.test", "A", "DNSEndpoint/db"))
