"""What `roadcrew serve` says at its start when the GitHub App cannot do its work. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.model.plan import Finding
from bot.report.sentences.words import Sentence, Words, put

WORDS: Mapping[str, Words] = {
    "app-permission": Words(
        title="A permission that the App lacks",
        message="The GitHub App has no permission {permission} at the level {needs}.",
        fix="Add it under Permissions & events on the App's settings page ({page:plain}); owners of "
        "organisations that installed it are then asked to accept.",
    ),
    "app-event": Words(
        title="An event that the App is not sent",
        message="The GitHub App is not subscribed to the event {event}: Roadcrew notices such changes only "
        "when it sweeps.",
        fix="Subscribe to it under Permissions & events on the App's settings page ({page:plain}).",
    ),
    "installation-permission": Words(
        title="A permission that was not accepted",
        message="The App asks for {permission} at the level {needs}, and {owner} has not accepted that yet.",
        fix="An owner of {owner} accepts it under Settings, GitHub Apps, Configure.",
    ),
    "installation-suspended": Words(
        title="A suspended installation",
        message="The installation of the App on {owner} is suspended.",
        fix="An owner of {owner} unsuspends it under Settings, GitHub Apps, Configure.",
    ),
}
"""All rules of the self-check whose words are made from facts."""

_SAID = {
    "app-credentials": "",
    "app-access": "",
    "github-away": "Roadcrew starts all the same, and tries again with every event.",
}
"""Rules whose fact `said` is a sentence already; what there is to add."""


def sentences(findings: Iterable[Finding]) -> tuple[Sentence, ...]:
    """One for each finding of the self-check, in their order. Raises KeyError for a rule of another room."""
    return tuple(_sentence(finding) for finding in findings)


def _sentence(finding: Finding) -> Sentence:
    if finding.rule in _SAID:
        said = str(finding.facts["said"])
        return Sentence(said if said.endswith(".") else f"{said}.", _SAID[finding.rule])
    return put(WORDS[finding.rule], finding.facts)
