"""What people read when Roadcrew itself failed: that it did, what to give to its operators, what to do."""

from __future__ import annotations

from bot.model.event import RepoRef
from bot.model.plan import Conclusion, EnsureCheck
from bot.report.markdown import code
from bot.report.review import CHECK


def say_failure(repo: RepoRef, head_sha: str, delivery: str) -> EnsureCheck:
    """What was not judged does not pass: GitHub lets a neutral check through where one is required."""
    return EnsureCheck(
        repo=repo,
        head_sha=head_sha,
        name=CHECK,
        conclusion=Conclusion.ACTION_REQUIRED,
        title="Roadcrew could not finish",
        summary=(
            "This is a fault in Roadcrew, not in your change. It tries again by itself; "
            'you can also press "Re-run".\n\n'
            f"Whoever runs Roadcrew finds the reason in its log under delivery {code(delivery)}."
        ),
    )


def say_refusal(repo: RepoRef, head_sha: str, reason: str) -> EnsureCheck:
    """The reason why Roadcrew may not do its work here. Not judged is not passed, as above."""
    return EnsureCheck(
        repo=repo,
        head_sha=head_sha,
        name=CHECK,
        conclusion=Conclusion.ACTION_REQUIRED,
        title="Roadcrew may not do this",
        summary=reason,
    )
