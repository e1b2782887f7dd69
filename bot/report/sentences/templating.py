"""Words for what cannot be rendered: deploy settings, parameters, templates and what they emit."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.sentences.words import Words

_TELL_OWNER = "Mend the template, or tell its owner: the component is not rendered until then."

WORDS: Mapping[str, Words] = {
    "deploy-invalid": Words(
        title="A deploy setting of the wrong shape",
        message="{field} has no value, or one of the wrong shape.",
        fix="Write `deploy: {{template: name}}` with the template's parameters beside `template`, and what "
        "differs as `environments: {{prod: {{...}}}}`.",
    ),
    "environment-first": Words(
        title="Another first environment",
        message="With this merge {environment} becomes the first environment: every later merge is rendered "
        "to {now}, and no longer to {was}.",
        fix="If that is not meant, keep the lowest `spec.order` where it was.",
    ),
    "environment-missing": Words(
        title="No environment",
        message="There is no `Environment` in the catalog, so nothing is rendered.",
        fix="Add one, such as `catalog/environments/dev.yaml` with `apiVersion: roadcrew.dev/v1`, "
        "`kind: Environment`, `metadata.name: dev` and `spec.order: 1`.",
    ),
    "environment-unknown": Words(
        title="An environment that does not exist",
        message="There is no environment {environment}, so these overrides would never apply.",
        fix="Add it in `catalog/environments/`, or remove the overrides.",
        near="Did you mean {near}?",
    ),
    "folder-taken": Words(
        title="Two components in one folder",
        message="{component} would be rendered to the folder {folder}, which belongs to {holder}.",
        fix="Rename one of the two.",
    ),
    "manifest-broken": Words(
        title="A template that renders no YAML",
        message="For {component}, this renders text that is not YAML. Line {line} of it: {excerpt}.",
        fix="Write `| tojson` behind values that may hold special characters, and check the indentation.",
        cases={
            "yaml-duplicate-key": (
                "For {component}, this renders the key {key} twice, in line {line}: {excerpt}.",
                "Remove one of the two.",
            ),
            "yaml-tab": (
                "For {component}, this renders a tab as indentation, in line {line}: {excerpt}.",
                "Indent with spaces.",
            ),
        },
    ),
    "manifest-duplicate": Words(
        title="One object twice",
        message="For {component}, this renders {object} a second time; the first is from {other}.",
        fix="Give one of the two another name.",
    ),
    "manifest-invalid": Words(
        title="Not a Kubernetes object",
        message="For {component}, this renders an object without {field}, or one where it is no text.",
        fix="Every object needs `apiVersion`, `kind` and `metadata.name`.",
        cases={
            "document": (
                "For {component}, this renders a document that is no mapping.",
                "Every document must be one Kubernetes object.",
            ),
        },
    ),
    "manifest-name": Words(
        title="A name that Kubernetes does not take",
        message="A {kind:plain} cannot be called {name}.",
        fix="Use lower-case letters, digits and `-`, at most 63 characters, beginning with a letter.",
    ),
    "parameter-invalid": Words(
        title="A parameter that breaks the template's contract",
        message="{parameter} is not what the template {template} takes: {reason}.",
        fix="Compare it with `spec.parameters` in the template's `template.yaml`.",
        cases={"described": ("", "The template says of it: {hint}")},
    ),
    "parameter-missing": Words(
        title="A parameter that the template needs",
        message="The template {template} needs {parameter}, and {component} does not give it.",
        fix="Add it under `spec.deploy`.",
    ),
    "parameter-unknown": Words(
        title="A parameter that the template does not have",
        message="The template {template} has no parameter {parameter}.",
        fix="Remove it, or look into `spec.parameters` of the template's `template.yaml`.",
        near="Did you mean {near}?",
    ),
    "template-contract": Words(
        title="A contract that is no JSON Schema",
        message="`spec.parameters` of the template {template} cannot be used: {reason}.",
        fix="Make each page a JSON Schema of type object that refers to nothing outside itself.",
    ),
    "template-empty": Words(
        title="A template without manifests",
        message="The template {template} has no `.yaml` file in {folder}, so there is nothing to render.",
        fix="Add its manifests there. Files whose names begin with `_` are only included by others.",
    ),
    "template-failed": Words(
        title="A template that fails",
        message="Rendering {template} for {component} failed: {reason}.",
        fix=_TELL_OWNER,
    ),
    "template-file": Words(
        title="A template file that cannot be read",
        message="This file is not UTF-8 text.",
        fix="Save it as UTF-8, or move it out of `manifests/`.",
        cases={
            "shared": (
                "The name `shared/` is that of the files that all templates may use.",
                "Call this folder something else, or move the file to `shared/` beside the templates.",
            ),
            "symlink": ("This is a symbolic link, and links are not followed.", "Put the file itself here."),
            "submodule": ("This is a git submodule, which is not read.", "Put the files themselves here."),
            "yaml-size": ("This file is too large to be a template: {size} of {limit} bytes.", "Split it."),
        },
    ),
    "template-forbidden": Words(
        title="A template that reaches too far",
        message="Rendering {template} for {component} was stopped: {reason}.",
        fix="Templates may use the documented values and filters, and nothing behind them.",
    ),
    "template-large": Words(
        title="A template that is too large",
        message="The manifests of {template}, with the shared ones, are {files} files of {bytes} bytes; "
        "the limits are 200 files and {limit} bytes.",
        fix="Split the template.",
    ),
    "template-too-big": Words(
        title="A template that asks for too much",
        message="Rendering {template} for {component} was stopped: {reason:plain}.",
        fix="Look for a loop or a repetition that multiplies. Limits are 1,000,000 characters and 512 MiB.",
    ),
    "template-too-slow": Words(
        title="A template that does not come to an end",
        message="Rendering {template} for {component} was stopped after {reason:plain}.",
        fix="Look for nested loops, in the manifests and in the contract.",
    ),
    "template-unknown": Words(
        title="A template that does not exist",
        message="There is no template {template}.",
        fix="Name one of the folders in `templates/`.",
        near="Did you mean {near}?",
    ),
    "template-version": Words(
        title="A template without a proper version",
        message="`spec.version` of the template {template} is {version}, which is no semantic version.",
        fix="Write one such as `1.0.0`, and say in `CHANGELOG.md` what it brings.",
        cases={
            "missing": ("The template {template} does not say its version.", "Add `spec.version: 1.0.0`.")
        },
    ),
}
"""By rule."""
