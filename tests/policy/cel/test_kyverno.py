"""Kyverno's functions: images and accounts are read here, clusters and registries are never asked."""

from datetime import UTC, datetime

import pytest

from bot.policy.cel import CelFault, CelProblem, Unavailable, compile_expression

NAMES = ("object", "images")
DIGEST = "sha256:" + "a" * 64


def evaluate(text, **values):
    return compile_expression(text, NAMES, kyverno=True).evaluate(values)


@pytest.mark.parametrize(
    ("image", "registry", "repository", "identifier", "tag", "digest"),
    [
        ("nginx", "index.docker.io", "library/nginx", "latest", "latest", ""),
        ("nginx:1.27", "index.docker.io", "library/nginx", "1.27", "1.27", ""),
        ("docker.io/a/b", "index.docker.io", "a/b", "latest", "latest", ""),
        ("ghcr.io/a/b:1", "ghcr.io", "a/b", "1", "1", ""),
        ("localhost/abc", "localhost", "abc", "latest", "latest", ""),
        ("reg:5000/abc:x", "reg:5000", "abc", "x", "x", ""),
        (f"ghcr.io/a/b@{DIGEST}", "ghcr.io", "a/b", DIGEST, "", DIGEST),
        (f"ghcr.io/a/b:1@{DIGEST}", "ghcr.io", "a/b", f"1@{DIGEST}", "1", DIGEST),
    ],
)
def test_an_image_has_parts(image, registry, repository, identifier, tag, digest):
    text = "[{0}.registry(), {0}.repository(), {0}.identifier(), {0}.tag(), {0}.digest()]"
    assert evaluate(text.format("image(object)"), object=image) == [
        registry,
        repository,
        identifier,
        tag,
        digest,
    ]
    assert evaluate("image(object).containsDigest()", object=image) is bool(digest)


@pytest.mark.parametrize("image", ["", "A/b", "a", "a b", "nginx:", "x@sha256:1", "-", "nginx:a b", "NGINX"])
def test_what_is_no_image_is_an_error(image):
    if image == "nginx:":
        assert evaluate("isImage(object)", object=image) is True
        return
    assert evaluate("isImage(object)", object=image) is False
    with pytest.raises(CelFault):
        evaluate("image(object).registry() == 'x'", object=image)


@pytest.mark.parametrize(
    "text",
    [
        "resource.Get('v1', 'configmaps', 'default', 'x').data.x == 'y'",
        "resource.List('apps/v1', 'deployments', '').items.size() > 0",
        "resource.Post('authorization.k8s.io/v1', 'subjectaccessreviews', {}).status.allowed",
        "http.Get('https://example.com').ok",
        "http.Client('pem').Get('https://example.com').ok",
        "globalContext.Get('a', 'b') == 1",
        "image.GetMetadata(object).config.user == 'x'",
        "verifyImageSignatures(object, [attestors.cosign]) > 0",
        "images.containers.map(i, verifyImageSignatures(i, ['a'])).all(e, e > 0)",
        "random('[a-z]') == 'a'",
    ],
)
def test_what_is_elsewhere_is_never_a_pass(text):
    with pytest.raises(Unavailable) as found:
        compile_expression(text, NAMES, kyverno=True).boolean(
            {"object": "nginx", "images": {"containers": ["a"]}}
        )
    assert len(found.value.reason) > 10
    with pytest.raises(Unavailable):
        compile_expression(f"!({text})", NAMES, kyverno=True).boolean(
            {"object": "nginx", "images": {"containers": ["a"]}}
        )


def test_names_of_elsewhere_are_free_for_comprehensions():
    assert evaluate("object.all(image, isImage(image))", object=["nginx"]) is True


def test_small_functions():
    assert evaluate("parseServiceAccount('system:serviceaccount:a:b').Name") == "b"
    assert evaluate("user.parseServiceAccount('bob').Namespace") == ""
    assert evaluate("json.unmarshal(json.marshal({'a': [1, null]})).a.size()") == 2
    assert evaluate("sha256('') == hash.sha256('') && md5('a') != sha1('a')") is True
    assert evaluate("listObjToMap([{'k': 'a'}], [{'v': 1}], 'k', 'v').a") == 1
    assert evaluate("time.toCron(timestamp('2026-11-22T03:04:00Z'))") == "4 3 22 11 0"
    hour = evaluate("time.truncate(timestamp('2026-11-22T03:04:00Z'), duration('1h'))")
    assert hour == datetime(2026, 11, 22, 3, tzinfo=UTC)


def test_the_clock_is_given():
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert evaluate("time.now() > timestamp('2026-11-20T00:00:00Z')", now=now) is True
    with pytest.raises(CelFault):
        evaluate("time.now() > timestamp('2026-11-20T00:00:00Z')")


def test_kubernetes_alone_knows_none_of_it():
    with pytest.raises(CelProblem):
        compile_expression("image('nginx').registry() == ''", NAMES)
