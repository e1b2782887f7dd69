"""CustomResourceDefinitions to JSON Schemas: what a server with that definition takes, and what it refuses."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.kubernetes.crd import CrdBroken, custom_kind
from bot.kubernetes.crd_packed import packed
from bot.kubernetes.schemas import Schema

WHOLE = {"type": "integer"}
TEXT = {"type": "string"}


def crd(spec, **more):
    schema = {"type": "object", "properties": {"spec": spec, "status": {"type": "object"}}, **more}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "acme.test",
            "names": {"kind": "Thing"},
            "versions": [
                {"name": "v1", "served": True, "schema": {"openAPIV3Schema": schema}},
                {"name": "v0", "served": False},
            ],
        },
    }


def errors(spec_schema, spec, **more):
    kind = custom_kind(crd(spec_schema))
    (document,) = kind.versions.values()
    value = {"apiVersion": "acme.test/v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": spec, **more}
    plain = [(error.instance_path, error.kind.name) for error in Schema(document).errors(value)]
    small = [(error.instance_path, error.kind.name) for error in Schema(packed(document)).errors(value)]
    assert plain == small, "packing changes no verdict"
    return [name for _, name in plain]


def fields(**properties):
    return {"type": "object", "properties": properties}


def test_only_served_versions_have_schemas():
    assert [*custom_kind(crd(fields())).versions] == ["v1"]


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        pytest.param(fields(a=WHOLE), [{}, {"a": 1}, {"a": None}], [{"b": 1}, {"a": "1"}], id="closed"),
        pytest.param({"type": "object"}, [{}], [{"b": 1}], id="no-fields"),
        pytest.param(
            {"type": "object", "additionalProperties": WHOLE}, [{"x": 1}, {}], [{"x": "1"}], id="map"
        ),
        pytest.param({"type": "object", "additionalProperties": True}, [{"x": []}], [3], id="open-map"),
        pytest.param(
            {**fields(a=fields(b=WHOLE)), "x-kubernetes-preserve-unknown-fields": True},
            [{"x": 1, "a": {"b": 1}}],
            [{"a": {"c": 1}}, {"a": {"b": "1"}}],
            id="preserve",
        ),
        pytest.param({"x-kubernetes-preserve-unknown-fields": True}, [{"x": 1}, 3, "a"], [], id="anything"),
        pytest.param(
            fields(a={"x-kubernetes-int-or-string": True}),
            [{"a": 1}, {"a": "1"}, {"a": None}],
            [{"a": True}, {"a": 1.5}, {"a": {}}],
            id="int-or-string",
        ),
        pytest.param(
            fields(
                a={
                    "x-kubernetes-int-or-string": True,
                    "anyOf": [WHOLE, TEXT],
                    "pattern": "^[0-9]+%?$",
                }
            ),
            [{"a": 1}, {"a": "10%"}, {"a": None}],
            [{"a": "ten"}, {"a": []}],
            id="int-or-string-pattern",
        ),
        pytest.param(
            {**fields(a={**TEXT, "nullable": True}), "required": ["a"]},
            [{"a": None}, {"a": ""}],
            [{}],
            id="nullable",
        ),
        pytest.param({**fields(a=TEXT), "required": ["a"]}, [{"a": ""}], [{}, {"a": None}], id="required"),
        pytest.param(
            {**fields(a={**TEXT, "default": "x"}), "required": ["a"]},
            [{}, {"a": None}],
            [{"a": 1}],
            id="default",
        ),
        pytest.param(
            fields(a={**TEXT, "enum": ["x", "y"]}), [{"a": "x"}, {"a": None}], [{"a": "z"}], id="enum"
        ),
        pytest.param(
            fields(a={"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 3}),
            [{"a": 2}, {"a": 3}],
            [{"a": 1}, {"a": 4}],
            id="limits",
        ),
        pytest.param(
            fields(a={"type": "array", "items": fields(b=WHOLE)}),
            [{"a": []}, {"a": [{"b": 1}]}],
            [{"a": [{"c": 1}]}, {"a": [None]}, {"a": {}}],
            id="list",
        ),
        pytest.param(
            fields(a={"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"}),
            [{"a": ["x", "y"]}],
            [{"a": ["x", "x"]}],
            id="set",
        ),
        pytest.param(
            {**fields(a=WHOLE, b=WHOLE), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            [{"a": 1}, {"b": 1}],
            [{}, {"a": 1, "b": 1}, {"a": 1, "c": 1}],
            id="one-of",
        ),
        pytest.param(
            {**fields(a=WHOLE, b=WHOLE), "not": {"required": ["a", "b"]}},
            [{}, {"a": 1}],
            [{"a": 1, "b": 1}],
            id="not",
        ),
        pytest.param(
            {
                **fields(kind={**TEXT, "default": "IP"}, value=TEXT),
                "oneOf": [
                    {"properties": {"kind": {"enum": ["IP"]}, "value": {"format": "ipv4"}}},
                    {"properties": {"kind": {"not": {"enum": ["IP"]}}}},
                ],
            },
            [{"value": "10.0.0.1"}, {"kind": "Name", "value": "x"}],
            [{"value": "10.0.0.256"}, {"kind": "IP", "value": "x"}],
            id="default-in-one-of",
        ),
        pytest.param(
            fields(
                a={
                    **fields(spec=fields(x=WHOLE)),
                    "x-kubernetes-embedded-resource": True,
                }
            ),
            [{"a": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {}}}],
            [{"a": {"spec": {}}}, {"a": {"apiVersion": "v1", "kind": "Pod", "metadata": {"nmae": "p"}}}],
            id="embedded",
        ),
    ],
)
def test_a_definition_takes_and_refuses_what_a_server_would(schema, good, bad):
    for value in good:
        assert errors(schema, value) == [], value
    for value in bad:
        assert errors(schema, value), value


def test_the_head_is_always_known_and_metadata_is_strict():
    assert errors(fields(), {}) == []
    assert errors(fields(), {}, metadata={"name": "x", "lables": {}}) == ["additionalProperties"]
    assert errors(fields(), {}, metadata={"labels": {"a": 1}}) == ["type"]
    assert errors(fields(), {}, sepc={}) == ["additionalProperties"]
    assert errors(fields(), {}, status={"what": "the server says"}) == []


def test_a_definition_may_ask_more_of_names():
    document = crd(fields())
    schema = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["metadata"] = {"type": "object", "properties": {"name": {**TEXT, "maxLength": 3}}}
    (made,) = custom_kind(document).versions.values()
    head = {"apiVersion": "acme.test/v1", "kind": "Thing"}
    assert not [*Schema(made).errors({**head, "metadata": {"name": "abc", "namespace": "longer"}})]
    assert [*Schema(made).errors({**head, "metadata": {"name": "abcd"}})]


def broken(document):
    with pytest.raises(CrdBroken) as caught:
        custom_kind(document)
    return caught.value.reason, caught.value.pointer


def test_what_is_no_definition_says_why():
    assert broken([]) == ("is no CustomResourceDefinition", ("kind",))
    assert broken({"kind": "ConfigMap"})[1] == ("kind",)
    document = crd(fields())
    assert broken({**document, "apiVersion": "apiextensions.k8s.io/v1beta1"})[1] == ("apiVersion",)
    assert broken({**document, "spec": {"group": "acme.test"}}) == (
        "has no spec.names.kind",
        ("spec", "names", "kind"),
    )
    assert broken(crd({"properties": {}}))[0] == "has a schema without a type"
    assert broken(crd("x"))[1][-2:] == ("properties", "spec")
    unserved = crd(fields())
    unserved["spec"]["versions"][0]["served"] = False
    assert broken(unserved) == ("serves no version", ("spec", "versions"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["object", "array"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "required",
                    "allOf",
                    "not",
                    "enum",
                    "additionalProperties",
                    "x",
                ]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(schema=VALUES)
def test_any_definition_is_a_schema_or_says_that_it_is_broken(schema):
    document = crd(schema)
    kinds = []
    with suppress(CrdBroken):
        kinds.append(custom_kind(document))
    for made in (made for kind in kinds for made in kind.versions.values()):
        assert packed(made)["$defs"]
