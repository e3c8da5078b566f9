"""Why a case stands where it stands, asked by several people at the same instant."""

from __future__ import annotations

import threading
from typing import Any

from django.db import connections

from liangqing.house.explain import explain
from tests.cast import Cast


def test_two_who_ask_at_once_are_both_answered(books, night):
    huaxin = Cast().customer("华信")
    huaxin.bill(800, due="2026-01-05")
    night("2026-02-06")
    number, people = huaxin.live_case.number, 4
    told: list[Any] = [None] * people
    start = threading.Barrier(people)

    def ask(place: int) -> None:
        try:
            start.wait(10)
            told[place] = explain(number)
        except Exception as error:  # noqa: BLE001 - told to the test
            told[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told[0]["level_row"]["row"], told
    assert all(each == told[0] for each in told), told
