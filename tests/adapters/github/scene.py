"""An organisation on the local GitHub, for tests of what stands there in the end."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.adapters.github.needs import EVENTS, PERMISSIONS


def utc():
    return datetime.now(UTC)


class Scene:
    """An organisation with a platform repo, an App on it, and one open pull request."""

    def __init__(self, local, private_key):
        self.local = local
        for login in ("developer", "reviewer", "owner"):
            local.create_user(login)
        local.create_org("acme", owners=["owner"], members=["developer", "reviewer"])
        local.create_repo("acme/platform", {"README.md": "Platform\n"})
        for login in ("developer", "reviewer"):
            local.grant("acme/platform", login, "push")
        self.app = local.create_app(
            "Roadcrew", owner="acme", permissions=PERMISSIONS, events=sorted(EVENTS), private_key=private_key
        )
        self.installation = local.install(self.app, "acme")
        self.head = local.commit("acme/platform", "add", {"catalog/a.yaml": "a: 1\n"}, by="developer")
        self.number = local.open_pull("acme/platform", head="add", by="developer", title="Add a").number

    def ours(self):
        found = self.local.comments("acme/platform", self.number)
        return [comment.body for comment in found if "<!-- roadcrew -->" in comment.body]
