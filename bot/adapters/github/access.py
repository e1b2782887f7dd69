"""Who we are to GitHub: the App by its key, and each installation by a token that lasts an hour.

Keys and tokens stay in here: no error, log line or repr of these classes shows them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github.Auth import AppAuth, Auth

from bot.adapters.budget import Priority
from bot.adapters.github.api import Api, read
from bot.adapters.github.call import Ask, Caller, Means
from bot.adapters.github.faults import SOON, Missing, Unanswered
from bot.adapters.github.payloads import App, Bot, Installation, Token
from bot.errors import Refused, Retry, UserError
from bot.model.event import RepoRef
from bot.ports import Clock

_RENEW_BEFORE = timedelta(minutes=5)
_TRIES = 3


def app_auth(app_id: int | str, private_key: str) -> AppAuth:
    """Raises UserError when the key is no RSA private key; says nothing of the key itself."""
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise UserError(
            "The private key of the GitHub App cannot be used: it is not an RSA key in PEM form.",
            fix="Generate one on the App's settings page, and pass the whole file, BEGIN and END lines too.",
        )

    def sign(claims: dict[str, Any]) -> str:
        # With the key as text it would be read and checked again for every request: 50 ms each.
        return jwt.encode(claims, key, algorithm="RS256")

    return AppAuth(app_id, sign_func=sign)


class InstallationAuth(Auth):
    """An installation's token, fetched when it is first needed and again five minutes before it ends."""

    def __init__(self, fetch: Callable[[], Token], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._held: Token | None = None
        self._lock = threading.Lock()

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        """A token that lasts five minutes at least. Raises what fetching it raises."""
        with self._lock:
            if self._held is None or self._held.expires_at - self._clock() < _RENEW_BEFORE:
                self._held = self._fetch()
            return self._held.token

    def forget(self) -> None:
        """GitHub no longer takes this token: the next use fetches another."""
        with self._lock:
            self._held = None

    @property
    def _masked_token(self) -> str:
        return "token [redacted]"


class Access:
    """The App, its installations and their tokens; remembered for all threads of this process."""

    def __init__(self, means: Means, auth: AppAuth) -> None:
        self._means = means
        self._app = Caller(means, auth)
        self._identity: App | None = None
        self._installations: dict[str, int] = {}
        self._callers: dict[int, tuple[Caller, InstallationAuth]] = {}
        self._lock = threading.Lock()

    def app(self, priority: Priority = Priority.ANSWER) -> Api:
        """GitHub as the App itself sees it."""
        return Api(self._app, priority)

    def api(self, repo: RepoRef, priority: Priority = Priority.ANSWER) -> Api:
        """GitHub as the repo's installation sees it. Raises Refused where the App is not installed."""
        return Api(self._installed(repo)[0], priority)

    def organization(self, login: str, priority: Priority = Priority.ANSWER) -> Api:
        """GitHub as the organisation's installation sees it. Raises Refused where there is none."""

        def find() -> int:
            what = f"the installation on {login}"
            path = f"/orgs/{quote(login, safe='')}/installation"
            return read(self.app().get(path, what=what), Installation, what=what).id

        return Api(self._known(login.lower(), find)[0], priority)

    def token(self, repo: RepoRef) -> str:
        """The installation's token, for git over HTTPS; it lasts five minutes at least."""
        return self._installed(repo)[1].token

    def identity(self) -> App:
        """Id and slug of the App, asked once."""
        if self._identity is None:
            self._identity = self.described()
        return self._identity

    def described(self) -> App:
        """The App as GitHub describes it now."""
        return read(self.app().get("/app", what="the GitHub App"), App, what="the GitHub App")

    def author(self, repo: RepoRef) -> tuple[str, str]:
        """The name and address of the App's commits. `repo`: one that it is installed on.

        GitHub knows the author by the number in the address: that of the App's bot account, not of the App.
        """
        name = f"{self.identity().slug}[bot]"
        path, what = f"/users/{quote(name, safe='')}", f"the account {name}"
        account = read(self.api(repo).get(path, what=what), Bot, what=what)
        return name, f"{account.id}+{name}@users.noreply.github.com"

    def installation(self, repo: RepoRef) -> Installation:
        """The repo's installation as it is now. Where there is none: Refused, with who can install it."""
        what = f"the installation on {repo}"
        try:
            answer = self.app().get(f"/repos/{repo}/installation", what=what)
        except Missing as missing:
            app = self.identity()
            raise Refused(
                f"The GitHub App {app.slug} is not installed on {repo}, or there is no such repository. "
                f"An owner of {repo.owner} can install it at {app.html_url}/installations/new."
            ) from missing
        return read(answer, Installation, what=what)

    def _installed(self, repo: RepoRef) -> tuple[Caller, InstallationAuth]:
        return self._known(str(repo).lower(), lambda: self.installation(repo).id)

    def _known(self, name: str, find: Callable[[], int]) -> tuple[Caller, InstallationAuth]:
        known = self._installations.get(name)
        number = known if known is not None else find()
        with self._lock:
            self._installations[name] = number
            if number not in self._callers:
                self._callers[number] = self._caller(number)
            return self._callers[number]

    def _caller(self, number: int) -> tuple[Caller, InstallationAuth]:
        auth = InstallationAuth(lambda: self._fetch(number), self._means.clock)
        return Caller(self._means, auth, installation=number, renew=auth.forget), auth

    def _fetch(self, number: int) -> Token:
        """A new token with all that the installation grants: no body, since `{}` can be read as "nothing".

        Asking twice makes two tokens and harms nobody, so this POST may be repeated.
        """
        what = "a token for the installation"
        ask = Ask("POST", f"/app/installations/{number}/access_tokens", what)
        for tries_left in reversed(range(_TRIES)):
            try:
                return read(self._app.call(ask, Priority.ANSWER), Token, what=what)
            except Unanswered:
                if not tries_left:
                    raise
            except Missing as missing:
                self._forget(number)
                raise Retry("the App was installed anew, or removed", after=SOON) from missing
        raise AssertionError("unreachable")

    def _forget(self, number: int) -> None:
        with self._lock:
            self._installations = {k: v for k, v in self._installations.items() if v != number}
            self._callers.pop(number, None)
