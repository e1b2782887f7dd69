"""The names of commands and of built-in roles: what settings may speak of. They mean nothing here."""

from __future__ import annotations

COMMANDS = (
    "access",
    "approve",
    "cancel",
    "deny",
    "dependents",
    "explain",
    "extend",
    "help",
    "hold",
    "owner",
    "plan",
    "request",
    "retry",
    "revoke",
    "unhold",
    "waive",
)
PERMISSIONS = ("read", "triage", "write", "maintain", "admin")
"""GitHub's, each with all rights of those before it."""
ROLES = ("author", "requester", "subject", "owner", "approver", "user", *PERMISSIONS)
