"""Customers by hand: entered, corrected, joined, taken apart; contacts; what is masked and who may look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangqing.kit import bus, clock, sealing
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import contacts, customers
from liangqing.parties.actions.reveal import reveal
from liangqing.parties.events import PartiesMerged
from liangqing.parties.models import Contact, Party
from liangqing.parties.queries import members
from liangqing.parties.queries.duplicates import duplicates
from liangqing.parties.queries.repair import repairs
from liangqing.parties.queries.search import search
from liangqing.parties.rules import masking
from liangqing.people.actions import staff
from liangqing.trail.models import Entry
from tests.files import BILLS

RESIDENT = "11010519491231002X"
COMPANY = "91350100M000100Y43"


@pytest.fixture
def lin(books):
    return staff.join("lin", name="林", department=None, duties=("collect",))


@pytest.fixture
def auditor(books):
    return staff.join("luo", name="罗", department=None, duties=("audit",))


def numbers(text: str) -> list[str]:
    return [party.number for party in search(Party.objects.all(), text)]


def refused(call, *args, **kwargs) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*args, **kwargs)
    assert "{" not in refusal.value.sentence
    return refusal.value.code


class TestEnter:
    def test_a_customer_entered_by_hand_is_sealed_found_and_told(self, lin):
        party = customers.enter("G1", name="单雄信", identity=RESIDENT.lower(), country="cn", by=lin)
        assert (party.kind, party.name, party.identity, party.country) == ("person", "单雄信", RESIDENT, "CN")
        assert party.name_stored.startswith(sealing.MARK) and party.identity_stored.startswith(sealing.MARK)
        assert numbers("shanxiong") == ["G1"]
        assert Entry.objects.get(event="customer entered").facts == {"number": "G1"}

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"number": "K1"}, "number_taken"),
            ({"number": " "}, "number_missing"),
            ({"name": " "}, "name_missing"),
            ({"kind": "cat"}, "unknown_kind"),
            ({"identity": "12345"}, "identity_invalid"),
            ({"identity": COMPANY}, "identity_known"),
            ({"customer_class": "Z"}, "unknown_class"),
            ({"terms_days": -1}, "term_out_of_range"),
            ({"country": "China"}, "unknown_country"),
        ],
    )
    def test_what_can_not_be_right_is_refused(self, lin, fields, code):
        customers.enter("K1", name="华信机械有限公司", identity=COMPANY, by=lin)
        assert refused(customers.enter, **{"number": "K2", "name": "远大公司", "by": lin, **fields}) == code
        assert Party.objects.count() == 1

    def test_who_may_not_edit_does_not_enter(self, auditor):
        assert refused(customers.enter, "K1", name="华信公司", by=auditor) == "not_allowed"


class TestCorrect:
    def test_a_corrected_name_leaves_the_old_one_as_alias_and_both_are_found(self, lin):
        party = customers.enter("K1", name="华信机械有限公司", by=lin)
        party = customers.correct(party, lin, name="华信精工有限公司", customer_class="B", area="福州")
        assert [alias.name for alias in party.aliases.all()] == ["华信机械有限公司"]
        assert numbers("精工") == ["K1"] == numbers("机械")
        facts = Entry.objects.get(event="customer corrected").facts
        assert facts["before"] == {"name": "华信机械有限公司", "customer_class": "", "area": ""}
        assert facts["after"] == {"name": "华信精工有限公司", "customer_class": "B", "area": "福州"}

    def test_a_persons_name_is_sealed_in_the_trail(self, lin):
        party = customers.enter("G1", name="李晓明", by=lin)
        customers.correct(party, lin, name="李小明", identity=RESIDENT)
        facts = Entry.objects.get(event="customer corrected").facts
        assert "晓" not in str(facts) and "小" not in str(facts) and RESIDENT not in str(facts)
        assert sealing.unseal(facts["before"]["name"]) == "李晓明" and facts["before"]["identity"] == ""

    def test_whoever_turns_out_to_be_a_person_is_sealed_with_all_former_names(self, lin):
        party = customers.enter("K1", name="老王小店", by=lin)
        party = customers.correct(party, lin, name="王大明")
        party = customers.correct(party, lin, kind="person")
        assert party.name_stored.startswith(sealing.MARK)
        assert all(alias.name_stored.startswith(sealing.MARK) for alias in party.aliases.all())

    def test_nothing_changed_is_nothing_told(self, lin):
        party = customers.enter("K1", name="华信公司", by=lin)
        customers.correct(party, lin, name=" 华信公司 ")
        assert not Entry.objects.filter(event="customer corrected").exists()

    def test_a_doubtful_identity_that_came_with_a_file_does_not_stand_in_the_way(self, desk, lin):
        desk.bring("客户编号,客户名称,税号,国家\nK1,Acme Inc,12-345,US\n")
        party = customers.correct(Party.objects.get(), lin, area="Boston")
        assert party.identity == "12-345" and party.area == "Boston"
        assert refused(customers.correct, party, lin, country="CN") == "identity_invalid"

    def test_a_duplicate_is_corrected_where_it_belongs(self, lin):
        kept, gone = (customers.enter(number, name="华信公司", by=lin) for number in ("K1", "K2"))
        customers.merge(kept, gone, lin, "same company")
        assert refused(customers.correct, gone, lin, name="别的公司") == "customer_merged"


class TestMerge:
    @pytest.fixture
    def two(self, lin):
        return (
            customers.enter("K1", name="华信机械有限公司", identity=COMPANY, by=lin),
            customers.enter("K2", name="福建华信机械厂", by=lin),
        )

    def test_a_duplicate_is_found_as_the_customer_it_is_and_nothing_of_the_ledger_moves(self, desk, lin, two):
        kept, gone = two
        desk.bring(BILLS + "B1,K2,2026-01-01,2026-01-31,1\n")
        contacts.add(gone, kind="phone", value="138 0013 8000", by=lin)
        customers.merge(kept, gone, lin, "same factory")
        assert members.members(kept) == [kept.pk, gone.pk] == members.members(Party.objects.get(number="K2"))
        for text in ("福建", "jixiechang", "K2", "13800138000", "福建华信机械厂"):
            assert numbers(text) == ["K1"], text
        assert [contact.value for contact in members.contacts(kept)] == ["138 0013 8000"]
        assert Contact.objects.get().party_id == gone.pk

    def test_taken_apart_everything_is_as_before(self, lin, two):
        kept, gone = two
        before = [sorted(party.search) for party in two]
        customers.merge(kept, gone, lin, "same factory")
        customers.unmerge(gone, lin, "two factories after all")
        assert [sorted(party.search) for party in Party.objects.order_by("number")] == before
        assert numbers("福建") == ["K2"] and members.members(kept) == [kept.pk]
        assert refused(customers.unmerge, gone, lin, "again") == "not_merged"

    def test_the_merge_is_heard_by_the_rooms_above_and_one_of_them_may_refuse(self, lin, two, monkeypatch):
        def refuse(event):
            raise Refusal("not_now", f"not {event.gone_number}")

        monkeypatch.setattr(bus, "_listeners", {PartiesMerged: [refuse]})
        assert refused(customers.merge, *two, lin, "same factory") == "not_now"
        assert not Party.objects.filter(merged_into__isnull=False).exists()
        assert not Entry.objects.filter(event="customers merged").exists()

    def test_a_name_learnt_for_a_duplicate_is_found_at_the_customer(self, desk, lin, two):
        customers.merge(*two, lin, "same factory")
        desk.bring("账单号,客户编号,客户名称,开票日期,到期日,金额\nB1,K2,闽华重机,2026-01-01,2026-01-31,100\n")
        assert numbers("闽华") == ["K1"] and Party.objects.get(number="K2").search == []

    def test_a_ledger_without_numbers_knows_the_name_of_both_as_the_kept_customer(self, desk, lin):
        kept, gone = (customers.enter(number, name="华信公司", by=lin) for number in ("K1", "K2"))
        customers.merge(kept, gone, lin, "same company")
        desk.bring("账单号,客户名称,开票日期,到期日,金额\nB1,华信公司,2026-01-01,2026-01-31,100\n")
        assert Party.objects.count() == 2

    def test_what_stands_in_the_way_of_a_merge_is_refused(self, lin, two):
        kept, gone = two
        third = customers.enter("K3", name="第三公司", by=lin)
        person = customers.enter("G1", name="李晓明", by=lin)
        other = customers.enter("K4", name="甲公司", identity="91110000600037341L", by=lin)
        assert refused(customers.merge, kept, kept, lin, "x") == "merge_with_itself"
        assert refused(customers.merge, kept, gone, lin, " ") == "reason_missing"
        assert refused(customers.merge, kept, person, lin, "x") == "kinds_differ"
        assert refused(customers.merge, kept, other, lin, "x") == "identities_differ"
        customers.merge(kept, gone, lin, "x")
        assert refused(customers.merge, third, gone, lin, "x") == "already_merged"
        assert refused(customers.merge, gone, third, lin, "x") == "already_merged"
        assert refused(customers.merge, third, kept, lin, "x") == "has_merged"

    def test_duplicates_are_proposed_with_their_reason_and_never_once_merged(self, lin, two):
        kept, gone = two
        same = customers.enter("K5", name="福建 华信机械厂", by=lin)
        for party in (kept, same):
            contacts.add(party, kind="phone", value="0591-87654321", by=lin)
        assert [(it.party.number, it.reasons) for it in duplicates(same)] == [("K2", ["name"]), ("K1", ["phone"])]
        customers.merge(kept, gone, lin, "same factory")
        assert [(it.party.number, it.reasons) for it in duplicates(same)] == [("K1", ["name", "phone"])]
        customers.merge(kept, same, lin, "same factory")
        assert duplicates(Party.objects.get(number="K5")) == [] == duplicates(kept)


class TestContacts:
    def test_a_contact_is_added_sealed_once_however_it_is_spelled(self, lin):
        party = customers.enter("K1", name="华信公司", by=lin)
        contact = contacts.add(party, kind="phone", value="138-0013-8000", role="employer", person="王", by=lin)
        assert (contact.value, contact.person, contact.validity) == ("138-0013-8000", "王", "unknown")
        assert contact.value_stored.startswith(sealing.MARK) and contact.person_stored.startswith(sealing.MARK)
        assert refused(contacts.add, party, kind="phone", value="+86 13800138000", by=lin) == "contact_known"
        assert "8000" not in str(Entry.objects.get(event="contact added").facts)

    @pytest.mark.parametrize(("kind", "value"), [("phone", "12ab"), ("email", "li@example"), ("address", " ")])
    def test_a_value_that_can_not_be_right_is_refused(self, lin, kind, value):
        party = customers.enter("K1", name="华信公司", by=lin)
        assert refused(contacts.add, party, kind=kind, value=value, by=lin) == "contact_unsound"

    def test_a_contact_verified_says_when(self, lin):
        party = customers.enter("K1", name="华信公司", by=lin)
        contact = contacts.add(party, kind="phone", value="13800138000", by=lin)
        with clock.at("2026-03-02"):
            contacts.verify(contact, validity="valid", by=lin)
            assert refused(contacts.verify, contact, validity="valid", by=lin, on=clock.today().replace(day=3)) == (
                "verified_in_future"
            )
        stored = Contact.objects.get()
        assert (stored.validity, str(stored.verified_on)) == ("valid", "2026-03-02")

    def test_another_account_under_the_same_identity_offers_what_answered_first(self, desk, lin):
        head = "客户编号,客户名称,客户类型,身份证号,手机\n"
        desk.bring(
            head + f"G1,李晓明,个人,{RESIDENT},13800138000\n"
            f"G2,李晓明,个人,{RESIDENT},13800138000;13900139000;13700137000;13600136000\nG3,李晓明,个人,,13500135000\n"
        )
        by_value = {contact.value: contact for contact in Contact.objects.filter(party__number="G2")}
        contacts.verify(by_value["13700137000"], validity="valid", by=lin)
        contacts.verify(by_value["13600136000"], validity="invalid", by=lin)
        found = repairs(Party.objects.get(number="G1"))
        assert [(it.contact.value, it.source.number) for it in found] == [("13700137000", "G2"), ("13900139000", "G2")]


class TestReveal:
    def test_a_look_is_told_with_its_purpose_and_never_with_what_was_seen(self, lin):
        party = customers.enter("G1", name="李晓明", identity=RESIDENT, by=lin)
        contact = contacts.add(party, kind="phone", value="13800138000", by=lin)
        assert reveal(party, "identity", "to file the suit", lin) == RESIDENT
        assert reveal(contact, "value", "to call", lin) == "13800138000"
        told = [entry.facts for entry in Entry.objects.filter(event="personal data revealed").order_by("id")]
        assert [(it["of"], it["what"], it["purpose"]) for it in told] == [
            ("party", "identity", "to file the suit"),
            ("contact", "value", "to call"),
        ]
        assert RESIDENT not in str(told) and "8000" not in str(told)

    def test_no_purpose_no_right_or_nothing_to_see_is_refused(self, lin):
        party = customers.enter("G1", name="李晓明", by=lin)
        admin = staff.join("admin", name="管", department=None, duties=("admin",))
        assert refused(reveal, party, "name", "  ", lin) == "purpose_missing"
        assert refused(reveal, party, "name_stored", "to look", lin) == "nothing_to_reveal"
        assert refused(reveal, party, "name", "to look", admin) == "not_allowed"
        assert not Entry.objects.filter(event="personal data revealed").exists()


class TestMasking:
    @pytest.mark.parametrize(
        ("masked", "expected"),
        [
            (masking.name("张三", "person"), "张*"),
            (masking.name("张小明", "person"), "张**"),
            (masking.name("欧阳修远", "person"), "欧阳**"),
            (masking.name("欧阳", "person"), "欧*"),
            (masking.name("Ben Iversen", "person"), "B***"),
            (masking.name("华信公司", "company"), "华信公司"),
            (masking.phone("138 0013-5678"), "138****5678"),
            (masking.phone("+8613800135678"), "138****5678"),
            (masking.phone("0591-87654321"), "****4321"),
            (masking.phone("无"), "***"),
            (masking.email("anna@b.com"), "a***@b.com"),
            (masking.email("a@b.com"), "***@b.com"),
            (masking.email("nonsense"), "***"),
            (masking.identity(RESIDENT, "person"), "110***********002X"),
            (masking.identity("12345678", "person"), "***"),
            (masking.identity(COMPANY, "company"), COMPANY),
            (masking.address("福建省福州市五一路2号"), "福建省福州市***"),
            (masking.address("建国路1号 100000 北京 CN", "北京"), "北京***"),
            (masking.address("建国路1号"), "***"),
        ],
    )
    def test_what_is_masked_looks_as_people_expect(self, masked, expected):
        assert masked == expected

    @given(st.text(alphabet="张王李欧阳小明修远ABab ·", min_size=1, max_size=8))
    def test_of_a_persons_name_never_more_than_the_surname_shows(self, text):
        shown = masking.name(text, "person").rstrip("*")
        assert len(shown) <= 2 and text.strip().startswith(shown)
        assert not text.strip() or len(shown) < len(text.strip())

    @given(st.text(alphabet="0123456789+- 转", max_size=20))
    def test_of_a_phone_never_more_than_seven_digits_show_and_four_stay_hidden(self, text):
        shown = sum(character.isdigit() for character in masking.phone(text))
        assert shown <= 7 and (shown == 0 or sum(character.isdigit() for character in text) - shown >= 3)

    @given(st.text(alphabet="0123456789X", max_size=20))
    def test_of_an_identity_number_the_date_of_birth_never_shows(self, text):
        masked = masking.identity(text, "person")
        shown = masked.replace("*", "")
        assert len(shown) <= 7 and (not shown or len(text) - len(shown) >= 8)
