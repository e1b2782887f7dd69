package main

deployment(container) := {
	"kind": "Deployment",
	"metadata": {"name": "cart"},
	"spec": {"template": {"spec": {"containers": [container]}}},
}

memory(request, limit) := {
	"name": "app",
	"image": "ghcr.io/acme/cart:1",
	"resources": {"requests": {"memory": request}, "limits": {"memory": limit}},
}

test_as_much_as_it_requests if {
	count(warn_burst) == 0 with input as deployment(memory("256Mi", "512Mi"))
}

test_much_more_than_it_requests if {
	some msg in warn_burst with input as deployment(memory("128Mi", "1Gi"))
	msg == "app may use more than 4 times the memory that it requests"
}

test_latest if {
	count(deny_latest) == 1 with input as deployment({"name": "app", "image": "cart:latest"})
}

test_a_digest if {
	count(deny_latest) == 0 with input as deployment({"name": "app", "image": "cart@sha256:abc"})
}

test_tier_4_is_let_through if {
	some names in exception with input as {"metadata": {"labels": {"roadcrew.dev/tier": "tier-4"}}}
	names == ["burst"]
}
