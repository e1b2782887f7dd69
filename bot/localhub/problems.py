"""GitHub's own refusals: status, message and `errors`, raised anywhere below the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

DOCS = "https://docs.github.com/rest"


class Problem(Exception):
    """A request that GitHub would not fulfil. `errors` are `{resource, field, code, message}` or strings."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Mapping[str, str] | str] = (),
        docs: str = DOCS,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)
        self.docs = docs
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """The JSON object that GitHub answers."""
        answer: dict[str, object] = {"message": self.message}
        if self.errors:
            answer["errors"] = self.errors
        return answer | {"documentation_url": self.docs, "status": str(self.status)}


def not_found() -> Problem:
    """404: it does not exist, or it may not be seen."""
    return Problem(HTTPStatus.NOT_FOUND, "Not Found")


def forbidden(message: str = "Resource not accessible by integration") -> Problem:
    """403: it is there, and may not be touched."""
    return Problem(HTTPStatus.FORBIDDEN, message)


def unprocessable(message: str = "Validation Failed", *errors: Mapping[str, str] | str) -> Problem:
    """422: the request is well formed, and wrong."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, message, errors=errors)


def invalid(resource: str, field: str, message: str) -> Problem:
    """422 with one `custom` error, as for texts that are too long."""
    return unprocessable(
        "Validation Failed", {"resource": resource, "code": "custom", "field": field, "message": message}
    )


def too_long(resource: str, field: str, limit: int) -> Problem:
    """422 for a body over the limit. Wording as seen on api.github.com for comments of 65,537 characters."""
    return invalid(resource, field, f"{field} is too long (maximum is {limit} characters)")
