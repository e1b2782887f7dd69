"""The Celery app: what must be set so that nothing gets lost or runs twice."""

import pytest
from pydantic import SecretStr

from bot.adapters.queue.broker import CLOCK_QUEUE, LEASE, LEASES, RELEASE, SWEEP, TIME_LIMIT, WORK, celery_app
from bot.errors import UserError
from bot.model.event import RepoRef
from bot.settings import Settings
from workers.app import make_app


def settings(**changes):
    return Settings.model_construct(
        **{
            "redis_url": SecretStr("redis://127.0.0.1:1/0"),
            "platform_repo": RepoRef(owner="acme", name="platform"),
            "sweep_seconds": 300,
            "concurrency": 2,
            "worker_queues": (0, 3),
            **changes,
        }
    )


def no_work(settings, queue):
    raise AssertionError("work is made at the first task, not with the app")


@pytest.fixture
def app():
    app = make_app(settings(), no_work)
    yield app
    app.close()


def test_a_killed_worker_loses_no_message(app):
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    options = app.conf.broker_transport_options
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 10


def test_nothing_is_delivered_again_while_it_runs(app):
    assert app.conf.task_time_limit == TIME_LIMIT
    assert app.conf.broker_transport_options["visibility_timeout"] > TIME_LIMIT
    assert LEASE < TIME_LIMIT


def test_only_json_is_read_and_results_are_kept_nowhere(app):
    assert app.conf.accept_content == ["json"]
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result


def test_it_takes_the_queues_that_it_was_given_and_the_clocks(app):
    assert {queue.name for queue in app.conf.task_queues} == {"roadcrew-0", "roadcrew-3", CLOCK_QUEUE}


def test_sender_and_worker_agree_on_names_and_schedule(app):
    assert {WORK, RELEASE, SWEEP, LEASES} <= set(app.tasks)
    schedule = app.conf.beat_schedule
    assert {entry["task"] for entry in schedule.values()} == {RELEASE, SWEEP, LEASES}
    assert {entry["options"]["queue"] for entry in schedule.values()} == {CLOCK_QUEUE}
    assert schedule["sweep"]["schedule"] == 300
    assert schedule["leases"]["schedule"] == 20


def test_the_sender_needs_no_task():
    with celery_app("redis://127.0.0.1:1/0") as app:
        assert WORK not in app.tasks


def test_without_redis_a_worker_is_refused_with_a_sentence():
    with pytest.raises(UserError, match="ROADCREW_REDIS_URL is missing"):
        make_app(settings(redis_url=None), no_work)
