"""The stage: an organization with a platform repo, two service repos, people, and the App installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.errors import UserError
from bot.localhub.records import App, Permission
from bot.localhub.server import LocalHub

ROOT = Path(__file__).parents[2]
ORGANIZATION = "acme"
PLATFORM = "platform"
SERVICES = ("checkout", "storefront")
PEOPLE: Mapping[str, Permission] = {"platform-lead": "admin", "developer": "push", "reviewer": "push"}
_ROOMS = ("catalog", "templates", "rules")


@dataclass(frozen=True)
class Stage:
    """What the story needs to know of the local GitHub. `tokens`: each person's, for REST and git."""

    hub: LocalHub
    app: App
    tokens: Mapping[str, str]


def platform_files() -> Mapping[str, bytes]:
    """This project's own catalog, templates and rules. Raises UserError where they are not installed."""
    if not (ROOT / "catalog").is_dir():
        raise UserError(
            "The demo plays with this project's own catalog, which is not installed here.",
            fix="Run it in a clone: `make demo`.",
        )
    files = {
        str(path.relative_to(ROOT)): path.read_bytes()
        for room in _ROOMS
        for path in sorted((ROOT / room).rglob("*"))
        if path.is_file()
    }
    return files | {"README.md": b"# platform\n\nCatalog, templates and rules of acme.\n"}


def build_stage(
    hub: LocalHub,
    *,
    webhook_url: str,
    webhook_secret: str,
    files: Mapping[str, bytes] | None = None,
    private_key: str = "",
) -> Stage:
    """Makes everything on a fresh hub. The App's deliveries start at once: be listening."""
    for login in PEOPLE:
        hub.create_user(login)
    hub.create_org(ORGANIZATION, owners=["platform-lead"], members=["developer", "reviewer"])
    contents = {f"{ORGANIZATION}/{PLATFORM}": platform_files() if files is None else files}
    contents |= {f"{ORGANIZATION}/{name}": _service(name) for name in SERVICES}
    for full_name, seed in contents.items():
        hub.create_repo(full_name, seed, by="platform-lead")
        for login, permission in PEOPLE.items():
            hub.grant(full_name, login, permission)
    manifest = yaml.safe_load((ROOT / "app.yml").read_text())
    app = hub.create_app(
        "Roadcrew",
        owner=ORGANIZATION,
        permissions=manifest["default_permissions"],
        events=manifest["default_events"],
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        private_key=private_key,
    )
    hub.install(app, ORGANIZATION)
    return Stage(hub, app, {login: hub.user_token(login) for login in PEOPLE})


def _service(name: str) -> Mapping[str, bytes]:
    recorded = f"template: web-service\nversion: 1.1.0\nvalues:\n  name: {name}\n"
    return {"README.md": f"# {name}\n".encode(), ".roadcrew.yaml": recorded.encode()}
