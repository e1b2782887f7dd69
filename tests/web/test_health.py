"""GET /healthz over the real queues: not ok when nothing could be put, although the queue can be read."""

import resource
import socket
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from bot.adapters.queue.broker import CeleryQueue, celery_app, connect
from bot.adapters.queue.sqlite import SqliteQueue
from bot.model.event import PullChanged, RepoRef
from bot.web.app import create_app

PLATFORM = RepoRef(owner="acme", name="platform")


def client(queue):
    return create_app([SecretStr("a-new-secret-of-some-length")], queue, platform=PLATFORM).test_client()


@contextmanager
def full_disk(path):
    """No file of this process can grow beyond the size of this one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_no_health(tmp_path):
    with SqliteQueue(tmp_path / "queue.sqlite") as queue:
        queue.put(PullChanged(delivery="one", repo=PLATFORM, number=1))
        health = client(queue)
        assert health.get("/healthz").json == {"status": "ok", "waiting": 1, "running": 0}
        with full_disk(tmp_path / "queue.sqlite-wal"):
            answer = health.get("/healthz")
            assert (answer.status_code, health.get("/").status_code) == (503, 200)
            assert "took nothing" in answer.json["error"]
        assert health.get("/healthz").status_code == 200


def test_an_unreachable_redis_is_no_health():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
        with connect(url) as redis:
            assert client(CeleryQueue(redis, celery_app(url))).get("/healthz").status_code == 503


@pytest.mark.redis
def test_a_redis_that_takes_nothing_is_no_health(own_redis):
    with connect(own_redis.url) as redis:
        health = client(CeleryQueue(redis, celery_app(own_redis.url)))
        assert health.get("/healthz").status_code == 200
        redis.config_set("maxmemory", 1)
        assert health.get("/healthz").status_code == 503
