"""Words for what cannot be rendered: deploy settings, parameters, templates and what they emit."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.sentences.words import Words

_TELL_OWNER = "Mend the template, or tell its owner: the component is not rendered until then."

_UNKNOWN = (
    "For {component}, {object} has the field {field}, which {kind} does not have in {api} "
    "(Kubernetes {kubernetes:plain})."
)
_LATER = (
    "For {component}, {object} is of {api}, which comes with Kubernetes {since:plain}; here it is "
    "{kubernetes:plain}."
)

_WATCHES = "What watches {was} keeps what it has, and gets nothing new."
_BRANCH_FIRST = (
    "Before you merge, make the new branch from the old one: `git fetch origin && git push origin "
    "origin/{was:plain}:refs/heads/{now:plain}`. Afterwards point what watches {was} at {now}."
)
_BOTH_WRITE = (
    "In {environment:list}, {component} and {holder} would both write {object:list} to {namespace:list}."
)
_INHABITED = (
    "In {environment:list}, {component} would make the namespace {namespace:list}, where {holder} lives."
)
_MOST_OF_ONE = "the most that {environment} has for one component ({component}: {asked:plain})."

WORDS: Mapping[str, Words] = {
    "deploy-invalid": Words(
        title="A deploy setting of the wrong shape",
        message="{field} has no value, or one of the wrong shape.",
        fix="Write `deploy: {{template: name}}` with the template's parameters beside `template`, and what "
        "differs as `environments: {{prod: {{...}}}}`.",
        cases={
            "in-spec": (
                "",
                "Write `template: name` in `spec`, and the parameters and `environments` beside it.",
            ),
            "resource": (
                "A Resource says what it is rendered from in `spec` itself, not in {field}.",
                "Move what stands in `deploy` up, beside `type` and `owner`.",
            ),
        },
    ),
    "environment-first": Words(
        title="Another first environment",
        message="With this merge {environment} becomes the first environment: every later merge is rendered "
        "to {now}, and no longer to {was}.",
        fix="If that is not meant, keep the lowest `spec.order` where it was.",
    ),
    "environment-limit": Words(
        title="More than an environment gives to one component",
        message="{component} asks for {asked:plain}; {environment} has {limit:plain} for it.",
        fix="Ask for less, or raise `spec.limits` of the environment.",
        cases={
            "replicas": (
                "{component} may grow to {asked:plain} replicas; {environment} has {limit:plain} for it.",
                "Lower the most replicas, or raise `spec.limits.replicas` of the environment.",
            ),
            "cpu": (
                "{component} asks for {asked:plain} CPUs in all; {environment} has {limit:plain} for it.",
                "Ask for fewer replicas or less CPU, or raise `spec.limits.cpu` of the environment.",
            ),
            "memory": (
                "{component} asks for {asked:plain} memory in all; {environment} has {limit:plain} for it.",
                "Ask for fewer replicas or less memory, or raise `spec.limits.memory` of the environment.",
            ),
            "storage": (
                "{component} asks for {asked:plain} storage in all; {environment} has {limit:plain} for it.",
                "Ask for smaller volumes, or raise `spec.limits.storage` of the environment.",
            ),
            "replicas-many": (
                "{component} and {others} more may grow beyond {limit:plain} replicas, " + _MOST_OF_ONE,
                "Lower the most replicas, or raise `spec.limits.replicas` of the environment.",
            ),
            "cpu-many": (
                "{component} and {others} more ask for more than {limit:plain} CPUs, " + _MOST_OF_ONE,
                "Ask for fewer replicas or less CPU, or raise `spec.limits.cpu` of the environment.",
            ),
            "memory-many": (
                "{component} and {others} more ask for more than {limit:plain} memory, " + _MOST_OF_ONE,
                "Ask for fewer replicas or less memory, or raise `spec.limits.memory` of the environment.",
            ),
            "storage-many": (
                "{component} and {others} more ask for more than {limit:plain} storage, " + _MOST_OF_ONE,
                "Ask for smaller volumes, or raise `spec.limits.storage` of the environment.",
            ),
        },
    ),
    "environment-kubernetes": Words(
        title="A Kubernetes version without schemas",
        message="There are no schemas of Kubernetes {version:plain}; {environment} is checked as if it were "
        "{judge:plain}.",
        fix="There are {oldest:plain} to {newest:plain}.",
    ),
    "environment-missing": Words(
        title="No environment",
        message="There is no `Environment` in the catalog, so nothing is rendered.",
        fix="Add one, such as `catalog/environments/dev.yaml` with `apiVersion: roadcrew.dev/v1`, "
        "`kind: Environment`, `metadata.name: dev` and `spec.order: 1`.",
    ),
    "environment-moved": Words(
        title="An environment that moves to another branch",
        message="With this merge {environment} moves from {was} to {now}. Unless that branch is there "
        "already, it starts without what stands in {was}: each component comes to it when its promotion is "
        "merged. " + _WATCHES,
        fix=_BRANCH_FIRST,
        cases={
            "first": (
                "With this merge {environment} moves from {was} to {now}, and the merge renders all of it "
                "there. " + _WATCHES,
                _BRANCH_FIRST,
            )
        },
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
    "host-moves": Words(
        title="A host that goes from one component to another",
        message="In {environment:list}, {component} takes {claim:list} from {holder}.",
        fix="In every later environment merge both promotions together: with that of {holder} alone nobody "
        "answers there, with that of {component} alone both do.",
    ),
    "host-taken": Words(
        title="A host that is taken",
        message="In {environment:list}, {component} would take the requests of {claim:list}, which "
        "{holder} takes already.",
        fix="Give one of the two another host or path.",
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
    "manifest-schema": Words(
        title="An object that Kubernetes refuses",
        message="For {component}, {field} of {object} is not what Kubernetes takes: {reason}.",
        fix="Write what the reference of {kind} asks for.",
        near="Did you mean {near}?",
        cases={
            "unknown": (
                _UNKNOWN,
                "Remove it, or look up how it is spelled.",
            ),
            "unknown-of-few": (
                _UNKNOWN,
                "Remove it. The fields there are {known:list}.",
            ),
            "required": ("For {component}, {object} lacks {field}, which Kubernetes needs.", "Add it."),
            "removed": (
                "For {component}, {object} is of {api}, which was removed in Kubernetes {since:plain}.",
                "Use {use}.",
            ),
            "removed-alone": (
                "For {component}, {object} is of {api}, which was removed in Kubernetes {since:plain}.",
                "Nothing took its place: remove the object.",
            ),
            "later": (_LATER, "Use {use} until then."),
            "later-alone": (
                _LATER,
                "Remove the object until then, or raise `spec.kubernetes` of the Environment.",
            ),
            "kind": (
                "For {component}, {object} cannot be: Kubernetes {kubernetes:plain} has no {kind} in {api}.",
                "Check `apiVersion` and `kind`.",
            ),
        },
    ),
    "manifest-unchecked": Words(
        title="A kind that nothing checks",
        message="{kind} of {api} is rendered unchecked, because its schema is not known.",
        fix="Put its CustomResourceDefinition into `schemas/`.",
    ),
    "manifest-name": Words(
        title="A name that Kubernetes does not take",
        message="A {kind:plain} cannot be called {name}.",
        fix="Use lower-case letters, digits and `-`, at most 63 characters, beginning with a letter.",
        cases={
            "long": (
                "A {kind:plain} cannot be called {name}: that is too long.",
                "Use at most {limit} characters: what comes of this object gets a longer name.",
            )
        },
    ),
    "object-taken": Words(
        title="An object that is taken",
        message="In {environment:list}, {component} would write {object:list}, which {holder} writes "
        "already.",
        fix="Rename one of the two, or move it to another namespace.",
        cases={
            "namespaced": (
                _BOTH_WRITE,
                "",
            ),
            "inhabited": (
                _INHABITED,
                "Give it another name.",
            ),
        },
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
        fix="Add it under {home}.",
    ),
    "parameter-unknown": Words(
        title="A parameter that the template does not have",
        message="The template {template} has no parameter {parameter}.",
        fix="Remove it, or look into `spec.parameters` of the template's `template.yaml`.",
        near="Did you mean {near}?",
    ),
    "template-changelog": Words(
        title="A version that the changelog does not know",
        message="{file} has no heading for {version}, the version of the template {template}.",
        fix="Add one, such as `## 1.2.0`, and say below it what the version brings.",
        cases={
            "missing": (
                "The template {template} has no changelog: there is no file {file}.",
                "Add it, with a heading for each version and what the version brings below it.",
            )
        },
    ),
    "schema-skipped": Words(
        title="Not a definition of a kind",
        message="This is a {kind}, and only CustomResourceDefinitions are read here.",
        fix="Nothing is wrong with it. It may as well stand somewhere else.",
    ),
    "schema-broken": Words(
        title="A schema that cannot be used",
        message="This document {reason:plain}, so objects of its kind are not checked by it.",
        fix="Put CustomResourceDefinitions of `apiextensions.k8s.io/v1` here, as a cluster takes them.",
        cases={
            "link": ("This is a link, and links are not followed.", "Put the file itself here."),
            "many": (
                "There are more than {limit} files in this folder, and this one is not read.",
                "Put several definitions into one file, or remove those that no template needs.",
            ),
        },
    ),
    "template-contract": Words(
        title="A contract that is no JSON Schema",
        message="`spec.parameters` of the template {template} cannot be used: {reason}.",
        fix="Make each page a JSON Schema of type object that refers to nothing outside itself.",
        cases={
            "reserved": (
                "A template's parameter cannot be called {names}, and one of {template} is.",
                "Call it something else: these words have another meaning beside the parameters.",
            ),
            "default": (
                "The default of {parameter} is not what the template {template} itself takes: {reason}.",
                "Mend the default, or leave it out so that each component gives a value.",
            ),
        },
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
    "template-sunset": Words(
        title="A template without a future",
        message="The template {template} is deprecated.",
        fix="Move {component} to another template, or ask {owner}, who owns this one.",
        cases={
            "planned": ("The template {template} is deprecated; its support ends on {sunset:plain}.", ""),
            "over": ("Support for the template {template} ended on {sunset:plain}.", ""),
        },
    ),
    "template-support": Words(
        title="A support level that does not exist",
        message="`spec.support` of the template {template} is {support}.",
        fix="Write `supported`, `maintenance` or `deprecated`.",
        cases={
            "date": (
                "`spec.sunset` of the template {template} is {sunset}, which is no day.",
                "Write it as `YYYY-MM-DD`.",
            )
        },
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
        cases={
            "defaults": ("There is no template {template}, so these defaults would never apply.", ""),
            "request": (
                "The template {template} is there for requests: it makes nothing of a component.",
                "Ask for it with a file in `catalog/requests/`, or name another template.",
            ),
        },
    ),
    "template-version": Words(
        title="A template without a proper version",
        message="`spec.version` of the template {template} is {version}, which is no semantic version.",
        fix="Write one such as `1.0.0`, and say in `CHANGELOG.md` what it brings.",
        cases={
            "missing": ("The template {template} does not say its version.", "Add `spec.version: 1.0.0`.")
        },
    ),
    "template-version-unknown": Words(
        title="A version of a template that does not exist",
        message="The template {template} is at version {there}; there is no {version}.",
        fix="Write `{there:plain}`, or remove the line to follow the template. The component keeps what it "
        "has until then.",
        cases={
            "form": (
                "{version} is no version of a template.",
                'Write it in quotes, such as `"{there:plain}"`, or its first part, such as `"1"`.',
            )
        },
    ),
}
"""By rule."""
