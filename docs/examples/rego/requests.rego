# Rego by conftest's conventions, as a start for your own: copy both files into `rules/`.
# `roadcrew rules test --rules docs/examples/rego` runs the tests, and
# `roadcrew rules eval --rules docs/examples/rego FILE` judges a file, as `conftest test` does.
package main

# A pod that uses far more than it requested is the first to go when its node runs out of memory.
most := 4

containers contains container if {
	some container in input.spec.template.spec.containers
}

warn_burst contains msg if {
	input.kind in {"Deployment", "StatefulSet"}
	some container in containers
	limit := units.parse_bytes(container.resources.limits.memory)
	request := units.parse_bytes(container.resources.requests.memory)
	limit > request * most
	msg := sprintf("%s may use more than %d times the memory that it requests", [container.name, most])
}

deny_latest contains {"msg": msg, "fix": "Name the image by digest."} if {
	some container in containers
	endswith(container.image, ":latest")
	msg := sprintf("%s runs %s, which is another image tomorrow", [container.name, container.image])
}

# An exception is for what can be told from the object itself; anything else is a waiver, which ends.
exception contains ["burst"] if {
	input.metadata.labels["roadcrew.dev/tier"] == "tier-4"
}
