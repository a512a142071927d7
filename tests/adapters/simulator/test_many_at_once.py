"""Many callers at once: nothing is lost, nothing is doubled, nobody is answered before the disk knows."""

import threading

from tests.adapters.simulator.visitor import Visitor, an_invoice


def test_eight_callers_with_their_own_numbers_all_get_in(connected: Visitor) -> None:
    statuses: list[int] = []

    def call(caller: int) -> None:
        for batch in range(5):
            answer = connected.put(*(an_invoice(f"K-{caller}-{batch}-{n}") for n in range(10)))
            statuses.append(answer.status_code)

    callers = [threading.Thread(target=call, args=(n,)) for n in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert statuses == [200] * 40
    assert len(set(connected.numbers())) == len(connected.numbers()) == 400
    assert connected.rules_broken() == []


def test_of_eight_callers_with_the_same_number_one_gets_in(connected: Visitor) -> None:
    answers: list[list[list[str]]] = []
    callers = [threading.Thread(target=lambda: answers.append(connected.messages(an_invoice()))) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(answers) == [[[]]] + [[["Invoice # must be unique."]]] * 7
    assert connected.numbers() == ["K-1"]
