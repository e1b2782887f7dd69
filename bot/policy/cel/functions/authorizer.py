"""The names of Kubernetes' authorizer, so that expressions with them compile. Nobody is ever authorized here.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Authz
"""

from __future__ import annotations

from typing import NoReturn

from bot.policy.cel.faults import unavailable
from bot.policy.cel.host import member

NAME = "authorizer"
REASON = "authorizer: there is no API server here that could say what somebody may do"


def _asked(*_: object) -> NoReturn:
    raise unavailable(REASON)


AUTHORIZER = (
    member("path", "map string", "map", _asked),
    member("group", "map string", "map", _asked),
    member("serviceAccount", "map string string", "map", _asked),
    member("resource", "map string", "map", _asked),
    member("subresource", "map string", "map", _asked),
    member("namespace", "map string", "map", _asked),
    member("name", "map string", "map", _asked),
    member("check", "map string", "map", _asked),
    member("fieldSelector", "map string", "map", _asked),
    member("labelSelector", "map string", "map", _asked),
    member("allowed", "map", "bool", _asked),
    member("reason", "map", "string", _asked),
    member("errored", "map", "bool", _asked),
    member("error", "map", "string", _asked),
)
