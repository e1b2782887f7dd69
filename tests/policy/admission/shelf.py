"""Short ways to policies, bindings and objects for the tests of this room."""

from bot.policy.admission import judge_admission
from bot.policy.verdict import Language, Policy, Request, Shared

RULES = [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}]
NOW = "2026-11-21T12:00:00Z"


def rule(resources=("deployments",), groups=("apps",), operations=("CREATE", "UPDATE"), **more):
    return {
        "apiGroups": list(groups),
        "apiVersions": more.pop("versions", ["v1"]),
        "operations": list(operations),
        "resources": list(resources),
        **more,
    }


def policy(*expressions, match=None, kind="ValidatingAdmissionPolicy", **spec):
    group = "admissionregistration.k8s.io/v1" if "Admission" in kind else "policies.kyverno.io/v1"
    validations = [one if isinstance(one, dict) else {"expression": one} for one in expressions]
    return {
        "apiVersion": group,
        "kind": kind,
        "metadata": {"name": "p"},
        "spec": {"matchConstraints": match or {"resourceRules": RULES}, "validations": validations, **spec},
    }


def binding(name="b", actions=("Deny",), **spec):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": "p", "validationActions": list(actions), **spec},
    }


def thing(kind="Deployment", version="apps/v1", spec=None, **metadata):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x", **metadata}, "spec": spec or {}}


def space(name="shop", **labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def judged(documents, value=None, parameters=(), **request):
    """The verdict of one policy (or a policy with what belongs to it) of one object."""
    if isinstance(documents, dict):
        documents = (documents,)
    if request.get("operation") != "DELETE":
        request.setdefault("object", thing() if value is None else value)
    shared = Shared(parameters=tuple(parameters), now=NOW)
    (found,) = judge_admission(
        Policy("p", Language.ADMISSION, tuple(documents), ""), [Request(**request)], shared
    )
    return found
