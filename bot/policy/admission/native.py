"""Gatekeeper's K8sNativeValidation as an admission policy: the same CEL with two variables more.

Source: open-policy-agent.github.io/gatekeeper, "Integration with Kubernetes Validating Admission Policy".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from bot.policy.verdict import Json, Language, Policy

_VARIABLES = (
    {"name": "anyObject", "expression": "object != null ? object : oldObject"},
    {"name": "params", "expression": "params.spec.parameters"},
)
_ACTIONS = {"deny": "Deny", "warn": "Warn", "info": "Audit"}


def native_policy(source: Mapping[str, Json], severity: str) -> Policy:
    """What judges by `native_of` of a template and its constraint. `severity`: deny, warn or info.

    Requests need the constraint as their parameters: `native_params`.
    """
    document = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "native"},
        "spec": {
            "failurePolicy": source["failurePolicy"],
            "matchConditions": source["matchConditions"],
            "variables": [*_VARIABLES, *source["variables"]],
            "validations": source["validations"],
            "validationActions": [_ACTIONS[severity]],
        },
    }
    digest = sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    # Gatekeeper compiles it, by its own rules.
    return Policy("native", Language.ADMISSION, (document,), digest, options={"compiled": "elsewhere"})


def native_params(source: Mapping[str, Json]) -> Json:
    """The constraint, with parameters even where it has none."""
    constraint = source["constraint"]
    return {**constraint, "spec": {**(constraint.get("spec") or {}), "parameters": source["params"]}}
