"""Rules and waivers as files of a platform repo, for tests."""


def rule(
    name, expression, *, judges="entity", severity="deny", message="it is wrong", field="", more="", match=""
):
    """A `kind: Rule` with one validation. `more`: further lines of its spec; `match`: a flow mapping."""
    where = f"  match: {match}\n" if match else ""
    place = f"      field: {field}\n" if field else ""
    return (
        f"apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata: {{name: {name}}}\nspec:\n  severity: {severity}\n"
        f"  judges: {judges}\n{where}{more}  validations:\n    - expression: {expression}\n"
        f"      message: {message}\n{place}"
    )


def waiver(name, rule, target="component:default/shop", *, expires="2026-02-02", more=""):
    """A `kind: Waiver` of one rule for one target."""
    return (
        f"apiVersion: roadcrew.dev/v1\nkind: Waiver\nmetadata: {{name: {name}}}\nspec:\n  rule: {rule}\n"
        f"  targets: ['{target}']\n  reason: later\n  owner: group:default/team\n  expires: \"{expires}\"\n{more}"
    )


VAP = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-nine}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}
  validations:
    - expression: object.data.size != "9"
      message: nine is too many
"""
BINDING = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-nine}
spec: {policyName: no-nine, validationActions: [Warn]}
"""
REGO = """\
package main

deny_dev[msg] {
  input.data.environment == "dev"
  msg := sprintf("%s is in dev", [input.metadata.name])
}
"""
