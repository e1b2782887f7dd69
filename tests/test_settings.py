"""Settings: each wrong one is a sentence that names it, and no secret shows."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from bot.errors import UserError
from bot.model.event import RepoRef
from bot.settings import QUEUES, SETTINGS_TABLE, load_settings

SECRET = "a-secret-of-enough-length"


def pem(key, encryption=None):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def environment(monkeypatch, rsa_key):
    """An environment that is right; changes are given by name, None removes."""
    for setting in SETTINGS_TABLE:
        monkeypatch.delenv(setting.env, raising=False)

    def change(**changes):
        for name, value in changes.items():
            if value is None:
                monkeypatch.delenv(f"ROADCREW_{name}", raising=False)
            else:
                monkeypatch.setenv(f"ROADCREW_{name}", value)

    change(APP_ID="12", PRIVATE_KEY=pem(rsa_key), WEBHOOK_SECRETS=SECRET, PLATFORM_REPO="acme/platform")
    return change


def said(flags=None):
    with pytest.raises(UserError) as error:
        load_settings(flags)
    return error.value.message


def test_what_must_be_set_is_enough_and_the_rest_has_defaults(environment, rsa_key):
    settings = load_settings()
    assert settings.app_id == 12
    assert settings.key.get_secret_value() == pem(rsa_key)
    assert [secret.get_secret_value() for secret in settings.secrets] == [SECRET]
    assert settings.platform_repo == RepoRef(owner="acme", name="platform")
    assert (settings.api_url, settings.web_url) == ("https://api.github.com", "https://github.com")
    assert settings.redis_url is None
    assert settings.worker_queues == tuple(range(QUEUES))
    assert settings.warnings == ()


def test_nothing_set_says_all_that_is_missing(environment):
    environment(APP_ID=None, PRIVATE_KEY=None, WEBHOOK_SECRETS=None, PLATFORM_REPO=None)
    lines = said().splitlines()
    assert [line.split()[0] for line in lines] == [
        "ROADCREW_APP_ID",
        "ROADCREW_PRIVATE_KEY_FILE",
        "ROADCREW_WEBHOOK_SECRETS_FILE",
        "ROADCREW_PLATFORM_REPO",
    ]
    assert all("is missing" in line for line in lines)


def test_empty_variables_are_as_good_as_unset(environment):
    environment(REDIS_URL="", PORT="")
    assert load_settings().redis_url is None
    environment(WEBHOOK_SECRETS="")
    assert "is missing" in said()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("APP_ID", "twelve", "must be a whole number"),
        ("APP_ID", "0", "must be more than 0"),
        ("PORT", "65536", "must be at most 65535"),
        ("PORT", "http", "must be a whole number"),
        ("SWEEP_SECONDS", "1", "must be at least 10"),
        ("LEASE_SECONDS", "61", "must be at most 60"),
        ("PLATFORM_REPO", "platform", "must be of the form owner/name"),
        ("PLATFORM_REPO", "acme/../platform", "must be of the form owner/name"),
        ("PLATFORM_REPO", "https://github.com/acme/platform", "must be of the form owner/name"),
        ("API_URL", "api.github.com", "must start with https://"),
        ("API_URL", "ftp://github.com", "must start with https://"),
        ("API_URL", "https://", "must start with https://"),
        ("WEB_URL", "https://me:pass@github.com", "must not hold a user name or password"),
        ("WEB_URL", "https://github.com/?a=b", "must end before"),
        ("REDIS_URL", "localhost:6379", "must start with redis://"),
        ("WRITE_LIMITS", "a lot", "must be limits such as"),
        ("WORKER_QUEUES", "0,4", "must name queues by numbers"),
        ("WORKER_QUEUES", "all", "must name queues by numbers"),
        ("PRIVATE_KEY", "not a key", "is no PEM text"),
        (
            "PRIVATE_KEY",
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
            "cannot be read",
        ),
        ("PRIVATE_KEY", pem(ec.generate_private_key(ec.SECP256R1())), "is not an RSA key"),
        ("PRIVATE_KEY_FILE", "/nowhere/key.pem", "cannot be read: No such file or directory"),
        ("WEBHOOK_SECRETS_FILE", "/", "cannot be read: Is a directory"),
        ("WEBHOOK_SECRETS", "   ", "holds a blank secret"),
        ("WEBHOOK_SECRETS", f"{SECRET},", "holds a blank secret"),
        ("WEBHOOK_SECRETS", "development", "holds a well-known word"),
        ("WEBHOOK_SECRETS", "ChangeMe-ChangeMe-123", "holds a well-known word"),
        ("WEBHOOK_SECRETS", "fifteen-letters", "fewer than 16 characters"),
        ("WEBHOOK_SECRETS", "xxxxxxxxxxxxxxxxxxxxx", "almost only one character"),
        ("WEBHOOK_SECRETS", f"{SECRET},{SECRET}", "the same secret twice"),
    ],
)
def test_a_wrong_one_is_one_sentence_with_its_name_and_without_its_value(environment, name, value, sentence):
    environment(**{name: value})
    message = said()
    assert message.startswith(f"ROADCREW_{name} ")
    assert sentence in message
    assert len(message.splitlines()) == 1
    if name in ("PRIVATE_KEY", "WEBHOOK_SECRETS") and value.strip():
        assert value not in message


def test_all_wrong_ones_are_said_at_once(environment):
    environment(APP_ID="x", WEBHOOK_SECRETS="short", API_URL="x", PRIVATE_KEY="x")
    assert len(said().splitlines()) == 4


def test_a_key_with_a_passphrase_is_a_sentence(environment, rsa_key):
    environment(PRIVATE_KEY=pem(rsa_key, BestAvailableEncryption(b"words")))
    assert "protected by a passphrase" in said()


def test_files_can_hold_key_and_secrets(environment, rsa_key, tmp_path):
    (tmp_path / "key.pem").write_text(pem(rsa_key))
    (tmp_path / "secrets").write_text(f"{SECRET}\nanother-secret-of-length\n")
    environment(PRIVATE_KEY=None, PRIVATE_KEY_FILE=str(tmp_path / "key.pem"), WEBHOOK_SECRETS=None)
    environment(WEBHOOK_SECRETS_FILE=str(tmp_path / "secrets"))
    settings = load_settings()
    assert settings.key.get_secret_value() == pem(rsa_key)
    assert [secret.get_secret_value() for secret in settings.secrets] == [SECRET, "another-secret-of-length"]


@pytest.mark.parametrize("content", [b"no key", b"\xff\xfe", b"x" * 70_000, b""])
def test_a_file_that_is_no_key_is_a_sentence(environment, tmp_path, content):
    (tmp_path / "key.pem").write_bytes(content)
    environment(PRIVATE_KEY=None, PRIVATE_KEY_FILE=str(tmp_path / "key.pem"))
    assert said().startswith("ROADCREW_PRIVATE_KEY_FILE ")


def test_line_ends_of_a_key_may_be_written_out(environment, rsa_key):
    environment(PRIVATE_KEY=pem(rsa_key).replace("\n", "\\n"))
    assert load_settings().key.get_secret_value() == pem(rsa_key)


def test_several_secrets_are_live(environment):
    environment(WEBHOOK_SECRETS=f" {SECRET} , another-secret-of-length ")
    assert [s.get_secret_value() for s in load_settings().secrets] == [SECRET, "another-secret-of-length"]


def test_flags_go_before_variables_and_are_named_when_wrong(environment):
    environment(PORT="1234", API_URL="https://ghe.example.com/api/v3/")
    settings = load_settings({"port": "4321", "api_url": None})
    assert (settings.port, settings.api_url) == (4321, "https://ghe.example.com/api/v3")
    assert said({"port": "x"}).startswith("--port must be a whole number")


def test_the_cache_is_where_xdg_says(environment, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert load_settings().cache_dir == tmp_path / "roadcrew"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings().cache_dir == tmp_path / ".cache" / "roadcrew"
    environment(CACHE_DIR="~/here")
    assert load_settings().cache_dir == tmp_path / "here"


def test_promise_6_no_secret_shows_in_any_form(environment, rsa_key):
    environment(REDIS_URL="redis://:redis-password@redis.example.com/0")
    settings = load_settings()
    shown = f"{settings!r} {settings} {settings.secrets!r} {settings.key!r} {settings.model_dump()} {settings.model_dump_json()}"
    for secret in (SECRET, pem(rsa_key).splitlines()[3], "redis-password"):
        assert secret not in shown


def test_what_is_probably_not_meant_is_a_warning(environment):
    environment(API_URL="http://ghe.example.com/api/v3")
    plain, halfway = load_settings().warnings
    assert plain.startswith("ROADCREW_API_URL is not encrypted")
    assert "set ROADCREW_WEB_URL, too" in halfway
    environment(API_URL="http://127.0.0.1:9000", WEB_URL="http://localhost:9000")
    assert load_settings().warnings == ()


def test_the_table_has_every_setting_with_words_and_no_flag_for_secrets():
    assert all(setting.description.endswith(".") for setting in SETTINGS_TABLE)
    assert [setting.name for setting in SETTINGS_TABLE if not setting.flag] == [
        "private_key",
        "webhook_secrets",
    ]
    assert {setting.env for setting in SETTINGS_TABLE if setting.is_required} == {
        "ROADCREW_APP_ID",
        "ROADCREW_PLATFORM_REPO",
    }


def test_the_environment_is_read_once(environment):
    settings = load_settings()
    environment(WEBHOOK_SECRETS="something-else-of-length", APP_ID="99")
    assert settings.app_id == 12
    assert settings.secrets[0].get_secret_value() == SECRET
    with pytest.raises(ValueError, match="frozen"):
        settings.app_id = 1
