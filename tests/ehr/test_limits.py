"""Pace, budget, concurrency and circuit. STANDARDS 8.40."""

import threading

import pytest

from service.ehr.limits import Circuit, Gate, Limits, Pace
from service.errors import EhrUnavailable
from tests.ehr.clock import Watch


def pass_through(gate: Gate, times: int, *, failed: bool = False) -> None:
    for _ in range(times):
        with gate.passage() as passage:
            passage.failed = failed


def test_8_40_requests_keep_their_pace() -> None:
    watch = Watch()
    pass_through(Gate(Limits(per_second=2, burst=3), watch.clock), 7)
    assert watch.passed == pytest.approx(2.0)  # three at once, then one each half second


def test_8_40_those_who_wait_go_one_after_the_other() -> None:
    pace, waits = Pace(Limits(per_second=2, burst=1)), []
    for _ in range(4):
        waits.append(pace.wait(0))
        pace.take(waits[-1])
    assert waits == [0, 0.5, 1.0, 1.5]


def test_8_40_a_rest_fills_the_burst_again_and_no_more() -> None:
    watch = Watch()
    gate = Gate(Limits(per_second=1, burst=2), watch.clock)
    pass_through(gate, 2)
    watch.passed += 1000
    pass_through(gate, 3)
    assert watch.slept == [pytest.approx(1.0)]


def test_8_40_a_budget_holds_for_every_sixty_minutes() -> None:
    watch = Watch()
    gate = Gate(Limits(per_second=100, burst=100, per_hour=5), watch.clock)
    pass_through(gate, 5)
    with pytest.raises(EhrUnavailable) as refused:
        pass_through(gate, 1)
    assert refused.value.retry_after == pytest.approx(3600)
    watch.passed += 3600
    pass_through(gate, 5)
    assert watch.slept == []


def test_8_30_a_pause_that_the_server_asked_for_holds_for_everybody() -> None:
    watch = Watch()
    gate = Gate(Limits(), watch.clock)
    gate.hold(20)
    pass_through(gate, 1)
    assert watch.passed == pytest.approx(20)
    gate.hold(61)
    with pytest.raises(EhrUnavailable):
        pass_through(gate, 1)


def test_8_40_no_more_than_so_many_at_once() -> None:
    gate = Gate(Limits(at_once=2, per_second=1000, burst=100, longest_wait=30))
    inside, most, lock, go_on = 0, 0, threading.Lock(), threading.Event()

    def visit() -> None:
        nonlocal inside, most
        with gate.passage():
            with lock:
                inside += 1
                most = max(most, inside)
            go_on.wait(0.05)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert most == 2


def test_8_40_nobody_waits_for_ever_for_a_place() -> None:
    gate = Gate(Limits(at_once=1, longest_wait=0.05))
    with gate.passage(), pytest.raises(EhrUnavailable, match="at once"):
        pass_through(gate, 1)
    pass_through(gate, 1)


def test_the_circuit_opens_half_opens_and_closes() -> None:
    watch = Watch()
    gate = Gate(Limits(failures_to_open=3, stay_open=30, per_second=100, burst=100), watch.clock)
    pass_through(gate, 3, failed=True)
    with pytest.raises(EhrUnavailable, match="left alone") as refused:
        pass_through(gate, 1)
    assert refused.value.retry_after == pytest.approx(30)
    watch.passed += 30
    pass_through(gate, 1, failed=True)  # the one that tries
    with pytest.raises(EhrUnavailable):
        pass_through(gate, 1)
    watch.passed += 30
    pass_through(gate, 1)
    assert not gate.is_open
    pass_through(gate, 5)


def test_while_one_tries_the_others_stay_out() -> None:
    circuit = Circuit(Limits(failures_to_open=1, stay_open=10))
    circuit.report(failed=True, now=0)
    assert (circuit.wait(5), circuit.wait(10), circuit.wait(10) > 0) == (5, 0, True)
    circuit.report(failed=False, now=11)
    assert (circuit.wait(11), circuit.opened_at) == (0, None)


def test_a_success_forgets_the_failures_before() -> None:
    circuit = Circuit(Limits(failures_to_open=2))
    for failed in (True, False, True):
        circuit.report(failed, now=0)
    assert circuit.opened_at is None


def test_a_passage_that_ends_in_an_error_of_ours_frees_its_place() -> None:
    gate = Gate(Limits(at_once=1, longest_wait=0.05), Watch().clock)
    with pytest.raises(ZeroDivisionError), gate.passage():
        raise ZeroDivisionError
    pass_through(gate, 1)
    assert not gate.is_open


def test_what_nobody_waits_for_holds_up_nobody() -> None:
    watch = Watch()
    main = Gate(Limits(per_second=1000, burst=1000, failures_to_open=3), watch.clock)
    aside = main.beside(Limits(longest_wait=1, failures_to_open=1))
    aside.hold(30)
    pass_through(main, 1)
    assert watch.slept == []
    with pytest.raises(EhrUnavailable):
        pass_through(aside, 1)
    watch.passed += 30
    pass_through(aside, 1, failed=True)
    assert (aside.is_open, main.is_open) == (True, False)
    pass_through(main, 3, failed=True)
    assert main.is_open


def test_what_nobody_waits_for_keeps_the_pace_the_budget_and_the_pauses_of_all() -> None:
    watch = Watch()
    main = Gate(Limits(per_second=100, burst=100, per_hour=3), watch.clock)
    aside = main.beside(Limits(longest_wait=1))
    pass_through(main, 2)
    pass_through(aside, 1)
    for gate in (aside, main):
        with pytest.raises(EhrUnavailable):
            pass_through(gate, 1)
    slow = Gate(Limits(), watch.clock)
    slow.hold(5)
    with pytest.raises(EhrUnavailable):
        pass_through(slow.beside(Limits(longest_wait=1)), 1)
