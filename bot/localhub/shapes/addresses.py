"""Addresses and node ids: every URL that a shape shows is made here, below the hub's own two roots."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, urlsplit

from bot.localhub.records import Account, Repository
from bot.localhub.view import View

Json = dict[str, Any]
"""A JSON object."""


def node_id(kind: str, *numbers: int | str) -> str:
    """An opaque, stable id with GitHub's prefix of the kind (`PR`, `IC`, …), as `PR_kwDO…`."""
    told = ":".join(map(str, numbers)).encode()
    return f"{kind}_{base64.urlsafe_b64encode(told).decode().rstrip('=')}"


def api(view: View, repo: Repository, *parts: object) -> str:
    """`<api>/repos/<owner>/<name>/<parts>`. Parts are quoted, their slashes are not."""
    return "/".join([f"{view.api_url}/repos/{view.full_name(repo)}", *map(_quoted, parts)])


def html(view: View, repo: Repository, *parts: object) -> str:
    """`<site>/<owner>/<name>/<parts>`, quoted as in `api`."""
    return "/".join([f"{view.html_url}/{view.full_name(repo)}", *map(_quoted, parts)])


def account_html(view: View, account: Account) -> str:
    """The account's page; that of a bot is its App's."""
    if account.type == "Bot":
        return f"{view.html_url}/apps/{account.login.removesuffix('[bot]')}"
    return f"{view.html_url}/{account.login}"


def avatar(view: View, account: Account) -> str:
    """The picture of an account."""
    return f"{view.html_url}/avatars/u/{account.id}?v=4"


def host(view: View) -> str:
    """`name:port` of the site, for addresses that are no `http` ones."""
    return urlsplit(view.html_url).netloc


def _quoted(part: object) -> str:
    return quote(str(part), safe="/")
