"""Rego: conftest's conventions and Gatekeeper's templates, judged by an engine outside. Runs none."""
