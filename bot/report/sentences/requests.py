"""Words for what is wrong with requests, their kinds, and those who may not make them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.sentences.words import Words

_WRITTEN = "Write days, hours and minutes, such as `4h` or `90m`."

WORDS: Mapping[str, Words] = {
    "request-agent": Words(
        title="An agent asks for more than it may",
        message="{agent} is an agent, and may not ask for this.",
        fix="Let a person ask for it, or give the agent more room in `spec.agent` of its User.",
        cases={
            "kind": ("{agent} is an agent, and may not ask for {value}: it may ask for {allowed}.", ""),
            "none": ("{agent} is an agent, and may not ask for anything.", ""),
            "environment": ("{agent} is an agent, and may not ask for anything in {value}.", ""),
            "many": (
                "{agent} is an agent, and has {count} requests open or in force; it may have {most}.",
                "Let one of them end, or a person ask for this.",
            ),
            "glass": ("{agent} is an agent: for agents, no glass is broken.", "Let a person ask for it."),
            "subject": ("{agent} is an agent: access is for people.", "Name a person in `spec.subject`."),
            "nobody": (
                "{agent} is an agent, and its User does not say for whom it acts.",
                "Add `spec.agent.actsFor` with a User there.",
            ),
            "behalf": ("{agent} acts for {human}, and this says another.", "Name {human}, or leave it out."),
            "unsaid": (
                "{agent} is an agent, and this does not say that it asks.",
                "Add `requestedBy` with its login.",
            ),
        },
    ),
    "request-break-glass": Words(
        title="No glass to break",
        message="{kind} cannot be had without approval.",
        fix="Take `breakGlass` out, and ask for the approval.",
        cases={
            "by-hand": (
                "Glass is broken by a command only, so that it is certain who does it.",
                "Write `/access` with `--break-glass` in a comment, or take `breakGlass` out.",
            ),
            "long": (
                "Without approval, {kind} lasts {most:plain} at most.",
                "Ask for that, or for approval; those who approve can extend it.",
            ),
        },
    ),
    "request-duration": Words(
        title="A duration that cannot be",
        message="{duration} is longer than {kind} may last: {most:plain} at most.",
        fix="Ask for {most:plain} or less. What is in force can be extended with `/extend`.",
        cases={
            "lasting": (
                "{kind} has no end of its own: it lasts until this file is removed.",
                "Take `duration` out.",
            ),
            "none": (
                "{duration} is no time at all.",
                "Write days, hours and minutes, such as `4h` or `90m`.",
            ),
        },
    ),
    "request-environment": Words(
        title="An environment where this cannot be asked for",
        message="There is no environment {environment}.",
        fix="Name one of the Environments of the catalog.",
        near="Did you mean {near}?",
        cases={"offered": ("{kind} is not offered in {environment}.", "Ask for it in {offered}.")},
    ),
    "request-kind": Words(
        title="A kind of request that there is not",
        message="There is no kind of request called {kind}.",
        fix="`roadcrew request kinds` lists those that there are.",
        near="Did you mean {near}?",
        cases={
            "broken": (
                "The template {kind} cannot be used: something is wrong with it.",
                "See what is found there, or ask its owner.",
            ),
            "known": ("There is no kind of request called {kind}.", "There is {known:list}."),
            "none": (
                "There is no kind of request called {kind}, nor any other.",
                "Add a template with `spec.type: request`.",
            ),
        },
    ),
    "request-mixed": Words(
        title="A request beside other changes",
        message="Whoever approves {request} here would approve other changes along with it.",
        fix="Leave the files in `catalog/requests/` here, and open another pull request for the rest first.",
        cases={
            "merged": (
                "{request} was merged along with other changes, so whoever approved it approved those too.",
                "Remove this file, and ask anew under another name, by itself.",
            ),
            "brought": (
                "{name} came with {request} or after it, so nobody could know what they approved.",
                "Remove this file, and ask anew under another name, now that {name} is there.",
            ),
        },
    ),
    "request-name": Words(
        title="A name that no request can have",
        message="A request is called by lower case letters, digits and hyphens: {most} at most.",
        fix="Give it such a name: Kubernetes objects are called after it.",
        cases={
            "namespace": (
                "A request stands in no namespace, and this says {namespace}.",
                "Take `metadata.namespace` out.",
            )
        },
    ),
    "request-namespace": Words(
        title="A namespace that no request can have",
        message="{namespace} is a namespace that the cluster keeps for itself.",
        fix="Give the request another name.",
    ),
    "request-requester": Words(
        title="Someone else's request",
        message="This says that {said} asks, but {author} opened the pull request.",
        fix="Take `requestedBy` out, or let {said} open it. Whom it is for is said by `subject`.",
        cases={
            "touched": (
                "Someone changed this file after Roadcrew had written it in the name of who asks.",
                "Undo that, or close this pull request and ask anew.",
            )
        },
    ),
    "request-template": Words(
        title="A kind of request that cannot be used",
        message="The template {template} is of type `request` and does not say how that is approved.",
        fix="Add `spec.request` with `approvers`, and `maximumDuration` unless it lasts.",
        cases={
            "role": (
                "Nobody is {role}: there is no such role.",
                "Name one of those that there are, or add it to `spec.commands.roles` of the Platform.",
            ),
            "admin": (
                "{template} binds cluster-admin: whoever approves it hands out the whole cluster.",
                "Make a ClusterRole for what people need, and bind that.",
            ),
            "empty": (
                "The template {template} has nothing in {folder}, so nothing could come of a request.",
                "Add the manifests that it makes.",
            ),
            "everywhere": (
                "{template} makes a ClusterRoleBinding, which holds in every namespace.",
                "Make a RoleBinding, in the namespace of the service.",
            ),
            "glass": (
                "Without approval it could last {duration}, which is more than it may last at most.",
                "Lower `breakGlass.maximumDuration`, or say a longer `maximumDuration`.",
            ),
            "never": (
                "{role} never counts here: it is nobody, or whoever asks.",
                "Name `owner`, a permission such as `maintain`, or a role of `spec.commands.roles`.",
            ),
            "default": (
                "What it lasts by default, {duration}, is more than it may last at most.",
                "Lower `defaultDuration`, or say `maximumDuration`.",
            ),
            "none": (
                "{duration} is no time at all.",
                "Write days, hours and minutes, such as `4h` or `90m`.",
            ),
            "environment": ("There is no environment {environment}, in which it would be offered.", ""),
        },
        near="Did you mean {near}?",
    ),
    "request-used": Words(
        title="A name that is used up",
        message="There was a request {request} already, and it has ended.",
        fix="Give this one a name of its own: records of the two could not be told apart.",
        cases={
            "standing": (
                "{request} is in force in {environment}: what was approved cannot be changed.",
                "Leave this file as it is and ask anew under another name; removing it ends the grant.",
            )
        },
    ),
    "waiver-agent": Words(
        title="A waiver by an agent",
        message="{agent} is an agent, and no agent excuses anything from a rule.",
        fix="Let a person open this pull request.",
    ),
}
