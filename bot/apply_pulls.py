"""The writes about pull requests of our own. It merges none, and keeps what people wrote into them since."""

from __future__ import annotations

from bot.errors import Refused
from bot.model.plan import Applied, Held, Outcome, Unchanged
from bot.model.proposal import ClosePull, EnsurePull
from bot.ports import Ports


def ensure_pull(effect: EnsurePull, ports: Ports) -> Outcome:
    """Opened, or edited where our own words have changed."""
    try:
        return _pull(effect, ports)
    except Refused as refused:
        # One that GitHub does not take must not hold up all others.
        return Held(refused.reason, f"see that the App may open pull requests to `{effect.base}`.")


def _pull(effect: EnsurePull, ports: Ports) -> Outcome:
    found = ports.forge.pulls_of_head(effect.repo, effect.head)
    if effect.only_find:
        return Unchanged(str(found[0].number) if found else "")
    standing = [one for one in found if one.is_open]
    pull = next((one for one in standing if one.base_branch == effect.base), None)
    if pull is None:
        made = ports.forge.create_pull(
            effect.repo, head=effect.head, base=effect.base, title=effect.title, body=effect.body
        )
        return Applied(str(made.number))
    if effect.stamp in pull.body or not pull.is_ours:
        return Unchanged(str(pull.number))
    ports.forge.edit_pull(effect.repo, pull.number, title=effect.title, body=effect.body)
    return Applied(str(pull.number))


def close_pull(effect: ClosePull, ports: Ports) -> Outcome:
    """Closed in one step with its words. One that is closed already is not touched."""
    try:
        if not ports.forge.pull(effect.repo, effect.number).is_open:
            return Unchanged(str(effect.number))
        ports.forge.close_pull(effect.repo, effect.number, body=effect.body)
    except Refused as refused:
        return Held(refused.reason)
    return Applied(str(effect.number))
