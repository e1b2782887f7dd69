"""GitHub Apps: registering one, installing it, choosing its repositories, handing out its tokens."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.localhub import events
from bot.localhub.acts.accounts import create_account
from bot.localhub.git import iso
from bot.localhub.problems import invalid, not_found, unprocessable
from bot.localhub.records import Account, App, Installation, Repository, Token
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.apps import installation_json, ping_json
from bot.localhub.shapes.repos import repository_lite_json
from bot.localhub.sight import Sight
from bot.localhub.world import World

TOKEN_SECONDS = 3600
"""Installation tokens live one hour."""
_LEVELS = ("", "read", "write", "admin")


def generate_key() -> tuple[str, str]:
    """A new RSA key of 2048 bits: private and public, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return private.decode(), public_key(private.decode())


@lru_cache
def public_key(private: str) -> str:
    """The public half of a private key, both PEM. Whether the key is a good one is its owner's business."""
    key = serialization.load_pem_private_key(
        private.encode(), password=None, unsafe_skip_rsa_key_validation=True
    )
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()


def create_app(
    world: World,
    name: str,
    *,
    owner: Account,
    permissions: Mapping[str, str],
    subscribed: Sequence[str],
    webhook_url: str = "",
    webhook_secret: str = "",
    private_key: str = "",
) -> App:
    """Register an App. Making a key takes most of the time; tests may bring one."""
    for event in subscribed:
        if not any(wanted in (*permissions, "metadata") for wanted in events.PERMISSION.get(event, ())):
            raise invalid("Integration", "default_events", f"unsupported by permissions: {event}")
    private, public = (private_key, public_key(private_key)) if private_key else generate_key()
    with world.change():
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        app_id = world.next_id()
        bot = create_account(world, f"{slug}[bot]", "Bot")
        world.store.save(replace(bot, app_id=app_id, email=f"{bot.id}+{slug}[bot]@users.noreply.github.com"))
        now = world.now()
        app = world.store.save(
            App(
                id=app_id,
                slug=slug,
                name=name,
                owner_id=owner.id,
                bot_id=bot.id,
                hook_id=world.next_id(),
                client_id=f"Iv23li{app_id:014d}",
                private_key=private,
                public_key=public,
                permissions={"metadata": "read", **permissions},
                events=tuple(subscribed),
                created_at=now,
                updated_at=now,
                webhook_url=webhook_url,
                webhook_secret=webhook_secret,
            )
        )
        ping(world, app)
        return app


def set_webhook(world: World, app: App, *, url: str | None = None, secret: str | None = None) -> App:
    """Change where deliveries go and with what they are signed; a new address gets a `ping`."""
    with world.change():
        changed = replace(
            app,
            webhook_url=app.webhook_url if url is None else url,
            webhook_secret=app.webhook_secret if secret is None else secret,
            updated_at=world.now(),
        )
        world.store.save(changed)
        if changed.webhook_url != app.webhook_url:
            ping(world, changed)
        return changed


def ping(world: World, app: App) -> None:
    """Say hello to the App's webhook, as GitHub does when one is set."""
    events.keep(world, app, "ping", ping_json(Sight(world), app))


def install(
    world: World, app: App, account: Account, *, sender: Account, repos: Sequence[Repository] | None = None
) -> Installation:
    """Give the App access to all repositories of the account, or to `repos` alone."""
    with world.change():
        now = world.now()
        installation = world.store.save(
            Installation(
                id=world.next_id(),
                app_id=app.id,
                account_id=account.id,
                repository_selection="all" if repos is None else "selected",
                permissions=app.permissions,
                events=app.events,
                created_at=now,
                updated_at=now,
                repository_ids=() if repos is None else tuple(repo.id for repo in repos),
            )
        )
        reached = world.store.find(Repository, owner_id=account.id) if repos is None else list(repos)
        _announce(world, installation, "installation.created", sender, {"repositories": reached})
        return installation


def uninstall(world: World, installation: Installation, *, sender: Account) -> None:
    """Take all access away."""
    with world.change():
        reached = repositories(world, installation)
        _announce(world, installation, "installation.deleted", sender, {"repositories": reached})
        for token in world.store.find(Token, installation_id=installation.id):
            world.store.delete(token)
        world.store.delete(installation)


def change_repositories(
    world: World,
    installation: Installation,
    *,
    sender: Account,
    add: Sequence[Repository] = (),
    remove: Sequence[Repository] = (),
) -> Installation:
    """Add repositories to a selection, or take some out. One event for each of the two."""
    with world.change():
        gone = {repo.id for repo in remove}
        ids = [*installation.repository_ids, *(repo.id for repo in add)]
        kept = tuple(dict.fromkeys(repo_id for repo_id in ids if repo_id not in gone))
        changed = world.store.save(replace(installation, repository_ids=kept, updated_at=world.now()))
        for action, repos in (("added", list(add)), ("removed", list(remove))):
            if repos:
                announce_repositories(world, changed, action, repos, sender)
        return changed


def announce_repositories(
    world: World, installation: Installation, action: str, repos: Sequence[Repository], sender: Account
) -> None:
    """`installation_repositories` with the repositories that came or went."""
    lists = {
        "repositories_added": list(repos) if action == "added" else [],
        "repositories_removed": list(repos) if action == "removed" else [],
    }
    _announce(world, installation, f"installation_repositories.{action}", sender, lists)


def _announce(
    world: World,
    installation: Installation,
    name: str,
    sender: Account,
    lists: Mapping[str, list[Repository]],
) -> None:
    event, action = name.split(".")
    sight = Sight(world)
    payload: dict[str, Any] = {"action": action, "installation": installation_json(sight, installation)}
    payload |= {key: [repository_lite_json(sight, repo) for repo in repos] for key, repos in lists.items()}
    if event == "installation_repositories":
        payload["repository_selection"] = installation.repository_selection
    payload |= {"requester": None, "sender": user_json(sight, sender)}
    events.post(world, installation, event, payload, action=action)


def repositories(world: World, installation: Installation) -> list[Repository]:
    """What the installation reaches, by id."""
    if installation.repository_selection == "all":
        return world.store.find(Repository, owner_id=installation.account_id)
    return [world.store.get(Repository, repo_id) for repo_id in sorted(installation.repository_ids)]


def create_token(
    world: World,
    installation: Installation,
    *,
    repos: Sequence[str] | None = None,
    repo_ids: Sequence[int] | None = None,
    permissions: Mapping[str, str] | None = None,
) -> Token:
    """An installation token for an hour, for fewer repositories and less permission where so asked."""
    for name, level in (permissions or {}).items():
        if _LEVELS.index(level) > _LEVELS.index(installation.permissions.get(name, "")):
            raise unprocessable("The permissions requested are not granted to this installation.")
    with world.change():
        return world.store.save(
            Token(
                id=world.next_id(),
                secret="ghs_" + secrets.token_hex(18),
                created_at=world.now(),
                installation_id=installation.id,
                permissions=dict(permissions) if permissions else dict(installation.permissions),
                repository_ids=_narrowed(world, installation, repos, repo_ids),
                has_asked_repositories=repos is not None or repo_ids is not None,
                expires_at=iso(world.clock() + TOKEN_SECONDS),
            )
        )


def _narrowed(
    world: World, installation: Installation, repos: Sequence[str] | None, repo_ids: Sequence[int] | None
) -> tuple[int, ...] | None:
    if repos is None and repo_ids is None:
        return None
    reached = repositories(world, installation)
    by_name = {repo.name_key: repo.id for repo in reached}
    wanted = [*(by_name.get(name.lower(), 0) for name in repos or ()), *(repo_ids or ())]
    if not set(wanted) <= {repo.id for repo in reached}:
        raise unprocessable(
            "There is at least one repository that does not exist or is not accessible to the"
            " parent installation."
        )
    return tuple(wanted)


def installation_on(world: World, app: App, account: Account) -> Installation:
    """The App's installation on the account. Problem 404 where there is none."""
    found = world.store.first(Installation, account_id=account.id, app_id=app.id)
    if found is None:
        raise not_found()
    return found
