package main

import rego.v1

# The same twenty rules, over entities and objects in one list, as `conftest test --combine` makes it.
is_entity(one) if contains(one.apiVersion, "backstage.io/")

is_ours(one) if startswith(one.apiVersion, "roadcrew.dev/")

entities := [one.contents | some one in input; is_entity(one.contents)]

ours := [one.contents | some one in input; is_ours(one.contents)]

objects := [one.contents | some one in input; not is_entity(one.contents); not is_ours(one.contents)]

# A comprehension is made once; a rule `refs[ref] := entity` would be searched at every look-up.
refs := {ref: entity |
  some entity in entities
  ref := sprintf("%s:%s", [lower(entity.kind), entity.metadata.name])
}

components := [one | some one in entities; one.kind == "Component"]

described := [one | some one in entities; one.kind in {"Component", "API"}]

deployed := [one | some one in components; one.spec.deploy]

deployments := [one | some one in objects; one.kind == "Deployment"]

named := array.concat(entities, ours)

deny_owner contains msg if {
  some one in entities
  one.kind in {"Component", "API", "System"}
  not refs[sprintf("group:%s", [one.spec.owner])]
  msg := sprintf("%s: nobody is called so", [one.metadata.name])
}

deny_system contains msg if {
  some one in described
  not refs[sprintf("system:%s", [one.spec.system])]
  msg := one.metadata.name
}

deny_dependencies contains msg if {
  some one in components
  some ref in object.get(one.spec, "dependsOn", [])
  refs[ref].spec.lifecycle == "deprecated"
  msg := one.metadata.name
}

deny_apis contains msg if {
  some one in components
  one.spec.type == "service"
  some name in object.get(one.spec, "providesApis", [])
  not refs[sprintf("api:%s", [name])].spec.lifecycle == one.spec.lifecycle
  msg := one.metadata.name
}

deny_name contains msg if {
  some one in named
  not regex.match("^[a-z][a-z0-9-]{1,61}[a-z0-9]$", one.metadata.name)
  msg := one.metadata.name
}

deny_lifecycle contains msg if {
  some one in described
  not one.spec.lifecycle in {"experimental", "production", "deprecated"}
  msg := one.metadata.name
}

deny_description contains msg if {
  some one in components
  count(object.get(one.metadata, "description", "")) < 10
  msg := one.metadata.name
}

warn_cost_center contains msg if {
  some one in components
  center := object.get(one.metadata, ["labels", "roadcrew.dev/cost-center"], "")
  not payable(center)
  msg := sprintf("%s: nobody pays for %s", [one.metadata.name, center])
}

payable(center) if {
  startswith(center, "cc-")
  not center in {"cc-13", "cc-31"}
}

deny_tags contains msg if {
  some one in named
  count(object.get(one.metadata, "tags", [])) > 10
  msg := one.metadata.name
}

deny_tags contains msg if {
  some one in named
  some tag in object.get(one.metadata, "tags", [])
  tag != lower(tag)
  msg := one.metadata.name
}

deny_slug contains msg if {
  some one in components
  not regex.match("^acme/[a-z0-9-]+$", object.get(one.metadata, ["annotations", "github.com/project-slug"], ""))
  msg := one.metadata.name
}

deny_type contains msg if {
  some one in components
  not one.spec.type in {"service", "website", "library", "worker"}
  msg := one.metadata.name
}

deny_image contains msg if {
  some one in deployed
  not regex.match("@sha256:[0-9a-f]{64}$", one.spec.deploy.image)
  msg := one.metadata.name
}

deny_port contains msg if {
  some one in deployed
  one.spec.deploy.port < 1024
  msg := one.metadata.name
}

deny_env contains msg if {
  some one in deployed
  some key, _ in object.get(one.spec.deploy, "env", {})
  not regex.match("^[A-Z][A-Z0-9_]*$", key)
  msg := one.metadata.name
}

deny_replicas contains msg if {
  some one in deployed
  object.get(one.spec.deploy, ["environments", "prod", "replicas", "min"], 1) < 2
  msg := one.metadata.name
}

deny_pod_image contains msg if {
  some one in deployments
  some container in one.spec.template.spec.containers
  not regex.match("@sha256:[0-9a-f]{64}$", container.image)
  msg := one.metadata.name
}

deny_pod_memory contains msg if {
  some one in deployments
  some container in one.spec.template.spec.containers
  not fits(container)
  msg := one.metadata.name
}

fits(container) if units.parse_bytes(container.resources.limits.memory) <= units.parse_bytes("64Gi")

deny_pod_privileged contains msg if {
  some one in deployments
  some container in one.spec.template.spec.containers
  container.securityContext.privileged
  msg := one.metadata.name
}

deny_pod_probe contains msg if {
  some one in deployments
  some container in one.spec.template.spec.containers
  not container.readinessProbe
  msg := one.metadata.name
}

warn_object_owner contains msg if {
  some one in objects
  not owned(one)
  msg := sprintf("%s %s", [one.kind, one.metadata.name])
}

owned(one) if {
  labels := one.metadata.labels
  labels["roadcrew.dev/team"] == refs[sprintf("component:%s", [labels["app.kubernetes.io/name"]])].spec.owner
  not labels["roadcrew.dev/cost-center"] in {"cc-13", "cc-31"}
}
