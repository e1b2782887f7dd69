"""Words for what is wrong with entities: what stands there, and what may stand there instead."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.sentences.words import Words

_NOT_SO = "{field} cannot be {got}."
_PATTERN = (
    "Use lower case letters, digits and `-`, and where names go `{{component}}`, `{{system}}`, `{{team}}` or "
    "`{{environment}}`."
)
_KEY = (
    "The key {got} is not of the right form.",
    "Write `name` or `prefix.example.org/name`: at most one slash, the prefix in lower case.",
)

WORDS: Mapping[str, Words] = {
    "dependency-cycle": Words(
        title="Things that depend on one another",
        message="{field} closes a circle: {chain:chain}. Such things are hard to start, change or remove one "
        "by one.",
        fix="Backstage allows it. Where it is not meant, remove one of these dependencies.",
    ),
    "deploy-misplaced": Words(
        title="A deploy setting that nothing reads",
        message="{field} of {ref} renders nothing: only a Component has it.",
        fix="Move it to the Component that is to be deployed, or remove it.",
        cases={
            "template": (
                "{field} of {ref} renders nothing: a Component says it in `spec.deploy`.",
                "Write `deploy: {{template: name}}`, with the template's parameters beside `template`.",
            )
        },
    ),
    "entity-api-version": Words(
        title="An apiVersion that the kind does not have",
        message="The kind {kind} has no apiVersion {found}.",
        fix="Write {expected}.",
    ),
    "entity-duplicate": Words(
        title="Two entities with one name",
        message="{ref} is in {first} already, and now also here; upper and lower case are the same.",
        fix="Rename one of the two, or remove it.",
    ),
    "entity-kind": Words(
        title="A kind that nobody here knows",
        message="Backstage knows no kind {kind} with the apiVersion {found}: it is kept, and nothing in its "
        "spec is checked.",
        fix="",
        near="Did you mean {near}?",
    ),
    "entity-many": Words(
        title="More findings than are shown",
        message="There are {count} more findings about this document.",
        fix="Mend those that are shown; the others follow.",
    ),
    "entity-none": Words(
        title="Not an entity",
        message="This document has neither `apiVersion` nor `kind`, and here every document must be an "
        "entity.",
        fix="Add `apiVersion`, `kind` and `metadata.name`, or move the file somewhere else.",
    ),
    "entity-root": Words(
        title="A document that is no mapping",
        message="An entity is a mapping of keys to values, but this document is {got:plain}.",
        fix="Start with `apiVersion:`; put `---` between entities instead of making a list.",
    ),
    "entity-unrendered": Words(
        title="A template that is not rendered yet",
        message="This looks like an entity that a template engine still has to fill in: it is not checked.",
        fix="",
    ),
    "environment-branch": Words(
        title="Two environments on one branch",
        message="The branch {branch} already belongs to the environment {holder}; they would write over each "
        "other.",
        fix="Give this environment a `spec.branch` of its own.",
    ),
    "environment-order": Words(
        title="Two environments with one order",
        message="The environments {holder} and {environment} both have the order {order:plain}: their names "
        "decide which of them a change reaches first.",
        fix="Give each a `spec.order` of its own.",
    ),
    "field-empty": Words(
        title="A field without a value",
        message="{field} is empty.",
        fix="Give it a value, or remove it if it is optional.",
    ),
    "field-format": Words(
        title="A value that is not of the right form",
        message=_NOT_SO,
        fix="Compare it with one that works.",
        cases={
            "name": (
                _NOT_SO,
                "Use at most 63 letters, digits, `-`, `_` and `.`; start and end with a letter or a digit.",
            ),
            "namespace": (
                _NOT_SO,
                "Use at most 63 lower case letters and digits, with `-` between them.",
            ),
            "label-key": _KEY,
            "annotation-key": _KEY,
            "label-value": (
                _NOT_SO,
                "Use at most 63 letters, digits, `-`, `_` and `.`, or move it to `metadata.annotations`.",
            ),
            "tag": (
                _NOT_SO,
                "Use at most 63 lower case letters, digits, `+`, `#` and `:`, with `-` between words.",
            ),
            "url": (
                "{field} must be an address, but is {got}.",
                "Write the whole address, starting with `https://`.",
            ),
            "blank": (
                "{field} holds nothing but spaces.",
                "Give it a value, or remove it.",
            ),
            "api-version": (
                _NOT_SO,
                "Write `backstage.io/v1alpha1`, or the `group/version` of your own kind.",
            ),
            "kind": (
                _NOT_SO,
                "Use at most 63 letters and digits, beginning with a letter.",
            ),
            "branch": (
                "Manifests may not be written to the branch {got}, which {field} names.",
                "Write a branch that starts with `env/`, such as `env/dev`.",
            ),
            "kubernetes": (
                "{field} must be a minor version of Kubernetes, but is {got}.",
                'Write it in quotes, such as `"1.34"`.',
            ),
            "count": (
                "{field} must be a whole number, 0 or more, but is {got}.",
                "Write one such as `20`.",
            ),
            "quantity": (
                "{field} must be an amount as Kubernetes writes it, but is {got}.",
                "Write one such as `500m`, `16` or `64Gi`.",
            ),
            "duration": (
                "{field} must be a span of time, but is {got}.",
                "Write days, hours and minutes, such as `4h`, `90m` or `1d12h`.",
            ),
            "team": (
                "{field} must be a team of GitHub, but is {got}.",
                "Write organization and team, such as `acme/security`.",
            ),
            "day": (
                "{field} must be a day, but is {got}.",
                'Write year, month and day in quotes, such as `"2027-01-15"`.',
            ),
            "identifier": (
                "{field} must be a name that expressions can use, but is {got}.",
                "Use letters, digits and `_`, beginning with a letter.",
            ),
            "namespace-pattern": (
                "{field} makes no Kubernetes namespaces: {got}.",
                _PATTERN,
            ),
            "domain": (
                "{field} must be a domain, but is {got}.",
                "Write one such as `dev.acme.example`: lower case, no scheme, no path, no dot at its end.",
            ),
            "folder": (
                "{field} must be a folder of this repo, but is {got}.",
                "Write a path relative to the root of the repo, without `..`.",
            ),
        },
    ),
    "field-missing": Words(
        title="A required field is missing",
        message="{field} is missing: every {kind} needs it.",
        fix="Add it.",
        cases={
            "merge": (
                "",
                "Write it out: `<<` is a key like any other in YAML 1.2, so nothing is merged here.",
            )
        },
    ),
    "field-type": Words(
        title="A value of the wrong type",
        message="{field} must be {expected:plain}, but is {got}.",
        fix="Make it {expected:plain}.",
        cases={
            "quote": ("", 'Put it in quotes: `"…"` makes it a string.'),
            "shape": ("{field} must be {expected:plain}, but is {got:plain}.", ""),
        },
    ),
    "field-unknown": Words(
        title="A field that does not exist",
        message="Unknown field {field}.",
        fix="Remove it; your own data belongs in `metadata.annotations` or `spec`.",
        near="Did you mean {near}?",
    ),
    "field-value": Words(
        title="A value that is not allowed",
        message="{field} must be {expected:plain}, but is {got}.",
        fix="Choose one of these.",
        near="Did you mean {near}?",
        cases={
            "long": ("", "Make it shorter."),
            "range": ("", "Write such a number."),
            "role": (
                "{field} is {got}, and there is no such role, so nobody has it.",
                "Describe it in `spec.commands.roles`, or name one of the built-in roles.",
            ),
            "role-taken": (
                "{field} has the name of a built-in role, so it means nothing.",
                "Give it a name of its own.",
            ),
        },
    ),
    "location-target": Words(
        title="A Location that points to nothing",
        message="There is no {target} in this repo.",
        fix="Mend the path; it is relative to this file. `presence: optional` allows a target to be absent.",
        cases={
            "outside": (
                "The target {target} is outside of this repo, so nothing can be read from it.",
                "Keep the file in this repo, or write the whole address, starting with `https://`.",
            ),
            "above": (
                "The target {target} is outside of the folder that is checked, so it is not looked at.",
                "Check the whole repo to have it checked.",
            ),
        },
    ),
    "reference-cycle": Words(
        title="A circle of references",
        message="{field} leads back to where it started: {chain:chain}.",
        fix="Remove one of these references.",
    ),
    "reference-form": Words(
        title="Not an entity reference",
        message="{field} is {found}; a reference looks like `[kind:][namespace/]name`.",
        fix="Leave out the `:` or `/` that has nothing before or after it.",
    ),
    "reference-kind": Words(
        title="A reference without a kind",
        message="{field} is {found}, which does not say its kind.",
        fix="Put the kind before it, such as `component:` or `resource:`.",
        near="Write {near}.",
    ),
    "reference-owner": Words(
        title="A reference to the wrong kind",
        message="{field} is {found}, a {kind}; it must be a {expected:plain}.",
        fix="Name a {expected:plain}.",
    ),
    "reference-target": Words(
        title="A reference to a kind that cannot stand here",
        message="{field} is {found}, which names a {kind}; it must name an entity of the kind {expected}.",
        fix="Name an entity of the kind {expected}.",
    ),
    "reference-unknown": Words(
        title="A reference to something that does not exist",
        message="{field} is {found}, but there is no {ref} in this catalog.",
        fix="Add it to the catalog, or mend the name.",
        near="Did you mean {near}?",
        cases={
            "elsewhere": (
                "{field} is {found}, and there is no {ref} in this folder.",
                "Add it here or mend the name; where it lives in another repo, nothing is wrong with it.",
            )
        },
    ),
    "rule-locked": Words(
        title="A rule that cannot be made lighter",
        message="The rule {name} always denies, because what it finds cannot be used safely: this setting "
        "has no effect.",
        fix="Remove this document.",
    ),
    "rule-unknown": Words(
        title="A setting for a rule that does not exist",
        message="There is no built-in rule {name}, and this one says nothing of its own.",
        fix="Name one of the rules that findings show, or say in `spec.judges` and `spec.validations` what "
        "must hold.",
        near="Did you mean {near}?",
    ),
    "substitution-failed": Words(
        title="A substitution that cannot be used",
        message="Placeholder {name} could not read {target}.",
        fix="Compare it with one that works.",
        cases={
            "value": (
                "Placeholder {name} expected a string value parameter, but found {target}.",
                "Write the path of a file, relative to this one.",
            ),
            "broken": (
                "Placeholder {name} could not parse {target}: it is not valid.",
                "Mend {where}.",
            ),
            "documents": (
                "Placeholder {name} needs exactly one document in {target}, which has {count}.",
                "Leave one document in that file.",
            ),
            "json": (
                "Placeholder {name} expected JSON in {target}.",
                "Use `$yaml` for YAML, `$text` for text.",
            ),
            "encoding": ("Placeholder {name} could not read {target}: it is not UTF-8.", "Save it as UTF-8."),
            "size": (
                "Placeholder {name} could not read {target}: it has more than {limit} bytes.",
                "Make it smaller, or link to it in `metadata.links`.",
            ),
            "link": (
                "Placeholder {name} could not read {target}: it is a link, and links are not followed.",
                "Name the file itself.",
            ),
            "many": (
                "This document has more than {limit} placeholders, so it is not checked.",
                "Split the document.",
            ),
        },
    ),
    "substitution-missing": Words(
        title="A substitution whose file is missing",
        message="Placeholder {name} could not read location {target}: there is no {wanted} in this repo.",
        fix="Add the file, or mend the path; it is relative to this file.",
        near="Did you mean {near}? The path is relative to this file.",
    ),
    "substitution-outside": Words(
        title="A substitution from outside of the repo",
        message="Placeholder {name} may only reference files from the same repository as the entity, and "
        "{target} is outside.",
        fix="Keep the file in this repo and write its path relative to this file.",
    ),
    "substitution-unknown": Words(
        title="A substitution that is not known",
        message="{name} is no placeholder, so it stays as it is.",
        fix="",
        near="Did you mean {near}?",
        cases={
            "plugin": (
                "{name} is not read here; a plugin of your portal may know it, so its value is not checked.",
                "",
            )
        },
    ),
    "substitution-url": Words(
        title="A substitution that is not read",
        message="Placeholder {name} refers to {target}: no address is fetched here, so it is not checked.",
        fix="Keep the file in this repo to have it checked.",
    ),
    "user-account": Words(
        title="An account of two users",
        message="{user} and {other} both claim the GitHub account {login}: nobody can tell who it is.",
        fix="Leave it to one of them, by the annotation `github.com/user-login` or by the name.",
    ),
    "user-groups": Words(
        title="A user without memberOf",
        message="`spec.memberOf` is missing; Backstage's schema requires it, even when it is empty.",
        fix="Add `memberOf: []`, or the groups that the user belongs to.",
    ),
}
"""By rule id."""
