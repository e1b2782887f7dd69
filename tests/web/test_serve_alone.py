"""`roadcrew serve` without Redis as a real process: killed with -9 at its worst moments, and stopped in peace."""

import signal


def ended(crew, *deliveries):
    return lambda: {delivery for word, delivery in crew.log() if word == "end"} >= set(deliveries)


def test_promise_1_accepted_means_finished_when_killed_between_put_and_work(crew):
    server = crew.start("serve")
    assert crew.deliver("runs", 1) == 202
    crew.until(lambda: ("begin", "runs") in crew.log())
    # Of the same pull request: it must wait for the first, so nobody has seen it when the process dies.
    assert crew.deliver("waits", 1, "closed") == 202
    crew.kill(server)
    assert crew.log() == [("begin", "runs")]

    crew.go()
    crew.start("serve")
    crew.until(ended(crew, "runs", "waits"))
    assert crew.log()[1:] == [("begin", "runs"), ("end", "runs"), ("begin", "waits"), ("end", "waits")]


def test_promise_1_accepted_means_finished_when_killed_again_and_again(crew):
    for times in (1, 2, 3):
        server = crew.start("serve")
        assert crew.deliver("same", 1) == 202
        crew.until(lambda times=times: len(crew.log()) == times)
        crew.kill(server)
    crew.go()
    crew.start("serve")
    crew.until(ended(crew, "same"))
    assert crew.log() == [("begin", "same")] * 4 + [("end", "same")]


def test_promise_2_doubled_deliveries_run_once_and_redelivered_ones_again(crew):
    crew.start("serve")
    assert [crew.deliver("same", 1) for _ in range(3)] == [202, 202, 202]
    crew.go()
    crew.until(ended(crew, "same"))
    crew.until(lambda: crew.health()["running"] == 0)
    assert crew.log() == [("begin", "same"), ("end", "same")]
    assert crew.deliver("same", 1) == 202
    crew.until(lambda: crew.log().count(("end", "same")) == 2)


def test_promise_2_a_sweep_runs_at_every_start(crew):
    crew.go()
    for starts in (1, 2):
        server = crew.start("serve")
        crew.until(lambda starts=starts: len(crew.log(kinds=["sweep_due"])) >= 2 * starts)
        crew.kill(server)


def test_sigterm_lets_work_end(crew):
    server = crew.start("serve")
    assert crew.deliver("runs", 1) == 202
    crew.until(lambda: ("begin", "runs") in crew.log())
    server.send_signal(signal.SIGTERM)
    crew.go()
    assert server.wait(30) == 0
    assert crew.log() == [("begin", "runs"), ("end", "runs")]
    assert "Traceback" not in crew.errors("serve")


def test_a_second_server_on_the_same_folder_is_refused(crew):
    crew.start("serve")
    second = None
    try:
        crew.start("serve")
    except AssertionError:
        second = crew.processes[-1]
    assert second is not None, "two servers share a queue"
    second.wait(30)
    assert "Another Roadcrew process works on the queue" in crew.errors("serve")
