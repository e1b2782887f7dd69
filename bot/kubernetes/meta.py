"""ObjectMeta of `meta/v1`, the same for every kind and every version that we know. Data only.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_STRING = {"type": ["string", "null"]}
_WHOLE = {"type": ["integer", "null"]}
_FLAG = {"type": ["boolean", "null"]}
_STRINGS = {"type": ["array", "null"], "items": {"type": "string"}}
_TEXTS = {"type": ["object", "null"], "additionalProperties": _STRING}


def _closed(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


_OWNER = _closed(
    {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "name": {"type": "string"},
        "uid": {"type": "string"},
        "controller": _FLAG,
        "blockOwnerDeletion": _FLAG,
    },
    "apiVersion",
    "kind",
    "name",
    "uid",
)

OBJECT_META: Mapping[str, Any] = _closed(
    {
        "annotations": _TEXTS,
        "creationTimestamp": _STRING,
        "deletionGracePeriodSeconds": _WHOLE,
        "deletionTimestamp": _STRING,
        "finalizers": _STRINGS,
        "generateName": _STRING,
        "generation": _WHOLE,
        "labels": _TEXTS,
        "managedFields": {"type": ["array", "null"], "items": {"type": "object"}},
        "name": _STRING,
        "namespace": _STRING,
        "ownerReferences": {"type": ["array", "null"], "items": _OWNER},
        "resourceVersion": _STRING,
        "selfLink": _STRING,
        "uid": _STRING,
    }
)
"""A JSON Schema."""
