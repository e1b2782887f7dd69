"""`roadcrew serve` and `roadcrew worker` as real processes on a real Redis: killed, flushed, cut off."""

import signal

import pytest

pytestmark = pytest.mark.redis


@pytest.fixture
def crew(crew_on, redis_url):
    return crew_on(redis_url)


def ended(crew, *deliveries):
    return lambda: {delivery for word, delivery in crew.log() if word == "end"} >= set(deliveries)


def idle(crew):
    return lambda: {crew.health()["waiting"], crew.health()["running"]} == {0}


def test_what_the_front_takes_the_workers_do_and_a_payload_is_stored_once(crew, redis_client):
    crew.go()
    crew.start("serve")
    assert crew.deliver("one", 1) == 202
    assert redis_client.keys("roadcrew:event:*") == ["roadcrew:event:one"]
    crew.start("worker")
    crew.until(ended(crew, "one"))
    crew.until(idle(crew))
    assert crew.log() == [("begin", "one"), ("end", "one")]
    assert crew.log(kinds=["sweep_due"]), "a sweep runs at the start"
    assert redis_client.hget("roadcrew:job:one", "state") == "done"


def test_promise_1_accepted_means_finished_when_the_worker_is_killed(crew):
    crew.start("serve")
    worker = crew.start("worker")
    assert crew.deliver("runs", 1) == 202
    crew.until(lambda: ("begin", "runs") in crew.log())
    assert crew.deliver("waits", 1, "closed") == 202
    crew.kill(worker)
    crew.go()
    crew.start("worker")
    crew.until(ended(crew, "runs", "waits"))
    crew.until(idle(crew))
    ends = [delivery for word, delivery in crew.log() if word == "end"]
    assert sorted(ends) == ["runs", "waits"], "each was done exactly once"


def test_promise_1_accepted_means_finished_when_the_front_is_killed(crew):
    server = crew.start("serve")
    assert crew.deliver("one", 1) == 202
    crew.kill(server)
    crew.go()
    crew.start("worker")
    crew.until(ended(crew, "one"))


def test_promise_2_events_of_one_pull_run_one_after_the_other_and_only_the_newest(crew):
    crew.start("serve")
    crew.start("worker")
    crew.deliver("first", 1)
    crew.until(lambda: ("begin", "first") in crew.log())
    for delivery in ("second", "third", "fourth"):
        assert crew.deliver(delivery, 1) == 202
    assert crew.deliver("elsewhere", 2) == 202
    crew.until(lambda: ("begin", "elsewhere") in crew.log())
    assert crew.log() == [("begin", "first"), ("begin", "elsewhere")]
    crew.go()
    crew.until(ended(crew, "first", "elsewhere", "fourth"))
    crew.until(idle(crew))
    assert {delivery for _, delivery in crew.log()} == {"first", "elsewhere", "fourth"}


def test_promise_2_flushall_in_the_middle_costs_time_only(crew, redis_client):
    crew.start("serve")
    crew.start("worker")
    assert crew.deliver("runs", 1) == 202
    crew.until(lambda: ("begin", "runs") in crew.log())
    assert crew.deliver("forgotten", 1, "closed") == 202
    sweeps = len(crew.log(kinds=["sweep_due"]))
    redis_client.flushall()
    crew.go()
    crew.until(ended(crew, "runs"))
    assert crew.deliver("after", 1, "closed") == 202
    crew.until(ended(crew, "after"))
    # The sweep goes on without a restart, and would find what was forgotten.
    crew.until(lambda: len(crew.log(kinds=["sweep_due"])) >= sweeps + 2)


def test_promise_1_a_redis_that_goes_and_comes_back_is_lived_through(crew_on, own_redis):
    crew = crew_on(own_redis.url)
    crew.go()
    crew.start("serve")
    crew.start("worker")
    assert crew.deliver("before", 1) == 202
    crew.until(ended(crew, "before"))
    own_redis.stop()
    assert crew.deliver("lost", 2) == 503
    own_redis.start()
    crew.until(lambda: crew.deliver("lost", 2) == 202)
    crew.until(ended(crew, "lost"))


def test_sigterm_lets_work_end(crew):
    crew.start("serve")
    worker = crew.start("worker")
    assert crew.deliver("runs", 1) == 202
    crew.until(lambda: ("begin", "runs") in crew.log())
    worker.send_signal(signal.SIGTERM)
    crew.go()
    assert worker.wait(60) == 0
    assert crew.log() == [("begin", "runs"), ("end", "runs")]
    assert "Traceback" not in crew.errors("worker")
