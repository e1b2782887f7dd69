"""The ids of all built-in rules: what a `kind: Rule` may name. Their words are in `bot/report/sentences/`."""

from __future__ import annotations

TEMPLATING = frozenset(
    {
        "deploy-invalid",
        "environment-limit",
        "environment-unknown",
        "folder-taken",
        "manifest-broken",
        "manifest-duplicate",
        "manifest-invalid",
        "manifest-name",
        "manifest-schema",
        "parameter-invalid",
        "parameter-missing",
        "parameter-unknown",
        "template-contract",
        "template-empty",
        "template-failed",
        "template-file",
        "template-forbidden",
        "template-large",
        "template-support",
        "template-too-big",
        "template-too-slow",
        "template-unknown",
        "template-version",
        "template-version-unknown",
    }
)
"""What `bot/templating/` judges. No setting makes these lighter: what cannot be rendered is not there."""

POLICY = frozenset(
    {
        "rule-broken",
        "rule-name",
        "rule-not-evaluated",
        "rule-stopped",
        "waiver-empty",
        "waiver-forbidden",
        "waiver-rule",
        "waiver-too-long",
    }
)
"""What keeps rules from judging, or waivers from being honest: no setting makes these lighter."""

REQUESTS = frozenset(
    {
        "request-agent",
        "request-break-glass",
        "request-duration",
        "request-environment",
        "request-kind",
        "request-mixed",
        "request-name",
        "request-namespace",
        "request-requester",
        "request-template",
        "request-used",
        "waiver-agent",
    }
)
"""What is judged of requests and of who makes them: no setting gives anyone more than a template does."""

LOCKED = (
    TEMPLATING
    | POLICY
    | REQUESTS
    | frozenset(
        {
            "path-submodule",
            "path-symlink",
            "path-unsafe",
            "pull-held",
            "yaml-alias",
            "yaml-depth",
            "yaml-duplicate-key",
            "yaml-encoding",
            "yaml-key",
            "yaml-size",
            "yaml-syntax",
            "yaml-tab",
            "yaml-tag",
        }
    )
)
"""Rules that no setting makes lighter: what they speak of could not be read, or must not be done."""

RENDERED = frozenset(
    {
        "environment-kubernetes",
        "host-moves",
        "host-taken",
        "manifest-unchecked",
        "object-taken",
        "schema-broken",
        "schema-skipped",
        "template-changelog",
        "template-sunset",
    }
)
"""What is judged of what can be rendered."""

WAIVERS = frozenset(
    {
        "rule-not-exported",
        "rule-test",
        "rule-unread",
        "waiver-ending",
        "waiver-expired",
        "waiver-target",
        "waiver-unused",
        "waiver-wide",
    }
)
"""What is to be known of rules and waivers."""

CATALOG = frozenset(
    {
        "dependency-cycle",
        "deploy-misplaced",
        "entity-api-version",
        "entity-duplicate",
        "entity-kind",
        "entity-many",
        "entity-none",
        "entity-removed",
        "entity-root",
        "entity-unrendered",
        "environment-branch",
        "environment-first",
        "environment-missing",
        "environment-moved",
        "environment-order",
        "environment-removed",
        "field-empty",
        "field-format",
        "field-missing",
        "field-type",
        "field-unknown",
        "field-value",
        "location-target",
        "reference-cycle",
        "reference-form",
        "reference-kind",
        "reference-owner",
        "reference-target",
        "reference-unknown",
        "rule-locked",
        "rule-unknown",
        "substitution-failed",
        "substitution-missing",
        "substitution-outside",
        "substitution-unknown",
        "substitution-url",
        "user-account",
        "user-groups",
    }
)
"""What is judged of the catalog, besides the locked ones."""

BUILT_IN = LOCKED | RENDERED | WAIVERS | CATALOG
