"""The functions that Kubernetes adds to CEL, one module a library."""
