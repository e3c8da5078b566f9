"""Templates are written with what is wrong with them told at once; letters are looked at and printed; words are looked at."""

from __future__ import annotations

import io

import docx
import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from liangqing.approvals.models import Request
from liangqing.house import start
from liangqing.kit import clock, sealing
from liangqing.kit.files import Upload
from liangqing.outreach.actions import templates
from liangqing.outreach.content import documents
from liangqing.outreach.content.presets import presets
from liangqing.outreach.models import Attempt, LetterBatch, Message, Posting, Review, Template, TemplateVersion
from liangqing.parties.models import Contact
from liangqing.people.actions import staff
from liangqing.people.actions.institution import describe
from tests.outreach.test_templates import FORMAL, PAYING, document
from tests.workbench.institution import Institution

GOOD = "【{{ institution }}】{{ salutation }}，您有{{ amount }}待付，详询{{ callback_phone }}。拒收请回复R。"
AFTERNOON = "2026-06-30T14:00:00+08:00"


def page(response) -> str:
    return response.content.decode()


class Desk:
    """Somebody's browser in the institution, in English."""

    def __init__(self, house: Institution, username: str) -> None:
        self.house, self.client, self.user = house, house.client_of(username, "en"), house.user(username)

    def get(self, name: str, /, *args, **query):
        with clock.at(AFTERNOON):
            return self.client.get(reverse(name, args=args), query)

    def post(self, name: str, /, *args, **given):
        with clock.at(AFTERNOON):
            return self.client.post(reverse(name, args=args), given)


@pytest.fixture
def legal(house_of_people) -> Desk:
    return Desk(house_of_people, "fang")


@pytest.fixture
def draft(legal) -> TemplateVersion:
    """A wording in draft of a text message that reminds."""
    template = Template.objects.get(
        channel="sms", content="reminder", recipient="self", occasion="", language="zh-hans", level=""
    )
    return templates.draft(template, body=GOOD, by=legal.user)


class TestTemplates:
    def test_the_list_marks_what_no_counsel_has_looked_at(self, legal):
        text = page(legal.get("templates", channel="letter"))
        assert "comes with the product, to be confirmed by counsel" in text
        assert page(legal.get("templates", state="preset", channel="visit")).count("data-href") == 1

    def test_what_is_typed_is_checked_without_being_kept(self, legal, draft):
        told = page(
            legal.post("templates-checks", draft.pk, subject="", body="{{ institution }}：再不付款就上门堵门<b>")
        )
        assert '<mark title="W' in told and "must go" in told
        assert "&lt;b&gt;" in told and "<b>" not in told.split("How it reads")[1].split("lq-in")[1]
        assert "missing" in told
        draft.refresh_from_db()
        assert draft.body == GOOD

    def test_a_find_is_marked_where_it_stands_behind_a_variable(self, legal, draft):
        told = page(
            legal.post("templates-checks", draft.pk, subject="", body="{{ institution }}{{ amount }}我们上门堵门。")
        )
        assert "堵门</mark>" in told
        assert "{{ institution }}{{ amount }}" in told, "what is filled in stands unmarked before it"

    def test_a_message_of_two_parts_says_so(self, legal, draft):
        assert "1 part" in page(legal.post("templates-checks", draft.pk, body="您好{{ amount }}"))
        assert "2 parts" in page(legal.post("templates-checks", draft.pk, body="您好" * 40))

    def test_what_is_wrong_can_be_saved_and_not_submitted(self, legal, draft):
        given = {"subject": "", "body": "请付款，否则上门。", "why": "", "revision": draft.revision}
        assert legal.post("templates-version", draft.pk, do="save", **given).status_code == 302
        draft.refresh_from_db()
        assert draft.body == "请付款，否则上门。" and draft.state == "draft"
        answer = legal.post("templates-version", draft.pk, do="submit", reason="更短", **{**given, "revision": 2})
        assert answer.status_code == 422 and "is missing" in page(answer)
        assert f'value="{TemplateVersion.objects.get(pk=draft.pk).revision}"' in page(answer), "it can be saved again"

    def test_a_sound_wording_goes_to_approval_and_the_request_leads_back(self, legal, draft):
        given = {"subject": "", "body": GOOD, "why": "更短", "revision": draft.revision}
        answer = legal.post("templates-version", draft.pk, do="submit", reason="更短", **given)
        asked = Request.objects.get(subject_kind="template")
        assert answer.status_code == 302 and answer.headers["Location"] == reverse(
            "approvals-request", args=[asked.number]
        )
        assert reverse("templates-version", args=[draft.pk]) in page(legal.get("approvals-request", asked.number))

    def test_two_people_do_not_overwrite_each_other(self, legal, draft):
        answer = legal.post("templates-version", draft.pk, do="save", body="另一句", revision=draft.revision + 1)
        assert answer.status_code == 409 or answer.status_code == 422
        draft.refresh_from_db()
        assert draft.body == GOOD

    def test_without_scripts_a_variable_is_put_at_the_end(self, legal, draft):
        answer = legal.post("templates-version", draft.pk, do="insert-due_on", body="您好", revision=draft.revision)
        assert "您好{{ due_on }}" in page(answer)
        draft.refresh_from_db()
        assert draft.body == GOOD, "nothing was kept"

    def test_a_new_wording_begins_with_the_last_and_shows_what_changed(self, legal, draft):
        answer = legal.get("templates-version", draft.pk)
        assert "What changed since" in page(answer) and "<ins" in page(answer) and "<del" in page(answer)
        templates.drop(draft, by=legal.user)
        began = legal.post("templates-drafts", draft.template_id)
        made = draft.template.versions.get(state="draft")
        assert began.headers["Location"] == reverse("templates-version", args=[made.pk])
        assert made.body == draft.template.versions.get(state="approved").body

    def test_a_word_document_takes_the_place_of_a_letters_text(self, legal):
        letter = Template.objects.get(channel="letter", content="formal", recipient="self", language="zh-hans")
        made = templates.draft(letter, body="正文", by=legal.user)
        paper, content = docx.Document(), io.BytesIO()
        paper.add_paragraph("{{ salutation }}，依据民法典，请支付{{ amount }}。您有权提出异议。")
        paper.save(content)
        upload = SimpleUploadedFile("催收函.docx", content.getvalue())
        given = {"subject": "催收函", "body": "正文", "why": "", "revision": 1}
        assert legal.post("templates-version", made.pk, do="save", document=upload, **given).status_code == 302
        made.refresh_from_db()
        assert made.document and "依据民法典" in made.body
        taken = legal.get("templates-document", made.pk)
        assert b"".join(taken.streaming_content) == content.getvalue()

    def test_a_wording_is_retired_with_a_reason_and_its_mark_goes(self, legal, draft):
        in_force = draft.template.versions.get(state="approved")
        assert legal.post("templates-retirement", draft.template_id, reason=" ").status_code == 422
        assert legal.post("templates-retirement", draft.template_id, reason="不再用").status_code == 302
        in_force.refresh_from_db()
        assert in_force.state == "retired"
        assert "No wording is in force" in page(legal.get("templates-one", draft.template_id))

    def test_a_new_template_opens_as_a_draft(self, legal):
        about = {"name": "短信 监管", "channel": "sms", "content": "notice", "recipient": "guarantor", "language": "en"}
        answer = legal.post("templates-new", **about)
        made = TemplateVersion.objects.get(template__content="notice", template__recipient="guarantor")
        assert answer.headers["Location"] == reverse("templates-version", args=[made.pk])
        assert legal.post("templates-new", **{**about, "channel": "smoke"}).status_code == 422


def test_a_house_with_people_takes_the_presets_over_with_an_update_and_an_empty_one_does_not(books):
    start._take_over_presets()
    assert not Template.objects.exists()
    staff.join("lin", name="林", department=staff.found_department("collection", name="催收部", kind="collection"))
    for _twice in range(2):
        start._take_over_presets()
        assert Template.objects.count() == TemplateVersion.objects.filter(preset=True).count() == len(presets())


class TestInABrowser:
    def test_what_is_typed_is_checked_live_and_variables_go_where_the_cursor_stands(self, browser_page, draft):
        window = browser_page("fang")
        window.goto(reverse("templates-version", args=[draft.pk]))
        field = window.locator("#id_body")
        field.fill("请还款，否则上门堵门。")
        window.wait_for_selector("#checks mark")
        assert "堵门" in window.locator("#checks mark").first.inner_text()
        field.evaluate("field => field.setSelectionRange(1, 1)")
        window.locator("button[data-insert='{{ amount }}']").click()
        assert field.input_value() == "请{{ amount }}还款，否则上门堵门。"
        window.locator("#checks", has_text="12,345").wait_for()
        draft.refresh_from_db()
        assert draft.body == GOOD, "nothing is kept before it is saved"
        window.locator("button[value=save]").last.click()
        window.wait_for_load_state()
        draft.refresh_from_db()
        assert draft.body == "请{{ amount }}还款，否则上门堵门。"


@pytest.fixture
def reachable(house_of_people):
    """C1 can be written to; 林 has its case."""
    customer = house_of_people.customer("C1")
    with clock.at(AFTERNOON):
        describe(
            None, name="两清集团", signer="应收账款部", address="上海路1号", callback_phone="021-1", complaint_phone="021-2",
            email="a@example.com", account_name="两清集团", bank="示范银行", account="62001",
        )  # fmt: skip
    written = "杭州市解放路18号"
    Contact.objects.create(
        party=customer.party, kind="address", value_stored=sealing.seal(written), value_index=sealing.index(written),
        source="contract",
    )  # fmt: skip
    return customer


class TestDemands:
    def test_looked_at_it_shows_the_letter_and_counts_for_nothing(self, house_of_people, reachable):
        desk, before = Desk(house_of_people, reachable.case.owner.username), Attempt.objects.count()
        text = page(desk.get("cases-letters", reachable.case.number))
        assert "data:image/png;base64," in text and "BC1-1" in text
        assert "解放路18号" not in text, "the address is masked until it is printed"
        assert b"".join(desk.get("cases-letters-preview", reachable.case.number).streaming_content).startswith(b"%PDF")
        assert Attempt.objects.count() == before

    def test_printed_it_is_asked_about_kept_and_counts_as_sent(self, house_of_people, reachable):
        desk = Desk(house_of_people, reachable.case.owner.username)
        contact = Contact.objects.get(party=reachable.party, kind="address")
        answer = desk.post("cases-letters", reachable.case.number, contact=contact.pk, do="print")
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/pdf"
        assert b"".join(answer.streaming_content).startswith(b"%PDF")
        attempt = Attempt.objects.get(channel="letter")
        assert (attempt.content, attempt.outcome, attempt.case) == ("formal", "sent", reachable.case.number)
        assert attempt.events.get(told="printed").sha256

    def test_nothing_that_is_disputed_is_asked_for(self, house_of_people, reachable):
        from liangqing.parties.actions import restraints

        desk = Desk(house_of_people, reachable.case.owner.username)
        with clock.at(AFTERNOON):
            restraints.place(reachable.party, "dispute", reason="货不对", about="BC1-1", by=reachable.case.owner)
        assert "nothing to ask for by letter" in page(desk.get("cases-letters", reachable.case.number))
        contact = Contact.objects.get(party=reachable.party, kind="address")
        assert desk.post("cases-letters", reachable.case.number, contact=contact.pk, do="print").status_code == 409
        assert not Attempt.objects.filter(channel="letter").exists()

    def test_put_to_wait_it_is_printed_with_the_next_batch_and_posted(self, house_of_people, reachable, legal):
        desk = Desk(house_of_people, reachable.case.owner.username)
        contact = Contact.objects.get(party=reachable.party, kind="address")
        assert desk.post("cases-letters", reachable.case.number, contact=contact.pk, do="wait").status_code == 302
        assert Message.objects.get(step="person:formal").state == "waiting"
        answer = legal.post("letters")
        batch = LetterBatch.objects.latest("id")
        assert answer.headers["Location"] == reverse("letters-one", args=[batch.pk]) and batch.count == 1
        volume = legal.get("letters-file", batch.pk, "volume-001.pdf")
        assert b"".join(volume.streaming_content).startswith(b"%PDF")
        posting = Posting.objects.get(batch=batch)
        assert posting.reference in page(legal.get("letters-one", batch.pk))
        lines = f"reference,postal number\n{posting.reference},XA1\nLQ-H-1999-1,XA2\n"
        told = legal.post(
            "letters-posting", batch.pk, on="2026-06-30", file=SimpleUploadedFile("a.csv", lines.encode())
        )
        assert "no such letter" in page(told), "a line that is wrong is told, the others are taken"
        assert (
            Posting.objects.get(batch=batch).postal_number == "XA1"
            and Message.objects.get(step="person:formal").state == "sent"
        )
        slip = SimpleUploadedFile("slip.pdf", b"%PDF-1.4\n%slip\n")
        legal.post("letters-slip", posting.pk, slip=slip)
        assert Message.objects.get(step="person:formal").state == "delivered"
        assert b"".join(legal.get("letters-slip", posting.pk).streaming_content).startswith(b"%PDF-1.4")

    def test_a_wording_that_is_a_word_document_is_shown_as_text_and_handed_out_as_a_document(
        self, house_of_people, reachable, legal
    ):
        letter = Template.objects.get(
            channel="letter", content="formal", recipient="self", language="zh-hans", level="", regime="", occasion=""
        )
        upload = Upload("催收函.docx", document(*FORMAL, PAYING, header="{{ institution }}"))
        with clock.at(AFTERNOON), transaction.atomic():
            made = templates.draft(letter, body="", document=upload, by=legal.user)
            templates.WORDING.move(made, "submit", submitted_at=clock.now())
            templates._approve(made, by=None, request="")
        desk = Desk(house_of_people, reachable.case.owner.username)
        text = page(desk.get("cases-letters", reachable.case.number))
        assert "民法典" in text and "data:image/png" not in text and "Print (Word)" in text
        contact = Contact.objects.get(party=reachable.party, kind="address")
        answer = desk.post("cases-letters", reachable.case.number, contact=contact.pk, do="print")
        assert answer.headers["Content-Type"] == documents.DOCX and ".docx" in answer.headers["Content-Disposition"]
        paper = docx.Document(io.BytesIO(b"".join(answer.streaming_content)))
        assert paper.sections[0].header.paragraphs[0].text == "两清集团"
        assert "BC1-1" in [cell.text for cell in paper.tables[0].columns[0].cells]

    def test_a_batch_of_several_volumes_is_taken_away_as_one_pdf(self, house_of_people, reachable, legal, monkeypatch):
        desk = Desk(house_of_people, reachable.case.owner.username)
        contact = Contact.objects.get(party=reachable.party, kind="address")
        desk.post("cases-letters", reachable.case.number, contact=contact.pk, do="wait")
        legal.post("letters")
        batch = LetterBatch.objects.latest("id")
        whole = legal.get("letters-whole", batch.pk)
        assert whole.headers["Content-Disposition"] == f'attachment; filename="{batch.number}.pdf"'
        assert len(pypdf.PdfReader(io.BytesIO(b"".join(whole.streaming_content))).pages) == 2
        assert reverse("letters-whole", args=[batch.pk]) not in page(legal.get("letters-one", batch.pk)), (
            "one volume is one"
        )
        batch.files = [batch.files[0], {**batch.files[0], "name": "volume-002.pdf"}, *batch.files[1:]]
        batch.save()
        assert reverse("letters-whole", args=[batch.pk]) in page(legal.get("letters-one", batch.pk))
        assert (
            len(pypdf.PdfReader(io.BytesIO(b"".join(legal.get("letters-whole", batch.pk).streaming_content))).pages)
            == 4
        )

    def test_results_of_the_post_are_taken_in_as_a_list(self, legal):
        lines = "postal number,result\nXX,签收\n"
        answer = legal.post("letters-results", file=SimpleUploadedFile("a.csv", lines.encode()))
        assert answer.status_code == 422 and "No letter of ours has this number" in page(answer)


class TestScripts:
    def test_the_script_names_the_amount_of_the_case(self, house_of_people, reachable):
        desk = Desk(house_of_people, reachable.case.owner.username)
        text = page(desk.get("cases-script", reachable.case.number))
        assert "99,900.00" in text and "comes with the product" in text

    def test_the_script_shown_is_for_the_attitude_of_the_last_record_and_the_others_are_one_click_away(
        self, house_of_people, reachable, legal
    ):
        general = Template.objects.get(
            channel="phone", content="demand", recipient="self", language="zh-hans", level="", regime="", attitude=""
        )
        with clock.at(AFTERNOON), transaction.atomic():
            about = {"channel": "phone", "content": "demand", "recipient": "self", "language": "zh-hans"}
            own = templates.found(name="挑衅型话术", attitude="provoker", by=legal.user, **about)
            body = general.versions.get(state="approved").body + "\n您请先说，我听着。"
            made = templates.draft(own, body=body, by=legal.user)
            templates.WORDING.move(made, "submit", submitted_at=clock.now())
            templates._approve(made, by=None, request="")
        case = reachable.case
        desk = Desk(house_of_people, case.owner.username)
        assert "您请先说" not in page(desk.get("cases-script", case.number)), "no record tells an attitude"
        for attitude in ("provoker", ""):
            desk.post("cases-records", case.number, channel="phone", result="busy", reached="nobody", attitude=attitude)
        text = page(desk.get("cases-script", case.number))
        assert "您请先说" in text and "last recorded" in text and made.name in text
        assert "Show that you understand their difficulty." in text, "how to meet it stands above"
        assert "您请先说" not in page(desk.get("cases-script", case.number, attitude="all"))
        other = page(desk.get("cases-script", case.number, attitude="evader"))
        assert "您请先说" not in other and "attitude=provoker" in other
        assert "您请先说" in page(desk.get("cases-script", case.number, attitude="rubbish")), "as the last record"

    def test_a_template_for_an_attitude_is_begun_on_the_page(self, legal):
        about = {"name": "顽固型", "channel": "phone", "content": "demand", "recipient": "self", "language": "en"}
        assert legal.post("templates-new", **about, attitude="stubborn").status_code == 302
        assert "stubborn" in page(legal.get("templates-one", Template.objects.get(attitude="stubborn").pk))
        assert legal.post("templates-new", **{**about, "channel": "sms"}, attitude="stubborn").status_code == 422


class TestReviews:
    def test_the_author_hears_at_once_what_to_say_instead(self, house_of_people):
        case = house_of_people.customer("C1").case
        desk = Desk(house_of_people, case.owner.username)
        given = {"channel": "phone", "result": "busy", "reached": "nobody", "note": "再不接电话就上门堵门"}
        answer = desk.post("cases-records", case.number, **given)
        assert answer.status_code == 302
        text = page(desk.get("cases-case", case.number))
        assert "somebody will look at these words" in text and "堵门" in text
        assert Review.objects.latest("id").source == f"record/{case.records.latest('id').pk}"

    def test_a_reviewer_reads_the_words_where_they_stand_and_decides(self, house_of_people):
        row = house_of_people.customer("C1").review
        risk = Desk(house_of_people, "gao")
        assert row.number in page(risk.get("reviews"))
        assert "<mark" in page(risk.get("reviews-one", row.pk))
        assert risk.post("reviews-one", row.pk, do="confirm", conclusion="").status_code == 422
        assert risk.post("reviews-one", row.pk, do="confirm", conclusion="已谈话").status_code == 302
        row = Review.objects.get(pk=row.pk)
        assert (row.state, row.conclusion, row.decided_by) == ("confirmed", "已谈话", risk.user)
        assert row.number not in page(risk.get("reviews")), "decided ones are shown on demand"

    def test_audit_reads_and_decides_nothing(self, house_of_people):
        row, audit = house_of_people.customer("C1").review, Desk(house_of_people, "luo")
        assert "<mark" in page(audit.get("reviews-one", row.pk))
        assert audit.post("reviews-one", row.pk, do="dismiss", conclusion="没事").status_code == 403

    def test_who_may_not_see_the_case_does_not_read_the_words(self, house_of_people):
        """周 heads sales: reaches 东岳 through its seller, and not a case that is another department's."""
        head, customer = Desk(house_of_people, "zhou"), house_of_people.customer("E1")
        type(customer.case).objects.filter(pk=customer.case.pk).update(owner=house_of_people.user("lin"))
        answer = head.get("reviews-one", customer.review.pk)
        assert answer.status_code == 200 and "堵门" not in page(answer)
