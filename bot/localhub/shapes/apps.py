"""GitHub Apps, their installations, tokens and webhook."""

from __future__ import annotations

from bot.localhub.records import App, Installation, Token
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.addresses import Json, node_id
from bot.localhub.shapes.repos import minimal_repository_json
from bot.localhub.view import View

ZEN = "Keep it logically awesome."
"""One of GitHub's sayings; a ping carries one."""
HIDDEN = "********"


def app_json(view: View, app: App) -> Json:
    """`integration`: an App as it stands at what it made."""
    return {
        "id": app.id,
        "slug": app.slug,
        "client_id": app.client_id,
        "node_id": node_id("A", app.id),
        "owner": user_json(view, view.account(app.owner_id)),
        "name": app.name,
        "description": app.description,
        "external_url": app.external_url,
        "html_url": f"{view.html_url}/apps/{app.slug}",
        "created_at": app.created_at,
        "updated_at": app.updated_at,
        "permissions": dict(app.permissions),
        "events": list(app.events),
    }


def issue_app_json(view: View, app: App) -> Json:
    """An App in the issue of a webhook, which does not tell the client id."""
    return {name: value for name, value in app_json(view, app).items() if name != "client_id"}


def installation_json(view: View, installation: Installation) -> Json:
    """`installation`, in the API and in webhooks about it."""
    app = view.app(installation.app_id)
    account = view.account(installation.account_id)
    is_org = account.type == "Organization"
    settings = f"organizations/{account.login}/settings" if is_org else "settings"
    return {
        "id": installation.id,
        "client_id": app.client_id,
        "account": user_json(view, account),
        "repository_selection": installation.repository_selection,
        "access_tokens_url": f"{view.api_url}/app/installations/{installation.id}/access_tokens",
        "repositories_url": f"{view.api_url}/installation/repositories",
        "html_url": f"{view.html_url}/{settings}/installations/{installation.id}",
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": account.id,
        "target_type": account.type,
        "permissions": dict(installation.permissions),
        "events": list(installation.events),
        "created_at": installation.created_at,
        "updated_at": installation.updated_at,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }


def installation_lite_json(view: View, installation: Installation) -> Json:  # noqa: ARG001 - one signature for all
    """`simple-installation`: the block that webhooks of an App carry."""
    return {"id": installation.id, "node_id": node_id("MDI", installation.id)}


def token_json(view: View, token: Token) -> Json:
    """`installation-token`: the answer of `POST /app/installations/{id}/access_tokens`."""
    installation = view.installation(token.installation_id or 0)
    is_narrowed = token.repository_ids is not None
    answer: Json = {
        "token": token.secret,
        "expires_at": token.expires_at,
        "permissions": dict(token.permissions),
        "repository_selection": "selected" if is_narrowed else installation.repository_selection,
    }
    if token.has_asked_repositories:
        repos = [view.repo(each) for each in token.repository_ids or ()]
        answer["repositories"] = [minimal_repository_json(view, repo) for repo in repos]
    return answer


def hook_config_json(view: View, app: App) -> Json:  # noqa: ARG001 - one signature for all
    """`webhook-config`: where and how an App is told. The secret is never told back."""
    config: Json = {"content_type": "json", "insecure_ssl": "0", "url": app.webhook_url}
    return config | ({"secret": HIDDEN} if app.webhook_secret else {})


def ping_json(view: View, app: App) -> Json:
    """The payload of a `ping`: GitHub sends one when a webhook is set up."""
    return {
        "zen": ZEN,
        "hook_id": app.hook_id,
        "hook": {
            "type": "App",
            "id": app.hook_id,
            "name": "web",
            "active": True,
            "events": list(app.events),
            "config": hook_config_json(view, app),
            "updated_at": app.updated_at,
            "created_at": app.created_at,
            "app_id": app.id,
            "deliveries_url": f"{view.api_url}/app/hook/deliveries",
        },
    }
