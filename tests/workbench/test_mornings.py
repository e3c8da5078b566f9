"""A collector's morning, a supervisor's redistribution: in a real browser, and as plain form posts."""

from __future__ import annotations

import datetime as dt
import re
import threading
from contextvars import copy_context

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from liangqing.cases.models import Case, Promise, Record, Task
from liangqing.kit import sealing
from liangqing.receivables.models import Bill
from liangqing.trail.models import Entry

TOMORROW = "2026-07-01"


def _first_of(username):
    return (
        Task.objects.filter(owner__username=username, state="open", case__isnull=False)
        .select_related("case", "party")
        .order_by("-points", "due_on", "id")
        .first()
    )


def test_a_collector_records_a_contact_from_her_list_without_the_mouse(house_of_people, browser_page):
    task = _first_of("lin")
    page = browser_page("lin")
    page.goto("/day/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#drawer:not([hidden]) form")
    page.keyboard.press("c")
    page.keyboard.type("no", delay=5)
    page.locator("#drawer select[name=result]").select_option("no_answer")
    page.locator("#drawer select[name=reached]").select_option("nobody")
    page.locator("#drawer textarea[name=note]").fill("响铃无人接听，下午再拨。")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#drawer .lq-note.good")
    record = Record.objects.latest("id")
    assert record.case == task.case and record.result == "no_answer" and record.note == "响铃无人接听，下午再拨。"
    assert "响铃无人接听" in page.locator("#drawer .lq-timeline").inner_text()


def test_a_promise_taken_with_the_record_is_seen_at_once(house_of_people, browser_page):
    task = _first_of("lin")
    page = browser_page("lin")
    page.goto(f"/cases/{task.case.number}/")
    amount = page.locator("input[name=promise_amount]")
    assert not amount.is_visible()
    page.locator("select[name=result]").select_option("promised")
    assert amount.is_visible()
    amount.fill("1,234.50")
    page.locator("input[name=promise_due_on]").fill("2026-07-03")
    page.locator("select[name=attitude]").select_option("promiser")
    assert page.locator("[data-shows-for='attitude promiser']").is_visible()
    page.locator("form[action$='/records/'] button[type=submit]").click()
    page.wait_for_selector(".lq-note.good")
    promise = Promise.objects.latest("id")
    assert (promise.amount, promise.due_on) == (123_450, dt.date(2026, 7, 3))
    assert "1,234.50" in page.inner_text("main")


def test_a_record_without_what_its_result_needs_comes_back_with_the_form(house_of_people, client_of):
    task = _first_of("lin")
    answer = client_of("lin").post(
        f"/cases/{task.case.number}/records/",
        {"result": "promised", "reached": "self", "channel": "phone", "note": "说下周付", "promise_currency": "CNY"},
    )
    assert answer.status_code == 422
    assert "说下周付" in answer.content.decode()
    assert not Record.objects.filter(case=task.case, result="promised").exists()


def test_a_record_can_be_written_without_scripts(house_of_people, client_of):
    task = _first_of("lin")
    answer = client_of("lin").post(
        f"/cases/{task.case.number}/records/",
        {"result": "cannot_pay", "reached": "self", "channel": "phone", "note": "资金紧张", "reason": "cash_shortage"},
        follow=True,
    )
    assert answer.status_code == 200
    assert Record.objects.latest("id").reason == "cash_shortage"
    assert Task.objects.get(pk=task.pk).state == "done"


def test_the_second_of_two_people_on_one_case_sees_what_the_first_did(house_of_people, client_of):
    task = _first_of("lin")
    seen = Record.objects.filter(case=task.case).latest("id").pk
    words = {"reached": "nobody", "channel": "phone", "seen": seen}
    address = f"/cases/{task.case.number}/records/"
    first = client_of("lin").post(address, {**words, "result": "busy", "note": "第一个人"}, follow=True)
    second = client_of("xu").post(address, {**words, "result": "no_answer", "note": "第二个人"}, follow=True)
    assert first.status_code == second.status_code == 200
    assert list(Record.objects.filter(case=task.case, pk__gt=seen).order_by("id").values_list("result", flat=True)) == [
        "busy",
        "no_answer",
    ]
    assert house_of_people.user("lin").name in "".join(str(each) for each in second.context["messages"])
    assert "第一个人" in second.content.decode()


def test_records_written_at_the_same_instant_are_both_kept_and_the_later_hears_of_the_other(house_of_people, client_of):
    task, address = _first_of("lin"), f"/cases/{_first_of('lin').case.number}/records/"
    seen = Record.objects.filter(case=task.case).latest("id").pk
    people, start, told = ("lin", "xu"), threading.Barrier(2), dict.fromkeys(("lin", "xu"), "")

    def write(username: str) -> None:
        try:
            start.wait(10)
            words = {"reached": "nobody", "channel": "phone", "seen": seen, "result": "busy", "note": username}
            answer = client_of(username).post(address, words, follow=True)
            told[username] = "".join(re.findall(r'class="lq-note good[^>]*>(.*?)</', answer.content.decode()))
        finally:
            connections.close_all()

    for username in people:
        client_of(username)  # signed in before the race
    threads = [threading.Thread(target=copy_context().run, args=(write, username)) for username in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    written = list(Record.objects.filter(case=task.case, pk__gt=seen).order_by("id").select_related("by"))
    assert sorted(each.note for each in written) == ["lin", "xu"]
    first, later = (each.by for each in written)
    assert first.name in told[later.username] and later.name not in told[first.username], told


def test_files_handed_in_with_a_record_are_kept_with_it(house_of_people, client_of):
    task = _first_of("lin")
    papers = [SimpleUploadedFile("回单.txt", b"paid"), SimpleUploadedFile("对账单.txt", "确认".encode())]
    given = {"result": "no_answer", "reached": "nobody", "channel": "phone", "attachments": papers}
    client_of("lin").post(f"/cases/{task.case.number}/records/", given)
    written = Record.objects.filter(case=task.case).latest("id")
    assert [each.name for each in written.attachments.order_by("id")] == ["回单.txt", "对账单.txt"]


def test_a_correction_leaves_both_records_on_the_page(house_of_people, client_of):
    task = _first_of("lin")
    old = Record.objects.filter(case=task.case).latest("id")
    page = client_of("lin").get(f"/cases/{task.case.number}/?correct={old.pk}").content.decode()
    assert f'name="corrects" value="{old.pk}"' in page
    answer = client_of("lin").post(
        f"/cases/{task.case.number}/records/",
        {"result": "no_answer", "reached": "nobody", "channel": "phone", "corrects": old.pk, "note": "记错了"},
        follow=True,
    )
    assert Record.objects.get(corrects=old).note == "记错了"
    said = answer.content.decode()
    assert said.count("data-correction") == 1 and f"?correct={old.pk}" not in said and "记错了" in said


def test_revealing_a_phone_asks_for_the_purpose_and_leaves_a_trace(house_of_people, browser_page):
    customer = house_of_people.customer(_first_of("lin").party.number)
    plain = customer.contact.value
    page = browser_page("lin")
    page.goto(f"/customers/{customer.party.number}/")
    assert plain not in page.content()
    page.locator(f"#contact-{customer.contact.pk}").locator("xpath=ancestor::tr").locator("summary").click()
    page.locator(f"form[action='/contacts/{customer.contact.pk}/revelation/'] input[name=purpose]").fill("电话核对账单")
    page.locator(f"form[action='/contacts/{customer.contact.pk}/revelation/'] button").click()
    page.wait_for_selector(f"#contact-{customer.contact.pk} a[href^='tel:']")
    assert plain in page.locator(f"#contact-{customer.contact.pk}").inner_text()
    told = Entry.objects.filter(event="personal data revealed").latest("id")
    assert told.facts["purpose"] == "电话核对账单" and plain not in str(told.facts)


def test_a_pinned_task_stands_first_and_a_postponed_one_is_gone(house_of_people, client_of):
    tasks = list(Task.objects.filter(owner__username="lin", state="open").order_by("points", "-due_on"))
    last, other = tasks[0], tasks[-1]
    lin = client_of("lin")
    lin.post(f"/tasks/{last.pk}/pin/")
    lin.post(f"/tasks/{other.pk}/postponement/", {"until": "2026-07-04", "reason": "客户出差"})
    assert "客户出差" in lin.get(f"/cases/{other.case.number}/").content.decode(), "who sees the case sees the reason"
    told = Entry.objects.get(event="task postponed")
    trail = client_of("luo").get(f"/trail/{told.pk}/").content.decode()
    assert "客户出差" not in trail and "~1:" not in trail, "whoever reads the trail does not"
    lines = [line["task"].pk for line in lin.get("/day/").context["lines"]]
    assert lines[0] == last.pk and other.pk not in lines
    assert sealing.unseal(told.facts["reason"]) == "客户出差"


def test_a_supervisor_hands_cases_to_somebody_else_in_the_browser(house_of_people, browser_page):
    case = Case.objects.filter(owner__username="lin", stage="open").first()
    page = browser_page("xu")
    page.goto("/cases/")
    page.locator(f"input[data-pick][value='{case.pk}']").check()
    page.locator("#bulk select[name=to]").select_option(str(house_of_people.user("chen").pk))
    page.locator("#bulk input[name=reason]").fill("林晓休假")
    page.locator("#bulk button").click()
    page.wait_for_selector(".lq-note.good")
    case.refresh_from_db()
    assert case.owner.username == "chen"
    assert set(Task.objects.filter(case=case, state="open").values_list("owner__username", flat=True)) <= {"chen"}
    assert Entry.objects.filter(
        event="case assigned", thing_id=case.pk, actor_id=house_of_people.user("xu").pk
    ).exists()


def test_a_clerk_uploads_a_ledger_with_errors_in_the_browser(house_of_people, browser_page):
    customer = house_of_people.of("lin")[0].party.number
    rows = ["账单号,客户编号,到期日,金额", f"LX1,{customer},2026-08-05,88.50", f"LX2,{customer},不知道,20"]
    page = browser_page("qian")
    page.set_default_timeout(20_000)  # a whole file is checked, and read again when it lands
    page.goto("/imports/new/")
    ledger = {"name": "台账.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    page.locator("input[name=files]").set_input_files(ledger)
    page.locator("main form button.btn-primary").click()
    page.wait_for_selector("button[name=do][value=land]:not([disabled])")
    assert "不知道" in page.inner_text("main")
    assert not Bill.objects.filter(number__startswith="LX").exists(), "nothing lands before it is confirmed"
    with page.expect_download() as taken:
        page.locator("main a[href$='/errors/']").first.click()
    assert "不知道" in taken.value.path().read_text("utf-8-sig")
    page.locator("button[name=do][value=land]").click()
    page.wait_for_url(lambda url: "/uploads/" not in url)
    assert list(Bill.objects.filter(number__startswith="LX").values_list("number", "principal")) == [("LX1", 8850)]


def test_money_on_account_is_set_against_bills_as_shown(house_of_people, client_of):
    qian = client_of("qian")
    entered = qian.post(
        "/receipts/entry/",
        {
            "customer": "C1",
            "creditor": house_of_people.customer("C1").bill.creditor_id,
            "number": "SK-1",
            "received_on": "2026-06-29",
            "amount": "500",
            "currency": "CNY",
            "method": "transfer",
        },
    )
    assert entered.status_code == 302
    shown = qian.get("/customers/C1/applications/").context["proposals"]
    keys = [key for shown_account in shown for _line, key in shown_account[1]]
    assert keys
    qian.post("/customers/C1/applications/", {"line": keys})
    bill = house_of_people.customer("C1").bill
    assert sum(bill.allocations.values_list("amount", flat=True)) == 10_000 + 50_000


def test_a_proposal_that_is_out_of_date_lands_nothing(house_of_people, client_of):
    before = house_of_people.customer("C1").bill.allocations.count()
    answer = client_of("qian").post("/customers/C1/applications/", {"line": ["receipt:1:1:1:1:1"]}, follow=True)
    assert answer.status_code == 200
    assert house_of_people.customer("C1").bill.allocations.count() == before


def test_search_finds_a_customer_by_part_pinyin_initials_and_phone(house_of_people, client_of):
    shen = client_of("shen")
    for text in ("栎印", "zhongli", "zlyw", "13800000036", "C6"):
        answer = shen.get("/customers/", {"q": text}, follow=True)
        assert "中栎印务有限公司" in answer.content.decode(), text
