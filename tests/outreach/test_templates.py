"""What goes out is worded once, approved by counsel, filled in without surprises, and checked again."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import io
import zipfile
from pathlib import Path

import docx
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from liangqing.approvals.actions import votes
from liangqing.approvals.models import Request
from liangqing.house import wiring
from liangqing.kit import clock
from liangqing.kit.files import Upload
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import templates
from liangqing.outreach.content import checking, documents, length, presets, rendering, saying
from liangqing.outreach.content.rendering import render
from liangqing.outreach.content.values import BillLine, Values
from liangqing.outreach.models import Template, TemplateVersion
from liangqing.outreach.queries.templates import choose
from liangqing.outreach.rules import required, wording
from liangqing.people.actions import staff
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.trail.models import Entry

DAY = dt.date(2026, 11, 22)
BODY = "【{{ institution }}】{{ salutation }}，您有{{ amount }}待付，详询{{ callback_phone }}。拒收请回复R。"


def money(amount: str, currency: str = "CNY") -> Money:
    return Money.of(amount, currency)


def line(number: str, amount: str, days: int = 10) -> BillLine:
    return BillLine(number, DAY - dt.timedelta(days=days), money(amount), days, "HT-1")


VALUES = Values(
    language="zh-hans",
    institution="杭州两清商业管理有限公司",
    signer="应收账款管理部",
    collector="林晓",
    collector_number="1024",
    callback_phone="0571-88880001",
    complaint_phone="0571-88880002",
    institution_email="service@example.com",
    account_name="杭州两清商业管理有限公司",
    bank="中国工商银行杭州解放路支行",
    account="1202 0201 0990 0012 345",
    customer="华信机械有限公司",
    salutation="尊敬的客户",
    amount=money("1234.50"),
    bills=(line("B1", "1000"), line("B2", "234.50", 52)),
    bill_number="B1",
    due_on=DAY,
    oldest_due_on=DAY - dt.timedelta(days=52),
    days_late=52,
    contract="HT-1",
    promise_amount=money("500"),
    promise_due_on=DAY,
    pay_by_on=DAY + dt.timedelta(days=10),
    today=DAY,
    channel_name="短信",
)


def wording_of(body: str, subject: str = "", **key: str) -> TemplateVersion:
    """An approved wording, in memory alone."""
    about = {"channel": "sms", "content": "reminder", "recipient": "self", "language": "zh-hans", **key}
    return TemplateVersion(template=Template(**about), number=1, state="approved", subject=subject, body=body)


# What a template may be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ customer.__class__ }}",
        "{{ customer|upper }}",
        "{{ range(10) }}",
        "{{ customer() }}",
        "{% for each in 'abc' %}{% endfor %}",
        "{% for bill in bills %}{% for other in bills %}{% endfor %}{% endfor %}",
        "{% for bill in bills recursive %}{% endfor %}",
        "{% set customer = 1 %}",
        "{% include 'settings' %}",
        "{% import 'os' as os %}",
        "{% macro x() %}{% endmacro %}",
        "{{ customer ~ customer }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ bills }}",
        "{{ [customer] }}",
        "{{ customer['x'] }}",
        "{% raw %}{{ x }}{% endraw %}{{ self }}",
        "{{ loop.index.__class__ }}",
    ],
)
def test_a_template_names_variables_and_does_nothing_else(text: str):
    with pytest.raises(Refusal) as refused:
        wording.demand_sound(text)
    assert refused.value.code in ("template_forbidden", "template_unknown", "template_broken")
    assert refused.value.sentence


def test_an_unknown_variable_is_named():
    with pytest.raises(Refusal) as refused:
        wording.demand_sound("{{ amuont }}{% for bill in bills %}{{ bill.sum }}{% endfor %}")
    assert refused.value.code == "template_unknown"
    assert refused.value.facts["unknown"] == "amuont, bill.sum"


def test_a_broken_template_is_refused_with_its_line():
    with pytest.raises(Refusal) as refused:
        wording.demand_sound("您好\n{{ amount }")
    assert (refused.value.code, refused.value.facts["line"]) == ("template_broken", 2)


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=200)
def test_whatever_somebody_types_is_sound_or_refused(text: str):
    with contextlib.suppress(Refusal):
        assert wording.demand_sound(text) <= set(wording.variables())


@pytest.mark.parametrize("preset", presets.presets(), ids=lambda each: each.name)
def test_every_preset_holds_what_it_must_and_nothing_it_must_not(preset: presets.Preset):
    checked = checking.check(Template(name=preset.name, **preset.key), preset.subject, preset.body)
    assert checked.faults() == []
    assert checked.hits == ()


@pytest.mark.parametrize("preset", presets.presets(), ids=lambda each: each.name)
def test_every_preset_can_be_filled_in_and_passes_the_check_again(preset: presets.Preset):
    version = wording_of(preset.body, preset.subject, **preset.key)
    values = dataclasses.replace(VALUES, language=preset.key["language"], today=DAY)
    made = render(version, values)
    assert made.body and "{" not in made.body
    assert len(made.digest) == 64


def test_presets_speak_chinese_and_english_on_every_channel():
    kinds = {(each.key["channel"], each.key["language"]) for each in presets.presets()}
    assert {
        (channel, language) for channel in ("sms", "email", "letter", "phone") for language in ("zh-hans", "en")
    } <= kinds


# What it must hold ---------------------------------------------------------------------------------------------------


def missing(text: str, **about: str) -> set[str]:
    asked = {"content": "formal", "channel": "email", "recipient": "self", "regime": "cn_consumer", **about}
    return {each.element for each in required.missing(text, **asked)}


def test_a_formal_demand_without_a_way_to_object_is_refused():
    whole = next(each for each in presets.presets() if each.name == "催收函").body
    assert missing(whole, channel="letter") == set()
    lacking = missing(
        "根据合同，{{ institution }}请您依照《民法典》支付{{ amount }}至{{ account }}。您有权核对。（盖章）{{ callback_phone }}"
    )
    assert lacking == {"objection", "proof"}


def test_a_rule_of_a_regulator_is_told_from_a_default_of_ours():
    by_id = {rule.id: rule for rule in required.rules()}
    assert by_id["must.formal"].is_law
    assert not by_id["must.opt_out_cn"].is_law


def test_a_call_begins_with_who_speaks_and_checks_whom_before_the_debt():
    text = "您好，我是{{ institution }}的{{ collector }}。您欠{{ amount }}。"
    assert missing(text, channel="phone", content="demand") >= {"identity_check", "recording", "objection"}


def test_an_american_consumer_is_told_that_it_is_a_debt_collector_and_how_to_opt_out():
    text = "{{ institution }}: please pay {{ amount }}, {{ callback_phone }}."
    assert missing(text, channel="sms", content="reminder", regime="us_consumer") == {"debt_collector", "unsubscribe"}


@pytest.mark.parametrize(
    "text",
    [
        "请转告{{ customer }}回电{{ callback_phone }}，金额{{ amount }}",
        "请转告他回电，他逾期了",
        "请转告他回电，关于他欠的钱",
        "请转告他回电，涉及3,000元",
        "请转告他，贷 款的事请回电",
        "請轉告他債務的事，回電",
        "Please ask them to call us back about an invoice.",
        "请转告{{ contract }}一事，回电",
    ],
)
def test_somebody_else_is_told_nothing_of_the_debt(text: str):
    assert required.forbidden(text, content="locate", channel="sms", recipient="contact", regime="cn_consumer")


def test_somebody_else_may_be_asked_to_pass_on_a_call_back():
    text = "您好，我是{{ collector }}，烦请转告{{ customer }}回电{{ callback_phone }}，谢谢。"
    about = {"content": "locate", "channel": "sms", "recipient": "contact", "regime": "cn_consumer"}
    assert required.forbidden(text, **about) == []
    assert required.missing(text, **about) == []


def test_the_name_of_the_institution_may_tell_of_the_debt_too():
    version = wording_of("我是{{ institution }}的，烦请转告{{ customer }}回电。", content="locate", recipient="contact")
    render(version, VALUES)
    with pytest.raises(Refusal) as refused:
        render(version, dataclasses.replace(VALUES, institution="惠民小额贷款有限公司"))
    assert refused.value.code == "debt_told"


def test_a_customer_whose_name_holds_such_a_word_is_called_by_it():
    version = wording_of("烦请转告{{ customer }}回电。", content="locate", recipient="contact")
    assert "张元" in render(version, dataclasses.replace(VALUES, customer="张元")).body


# Filling in ----------------------------------------------------------------------------------------------------------


def test_values_are_written_as_the_language_writes_them():
    assert render(wording_of("{{ amount }}，{{ amount_capitals }}，{{ today }}"), VALUES).body == (
        "1,234.50元，人民币壹仟贰佰叁拾肆元伍角，2026年11月22日"
    )
    english = dataclasses.replace(VALUES, language="en")
    assert render(wording_of("{{ amount }}, {{ amount_capitals }}, {{ today }}", language="en"), english).body == (
        "CNY 1,234.50, CNY one thousand two hundred thirty-four and 50/100, 22 November 2026"
    )


def test_bills_are_listed_in_their_order():
    body = "{% for bill in bills %}\n{{ loop.index }}. {{ bill.number }} {{ bill.amount }}\n{% endfor %}"
    assert render(wording_of(body), VALUES).body == "1. B1 1,000.00元\n2. B2 234.50元"


def test_what_is_not_known_is_not_left_blank():
    with pytest.raises(Refusal) as refused:
        render(wording_of("{{ case_number }}"), VALUES)
    assert refused.value.code == "value_missing"
    assert "case_number" in refused.value.sentence


def test_what_is_not_known_may_be_asked_for_and_left_out():
    body = "根据合同{% if contract %}（{{ contract }}）{% endif %}付款"
    assert render(wording_of(body), VALUES).body == "根据合同（HT-1）付款"
    assert render(wording_of(body), dataclasses.replace(VALUES, contract=None)).body == "根据合同付款"


def test_a_draft_is_not_sent():
    version = wording_of(BODY)
    version.state = "submitted"
    with pytest.raises(Refusal, match="wording_not_approved"):
        render(version, VALUES)


def test_a_template_in_another_language_is_not_filled_in():
    with pytest.raises(Refusal, match="wrong_language"):
        render(wording_of(BODY), dataclasses.replace(VALUES, language="en"))


def test_an_amount_typed_into_a_template_is_found_when_it_is_filled_in():
    with pytest.raises(Refusal) as refused:
        render(wording_of("请付9,999元。"), VALUES)
    assert (refused.value.code, refused.value.facts["category"]) == ("language_forbidden", "W16")


def test_a_name_is_not_held_against_the_text():
    values = dataclasses.replace(VALUES, customer="杭州肿瘤医院", institution="公安路商贸有限公司")
    assert "肿瘤" in render(wording_of("{{ customer }}，{{ institution }}"), values).body


def test_the_digest_is_that_of_subject_and_body():
    one = render(wording_of("a{{ customer }}", "b"), VALUES)
    assert one.digest == rendering.digest(one.subject, one.body)
    assert one.digest != render(wording_of("{{ customer }}", "b"), VALUES).digest


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        ("0.01", "人民币壹分", "CNY zero and 01/100"),
        ("10000000000", "人民币壹佰亿元整", "CNY ten billion and 00/100"),
        ("10010.01", "人民币壹万零壹拾元零壹分", "CNY ten thousand ten and 01/100"),
        ("115", "人民币壹佰壹拾伍元整", "CNY one hundred fifteen and 00/100"),
    ],
)
def test_amounts_are_written_so_that_no_figure_can_be_added(amount: str, chinese: str, english: str):
    assert saying.in_words(money(amount), "zh-hans") == chinese
    assert saying.in_words(money(amount), "en") == english


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0),
        ("您" * 70, 1),
        ("您" * 71, 2),
        ("您" * 134, 2),
        ("您" * 135, 3),
        ("𬭎" * 35, 1),
        ("𬭎" * 36, 2),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 159 + "€", 2),
    ],
)
def test_a_text_message_is_counted_in_parts_as_it_is_paid(text: str, parts: int):
    assert length.parts(text) == parts


# From a draft to what is in force ------------------------------------------------------------------------------------


class Room:
    """A head who writes templates and a counsel who decides."""

    def __init__(self) -> None:
        home = staff.found_department("collection", name="催收部", kind="collection")
        self.zhao = staff.join("zhao", name="赵", department=home, duties=[Duty.RISK])
        self.fang = staff.join("fang", name="方", department=home, duties=[Duty.LEGAL])
        self.lin = staff.join("lin", name="林", department=home, duties=[Duty.COLLECT])

    def template(self, **key: str) -> Template:
        about = {"channel": "sms", "content": "reminder", "recipient": "self", "language": "zh-hans", **key}
        return templates.found(name="提醒", by=self.zhao, **about)

    def approved(self, body: str = BODY, by: User | None = None, **key: str) -> TemplateVersion:
        version = templates.draft(self.template(**key), body=body, by=self.zhao)
        votes.approve(templates.submit(version, reason="常用", by=self.zhao), by or self.fang, "可以")
        return TemplateVersion.objects.get(pk=version.pk)


@pytest.fixture
def room(books: str) -> Room:
    wiring.wire()
    return Room()


def test_counsel_approves_and_the_wording_is_in_force_from_that_day(room: Room):
    with clock.at("2026-11-22"):
        version = room.approved()
    assert (version.state, version.from_on, version.approved_by) == ("approved", DAY, room.fang)
    assert version.request == Request.objects.get().number
    told = Entry.objects.filter(thing="template").order_by("id").values_list("event", flat=True)
    assert list(told) == ["template drafted", "template submitted", "template approved"]


def test_who_does_not_write_templates_may_not(room: Room):
    with pytest.raises(Refusal) as refused:
        templates.draft(room.template(), body=BODY, by=room.lin)
    assert refused.value.status == 403


def test_what_may_not_be_said_is_not_even_submitted(room: Room):
    version = templates.draft(room.template(), body=BODY + "不还就坐牢", by=room.zhao)
    with pytest.raises(Refusal) as refused:
        templates.submit(version, reason="常用", by=room.zhao)
    assert refused.value.code == "wording_not_allowed"
    assert "坐牢" in refused.value.sentence
    assert TemplateVersion.objects.get(pk=version.pk).state == "draft"


def test_what_only_counsel_may_allow_is_put_to_counsel(room: Room):
    version = templates.draft(room.template(), body=BODY + "逾期未付的，我方可依法提起诉讼。", by=room.zhao)
    request = templates.submit(version, reason="法务已阅", by=room.zhao)
    assert request.facts["finds"] == ["W4 起诉", "W4 诉讼"]
    votes.approve(request, room.fang, "可以")
    version.refresh_from_db()
    assert "诉讼" in render(version, VALUES).body


def test_a_request_that_is_returned_leaves_a_draft_that_is_submitted_again(room: Room):
    version = templates.draft(room.template(), body=BODY, by=room.zhao)
    request = templates.submit(version, reason="常用", by=room.zhao)
    votes.send_back(request, room.fang, "请写明退订")
    version.refresh_from_db()
    assert version.state == "draft"
    version = templates.edit(version, revision=1, body=BODY + "谢谢。", by=room.zhao)
    again = templates.submit(version, reason="已改", by=room.zhao)
    assert (again.pk, again.round) == (request.pk, 2)
    votes.approve(again, room.fang, "可以")
    version.refresh_from_db()
    assert version.state == "approved" and version.body.endswith("谢谢。")


def test_two_people_do_not_overwrite_each_other(room: Room):
    version = templates.draft(room.template(), body=BODY, by=room.zhao)
    templates.edit(version, revision=1, body=BODY + "一", by=room.zhao)
    with pytest.raises(Refusal, match="changed_meanwhile"):
        templates.edit(version, revision=1, body=BODY + "二", by=room.fang)


def test_a_new_wording_retires_the_one_before(room: Room):
    with clock.at("2026-11-01"):
        first = room.approved()
    with clock.at("2026-11-22"):
        second = room.approved(BODY + "谢谢。")
    first.refresh_from_db()
    assert (first.state, first.until_on) == ("retired", DAY)
    asked = ("sms", "reminder", "self", "", "", "zh-hans")
    assert choose(*asked, DAY) == second
    assert choose(*asked, DAY - dt.timedelta(days=1)) == first


def test_a_retired_wording_is_used_no_more(room: Room):
    with clock.at("2026-11-22"):
        version = room.approved()
        templates.retire(version, reason="口径调整", by=room.zhao)
    with pytest.raises(Refusal, match="no_template"):
        choose("sms", "reminder", "self", "", "", "zh-hans", DAY)


def test_the_most_specific_template_is_chosen(room: Room):
    with clock.at("2026-11-22"):
        general = room.approved()
        severe = room.approved(BODY + "重", level="severe")
        classed = room.approved(BODY + "甲", customer_class="A")
        american = room.approved(
            BODY + "This is an attempt to collect a debt. Reply STOP to opt out.", regime="us_consumer"
        )

    def chosen(level: str, customer_class: str, regime: str = "cn_business") -> TemplateVersion:
        return choose("sms", "reminder", "self", level, customer_class, "zh-hans", DAY, regime=regime)

    assert chosen("mild", "B") == general
    assert chosen("severe", "B") == severe
    assert chosen("mild", "A") == classed
    assert chosen("severe", "A") == severe
    assert chosen("severe", "A", "us_consumer") == american


def test_a_script_for_an_attitude_is_chosen_for_it_alone(room: Room):
    script = next(
        each for each in presets.presets() if each.key["channel"] == "phone" and each.key["content"] == "demand"
    )
    about = {
        name: value for name, value in script.key.items() if name in ("channel", "content", "recipient", "language")
    }
    with clock.at("2026-11-22"):
        general = room.approved(script.body, **about)
        severe = room.approved(script.body + "重", **about, level="severe")
        calm = room.approved(script.body + "请您先说。", **about, attitude="provoker")

    def chosen(attitude: str, level: str = "mild") -> TemplateVersion:
        key = (about["channel"], about["content"], about["recipient"], level, "B", about["language"])
        return choose(*key, DAY, attitude=attitude)

    assert (chosen(""), chosen("evader"), chosen("provoker")) == (general, general, calm)
    assert (chosen("", "severe"), chosen("provoker", "severe")) == (severe, calm)


def test_only_what_is_said_aloud_is_written_for_an_attitude(room: Room):
    with pytest.raises(Refusal, match="attitude_aloud"):
        room.template(attitude="provoker")


def test_the_database_keeps_what_was_submitted(room: Room):
    version = room.approved()
    other = templates.draft(room.template(level="mild"), body=BODY, by=room.zhao)
    for statement, row in (
        ("UPDATE outreach_templateversion SET body = 'x' WHERE id = %s", version.pk),
        ("UPDATE outreach_templateversion SET from_on = '2020-01-01' WHERE id = %s", version.pk),
        ("UPDATE outreach_templateversion SET state = 'draft' WHERE id = %s", version.pk),
        ("DELETE FROM outreach_templateversion WHERE id = %s", version.pk),
        ("UPDATE outreach_templateversion SET state = 'approved', from_on = now() WHERE id = %s", other.pk),
        ("UPDATE outreach_template SET recipient = 'contact' WHERE id = %s", version.template_id),
    ):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [row])


def test_presets_are_installed_once_and_leave_what_is_the_institutions_own(room: Room):
    own = room.approved()
    assert templates.install_presets() == len(presets.presets()) - 1
    assert templates.install_presets() == 0
    assert choose("sms", "reminder", "self", "", "", "zh-hans", clock.today()) == own
    assert choose("letter", "formal", "self", "severe", "A", "en", clock.today()).preset


def test_the_template_of_a_choice_that_does_not_exist_is_refused(room: Room):
    with pytest.raises(Refusal) as refused:
        room.template(channel="pigeon")
    assert refused.value.facts["field"] == "channel"


# Word documents ------------------------------------------------------------------------------------------------------


def document(*paragraphs: str, header: str = "") -> bytes:
    made = docx.Document()
    for each in paragraphs:
        made.add_paragraph(each)
    if header:
        made.sections[0].header.paragraphs[0].text = header
    table = made.add_table(rows=3, cols=2)
    table.cell(0, 0).text = "{%tr for bill in bills %}"
    table.cell(1, 0).text, table.cell(1, 1).text = "{{ bill.number }}", "{{ bill.amount }}"
    table.cell(2, 0).text = "{%tr endfor %}"
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


FORMAL = (
    "{{ customer }}：根据合同，贵方应付{{ amount }}（{{ amount_capitals }}）。",
    "依照《中华人民共和国民法典》，贵方有权核对账目、提出异议并提交凭证。",
)
PAYING = "付款方式：{{ account_name }}，{{ bank }}，{{ account }}；查询与联系电话：{{ callback_phone }}。（盖章）"
"""What the layout of a letter brings by itself; a document is handed out as it is."""


def test_a_word_document_is_read_with_its_variables_also_those_in_the_head():
    found = documents.read("函.docx", document(*FORMAL, header="{{ institution }}"))
    assert found.names == {"customer", "amount", "amount_capitals", "institution", "bills"}
    assert "民法典" in found.text


@pytest.mark.parametrize(
    "paragraph", ["{{ ''.__class__.__mro__ }}", "{{ amuont }}", "{{ customer|attr('x') }}", "{% for x in bills %}"]
)
def test_a_word_document_may_do_no_more_than_a_template(paragraph: str):
    with pytest.raises(Refusal) as refused:
        documents.read("函.docx", document(paragraph))
    assert refused.value.code.startswith("template_") and refused.value.facts["field"] == "document"


def tampered(added: dict[str, bytes]) -> bytes:
    source = io.BytesIO(document(*FORMAL))
    buffer = io.BytesIO()
    with zipfile.ZipFile(source) as parts, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for info in parts.infolist():
            if info.filename not in added:
                made.writestr(info, parts.read(info))
        for name, content in added.items():
            made.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "added",
    [
        {"word/vbaProject.bin": b"x"},
        {"word/embeddings/oleObject1.bin": b"x"},
        {"word/big.xml": b"0" * (documents.MOST_OF_A_PART + 1)},
        {f"word/p{number}.xml": b"" for number in range(documents.MOST_PARTS)},
        {
            "word/_rels/x.xml.rels": b'<Relationship Type="http://x/attachedTemplate" Target="http://x" TargetMode="External"/>'
        },
        {"word/x.xml": b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'},
    ],
    ids=["macros", "object", "bomb", "many", "outside", "entity"],
)
def test_a_harmful_document_is_not_taken(added: dict[str, bytes]):
    with pytest.raises(Refusal) as refused:
        documents.read("函.docx", tampered(added))
    assert refused.value.code in ("document_kind", "document_too_large")


def test_what_is_no_word_document_is_not_taken(tmp_path: Path):
    for content in (b"%PDF-1.7", b"PK\x03\x04rubbish", b"", b"text"):
        with pytest.raises(Refusal, match="document_kind"):
            documents.read("函.docx", content)


def test_an_approved_word_document_is_filled_in(room: Room):
    template = room.template(channel="letter", content="formal")
    upload = Upload("催收函.docx", document(*FORMAL, PAYING, header="{{ institution }}"))
    version = templates.draft(template, body="", document=upload, by=room.zhao)
    votes.approve(templates.submit(version, reason="常用", by=room.zhao), room.fang, "可以")
    version.refresh_from_db()
    values = dataclasses.replace(VALUES, customer="甲 & 乙 <有限公司>")
    made = docx.Document(io.BytesIO(documents.render(version, values)))
    assert made.paragraphs[0].text == "甲 & 乙 <有限公司>：根据合同，贵方应付1,234.50元（人民币壹仟贰佰叁拾肆元伍角）。"
    assert [cell.text for cell in made.tables[0].columns[0].cells] == ["B1", "B2"]
    assert made.sections[0].header.paragraphs[0].text == "杭州两清商业管理有限公司"
