"""How a test in another process plays with a hub: faults, seen requests, limits, below `/_localhub/`.

It needs the admin token, and is no part of GitHub.
"""

from __future__ import annotations

import hmac
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request

from bot.localhub.faults import Fault, Faults
from bot.localhub.front import ADMIN, Requests
from bot.localhub.limits import Limits


def told(body: Any, status: int = HTTPStatus.OK) -> Response:
    """A JSON answer with this status."""
    response = jsonify(body)
    response.status_code = status
    return response


class Admin:
    """The handlers."""

    def __init__(self, faults: Faults, requests: Requests, limits: Limits, token: str) -> None:
        self._faults = faults
        self._requests = requests
        self._limits = limits
        self._token = token

    def routes(self, app: Flask) -> None:
        """Register the addresses."""
        app.before_request(self.check)
        app.add_url_rule(f"{ADMIN}faults", view_func=self.list_faults)
        app.add_url_rule(f"{ADMIN}faults", view_func=self.add, methods=["POST"])
        app.add_url_rule(f"{ADMIN}faults", view_func=self.clear, methods=["DELETE"])
        app.add_url_rule(f"{ADMIN}faults/<int:fault_id>/release", view_func=self.release, methods=["POST"])
        app.add_url_rule(f"{ADMIN}faults/<int:fault_id>", view_func=self.remove, methods=["DELETE"])
        app.add_url_rule(f"{ADMIN}requests", view_func=self.seen)
        app.add_url_rule(f"{ADMIN}limits", view_func=self.settings, methods=["PATCH"])

    def check(self) -> Response | None:
        """Bearer token; compared in constant time."""
        if not request.path.startswith(ADMIN):
            return None
        said = request.headers.get("Authorization", "").encode()
        if hmac.compare_digest(said, f"Bearer {self._token}".encode()):
            return None
        return told({"message": "Bad credentials"}, HTTPStatus.UNAUTHORIZED)

    def list_faults(self) -> Response:
        return told([fault.told() for fault in self._faults.all()])

    def add(self) -> Response:
        try:
            fault = self._faults.add(Fault(**request.get_json(force=True)))
        except (TypeError, ValueError) as error:
            return told({"message": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
        return told(fault.told(), HTTPStatus.CREATED)

    def clear(self) -> Response:
        self._faults.clear()
        return Response(status=HTTPStatus.NO_CONTENT)

    def release(self, fault_id: int) -> Response:
        for fault in self._faults.all():
            if fault.id == fault_id:
                fault.release()
                return Response(status=HTTPStatus.NO_CONTENT)
        return Response(status=HTTPStatus.NOT_FOUND)

    def remove(self, fault_id: int) -> Response:
        status = HTTPStatus.NO_CONTENT if self._faults.remove(fault_id) else HTTPStatus.NOT_FOUND
        return Response(status=status)

    def seen(self) -> Response:
        return told([asdict(one) for one in self._requests.all()])

    def settings(self) -> Response:
        for name, value in request.get_json(force=True).items():
            if not hasattr(self._limits.settings, name):
                return told({"message": f"no such setting: {name}"}, HTTPStatus.UNPROCESSABLE_ENTITY)
            setattr(self._limits.settings, name, value)
        return told(asdict(self._limits.settings))
