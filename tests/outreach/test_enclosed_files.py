"""Files go with an e-mail: handed in as they are, letter and statement of the moment it leaves; received byte for byte."""

from __future__ import annotations

import dataclasses
import datetime as dt
import email
import hashlib
import io
from email import policy

import docx
import pypdf
import pytest
import python_calamine

from liangqing.kit import clock, files
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import attaching, sending
from liangqing.outreach.actions.attaching import MOST_FILES, Enclosed
from liangqing.outreach.content import statements
from liangqing.outreach.models import Attempt, AttemptEvent, Message, MessageFile, Provider
from liangqing.parties.actions import restraints
from liangqing.people.actions import staff
from liangqing.people.duties import Duty
from liangqing.trail.models import Entry
from tests.outreach.posts import TODAY, Post
from tests.outreach.servers.smtp import SmtpServer

PDF = b"%PDF-1.7\n\x00\xff contract \r\n.\r\n"


@pytest.fixture
def post(books):
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def server(post, tmp_path):
    with SmtpServer(tmp_path) as server:
        post.mail_server(server.port)
        yield server


def write(post: Post, enclosed: Enclosed, content: str = "demand", *, owes: int = 800, **more) -> Message:
    customer = post.customer("李", owes=owes, email="li@example.org")
    return attaching.send(post.want(customer, "email", content, **more), enclosed, by=post.cast.lin)


def received(server) -> dict[str, bytes]:
    """The files of the one mail that came, by their names."""
    (line,) = server.journal.lines()
    came = email.message_from_string(line["raw"], policy=policy.default)
    return {each.get_filename(): each.get_payload(decode=True) for each in came.iter_attachments()}


class TestOnTheirWay:
    def test_what_was_handed_in_arrives_byte_for_byte(self, post, server):
        paper = docx.Document()
        paper.add_paragraph("合同条款")
        buffer = io.BytesIO()
        paper.save(buffer)
        handed = {"合同.pdf": PDF, "说明.txt": "请查收。\r\n".encode(), "协议.docx": buffer.getvalue()}
        message = write(post, Enclosed(uploads=tuple(Upload(name, content) for name, content in handed.items())))
        assert sending.go()["sent"] == 1
        assert received(server) == handed
        kept = MessageFile.objects.filter(message=message).order_by("id")
        assert [each.sha256 for each in kept] == [hashlib.sha256(each).hexdigest() for each in handed.values()]
        assert files.read(kept[0].sha256, kept[0].size).read() == PDF

    def test_the_letter_is_of_the_moment_it_leaves_and_the_one_received_is_the_one_kept(self, post, server):
        customer = post.customer("李", owes=0, email="li@example.org")
        bill = customer.bill(800, due="2026-09-30")
        message = attaching.send(post.want(customer, "email", "demand"), Enclosed(letter=True), by=post.cast.lin)
        assert MessageFile.objects.get().sha256 == "", "nothing is made before it leaves"
        customer.pays(300, on="2026-11-23", bill=bill)
        sending.go()
        ((name, content),) = received(server).items()
        row = MessageFile.objects.get()
        assert (row.sha256, row.size, row.name) == (hashlib.sha256(content).hexdigest(), len(content), name)
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
        assert f"LQ-E-2026-{message.pk:06d}" in text and "500.00" in text and "800.00" not in text
        assert name.endswith(".pdf") and f"{message.pk:06d}" in name

    def test_a_statement_lists_every_open_bill_as_pdf_or_as_a_sheet(self, post, server):
        customer = post.customer("李", email="li@example.org")
        customer.bill(200, due="2026-12-31")
        want = post.want(customer, "email", "bill")
        attaching.send(want, Enclosed(statement="xlsx"), by=post.cast.lin)
        sending.go()
        ((name, content),) = received(server).items()
        assert name == "未结账单清单 2026-11-23.xlsx"
        rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        assert [row[5] for row in rows if row[0] in (1.0, 2.0)] == [800.0, 200.0]
        assert [row[3] for row in rows if row[0] == 2.0] == [dt.date(2026, 12, 31)]
        assert {row[4]: row[5] for row in rows}["未付合计"] == 1000.0
        assert {row[4]: row[5] for row in rows}["其中已到期未付"] == 800.0

    def test_what_is_disputed_is_in_no_statement(self, post, server):
        customer = post.customer("李", email="li@example.org")
        disputed = customer.bill(200, due="2026-10-31")
        restraints.place(customer.party, "dispute", reason="货不对", about=disputed.number, by=None)
        attaching.send(post.want(customer, "email", "bill"), Enclosed(statement="pdf"), by=post.cast.lin)
        sending.go()
        ((name, content),) = received(server).items()
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
        assert name.endswith(".pdf") and "800.00" in text and "1,000.00" not in text and "200.00" not in text

    def test_what_becomes_one_mail_carries_the_files_of_both_and_one_letter(self, post, server):
        customer = post.customer("李", email="li@example.org")
        for bill in (customer.bill(100, due="2026-09-01"), customer.bill(50, due="2026-08-01")):
            want = post.want(customer, "email", "demand", bills=[bill.pk])
            one = Enclosed(letter=True, uploads=(Upload(f"{bill.number}.pdf", PDF + bill.number.encode()),))
            attaching.send(want, one, by=post.cast.lin)
        sending.go()
        names = sorted(received(server))
        assert len(names) == 3 and sum("LQ-E-" in name for name in names) == 1

    def test_tried_again_by_another_server_it_carries_its_files_again(self, post, server):
        dead = post.mail_server(9)
        Provider.objects.exclude(pk=dead.pk).update(order=9)
        write(post, Enclosed(letter=True, uploads=(Upload("合同.pdf", PDF),)))
        for minute in (0, 20, 40):
            with clock.at(f"2026-11-23T11:{minute:02d}:00+08:00"):
                sending.go()
        message = Message.objects.get()
        assert message.tries > 1 and message.state == "sent"
        assert received(server)["合同.pdf"] == PDF and len(received(server)) == 2

    def test_what_went_with_it_stands_in_the_trail_and_with_the_receipt(self, post, server):
        message = write(post, Enclosed(letter=True, statement="pdf", uploads=(Upload("合同.pdf", PDF),)))
        sending.go()
        told = Entry.objects.filter(event="files attached", thing_id=message.pk).order_by("id")
        written, left = (each.facts for each in told)
        upload = f"upload {hashlib.sha256(PDF).hexdigest()}"
        assert written["files"] == ["letter", "statement", upload] and not written["sent"]
        assert [each.split()[0] for each in left["files"]] == ["letter", "statement", "upload"] and left["sent"]
        shas = AttemptEvent.objects.filter(attempt=Attempt.objects.get(), told="attached").values_list(
            "sha256", flat=True
        )
        assert list(shas) == [each.split()[1] for each in left["files"]]
        assert [each.actor_id for each in told] == [post.cast.lin.pk, None]


class TestWhatIsTaken:
    def test_wanted_twice_with_the_same_files_it_is_one_mail_with_others_another(self, post, server):
        customer = post.customer("李", email="li@example.org")
        want = post.want(customer, "email", "demand")
        for _again in range(2):
            attaching.send(want, Enclosed(uploads=(Upload("合同.pdf", PDF),)), by=post.cast.lin)
        assert (Message.objects.count(), MessageFile.objects.count()) == (1, 1)
        attaching.send(want, Enclosed(statement="pdf"), by=post.cast.lin)
        assert Message.objects.count() == 2

    @pytest.mark.parametrize(
        ("enclosed", "content", "code"),
        [
            (Enclosed(uploads=(Upload("录音.mp3", b"ID3\x03 voice"),)), "demand", "kind_not_sent"),
            (Enclosed(uploads=(Upload("a.exe", b"MZ\x00\x01"),)), "demand", "file_kind"),
            (Enclosed(uploads=(Upload("说明.txt", "再不还就堵门".encode()),)), "demand", "language_forbidden"),
            (Enclosed(uploads=(Upload("说明.txt", "再不还就堵门".encode("gb18030")),)), "demand", "language_forbidden"),
            (Enclosed(uploads=(Upload("a.txt", b"x"),) * (MOST_FILES + 1)), "demand", "too_many_files"),
            (Enclosed(letter=True), "bill", "no_letter_with"),
            (Enclosed(statement="doc"), "bill", "unknown_choice"),
        ],
        ids=["recording", "program", "words", "words in GB", "many", "letter with a bill", "form"],
    )
    def test_what_may_not_go_is_told_and_nothing_is_written(self, post, server, enclosed, content, code):
        with pytest.raises(Refusal, match=code) as refused:
            write(post, enclosed, content)
        assert refused.value.status == 422 and refused.value.sentence
        assert not Message.objects.exists() and not MessageFile.objects.exists()

    def test_files_with_an_answer_go_only_when_a_bill_could(self, post, server):
        files_of = Enclosed(uploads=(Upload("说明.txt", "请您今天还款".encode()),))
        answer = {"body": "请见附件。", "step": "person:1"}
        customer = post.customer("王", email="wang@example.org")
        restraints.place(customer.party, "complaint", reason="要求说明", by=None)
        want = post.want(customer, "email", "reply", **answer)
        with clock.at("2026-11-23T23:30:00+08:00"), pytest.raises(Refusal, match="contact_refused"):
            attaching.send(want, files_of, by=post.cast.lin)
        assert not Message.objects.exists()
        with clock.at("2026-11-24T10:00:00+08:00"):
            assert attaching.send(want, files_of, by=post.cast.lin).content == "reply"

    def test_words_in_a_word_document_are_looked_at_wherever_they_stand(self, post, server):
        paper = docx.Document()
        paper.sections[0].header.paragraphs[0].text = "再不还就堵门"
        buffer = io.BytesIO()
        paper.save(buffer)
        with pytest.raises(Refusal, match="language_forbidden"):
            write(post, Enclosed(uploads=(Upload("函.docx", buffer.getvalue()),)))

    def test_nothing_goes_to_somebody_who_does_not_owe_nor_by_text_message(self, post, server):
        customer = post.customer("李", email="li@example.org", sms="")
        friend = post.contact(customer, "email", "friend@example.org", role="colleague")
        for want in (post.want(customer, "email", "locate", contact=friend), post.want(customer, "sms", "demand")):
            with pytest.raises(Refusal, match="files_"):
                attaching.send(want, Enclosed(statement="pdf"), by=post.cast.lin)

    def test_a_statement_of_nothing_is_refused_and_nothing_is_written(self, post, server):
        with pytest.raises(Refusal, match="nothing_open"):
            write(post, Enclosed(statement="pdf"), "notice", owes=0)
        assert not Message.objects.exists()

    def test_who_may_not_send_sends_no_files(self, post, server):
        want = post.want(post.customer("李", email=""), "email", "demand")
        reader = staff.join("yan", name="严", department=post.cast.lin.department, duties=[Duty.AUDIT])
        with pytest.raises(Refusal) as refused:
            attaching.send(want, Enclosed(letter=True), by=reader)
        assert refused.value.status == 403


def test_a_sheet_holds_no_formula(post):
    from tests.outreach.test_letters import values

    bills = values().bills
    odd = dataclasses.replace(
        values(), customer="=cmd|x", bills=(dataclasses.replace(bills[0], number="=1+1"), bills[1])
    )
    content = statements.made(odd, statements.XLSX)
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert "=1+1" in [row[1] for row in rows] and "=cmd|x" in [row[1] for row in rows]
