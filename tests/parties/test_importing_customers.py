"""Files of customers: identity, names, ways to reach them; sealed where they name a person."""

from __future__ import annotations

import pytest
from django.db import connection

from liangqing.imports.actions.bring import undo
from liangqing.imports.models import Change
from liangqing.kit import sealing
from liangqing.kit.refusal import Refusal
from liangqing.parties.models import Alias, Contact, Party
from liangqing.receivables.importables import IMPORTABLES
from tests.files import BILLS

HEAD = "客户编号,客户名称,客户类型,身份证号,手机,电子邮箱,地址,城市,客户等级,账期\n"
LI = "G1,李晓明,个人,11010519491231002X,13800138000,li@example.com,建国路1号,北京,A,30\n"
HUAXIN = "K1,华信机械有限公司,企业,91350100M000100Y43,0591-87654321,fin@example.com,五一路2号,福州,B,60\n"


def stored(column: str, table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg({column}, ' ') FROM {table}")
        return str(cursor.fetchone()[0])


def test_a_person_is_sealed_at_rest_and_read_by_name(desk):
    desk.bring(HEAD + LI)
    party = Party.objects.get()
    assert (party.kind, party.name, party.customer_class, party.terms_days) == ("person", "李晓明", "A", 30)
    assert "李晓明" not in stored("name_stored", "parties_party")
    assert "11010519491231002X" not in stored("identity_stored", "parties_party")
    assert "13800138000" not in stored("value_stored", "parties_contact")


def test_a_company_is_plain_but_its_contacts_are_sealed(desk):
    desk.bring(HEAD + HUAXIN)
    assert stored("name_stored", "parties_party") == "华信机械有限公司"
    assert "0591" not in stored("value_stored", "parties_contact")


def test_sealed_values_are_found_without_unsealing_anything(desk):
    desk.bring(HEAD + LI + HUAXIN)
    assert Party.objects.get(name_index=sealing.index("李 晓明")).number == "G1"
    assert Party.objects.get(identity_index=sealing.index("11010519491231002x")).number == "G1"
    assert Contact.objects.get(value_index=sealing.index("LI@example.com")).party.number == "G1"


@pytest.mark.parametrize("identity", ["110105194912310021", "91350100M000100Y44", "12345"])
def test_an_identity_number_with_a_wrong_digit_is_a_problem(desk, identity):
    result = desk.bring(f"客户编号,客户名称,证件号码\nK1,某某,{identity}\n")
    assert [error["code"] for error in result.errors] == ["identity_invalid"]


def test_what_is_no_identity_here_may_be_one_abroad(desk):
    result = desk.bring("客户编号,客户名称,税号,国家\nK1,Acme Inc,12-345,US\n")
    assert result.rejected == 0


def test_the_same_file_twice_changes_nothing(desk):
    desk.bring(HEAD + LI + HUAXIN)
    again = desk.bring(HEAD + LI + HUAXIN)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert Contact.objects.count() == 6 and not Change.objects.exists()


def test_a_changed_name_leaves_the_old_one_as_an_alias_and_a_trace(desk):
    desk.bring(HEAD + HUAXIN)
    result = desk.bring(HEAD + HUAXIN.replace("华信机械", "华信精工"))
    assert result.updated == 1 and Party.objects.get().name == "华信精工有限公司"
    assert [alias.name for alias in Alias.objects.all()] == ["华信机械有限公司"]
    assert Change.objects.get().before["name_stored"] == "华信机械有限公司"


def test_an_empty_cell_leaves_what_is_there(desk):
    desk.bring(HEAD + HUAXIN)
    result = desk.bring(HEAD + "K1,华信机械有限公司,,,,,,,,\n")
    assert result.unchanged == 1 and Party.objects.get().customer_class == "B"


def test_a_new_phone_is_added_and_the_old_one_stays(desk):
    desk.bring(HEAD + HUAXIN)
    result = desk.bring(HEAD + HUAXIN.replace("87654321", "87650000"))
    assert result.updated == 1
    assert sorted(c.value for c in Contact.objects.filter(kind="phone")) == ["0591-87650000", "0591-87654321"]


def test_several_phones_in_one_cell_come_apart_and_a_senseless_one_is_marked(desk):
    desk.bring("客户编号,客户名称,手机\nK1,某某公司,13800138000；无;13900139000\n")
    found = {contact.value: contact.validity for contact in Contact.objects.all()}
    assert found == {"13800138000": "unknown", "13900139000": "unknown", "无": "invalid"}


def test_kind_follows_from_the_name_when_the_file_does_not_say(desk):
    desk.bring("客户编号,客户名称\n1,王小明\n2,华信机械有限公司\n3,老王小店\n4,Acme Inc\n")
    kinds = dict(Party.objects.values_list("number", "kind"))
    assert kinds == {"1": "person", "2": "company", "3": "company", "4": "company"}


@pytest.mark.parametrize("second", ["K1,乙公司,福州", "K1,甲公司,福州"])
def test_one_number_with_two_contents_is_a_problem(desk, second):
    result = desk.bring(f"客户编号,客户名称,城市\nK1,甲公司,北京\n{second}\n")
    assert [error["code"] for error in result.errors] == ["duplicate_number"] and Party.objects.get().name == "甲公司"


def test_a_second_row_that_differs_in_what_is_not_read_is_a_problem(desk):
    result = desk.bring("客户编号,客户名称,门店\nK1,甲公司,东街\nK1,甲公司,西街\n")
    assert [error["code"] for error in result.errors] == ["duplicate_number"]


SPELLINGS = "客户编号,客户名称,城市\nG1,李晓明,北京\nG1,李小明,北京\nG1,LI Xiaoming,\n"


def test_the_first_spelling_of_a_number_is_the_name_and_the_others_become_aliases(desk):
    result = desk.bring(SPELLINGS)
    assert (result.created, result.unchanged, result.rejected, result.warnings) == (1, 2, 0, {"new_spelling": 2})
    assert Party.objects.get().name == "李晓明"
    assert {alias.name for alias in Alias.objects.all()} == {"李小明", "LI Xiaoming"}
    assert "小明" not in stored("name_stored", "parties_alias"), "sealed, as it names a person"
    again = desk.bring(SPELLINGS)
    assert (again.created, again.updated, again.unchanged, again.warnings) == (0, 0, 3, {})


def test_a_spelling_of_a_row_that_does_not_land_does_not_land_either(desk):
    result = desk.bring("客户编号,客户名称,证件号码\nK1,甲公司,12345\nK1,乙公司,\n")
    assert {error["code"] for error in result.errors} == {"identity_invalid", "duplicate_number"}
    assert result.rejected == 2 and not Party.objects.exists()


def test_spellings_go_with_the_import_that_brought_them(desk):
    desk.bring("客户编号,客户名称\nG1,李晓明\n")
    second = desk.bring(SPELLINGS)
    undo(second.import_id, IMPORTABLES)
    assert Party.objects.get().name == "李晓明" and not Alias.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "客户编号,客户名称,发票号码,开票日期,到期日,期内款额,业务员\n1,甲公司,F1,2026-01-01,2026-02-01,100,张三\n",
        "Customer;Name 1;Document Number;Document Date;Net due date;Sum of it;Currency\n1;A;9;2026-01-01;2026-02-01;5;EUR\n",
        "客户编号,客户名称,票据序,截止,期内款额\n1,甲公司,F1,2026-02-01,100\n",
        "客户编号,客户名称,期内款额\n1,甲公司,100.00\n",
        "收款单号,客户编号,客户名称,收款日期,实到\nP1,1,甲公司,2026-02-01,100\n",
    ],
)
def test_a_ledger_with_a_header_nobody_knows_is_not_taken_for_customers(desk, text):
    with pytest.raises(Refusal) as refused:
        desk.bring(text)
    assert refused.value.code == "kind_in_doubt" and "--kind customers" in refused.value.sentence
    assert not Party.objects.exists()
    assert desk.bring(text, wanted="customers").created == 1, "unless somebody says so"


def test_dates_and_amounts_that_lists_of_customers_have_do_no_harm(desk):
    result = desk.bring(
        "序号,客户编号,客户名称,成立日期,注册资本（万元）,评分,员工数\n1,K1,甲公司,2001-01-01,1000.00,4.5,12\n"
    )
    assert (result.kind, result.created) == ("customers", 1)


def test_customers_are_undone_while_nothing_rests_on_them(desk):
    first = desk.bring(HEAD + LI + HUAXIN)
    undo(first.import_id, IMPORTABLES)
    assert not Party.objects.exists() and not Contact.objects.exists()


def test_customers_with_bills_are_not_undone(desk):
    first = desk.bring(HEAD + HUAXIN)
    desk.bring(BILLS + "B1,K1,2026-01-01,2026-01-31,1\n")
    with pytest.raises(Refusal) as refused:
        undo(first.import_id, IMPORTABLES)
    assert refused.value.code == "import_in_use" and Party.objects.exists()


def test_undoing_a_change_brings_the_former_row_back(desk):
    desk.bring(HEAD + HUAXIN)
    second = desk.bring(HEAD + HUAXIN.replace("华信机械", "华信精工").replace(",B,", ",D,"))
    undo(second.import_id, IMPORTABLES)
    party = Party.objects.get()
    assert (party.name, party.customer_class) == ("华信机械有限公司", "B")
    assert party.name_index == sealing.index("华信机械有限公司")


def test_a_large_first_load_keeps_every_constraint(desk, monkeypatch):
    from liangqing.kit import bulk

    def constraints() -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT conrelid::regclass || conname, pg_get_constraintdef(oid) FROM pg_constraint
                   WHERE connamespace = 'public'::regnamespace
                   UNION SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
                   WHERE indrelid::regclass::text LIKE 'parties%%' ORDER BY 1"""
            )
            return cursor.fetchall()

    before = constraints()
    monkeypatch.setattr(bulk, "_LARGE", 1)
    desk.bring(HEAD + LI + HUAXIN)
    assert constraints() == before and Party.objects.count() == 2
