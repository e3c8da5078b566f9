"""How long letters take and how much memory: python -m bench.letters [HOW MANY] [WORKERS].

Sets the letters in volumes and joins these into one PDF, as a batch is taken away. Prints milliseconds a letter (time on the
clock, and of the processor, which is what one core does) of both and of all of it, the memory of the largest process, and
how large what was made is.
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liangqing.outreach.content.letters import Letter

DAY = dt.date(2026, 11, 22)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liangqing.house.settings")
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@localhost/nothing")
    os.environ.setdefault("LIANGQING_HOME", tempfile.mkdtemp())
    import django

    django.setup()
    from liangqing.outreach.content import batches

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        made = batches.batch(_letters(count), Path(folder), workers=workers)
        took, set_in = time.perf_counter() - start, _used()
        whole = Path(folder) / "whole.pdf"
        with whole.open("wb") as file:
            pages = batches.joined((path.read_bytes() for path in made.volumes), file)
        all_took, all_used = time.perf_counter() - start, _used()
        size, whole_size = sum(path.stat().st_size for path in made.volumes), whole.stat().st_size
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    assert len(made.posted) == count and not made.failed
    print(
        f"{count} letters, {sum(each.pages for each in made.posted)} pages, {len(made.volumes)} volumes, {size / 2**20:.0f} MB"
    )
    print(
        f"{took:.1f} s with {workers} at once: {took / count * 1000:.1f} ms a letter; {set_in / count * 1000:.1f} ms of one core"
    )
    print(
        f"one PDF of {pages} pages, {whole_size / 2**20:.0f} MB: {all_took - took:.1f} s more,"
        f" {(all_used - set_in) / count * 1000:.2f} ms of one core a letter; all of it {all_used / count * 1000:.1f} ms"
    )
    print(f"memory: {own.ru_maxrss // 1024} MiB here, {children.ru_maxrss // 1024} MiB where a volume is set")


def _used() -> float:
    """Seconds of the processor so far, with those of the processes that set volumes."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in times)


def _letters(count: int) -> Iterator[Letter]:
    from liangqing.kit.money import Money
    from liangqing.outreach.content import letters, presets
    from liangqing.outreach.content.values import BillLine, Values
    from liangqing.outreach.models import Template, TemplateVersion

    preset = next(each for each in presets.presets() if each.name == "催收函")
    template = Template(name=preset.name, **preset.key)
    version = TemplateVersion(template=template, number=1, state="approved", subject=preset.subject, body=preset.body)
    chance = Random(1)
    for number in range(count):
        bills = []
        for each in range(1, chance.choice((1, 1, 1, 2, 2, 3, 5, 8, 30)) + 1):
            days = chance.randrange(1, 400)
            amount = Money(chance.randrange(1, 10**9), "CNY")
            bills.append(
                BillLine(f"INV-{number}-{each}", DAY - dt.timedelta(days=days), amount, days, f"HT-2026-{each:03d}")
            )
        values = Values(
            language="zh-hans",
            institution="杭州两清商业管理有限公司",
            institution_address="浙江省杭州市上城区解放路18号",
            institution_email="service@example.com",
            signer="应收账款管理部",
            callback_phone="0571-88880001",
            complaint_phone="0571-88880002",
            account_name="杭州两清商业管理有限公司",
            bank="中国工商银行杭州解放路支行",
            account="1202 0201 0990 0012 345",
            customer=f"苏州华信第{number}机械有限公司",
            reference=f"LQ-H-2026-{number:06d}",
            contract="HT-2026-001",
            amount=sum((bill.amount for bill in bills[1:]), bills[0].amount),
            bills=tuple(bills),
            days_late=max(bill.days_late for bill in bills),
            pay_by_on=DAY + dt.timedelta(days=10),
            today=DAY,
        )
        lines = ("江苏省苏州市工业园区", f"星湖街{number}号创意产业园5幢1201室")
        yield letters.compose(version, values, letters.Addressee(values.customer or "", lines, "215000"))


if __name__ == "__main__":
    main()
