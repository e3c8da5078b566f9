"""People go on working while a night lands: nobody's act is lost, and nobody waits for the other in a circle."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from liangqing.cases.actions import promises, records, tasks
from liangqing.cases.actions.assign import assign
from liangqing.cases.models import Case, Promise, Record, Task
from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.nightly.actions.run import run
from liangqing.nightly.models import Run
from tests.cast import Cast, Customer, day, yuan

NIGHT = day("2026-03-12")
MORNING = "2026-03-12T08:00:00+08:00"


@pytest.fixture
def busy(night: Any) -> tuple[Cast, list[Customer]]:
    """Six cases; tonight each changes: a promise broke, and all are later and owe more."""
    cast = Cast()
    customers = [cast.customer(name) for name in ("华信", "大河", "远东", "金陵", "三和", "同方")]
    for customer in customers:
        customer.bill(900, due="2026-02-09")
    night("2026-03-11")
    for customer in customers:
        customer.promises(100, on="2026-03-11", due="2026-03-11")
        customer.bill(80_000, due="2026-03-01")
    Promise.objects.update(promised_on="2026-03-05", due_on="2026-03-08")
    return cast, customers


class Beside:
    """Acts in threads of their own, with connections of their own; what goes wrong there goes wrong here."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.failed: list[BaseException] = []

    def start(self, act: Callable[[], object]) -> None:
        def go() -> None:
            try:
                with clock.at(MORNING):
                    act()
            except BaseException as error:  # noqa: BLE001 (told at the end)
                self.failed.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=go, daemon=True)
        self.threads.append(thread)
        thread.start()

    def end(self) -> None:
        for thread in self.threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "somebody waits for ever"
        assert self.failed == []


def writes(case: Case, cast: Cast) -> Record:
    return records.record(
        case, channel="phone", result="no_answer", reached="nobody", address="13800000000", note="无人接听", by=cast.lin
    )


def the_night(at: str, beside: Beside, *acts: Callable[[], object]) -> None:
    """The night, with these acts begun when it says it is there. Those before its landing are over before it goes on."""

    def hear(_date: dt.date, step: str) -> None:
        if step == at:
            for act in acts:
                beside.start(act)
            if at != "landed, not committed":
                beside.end()

    run(NIGHT, PLAN, progress=hear)
    beside.end()


@pytest.mark.parametrize("at", ["owed", "land", "landed, not committed", "seal"])
def test_what_people_write_while_a_night_goes_on_stands(busy: tuple[Cast, list[Customer]], at: str) -> None:
    cast, customers = busy
    cases = [customer.case for customer in customers]
    tasks_by_case = {task.case_id: task for task in Task.objects.filter(state="open")}
    beside = Beside()
    the_night(
        at,
        beside,
        lambda: writes(cases[0], cast),
        lambda: promises.record(cases[1], amount=yuan(50), due_on=day("2026-03-20"), by=cast.lin),
        lambda: customers[2].pays(900, on="2026-03-12"),
        lambda: assign([cases[3], cases[4]], cast.mei, by=cast.zhao, reason="休假"),
        lambda: tasks.pin(tasks_by_case[cases[5].pk], by=cast.lin) if at == "owed" else None,
    )
    assert Record.objects.filter(case=cases[0]).count() == 1
    assert Promise.objects.get(case=cases[1], state="open").amount == 5000
    assert customers[2].party.pk
    assert {Case.objects.get(pk=case.pk).owner for case in cases[3:5]} == {cast.mei}
    assert not Task.objects.filter(state="open", case__in=cases[3:5]).exclude(owner=cast.mei).exists()
    assert Run.objects.get(date=NIGHT).status == "done"


def test_whoever_holds_a_customer_and_waits_for_its_case_does_not_stop_the_night(
    busy: tuple[Cast, list[Customer]],
) -> None:
    """As a record does it: the customer first, then the case, then the promise, slowly, while the night lands."""
    from django.db import transaction

    from liangqing.parties.models import Party

    _cast, customers = busy
    cases = [customer.case for customer in customers]
    holds, goes_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            for customer in customers[:3]:
                Party.objects.select_for_update().get(pk=customer.party.pk)
            holds.set()
            goes_on.wait(10)
            for case in cases[:3]:
                Case.objects.select_for_update().get(pk=case.pk)
                list(Promise.objects.select_for_update().filter(case=case))

    def hear(_date: dt.date, step: str) -> None:
        if step == "land":
            beside.start(slowly)
            assert holds.wait(10)
            threading.Timer(1.0, goes_on.set).start()  # by then the landing waits, for the customers

    beside = Beside()
    run(NIGHT, PLAN, progress=hear)
    beside.end()
    assert Run.objects.get(date=NIGHT).status == "done"
    assert not Promise.objects.filter(state="open").exists()
