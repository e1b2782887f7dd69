"""Words of `roadcrew init`: the README of the new repo, and what to do next."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable

from bot.report.markdown import count

MODEL = "acme"
"""The organization that the shipped files speak of."""

_README = """\
# {title} Platform

What {title}'s teams deploy, and how. People say what they want by pull request; Roadcrew answers
in the thread with line, reason and fix, shows what would change in every environment, and makes it so on
merge.

| folder | what |
| --- | --- |
| `catalog/` | who owns what: Backstage entities, and the environments |
| `templates/` | the golden paths: what a component may ask for, and the manifests that it gets |
| `rules/` | how much each check weighs |

## Everyday

    roadcrew check                                  # what is wrong, with line and fix
    roadcrew render --env dev                       # the manifests of all components
    roadcrew diff --env prod                        # what this branch would change there
    roadcrew catalog owner component:checkout       # who to ask
    roadcrew catalog dependents component:cart      # whom it would hurt

## First

1. Replace the teams in `catalog/groups/`, the people in `catalog/users/` and the example shop with your own.
2. Set cluster and domain of each environment in `catalog/environments/`.
3. Install the GitHub App on this repo and make its check `roadcrew` required for the default branch.
4. Protect `env/*`, so that only the App may push there: these branches hold what is rendered.
"""

GITIGNORE = """\
# Rendered manifests live on the env/* branches; here they are only for looking at.
/rendered/
.DS_Store
*.swp
*~
"""


def organization_words(text: str, organization: str) -> str:
    """The text with another organization's name in place of the model's."""
    named = re.sub(rf"\b{MODEL}\b", organization, text)
    return re.sub(rf"\b{MODEL.title()}\b", organization_title(organization), named)


def organization_title(organization: str) -> str:
    """`blue-sky` as people write it: `Blue Sky`."""
    return " ".join(part.capitalize() for part in organization.split("-"))


def readme(organization: str) -> str:
    """README.md of the new repo."""
    return _README.format(title=organization_title(organization))


def made_text(folder: str, paths: Iterable[str], *, has_git: bool) -> str:
    """What was written, and what to do next."""
    tops = Counter(path.partition("/")[0] for path in paths if "/" in path)
    said = ", ".join(f"{top}/ ({count(number, 'file')})" for top, number in sorted(tops.items()))
    start = "" if has_git else "git init --initial-branch main && "
    steps = [] if folder == "." else [f"cd {shlex.quote(folder)}"]
    steps += [
        f'{start}git add --all && git commit --message "Start the platform repo"',
        "roadcrew check",
        "roadcrew render --env dev",
        "roadcrew catalog show component:checkout",
    ]
    return "\n".join(
        [f"Started a platform repo in {folder}: {said}.", "", "Next:", *(f"    {one}" for one in steps)]
    )
