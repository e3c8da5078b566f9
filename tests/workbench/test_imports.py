"""The clerk's whole way with a file: put down, looked at, put right, imported, taken back."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from liangqing.house import jobs
from liangqing.imports.models import Import, Profile
from liangqing.kit import clock
from liangqing.parties.models import Party
from liangqing.people.actions import staff
from liangqing.receivables.models import Bill, Receipt
from liangqing.trail.models import Entry
from liangqing.workbench import undoings, uploads
from liangqing.workbench.models import Undoing, Upload
from tests.files import BILLS, CUSTOMERS, Desk

GOOD_BILLS = BILLS + "B1,K1,2026-01-05,2026-02-05,100.00\nB2,K2,2026-01-06,2026-02-06,2000.50\n"
BAD_BILLS = GOOD_BILLS + "B3,K1,2026-01-05,not a day,1\nB4,K9,2026-01-05,2026-02-05,7\n"


class Clerk:
    """Somebody at the pages, in English."""

    def __init__(self, name: str, *duties: str) -> None:
        self.user = staff.join(name, name=name.title(), department=None, duties=duties)
        self.client = Client(headers={"accept-language": "en"})
        self.client.force_login(self.user)

    def puts(self, *texts: str | bytes, name: str = "bills.csv", **choices: str) -> Any:
        files = [
            SimpleUploadedFile(
                name if len(texts) == 1 else f"{place}-{name}", text if isinstance(text, bytes) else text.encode()
            )
            for place, text in enumerate(texts)
        ]
        return self.client.post("/imports/new/", {"files": files, "currency": "CNY", **choices})

    def sees(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.status_code
        return str(answer.content.decode())

    def decides(self, upload: Upload, do: str, **choices: str) -> Any:
        """Press a button under the form as the page shows it, with some choices changed."""
        upload.refresh_from_db()
        found = uploads.found_in(upload)
        fields = uploads.KINDS[upload.kind].fields if upload.kind else ()
        shown = {f"column-{field.name}": found.get("columns", {}).get(field.name, "") for field in fields}
        kept = {name: value for name, value in upload.choices.items() if name != "columns"}
        return self.client.post(
            f"/imports/uploads/{upload.pk}/",
            {"currency": "CNY", "kind": upload.kind, **kept, **shown, **choices, "do": do},
        )


@pytest.fixture
def qian(books: str) -> Clerk:
    """Finance."""
    return Clerk("qian", "finance")


@pytest.fixture
def known(qian: Clerk, desk: Desk) -> Desk:
    """Two customers are known."""
    desk.bring(CUSTOMERS)
    return desk


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is too large for a request."""
    monkeypatch.setattr(uploads, "AT_ONCE_BYTES", 0)


def the_upload() -> Upload:
    return Upload.objects.latest("id")


class TestTheWayOfAFile:
    def test_an_empty_list_says_what_to_do_next(self, qian):
        assert "Start with the file of customers" in qian.sees("/imports/")

    def test_nothing_lands_before_it_is_confirmed(self, known, qian):
        answer = qian.puts(GOOD_BILLS)
        upload = the_upload()
        assert answer.url == f"/imports/uploads/{upload.pk}/"
        assert upload.state == "checked" and upload.kind == "bills"
        page = qian.sees(answer.url)
        assert "Import 2 rows" in page and "2,000.50" in page
        assert not Bill.objects.exists()
        assert "checked, not imported yet" in qian.sees("/imports/")

    def test_confirmed_it_lands_in_the_name_of_the_clerk(self, known, qian):
        qian.puts(GOOD_BILLS)
        answer = qian.decides(the_upload(), "land")
        record = Import.objects.latest("id")
        assert answer.url == f"/imports/{record.pk}/"
        assert sorted(Bill.objects.values_list("number", flat=True)) == ["B1", "B2"]
        assert (record.file, record.created, record.actor_id) == ("bills.csv", 2, qian.user.pk)
        assert Entry.objects.get(event="file imported", thing_id=record.pk).actor_id == qian.user.pk
        assert "Import " in qian.sees(answer.url)
        assert "Qian" in qian.sees("/imports/")

    def test_the_file_is_forgotten_once_it_has_landed(self, known, qian, data_folder):
        qian.puts(GOOD_BILLS)
        assert [path.name for path in data_folder.glob("uploads/*/*")] == ["bills.csv"]
        qian.decides(the_upload(), "land")
        assert not list(data_folder.glob("uploads/*"))

    def test_what_the_check_quotes_is_sealed_where_it_is_stored(self, known, qian):
        qian.puts(CUSTOMERS + "K7,华信秘密公司\n", name="customers.csv")
        upload = the_upload()
        assert upload.found_stored.startswith("~1:")
        assert "华信秘密公司" not in upload.found_stored and "华信秘密公司" in qian.sees(
            f"/imports/uploads/{upload.pk}/"
        )

    def test_several_files_stand_in_the_order_they_must_land(self, qian):
        answer = qian.puts(GOOD_BILLS, CUSTOMERS)
        assert answer.url == "/imports/"
        page = qian.sees("/imports/")
        assert page.index("1-bills.csv") < page.index("0-bills.csv")

    def test_bills_put_down_with_their_customers_are_checked_again_when_these_have_landed(self, qian):
        qian.puts(GOOD_BILLS, CUSTOMERS)
        bills, customers = Upload.objects.order_by("id")
        assert "No row can be imported" in qian.sees(f"/imports/uploads/{bills.pk}/")
        assert "should be imported first" in qian.sees(f"/imports/uploads/{bills.pk}/")
        qian.decides(customers, "land")
        assert "Import 2 rows" in qian.sees(f"/imports/uploads/{bills.pk}/")

    def test_the_same_file_again_is_said_to_be_known_and_changes_nothing(self, known, qian):
        qian.puts(GOOD_BILLS)
        qian.decides(the_upload(), "land")
        qian.puts(GOOD_BILLS)
        assert "has been imported before" in qian.sees(f"/imports/uploads/{the_upload().pk}/")
        qian.decides(the_upload(), "land")
        assert Import.objects.latest("id").unchanged == 2

    def test_a_file_put_away_leaves_nothing_behind(self, known, qian, data_folder):
        qian.puts(BAD_BILLS)
        qian.decides(the_upload(), "drop")
        upload = the_upload()
        assert (upload.state, upload.found_stored, upload.error_file) == ("dropped", "", "")
        assert not list(data_folder.glob("uploads/*"))
        assert qian.client.get(f"/imports/uploads/{upload.pk}/").url == "/imports/"


class TestWhatIsWrong:
    def test_problems_are_told_by_row_and_field_before_anything_lands(self, known, qian):
        qian.puts(BAD_BILLS)
        page = qian.sees(f"/imports/uploads/{the_upload().pk}/")
        assert "not a day" in page and "Write it as 2020-01-31" in page
        assert "Import 2 rows" in page

    def test_the_good_rows_land_and_the_others_are_taken_as_a_file(self, known, qian):
        qian.puts(BAD_BILLS)
        qian.decides(the_upload(), "land")
        record = Import.objects.latest("id")
        assert (record.created, record.rejected) == (2, 2)
        answer = qian.client.get(f"/imports/{record.pk}/errors/")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert "B3" in text and "B4" in text and "B1" not in text
        assert "attachment" in answer["Content-Disposition"]
        assert Entry.objects.filter(event="error file taken", actor_id=qian.user.pk).exists()

    def test_the_error_file_corrected_lands(self, known, qian):
        qian.puts(BAD_BILLS)
        qian.decides(the_upload(), "land")
        record = Import.objects.latest("id")
        answer = qian.client.get(f"/imports/{record.pk}/errors/")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        qian.puts(text.replace("not a day", "2026-03-01").replace("K9", "K2"), name="corrected.csv")
        qian.decides(the_upload(), "land")
        assert Bill.objects.count() == 4

    def test_an_error_file_outside_the_data_folder_is_never_given_out(self, known, qian, tmp_path):
        qian.puts(BAD_BILLS)
        qian.decides(the_upload(), "land")
        secret = tmp_path / "secret.csv"
        secret.write_text("not for you")
        Upload.objects.update(error_file=str(secret))
        assert qian.client.get(f"/imports/{Import.objects.latest('id').pk}/errors/").status_code == 404

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "is empty"),
            (b"a,b\n1,2\n", "lacks columns"),
            (b"PK\x03\x04 no archive at all", "file"),
        ],
    )
    def test_a_bad_file_gets_its_sentence(self, qian, content, sentence):
        answer = qian.puts(content)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()

    def test_a_file_that_is_too_large_gets_a_sentence(self, qian, monkeypatch):
        monkeypatch.setattr(uploads, "MOST_BYTES", 10)
        answer = qian.puts(GOOD_BILLS)
        assert answer.status_code == 422 and "is larger than" in answer.content.decode()
        assert not Upload.objects.exists()

    def test_no_file_at_all_is_said(self, qian):
        answer = qian.client.post("/imports/new/", {"currency": "CNY"})
        assert answer.status_code == 422 and "Choose at least one file" in answer.content.decode()

    def test_a_name_with_folders_stays_in_its_place(self, known, qian, data_folder):
        qian.puts(GOOD_BILLS, name="../../etc/..passwd.csv")
        upload = the_upload()
        assert uploads.place_of(upload).resolve().is_relative_to(data_folder.resolve() / "uploads")
        assert uploads.place_of(upload).is_file()

    def test_an_error_nobody_foresaw_leaves_the_file_where_it_is_seen(self, known, qian, monkeypatch):
        def breaks(*_args: Any, **_options: Any) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr(uploads.bring, "prepare", breaks)
        qian.client.raise_request_exception = False
        assert qian.puts(GOOD_BILLS).status_code == 500
        assert "Something went wrong on the server" in qian.sees(f"/imports/uploads/{the_upload().pk}/")


class TestHowItIsRead:
    UNKNOWN = "Nummer,Wer,Bis wann,Wieviel\nB1,K1,2026-02-05,100.00\n"
    NAMED = {
        "column-number": "Nummer",
        "column-customer": "Wer",
        "column-due_on": "Bis wann",
        "column-amount": "Wieviel",
    }

    def test_headers_nobody_knows_are_named_by_hand(self, known, qian):
        assert qian.puts(self.UNKNOWN).status_code == 422
        upload = the_upload()
        answer = qian.decides(upload, "check", kind="bills")
        assert answer.status_code == 422
        answer = qian.decides(upload, "check", **self.NAMED)
        assert answer.status_code == 302
        assert "Import 1 row" in qian.sees(answer.url)
        qian.decides(upload, "land")
        assert Bill.objects.get().number == "B1"

    def test_a_guess_can_be_changed_and_taken_away(self, known, qian):
        qian.puts("账单号,客户编号,到期日,约定付款日,金额,备注\nB1,K1,2026-02-05,2026-03-05,100,hello\n")
        upload = the_upload()
        assert uploads.found_in(upload)["columns"]["due_on"] == "到期日"
        qian.decides(upload, "check", **{"column-due_on": "约定付款日", "column-reference": ""})
        upload.refresh_from_db()
        columns = uploads.found_in(upload)["columns"]
        assert columns["due_on"] == "约定付款日" and "reference" not in columns
        qian.decides(upload, "land")
        assert (Bill.objects.get().due_on, Bill.objects.get().reference) == (dt.date(2026, 3, 5), "")

    def test_a_change_that_was_not_looked_at_is_checked_first(self, known, qian):
        qian.puts("账单号,客户编号,到期日,约定付款日,金额\nB1,K1,2026-02-05,2026-03-05,100\n")
        upload = the_upload()
        answer = qian.decides(upload, "land", **{"column-due_on": "约定付款日"})
        assert not Bill.objects.exists()
        assert "You changed how the file is read" in qian.sees(answer.url)
        qian.decides(upload, "land")
        assert Bill.objects.get().due_on == dt.date(2026, 3, 5)

    def test_dates_that_may_be_either_are_settled_by_a_choice(self, known, qian):
        answer = qian.puts(BILLS + "B1,K1,,03/04/2026,5\n")
        assert answer.status_code == 422 and "may be" in answer.content.decode()
        qian.decides(the_upload(), "check", date_order="dmy")
        qian.decides(the_upload(), "land")
        assert Bill.objects.get().due_on == dt.date(2026, 4, 3)

    def test_amounts_that_may_be_either_are_settled_by_a_choice(self, known, qian):
        answer = qian.puts(BILLS + "B1,K1,,2026-04-03,2.500\n")
        assert answer.status_code == 422 and "may be 2.500 or 2500.00" in answer.content.decode()
        qian.decides(the_upload(), "check", decimal_mark="comma")
        qian.decides(the_upload(), "land")
        assert Bill.objects.get().principal == 250_000

    def test_a_ledger_with_a_header_nobody_knows_asks_for_the_column_of_bills(self, known, qian):
        qian.puts("客户编号,客户名称,账单号,开票日期,到期日,期内款额\nK1,华信机械有限公司,B1,2026-01-05,2026-02-05,5\n")
        upload = the_upload()
        assert upload.state == "refused" and upload.kind == "bills"
        qian.decides(upload, "check", kind="bills", **{"column-amount": "期内款额"})
        qian.decides(upload, "land")
        assert Bill.objects.get().principal == 500

    def test_another_kind_guesses_the_columns_anew(self, known, qian):
        qian.puts("客户编号,客户名称,账单号,金额,到期日\nK1,华信机械有限公司,B1,5,2026-02-05\n")
        upload = the_upload()
        assert upload.kind == "bills"
        qian.decides(upload, "check", kind="customers")
        upload.refresh_from_db()
        assert upload.kind == "customers" and uploads.found_in(upload)["columns"] == {
            "number": "客户编号",
            "name": "客户名称",
        }

    def test_clearing_dates_may_be_left_out(self, known, qian):
        qian.puts("账单号,客户编号,到期日,金额,清账日期\nB1,K1,2026-02-05,5,2026-02-01\n", no_clearing="on")
        qian.decides(the_upload(), "land", no_clearing="on")
        assert Bill.objects.count() == 1 and not Receipt.objects.exists()

    def test_a_mapping_saved_under_a_name_reads_the_next_file(self, known, qian):
        qian.puts(self.UNKNOWN)
        qian.decides(the_upload(), "check", kind="bills")
        qian.decides(the_upload(), "check", **self.NAMED)
        qian.decides(the_upload(), "land")
        record = Import.objects.get(kind="bills")
        answer = qian.client.post(f"/imports/{record.pk}/mapping/", {"name": "Nordwind"})
        assert answer.status_code == 302
        assert Profile.objects.get(name="Nordwind").mapping["due_on"] == "Bis wann"
        answer = qian.puts(self.UNKNOWN.replace("B1", "B2"), profile="Nordwind")
        assert answer.status_code == 302 and the_upload().state == "checked"

    def test_a_field_left_without_a_column_is_remembered_so(self, known, qian):
        text = "账单号,客户编号,到期日,金额,备注\nB1,K1,2026-02-05,100,hello\n"
        qian.puts(text)
        qian.decides(the_upload(), "check", **{"column-reference": ""})
        qian.decides(the_upload(), "land")
        qian.client.post(f"/imports/{Import.objects.latest('id').pk}/mapping/", {"name": "no notes"})
        qian.puts(text.replace("B1", "B2"), profile="no notes")
        assert "reference" not in uploads.found_in(the_upload())["columns"]

    def test_a_name_is_needed_to_remember_a_mapping(self, known, qian):
        qian.puts(GOOD_BILLS)
        qian.decides(the_upload(), "land")
        answer = qian.client.post(f"/imports/{Import.objects.latest('id').pk}/mapping/", {"name": ""})
        assert answer.status_code == 422 and not Profile.objects.exists()


class TestLargeFiles:
    @pytest.fixture(autouse=True)
    def _large(self, all_large: None) -> None:
        """All files here are large."""

    def test_a_large_file_waits_for_a_worker_and_one_may_leave_and_return(self, known, qian):
        answer = qian.puts(GOOD_BILLS)
        upload = the_upload()
        assert upload.state == "waiting"
        page = qian.sees(answer.url)
        assert "You may leave this page" in page and "No worker answers" in page
        assert "bills.csv" in qian.sees("/imports/")
        jobs.work(wait=False)
        assert "Import 2 rows" in qian.sees(answer.url)
        answer = qian.decides(upload, "land")
        assert the_upload().state == "queued" and not Bill.objects.exists()
        assert "imported as a whole or not at all" in qian.sees(answer.url)
        jobs.work(wait=False)
        record = Import.objects.latest("id")
        assert Bill.objects.count() == 2
        assert qian.client.get(answer.url).url == f"/imports/{record.pk}/"

    def test_the_part_that_polls_says_when_to_look_elsewhere(self, known, qian):
        address = qian.puts(GOOD_BILLS).url
        part = {"HX-Request": "true", "HX-Target": "progress"}
        answer = qian.client.get(address, headers=part)
        assert answer.status_code == 200 and "<html" not in answer.content.decode()
        jobs.work(wait=False)
        answer = qian.client.get(address, headers=part)
        assert answer.status_code == 204 and answer["HX-Redirect"] == address

    def test_confirmed_twice_it_lands_once(self, known, qian):
        qian.puts(GOOD_BILLS)
        jobs.work(wait=False)
        qian.decides(the_upload(), "land")
        assert qian.decides(the_upload(), "land").status_code == 409
        jobs.work(wait=False)
        assert Import.objects.filter(kind="bills").count() == 1

    def test_who_lost_the_duty_meanwhile_imports_nothing(self, known, qian):
        qian.puts(GOOD_BILLS)
        jobs.work(wait=False)
        qian.decides(the_upload(), "land")
        type(qian.user).objects.filter(pk=qian.user.pk).update(duties=["collect"])
        jobs.work(wait=False)
        assert the_upload().state == "refused" and "Your duties do not include this" in the_upload().refusal
        assert not Bill.objects.exists()


class TestUndo:
    def test_an_import_is_taken_back(self, known, qian):
        qian.puts(CUSTOMERS.replace("K1", "K8").replace("K2", "K9"), name="customers.csv")
        qian.decides(the_upload(), "land")
        record = Import.objects.latest("id")
        answer = qian.client.post(f"/imports/{record.pk}/undo/")
        assert answer.url == f"/imports/{record.pk}/"
        assert not Party.objects.filter(number="K8").exists()
        assert "is undone" in qian.sees(answer.url)
        assert Entry.objects.get(event="import undone").actor_id == qian.user.pk

    def test_what_others_depend_on_stays_and_the_reason_is_said(self, known, qian):
        customers = Import.objects.get(kind="customers")
        qian.puts(GOOD_BILLS)
        qian.decides(the_upload(), "land")
        answer = qian.client.post(f"/imports/{customers.pk}/undo/")
        assert answer.status_code == 409
        assert 'role="alert"' in answer.content.decode()
        assert Party.objects.filter(number="K1").exists()


class TestTakingBackMuch:
    @pytest.fixture
    def much(self, known, qian, monkeypatch):
        """An import too large for a request."""
        monkeypatch.setattr(undoings, "AT_ONCE_ROWS", 1)
        qian.puts(CUSTOMERS.replace("K1", "K8").replace("K2", "K9"), name="customers.csv")
        qian.decides(the_upload(), "land")
        return Import.objects.latest("id")

    def test_it_is_left_to_a_worker_and_told_while_it_goes_on(self, much, qian):
        answer = qian.client.post(f"/imports/{much.pk}/undo/")
        assert answer.status_code == 302 and Party.objects.filter(number="K8").exists()
        page = qian.sees(answer.url)
        assert "waiting for a worker" in page and "No worker answers" in page
        assert 'id="progress"' in page and "Yes, undo import" not in page
        assert answer.url in qian.sees("/imports/"), "one can leave and come back"
        jobs.work(wait=False)
        assert not Party.objects.filter(number="K8").exists()
        assert Entry.objects.get(event="import undone").actor_id == qian.user.pk
        assert Undoing.objects.get().state == "done"
        after = qian.client.get(answer.url, headers={"HX-Request": "true", "HX-Target": "progress"})
        assert (after.status_code, after.headers["HX-Redirect"]) == (204, answer.url)
        assert 'id="progress"' not in qian.sees(answer.url)

    def test_the_part_that_is_asked_for_every_second_is_that_part_alone(self, much, qian):
        qian.client.post(f"/imports/{much.pk}/undo/")
        part = qian.client.get(f"/imports/{much.pk}/", headers={"HX-Request": "true", "HX-Target": "progress"})
        assert "<html" not in part.content.decode() and "waiting for a worker" in part.content.decode()

    def test_each_step_can_be_seen_from_outside(self, much, qian, monkeypatch):
        qian.client.post(f"/imports/{much.pk}/undo/")
        seen, real = [], undoings.bring.undo

        def watched(*given, progress, **named):
            return real(
                *given, progress=lambda step: (progress(step), seen.append(Undoing.objects.get().step)), **named
            )

        monkeypatch.setattr(undoings.bring, "undo", watched)
        undoings.carry_out(Undoing.objects.get().pk)
        assert seen == ["take back", "seal"]

    def test_it_is_not_asked_for_twice(self, much, qian):
        qian.client.post(f"/imports/{much.pk}/undo/")
        assert qian.client.post(f"/imports/{much.pk}/undo/").status_code == 409
        assert Undoing.objects.count() == 1

    def test_what_others_came_to_depend_on_is_refused_by_the_worker_and_the_page_says_why(self, much, qian):
        qian.client.post(f"/imports/{much.pk}/undo/")
        qian.puts(GOOD_BILLS.replace("K1", "K8"))
        qian.decides(the_upload(), "land")
        jobs.work(wait=False)
        assert Undoing.objects.get().state == "refused" and Party.objects.filter(number="K8").exists()
        page = qian.sees(f"/imports/{much.pk}/")
        assert "tried at" in page and "Yes, undo import" in page

    def test_done_twice_the_second_time_changes_nothing(self, much, qian):
        qian.client.post(f"/imports/{much.pk}/undo/")
        number = Undoing.objects.get().pk
        undoings.carry_out(number)
        Undoing.objects.update(state="running")  # as a worker leaves it that died before it could say so
        undoings.carry_out(number)
        assert Undoing.objects.get().state == "done"
        assert Entry.objects.filter(event="import undone").count() == 1


class TestRights:
    def test_a_collector_gets_nowhere(self, known, qian):
        qian.puts(GOOD_BILLS)
        lin = Clerk("lin", "collect")
        for address in ("/imports/", "/imports/new/", f"/imports/uploads/{the_upload().pk}/", "/imports/1/"):
            assert lin.client.get(address).status_code == 403
        assert lin.puts(GOOD_BILLS).status_code == 403

    def test_audit_looks_and_changes_nothing(self, known, qian):
        qian.puts(BAD_BILLS)
        upload, luo = the_upload(), Clerk("luo", "audit", "finance")
        page = luo.sees(f"/imports/uploads/{upload.pk}/")
        assert "2,000.50" not in page and 'value="land"' not in page
        luo.sees("/imports/")
        assert luo.decides(upload, "land").status_code == 403
        assert luo.client.get(f"/imports/uploads/{upload.pk}/errors/").status_code == 403
        qian.decides(upload, "land")
        record = Import.objects.latest("id")
        assert "not a day" not in luo.sees(f"/imports/{record.pk}/")
        for what in ("undo", "mapping"):
            assert luo.client.post(f"/imports/{record.pk}/{what}/", {"name": "x"}).status_code == 403
        assert luo.client.get(f"/imports/{record.pk}/errors/").status_code == 403


class TestForgetting:
    def test_a_file_nobody_imported_is_forgotten_after_seven_days(self, known, qian, data_folder):
        with clock.at("2026-03-01"):
            qian.puts(BAD_BILLS)
        with clock.at("2026-03-07"):
            uploads.sweep()
            assert the_upload().state == "checked"
        with clock.at("2026-03-09"):
            uploads.sweep()
        assert the_upload().state == "dropped" and not list(data_folder.glob("uploads/*"))

    def test_rows_with_problems_are_forgotten_after_thirty_days(self, known, qian):
        with clock.at("2026-03-01"):
            qian.puts(BAD_BILLS)
            qian.decides(the_upload(), "land")
        path = Path(the_upload().error_file)
        assert path.is_file()
        with clock.at("2026-04-02"):
            uploads.sweep()
        assert not path.exists() and the_upload().found_stored == ""
        assert (
            "not kept any more"
            in qian.client.get(f"/imports/{Import.objects.latest('id').pk}/errors/").content.decode()
        )


def test_a_spreadsheet_goes_the_same_way(known: Desk, qian: Clerk) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for place, row in enumerate([["账单号", "客户编号", "到期日", "金额"], ["B1", "K1", "2026-02-05", 12.5]]):
        sheet.write_row(place, 0, row)
    book.close()
    qian.puts(buffer.getvalue(), name="bills.xlsx")
    qian.decides(the_upload(), "land")
    assert Bill.objects.get().principal == 1250
