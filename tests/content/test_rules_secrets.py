"""Secrets in plain text: each kind is found where it stands, names of secrets are none, and no value is told."""

import logging
import socket
import subprocess
import sys

import pytest

from bot.policy.inline import judge_inline
from bot.policy.secrets import exposed, found, masked
from bot.policy.verdict import Request, Shared
from tests.content.golden import shipped
from tests.content.test_rules_shipped import policies

# Put together here, so that no scanner of this repo takes them for real ones.
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
AWS = "AKIA" + "Q3EGRT5ZXWVUTS42"
SLACK = "xox" + "b-123456789012-abcdefghijkl"
STRIPE = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"
JWT = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0" + ".c2lnbmF0dXJlc2lnbmF0dXJl"
KEY = "-----BEGIN " + "RSA PRIVATE KEY-----"
FIELD = "a value whose field is called like a secret"

PLAIN = [
    (f"token: {GITHUB}", "a GitHub token"),
    ("x: github_" + "pat_11AAAAAAA0abcdefghijkl_mnop", "a GitHub token"),
    (f"    ACCESS: {AWS}", "an AWS access key"),
    (f"- {SLACK}", "a Slack token"),
    (f'"{STRIPE}"', "a Stripe key"),
    (f"bearer: {JWT}", "a JSON web token"),
    (f"    {KEY}", "a private key"),
    ("-----BEGIN ENCRYPTED " + "PRIVATE KEY-----", "a private key"),
    ("url: postgres://shop:" + "hunter2@db.example/shop", "a password in an address"),
    ("password: hunter2", FIELD),
    ("env: {DB_PASSWORD: hunter2, LOG_LEVEL: info}", FIELD),
    ('  "api_key": "9f8e7d6c",', FIELD),
    ("client_secret = 9f8e7d6c5b", FIELD),
    ("secretKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCY", FIELD),
    ("- {name: DB_PASSWORD, value: hunter2}", FIELD),
    ("x" * 5_000 + f" {GITHUB}", "a GitHub token"),
]
NAMES = [
    "secrets: [{name: STRIPE_API_KEY, key: stripe, property: api_key}]",
    "- {name: DATABASE_URL, secret: checkout-db-app, key: uri}",
    "secretKeyRef: {name: checkout, key: STRIPE_API_KEY}",
    "- secretKey: SMTP_PASSWORD",
    "secretName: checkout-tls",
    "export PRIVATE_KEY_FILE=roadcrew.pem",
    "password: ${{ secrets.PASSWORD }}",
    "password: {{ parameters.password | tojson }}",
    "password: $(cat /run/password)",
    "password: <your password>",
    'password: ""',
    "password: null",
    "password: {type: string, minLength: 8}",
    "password: # from the store",
    "image: ghcr.io/acme/cart@sha256:1c42ddc0285b9c25135be3bf345e6a041271b784b22a6f6cab6588dab93c5980",
    "url: https://acme.example:8443/a@b",
    "A password is never written here: it stands in the store.",
    "- {name: LOG_LEVEL, value: hunter2}",
]


@pytest.mark.parametrize(("line", "kind"), PLAIN, ids=[kind for _, kind in PLAIN])
def test_a_secret_is_found_where_it_stands(line, kind):
    (hit,) = exposed(f"# first\n{line}\nlast: 1\n")
    assert (hit.line, hit.kind) == (2, kind)
    assert 1 <= hit.column <= len(line)


@pytest.mark.parametrize("line", NAMES)
def test_the_name_of_a_secret_is_none(line):
    assert list(exposed(line)) == []


def test_a_variable_of_a_container_is_read_with_its_name():
    (hit,) = exposed("env:\n  - name: DB_PASSWORD\n    value: hunter2\n")
    assert (hit.line, hit.column) == (3, 12)
    assert list(exposed("env:\n  - name: DB_HOST\n    value: hunter2\n")) == []


def test_what_ships_holds_none():
    texts = {path: data.decode() for path, data in shipped().items() if not path.startswith("rules/tests/")}
    assert {path: hits for path, text in texts.items() if (hits := list(exposed(text)))} == {}


def test_no_value_is_told(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    text = f"a: {GITHUB}\npassword: hunter2\n"
    request = Request(path="catalog/a.yaml", more={"file": {"path": "catalog/a.yaml", "text": text}})
    verdicts = judge_inline([policies()["secret-plain"]], [request], Shared())
    ((verdict,),) = verdicts
    assert verdict.violations[0].location == {"file": "catalog/a.yaml", "line": 1}
    told = repr(verdicts) + caplog.text + "".join(capfd.readouterr())
    assert "a GitHub token" in told
    assert GITHUB not in told
    assert "hunter2" not in told


def test_a_list_of_secrets_is_not_told_line_by_line():
    assert len(found("PASSWORD=hunter2\n" * 1_000)) == 20


HOSTILE = [
    "a" * 100_000,
    "password" * 12_000,
    "://a:" * 20_000,
    "secret = " * 10_000,
    '"password" : ' * 8_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_line_is_read_in_time(text):
    code = "import sys; from bot.policy.secrets import exposed; list(exposed(sys.stdin.read()))"
    subprocess.run([sys.executable, "-c", code], input=text, text=True, check=True, timeout=20)


def test_nobody_is_asked_whether_a_key_is_real(monkeypatch):
    def refuse(*_):
        raise AssertionError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(found(f"a: {AWS}\naws_secret_key: '{'a1B2' * 10}'\nb: {SLACK}\nc: {STRIPE}\n")) == 4


def test_a_diff_leaves_them_out():
    told = masked(
        "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,2 +1,4 @@\n env:\n+  - name: DB_PASSWORD\n+    value: hunter2\n"
        f"+  - name: TOKEN\n+    value: {GITHUB} # mine\n-  replicas: 2\n"
    )
    assert told.splitlines()[4:] == [
        "+  - name: DB_PASSWORD",
        "+    value: (a secret)",
        "+  - name: TOKEN",
        "+    value: (a secret)",
        "-  replicas: 2",
    ]
    assert masked("no secret\n\n") == "no secret\n\n"
