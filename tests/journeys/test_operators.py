"""What whoever runs Roadcrew sees when its set-up is wrong or GitHub is away: `roadcrew serve` as a process."""

import re
import secrets
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.adapters.queue import attempt
from bot.localhub.faults import Fault
from bot.localhub.records import Installation
from tests.journeys.troupe import NAME, until
from tests.platforms import component

ROOT = Path(__file__).parents[2]
WRONG = {"catalog/cart.yaml": component("cart", owner="nobody")}


class Served:
    """A running `roadcrew serve`: its status page and what it wrote for its operator."""

    def __init__(self, troupe, process, folder):
        self.process = process
        self._troupe = troupe
        self._folder = folder
        self.url = until(self._address, "the server's address")

    def _address(self):
        assert self.process.poll() is None, self.said()
        found = re.search(r"listens on (http://\S+)/webhooks", (self._folder / "out").read_text())
        return found and found[1]

    def is_told(self):
        """From now on the App's deliveries come here."""
        self._troupe.hub.set_webhook(self._troupe.stage.app, url=f"{self.url}/webhooks")

    def said(self):
        """What stands on stderr so far."""
        return (self._folder / "err").read_text()

    def warnings(self):
        return [line for line in self.said().splitlines() if line.startswith("Warning: ")]

    def status(self):
        """The words of the status page."""
        return re.sub(r"<[^>]+>|\s+", " ", requests.get(f"{self.url}/", timeout=30).text)

    def health(self):
        return requests.get(f"{self.url}/healthz", timeout=30).json()


@contextmanager
def serving(troupe, **changed):
    """The command on the troupe's stage, with some settings changed; ends with SIGTERM and exit code 0."""
    folder = troupe.folder / "operator"
    folder.mkdir()
    settings = {
        "APP_ID": str(troupe.stage.app.id),
        "PRIVATE_KEY": troupe.key,
        "WEBHOOK_SECRETS": troupe.secret,
        "PLATFORM_REPO": NAME,
        "API_URL": troupe.hub.api_url,
        "WEB_URL": troupe.hub.url,
        "CACHE_DIR": str(folder / "cache"),
        "PORT": "0",
        "SWEEP_SECONDS": "86400",
        "WRITE_LIMITS": "10000/second",
        **changed,
    }
    environment = {"PATH": "/usr/bin:/bin", **{f"ROADCREW_{name}": value for name, value in settings.items()}}
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment, stdout=out, stderr=err
        )
    try:
        served = Served(troupe, process, folder)
        if troupe.hub._server is not None:
            served.is_told()
        yield served
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert "Traceback" not in served.said()


def other_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_another_apps_key_is_said_at_the_start_and_on_the_status_page(troupe):
    with serving(troupe, PRIVATE_KEY=other_key()) as served:
        (warning,) = served.warnings()
        assert "GitHub does not accept the App's credentials" in warning
        assert "Check the App id, that the private key is one of this App's" in warning
        troupe.open(WRONG)
        until(lambda: "that the private key is one of this App" in served.status(), "the status page's words")
        assert "BEGIN" not in served.said() + served.status()


def test_an_app_that_is_not_installed_says_who_can_install_it(troupe):
    (installation,) = troupe.hub.world.store.find(Installation)
    troupe.hub.uninstall(installation, by="platform-lead")
    with serving(troupe) as served:
        (warning,) = served.warnings()
        assert f"is not installed on {NAME}" in warning
        assert "An owner of acme can install it at http" in warning
        until(lambda: f"is not installed on {NAME}" in served.status(), "the sweep's end on the status page")
        troupe.hub.install(troupe.stage.app, "acme")
        number = troupe.open(WRONG)
        until(lambda: troupe.conclusion(number) == "failure", "work as soon as it is installed")


def test_a_platform_repo_that_does_not_exist_is_said(troupe):
    with serving(troupe, PLATFORM_REPO="acme/platfrom") as served:
        (warning,) = served.warnings()
        assert "acme/platfrom" in warning
        assert "there is no such repository" in warning


def test_a_wrong_webhook_secret_queues_nothing_and_the_sweep_still_works(troupe):
    with serving(troupe, WEBHOOK_SECRETS=secrets.token_hex(24), SWEEP_SECONDS="10") as served:
        until(lambda: served.health()["waiting"] == served.health()["running"] == 0, "the first sweep")
        number = troupe.open(WRONG)
        troupe.hub.hooks.wait_idle(10)
        deliveries = troupe.hub.deliveries(troupe.stage.app)
        assert {one.status_code for one in deliveries} == {401}
        assert "signature" in served.said()
        until(lambda: troupe.conclusion(number) == "failure", "the sweep's look at the pull request")


def test_a_github_that_is_away_at_the_start_is_waited_for(troupe):
    with ExitStack() as stack:
        with troupe.github_down():
            served = stack.enter_context(serving(troupe))
            (warning,) = served.warnings()
            assert "Roadcrew starts all the same, and tries again with every event." in warning
            until(lambda: served.health()["waiting"], "a sweep that waits")
        served.is_told()
        number = troupe.open(WRONG)
        until(lambda: troupe.conclusion(number) == "failure", "the first work")


def test_promise_1_what_is_given_up_is_said_on_the_status_page_and_on_the_commit(troupe, monkeypatch):
    monkeypatch.setattr(attempt, "MAX_TRIES", 1)
    with troupe.bot() as queue:
        troupe.hub.faults.add(Fault(kind="answer", path=r".*/info/refs", status=503, times=None))
        number = troupe.open(WRONG)
        states = troupe.settle(queue)
        assert "failed" in states.values()
        (failure, *_) = queue.backlog().failures
        assert re.match(
            r"Given up after 1 tries\. The git server did not answer as it should: ", failure.reason
        )
        head = troupe.hub.pull(NAME, number).head_sha
        (run,) = until(lambda: troupe.runs(head), "a check run")  # the state is saved before it is told
        assert (run.status, run.conclusion) == ("completed", "action_required")
        assert "fault in Roadcrew, not in your change" in run.summary
        page = requests.get(f"http://127.0.0.1:{troupe.port}/", timeout=30).text
        assert "The git server did not answer as it should" in page
