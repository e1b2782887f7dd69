"""The first part of the walk through a local GitHub: accounts, Apps, repositories, git and protection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.localhub.server import LocalHub
from tests.localhub.conftest import EVENTS, PERMISSIONS, Answer, Bot, Clone, Receiver, Rest

REPO, OPEN = "/repos/acme/platform", "/repos/acme/open"


def said(answer: Answer, *statuses: int) -> Any:
    """The answer's JSON. Raises AssertionError when the status is another than these."""
    assert answer.status in statuses, (answer.status, answer.raw[:500])
    return (
        answer.json if answer.raw and answer.headers["Content-Type"].startswith("application/json") else None
    )


@dataclass
class Ground:
    """A hub, and what stands on it before there is a pull request. `receiver` takes the webhooks."""

    hub: LocalHub
    receiver: Receiver
    key: str
    folder: Path

    def seed(self) -> None:
        hub = self.hub
        for login in ("developer", "reviewer", "stranger"):
            hub.create_user(login)
        hub.create_org("acme", owners=["developer"], members=["reviewer"])
        files = {"README.md": "# Platform\n", "catalog/shop.yaml": "kind: Component\n"}
        hub.create_repo("acme/platform", files, private=True, by="developer", description="Golden paths")
        hub.grant("acme/platform", "reviewer", "push")
        app = hub.create_app(
            "Road Crew",
            owner="acme",
            permissions=PERMISSIONS,
            events=EVENTS,
            webhook_url=self.receiver.url,
            webhook_secret="a secret of the walk, long enough",
            private_key=self.key,
        )
        self.bot = Bot(hub, app, hub.install(app, "acme"))
        hub.create_repo("acme/open", {"a": "1\n"}, by="developer")
        hub.create_team("acme", "Platform", members=["reviewer"], grants={"acme/platform": "maintain"})
        self.developer, self.reviewer, self.stranger, self.nobody = (
            Rest(hub, hub.user_token(login) if login else "")
            for login in ("developer", "reviewer", "stranger", "")
        )
        self.ours = self.bot.rest

    def accounts(self) -> None:
        get = self.developer.get
        for path in (
            "/rate_limit",
            "/user",
            "/users/reviewer",
            "/users/road-crew%5Bbot%5D",
            "/users/developer/repos",
            "/orgs/acme",
            "/orgs/acme/members?per_page=1&page=2",
            "/orgs/acme/memberships/reviewer",
            "/orgs/acme/repos",
            "/orgs/acme/teams",
            "/orgs/acme/teams/platform",
            "/orgs/acme/teams/platform/members",
            "/orgs/acme/teams/platform/memberships/reviewer",
            "/orgs/acme/teams/platform/repos",
        ):
            get(path)
        said(self.nobody("GET", "/user"), 401)
        said(Rest(self.hub, "ghp_wrong")("GET", "/user"), 401)
        said(self.ours("GET", "/user"), 403)
        said(self.stranger("GET", "/orgs/acme/teams"), 404)
        said(self.stranger("GET", "/no/such/address"), 404)

    def app(self) -> None:
        ours, installation = self.bot.as_app, self.bot.installation.id
        for path in (
            "/app",
            "/app/hook/config",
            "/app/installations",
            f"/app/installations/{installation}",
            "/apps/road-crew",
            "/orgs/acme/installation",
            "/users/acme/installation",
            f"{REPO}/installation",
        ):
            ours.get(path)
        tokens = f"/app/installations/{installation}/access_tokens"
        said(ours("POST", tokens), 201)
        said(ours("POST", tokens, {"repositories": ["platform"], "permissions": {"contents": "read"}}), 201)
        said(ours("POST", tokens, {"repository_ids": [self.hub.repo("acme/open").id]}), 201)
        said(ours("POST", tokens, {"repositories": ["nothing"]}), 422)
        said(ours("POST", "/app/installations/1/access_tokens"), 404)
        said(self.nobody("GET", "/app"), 401)
        self.ours.get("/installation/repositories?per_page=1")
        said(self.developer("GET", "/installation/repositories"), 403)

    def repositories(self) -> None:
        for rest in (self.developer, self.ours):
            answer = rest("GET", REPO)
            said(answer, 200)
            said(rest("GET", REPO, If_None_Match=answer.headers["ETag"]), 304)
        said(self.stranger("GET", REPO), 404)
        self.nobody.get(OPEN)
        place = f"{REPO}/collaborators"
        said(self.developer("PUT", f"{place}/stranger", {"permission": "triage"}), 204)
        self.developer.get(place)
        said(self.developer("GET", f"{place}/reviewer"), 204)
        said(self.developer("GET", f"{place}/road-crew%5Bbot%5D"), 404)
        self.ours.get(f"{place}/stranger/permission")
        said(self.developer("POST", "/orgs/acme/repos", {"name": "made", "auto_init": True}), 201)
        said(self.developer("POST", "/orgs/acme/repos", {"name": "bare", "private": True}), 201)
        said(self.developer("POST", "/orgs/acme/repos", {"name": "made"}), 422)
        said(self.developer("POST", "/user/repos", {"name": "own", "description": "Mine"}), 201)
        said(self.developer("GET", "/repos/acme/bare/commits"), 409)

    def git(self) -> None:
        developer = self.developer
        self._push_odd_files()
        self.hub.commit(
            "acme/platform", "feature/a", {"catalog/a.yaml": "a: 1\n", "README.md": None}, by="developer"
        )
        main, feature = (self.hub.branches("acme/platform")[name] for name in ("main", "feature/a"))
        said(developer("POST", f"{REPO}/git/refs", {"ref": "refs/heads/env/dev", "sha": main}), 201)
        said(developer("POST", f"{REPO}/git/refs", {"ref": "refs/tags/v1", "sha": main}), 201)
        said(developer("POST", f"{REPO}/git/refs", {"ref": "refs/heads/env/dev", "sha": main}), 422)
        said(developer("PATCH", f"{REPO}/git/refs/heads/env/dev", {"sha": feature}), 200)
        said(developer("PATCH", f"{REPO}/git/refs/heads/env/dev", {"sha": main, "force": False}), 422)
        said(developer("PATCH", f"{REPO}/git/refs/heads/env/dev", {"sha": main, "force": True}), 200)
        tree = developer.get(f"{REPO}/git/trees/main?recursive=1")
        blob = next(each["sha"] for each in tree["tree"] if each["type"] == "blob")
        for path in (
            "/git/ref/heads/env/dev",
            "/git/ref/tags/v1",
            "/git/matching-refs/heads/",
            f"/git/trees/{main}",
            f"/git/blobs/{blob}",
            f"/git/commits/{main}",
            "/commits?sha=main&path=README.md&per_page=1",
            "/commits/feature/a",
            f"/commits/{main}",
            "/compare/main...feature/a",
            "/compare/feature/a...main",
            "/compare/main...main",
            "/branches?protected=false&per_page=1",
            "/branches/env/dev",
            "/contents/",
            "/contents/catalog",
            "/contents/catalog/shop.yaml?ref=main",
            "/contents/link",
        ):
            developer.get(REPO + path)
        raw = developer("GET", f"{REPO}/contents/README.md", Accept="application/vnd.github.raw+json")
        assert raw.raw == b"# Platform\n"
        said(developer("GET", f"{REPO}/contents/none"), 404)
        said(developer("GET", f"{REPO}/commits/{'0' * 40}"), 422)
        said(developer("GET", f"{REPO}/compare/main...none"), 404)
        said(self.nobody("POST", f"{OPEN}/git/refs", {"ref": "refs/heads/x", "sha": main}), 401)
        said(self.stranger("POST", f"{OPEN}/git/refs", {"ref": "refs/heads/x", "sha": main}), 403)
        said(developer("POST", f"{REPO}/git/refs", "{"), 400)
        said(developer("DELETE", f"{REPO}/git/refs/tags/v1"), 204)

    def _push_odd_files(self) -> None:
        """A symlink, an executable, a binary file, a renamed one: over git, as people do."""
        work = Clone(self.folder / "work")
        work.path.mkdir()
        work("clone", "-q", self.hub.clone_url("acme/platform", self.hub.user_token("developer")), ".")
        (work.path / "link").symlink_to("catalog")
        (work.path / "logo").write_bytes(bytes(range(256)))
        (work.path / "run.sh").write_text("#!/bin/sh\n")
        (work.path / "run.sh").chmod(0o755)
        work.commit({"catalog/old.yaml": "kind: API\n"}, "Add odd files")
        work("mv", "catalog/old.yaml", "catalog/new.yaml")
        work.commit({}, "Rename")
        work("push", "-q", "origin", "main")

    def protection(self) -> None:
        place = f"{REPO}/branches/env/dev/protection"
        said(self.developer("GET", place), 404)
        nothing = {
            "required_status_checks": None,
            "enforce_admins": None,
            "required_pull_request_reviews": None,
            "restrictions": None,
        }
        said(self.developer("PUT", place, nothing), 200)
        everything = nothing | {
            "required_status_checks": {
                "strict": True,
                "contexts": [],
                "checks": [{"context": "roadcrew", "app_id": self.bot.app.id}, {"context": "tests"}],
            },
            "enforce_admins": True,
            "required_pull_request_reviews": {"required_approving_review_count": 1},
            "restrictions": {"users": ["developer"], "teams": ["platform"], "apps": ["road-crew"]},
            "required_linear_history": True,
        }
        said(self.developer("PUT", place, everything), 200)
        said(
            self.developer("PUT", place, nothing | {"restrictions": {"users": ["nobody-here"], "teams": []}}),
            422,
        )
        self.developer.get(place)
        self.developer.get(f"{REPO}/branches/env/dev")
        self.developer.get(f"{REPO}/branches")
        said(self.reviewer("GET", place), 403)
        said(self.developer("DELETE", place), 204)
