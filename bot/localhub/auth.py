"""Who is asking: App JWTs, installation tokens and user tokens, from the Authorization header."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Any

import jwt

from bot.localhub.access import Actor
from bot.localhub.problems import Problem
from bot.localhub.records import Account, App, Installation, Token
from bot.localhub.world import World

MAX_JWT_SECONDS = 600
"""GitHub takes no JWT that lives longer."""
_SKEW = 60
"""Seconds by which `iat` may lie ahead of our clock."""


def bad_credentials() -> Problem:
    """401 for a secret that is none of ours, or no longer."""
    return Problem(HTTPStatus.UNAUTHORIZED, "Bad credentials")


def actor_of(world: World, header: str, *, address: str = "") -> Actor:
    """Read an Authorization header; an empty one is nobody. Problem 401 for anything that does not hold."""
    if not header:
        return Actor(address=address)
    scheme, _, rest = header.partition(" ")
    match scheme.lower():
        case "bearer" | "token":
            return by_secret(world, rest.strip())
        case "basic":
            return by_basic(world, rest)
        case _:
            raise bad_credentials()


def by_secret(world: World, secret: str) -> Actor:
    """The bearer of a token, or of an App's JWT."""
    if secret.count(".") == 2:  # noqa: PLR2004  (header, claims, signature)
        return _by_jwt(world, secret)
    token = world.store.first(Token, secret=secret)
    if token is None or (token.expires_at and token.expires_at <= world.now()):
        raise bad_credentials()
    if token.account_id is not None:
        return Actor(world.store.get(Account, token.account_id), token=token)
    installation = world.store.get(Installation, token.installation_id or 0)
    app = world.store.get(App, installation.app_id)
    return Actor(world.store.get(Account, app.bot_id), app, installation, token)


def by_basic(world: World, encoded: str) -> Actor:
    """Git's way: `x-access-token:<token>`, or the token as the name. Of the name GitHub takes no notice."""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise bad_credentials() from error
    is_token_only = password in ("", "x-oauth-basic")
    return by_secret(world, name if is_token_only else password)


def _by_jwt(world: World, text: str) -> Actor:
    app = _issuer(world, text)
    try:
        claims = jwt.decode(
            text,
            app.public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False, "verify_nbf": False},
        )
    except jwt.PyJWTError as error:
        raise _refused("A JSON web token could not be decoded") from error
    _check_times(claims, world.clock())
    return Actor(None, app)


def _issuer(world: World, text: str) -> App:
    try:
        claims = jwt.decode(text, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise _refused("A JSON web token could not be decoded") from error
    issuer = str(claims.get("iss", ""))
    if not issuer:
        raise _refused("Missing 'issuer' claim ('iss') in assertion")
    for app in world.store.find(App):
        if issuer in (str(app.id), app.client_id):
            return app
    raise Problem(HTTPStatus.NOT_FOUND, "Integration not found")


def _check_times(claims: dict[str, Any], now: float) -> None:
    """`exp` and `iat` as GitHub reads them, with its sentences."""
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int | float) or expires <= now:
        raise _refused(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which"
            " the assertion expires"
        )
    if not isinstance(issued, int | float) or issued > now + _SKEW:
        raise _refused(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
    if expires > now + MAX_JWT_SECONDS:
        raise _refused("'Expiration time' claim ('exp') is too far in the future")


def _refused(message: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, message)
