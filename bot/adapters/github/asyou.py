"""Opens a pull request as the user, with the user's own token. It does nothing else, and follows nothing.

For the command line; the App itself goes another way.
"""

from __future__ import annotations

import requests
from pydantic import BaseModel, ValidationError

from bot.adapters.github.connection import TIMEOUT, open_session
from bot.adapters.github.origin import Origin
from bot.errors import UserError
from bot.model.event import RepoRef

_CREATED, _TAKEN = 201, 422
_SHOWN = 300


class _Opened(BaseModel):
    html_url: str


class _Fault(BaseModel):
    message: str = ""
    errors: list[dict[str, object]] = []


def open_pull(api_url: str, token: str, repo: RepoRef, *, head: str, base: str, title: str, body: str) -> str:
    """The URL of the new pull request. Raises UserError with GitHub's own words."""
    origin = Origin.parse(api_url)
    payload = {"title": title, "body": body, "head": head, "base": base}
    headers = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {token}"}
    try:
        with open_session() as session:
            answer = session.post(
                f"{origin.url}/repos/{repo}/pulls",
                json=payload,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except requests.RequestException as error:
        raise UserError(
            f"GitHub did not answer at {origin.url}: {type(error).__name__}.",
            fix=f"Open the pull request from {head} by hand: the branch is there.",
        ) from None
    if answer.status_code == _CREATED:
        return _Opened.model_validate_json(answer.content).html_url
    raise UserError(
        f"GitHub did not open the pull request: {_reason(answer)}.",
        fix=f"See that your token may open pull requests in {repo}; the branch {head} is there.",
    )


def _reason(answer: requests.Response) -> str:
    try:
        fault = _Fault.model_validate_json(answer.content)
    except ValidationError:
        return f"it said {answer.status_code}"
    said = [str(one.get("message", "")) for one in fault.errors]
    words = "; ".join(filter(None, [fault.message, *said]))[:_SHOWN].rstrip(".")
    return words or f"it said {answer.status_code}"
