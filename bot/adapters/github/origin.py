"""The one place that credentials may go to: the scheme, host, port and path prefix of GitHub's API.

Links and redirects that GitHub sends are followed only when they stay there (CVE-2026-88881 is what
happens otherwise). It never sends anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from bot.errors import Refused, UserError

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Origin:
    """`https://api.github.com`, `https://ghes.example/api/v3`, or any other host that speaks like GitHub."""

    scheme: str
    host: str
    port: int
    prefix: str

    @classmethod
    def parse(cls, api_url: str) -> Origin:
        """Raises UserError when it is no http(s) URL, or has a user, a query or a fragment."""
        try:
            parts = urlsplit(api_url)
            place = _place(parts)
        except ValueError:
            place = None
        if place is None or parts.query or parts.fragment or parts.username is not None:
            raise UserError(
                "The API URL is not one that Roadcrew can use.",
                fix="Set it to a form like https://api.github.com or https://ghes.example/api/v3.",
            )
        return cls(*place, parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        """The URL that paths are added to, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.prefix}"

    def path_of(self, url: str, *, seen_at: str = "") -> str:
        """The path and query below the prefix. Raises Refused when the URL leaves this origin.

        `seen_at` is the path that a relative URL is relative to.
        """
        try:
            parts = urlsplit(urljoin(f"{self.url}{seen_at}", url))
            place = _place(parts)
        except ValueError:
            parts, place = SplitResult("", "", "", "", ""), None
        below = parts.path.removeprefix(self.prefix)
        inside = place == (self.scheme, self.host, self.port) and parts.username is None
        if not inside or not parts.path.startswith(self.prefix) or not below.startswith("/"):
            there = f"{place[0]}://{place[1]}:{place[2]}" if place else "an unreadable address"
            raise Refused(
                f"GitHub's API at {self.url} pointed to {there}. Roadcrew sends nothing there: "
                "credentials stay with the API URL that is configured."
            )
        return f"{below}?{parts.query}" if parts.query else below


def _place(parts: SplitResult) -> tuple[str, str, int] | None:
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]
