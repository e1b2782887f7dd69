"""What people read when Roadcrew itself failed: that it did, what to give to its operators, what to do."""

from __future__ import annotations

from bot.model.event import RepoRef
from bot.model.plan import Conclusion, EnsureCheck
from bot.report.markdown import code
from bot.report.review import CHECK


def say_failure(repo: RepoRef, head_sha: str, delivery: str) -> EnsureCheck:
    """A neutral check: a fault of ours must not look like a fault of the author's."""
    return EnsureCheck(
        repo=repo,
        head_sha=head_sha,
        name=CHECK,
        conclusion=Conclusion.NEUTRAL,
        title="Roadcrew could not finish",
        summary=(
            "This is a fault in Roadcrew, not in your change. It tries again by itself; "
            'you can also press "Re-run".\n\n'
            f"Whoever runs Roadcrew finds the reason in its log under delivery {code(delivery)}."
        ),
    )


def say_refusal(repo: RepoRef, head_sha: str, reason: str) -> EnsureCheck:
    """A neutral check with the reason why Roadcrew may not do its work here."""
    return EnsureCheck(
        repo=repo,
        head_sha=head_sha,
        name=CHECK,
        conclusion=Conclusion.NEUTRAL,
        title="Roadcrew may not do this",
        summary=reason,
    )
