"""Letters on paper: printed once asked about, posted, delivered, declined or returned; the slip that comes back signed."""

from __future__ import annotations

import datetime as dt

import pypdf
import pytest

from liangqing.kit import clock, files
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import letters, postal
from liangqing.outreach.content import batches
from liangqing.outreach.models import Attempt, LetterBatch, Message, Posting
from tests.cast import day
from tests.outreach.posts import TODAY, Post

LATER = "2026-11-25T15:00:00+08:00"


@pytest.fixture
def post(books):
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def printed(post):
    """A batch of two letters."""
    for name in ("华信机械", "大河商贸"):
        post.write(post.customer(name, kind="company", letter=""), "letter", "demand")
    return letters.make(by=post.cast.lin)


def states() -> list[str]:
    return list(Message.objects.order_by("id").values_list("state", flat=True))


def postings() -> list[Posting]:
    return list(Posting.objects.select_related("message__attempt").order_by("place"))


class TestPrinting:
    def test_what_is_due_is_set_in_one_volume_with_its_list_and_counts_from_then_on(self, printed):
        assert states() == ["printed", "printed"] and printed.count == 2
        assert [each["name"] for each in printed.files] == ["volume-001.pdf", "contents.csv"]
        volume = files.read(printed.files[0]["sha256"], printed.files[0]["size"])
        text = "".join(page.extract_text() for page in pypdf.PdfReader(volume).pages)
        assert "华信机械" in text and "800.00" in text and postings()[1].reference in text
        assert set(Attempt.objects.values_list("answer", "outcome")) == {("allowed", "open")}
        message = Message.objects.earliest("id")
        assert message.amount == 80_000 and message.digest and message.said is not None

    def test_who_has_paid_or_may_not_be_written_to_gets_no_letter(self, post):
        paid = post.customer("华信机械", owes=0, letter="")
        bill = paid.bill(800, due="2026-09-30")
        post.write(paid, "letter", "demand", bills=[bill.pk])
        post.write(post.customer("大河商贸", letter=""), "letter", "demand")
        paid.pays(800, on="2026-11-23", bill=bill)
        batch = letters.make(by=post.cast.lin)
        assert states() == ["settled", "printed"] and batch.count == 1

    def test_a_letter_that_cannot_be_set_holds_nobody_back(self, post):
        post.write(post.customer("机\U00013000", letter=""), "letter", "demand")
        post.write(post.customer("大河商贸", letter=""), "letter", "demand")
        batch = letters.make(by=post.cast.lin)
        assert states() == ["failed", "printed"] and batch.count == 1
        assert Message.objects.earliest("id").attempt.outcome == "called_off"

    def test_a_batch_whose_worker_died_is_printed_anew_and_a_finished_one_is_left(self, post, monkeypatch):
        post.write(post.customer("华信机械", letter=""), "letter", "demand")
        batch = letters.order(by=post.cast.lin)
        monkeypatch.setattr(letters, "_land", lambda *_given: None)
        letters.carry_out(batch.pk)
        assert states() == ["printed"]
        monkeypatch.undo()
        for _again in range(2):
            letters.carry_out(batch.pk)
        assert LetterBatch.objects.get().count == 1 and Posting.objects.count() == 1
        assert list(Attempt.objects.order_by("id").values_list("outcome", flat=True)) == ["called_off", "open"]

    def test_a_batch_that_is_discarded_lets_its_letters_wait_again(self, post, printed):
        assert letters.discard(printed, by=post.cast.lin) == 2
        assert states() == ["waiting", "waiting"]
        assert letters.make(by=post.cast.lin).count == 2
        with pytest.raises(Refusal, match="moved_on"):
            letters.discard(printed, by=post.cast.lin)

    def test_without_letters_there_is_no_batch(self, post):
        with pytest.raises(Refusal, match="no_letters"):
            letters.order(by=post.cast.lin)


class TestPosting:
    def test_the_list_of_the_counter_gives_each_its_postal_number(self, post, printed):
        first, second = postings()
        head = ",".join((batches.heads()[1], batches.heads()[8]))
        lines = f"{head}\n{first.reference},XA100\n{second.reference},XA101\nLQ-H-1999-000001,XA102\n"
        taken = postal.posted(printed, lines.encode("gb18030"), on=day("2026-11-23"), by=post.cast.lin)
        assert taken.count == 2 and [(each.line, each.code) for each in taken.faults] == [(4, "unknown_letter")]
        assert [each.postal_number for each in postings()] == ["XA100", "XA101"]
        assert states() == ["sent", "sent"]
        assert set(Attempt.objects.values_list("outcome", flat=True)) == {"sent"}

    def test_a_postal_number_belongs_to_one_letter(self, post, printed):
        numbers = {each.reference: "XA100" for each in postings()}
        with pytest.raises(Refusal, match="number_taken"):
            letters.post(printed, on=day("2026-11-23"), numbers=numbers, by=post.cast.lin)

    @pytest.mark.parametrize("on", ["2026-11-22", "2026-11-24"])
    def test_it_is_posted_on_no_day_before_it_was_printed_nor_to_come(self, post, printed, on):
        with pytest.raises(Refusal, match="day_impossible"):
            letters.post(printed, on=day(on), by=post.cast.lin)


class TestResults:
    @pytest.fixture
    def posted(self, post, printed):
        numbers = {each.reference: f"XA10{each.place}" for each in postings()}
        letters.post(printed, on=day("2026-11-23"), numbers=numbers, by=post.cast.lin)
        with clock.at(LATER):
            yield postings()

    def test_results_are_taken_line_by_line(self, post, posted):
        lines = "邮件号,结果,日期\nXA101,签收,2026-11-24\nXA102,拒收,2026/11/25\nXA999,签收,2026-11-24\nXA101,丢了,\n"
        taken = postal.results(lines.encode("utf-8-sig"), by=post.cast.lin)
        assert taken.count == 2
        assert [(each.line, each.code) for each in taken.faults] == [(4, "unknown_letter"), (5, "unknown_result")]
        assert states() == ["delivered", "declined"]
        assert [each.message.attempt.outcome for each in postings()] == ["delivered", "failed"]
        assert [each.result_on for each in postings()] == [day("2026-11-24"), day("2026-11-25")]

    def test_the_same_list_again_changes_nothing(self, post, posted):
        lines = "邮件号,结果,日期\nXA101,签收,2026-11-24\nXA102,退回,2026-11-25\n".encode()
        for _again in range(2):
            assert postal.results(lines, by=post.cast.lin).count == 2
        assert states() == ["delivered", "bounced"]

    @pytest.mark.parametrize("content", [b"", b"\x00\x01", b"a,b\n1,2\n", "姓名\n张\n".encode()])
    def test_what_is_no_list_is_refused(self, post, posted, content):
        with pytest.raises(Refusal, match="no_list"):
            postal.results(content, by=post.cast.lin)

    def test_a_signed_slip_proves_delivery_and_is_kept(self, post, posted):
        scan = Upload("回执.pdf", b"%PDF-1.7 signed")
        kept = letters.attach_slip(posted[0], scan, on=day("2026-11-24"), by=post.cast.lin)
        assert files.read(kept.slip_sha256, kept.slip_size).read() == scan.content
        assert states() == ["delivered", "sent"]
        message = Message.objects.earliest("id")
        assert message.attempt.outcome == "delivered"
        assert message.attempt.outcome_at.astimezone(clock.zone()).date() == dt.date(2026, 11, 24)
        assert message.attempt.events.filter(told="slip", sha256=kept.slip_sha256).exists()
        with pytest.raises(Refusal, match="slip_there"):
            letters.attach_slip(posted[0], scan, by=post.cast.lin)

    def test_a_letter_that_was_never_posted_cannot_come_back(self, post, printed):
        with pytest.raises(Refusal, match="moved_on"):
            letters.result(postings()[0], "returned", on=day("2026-11-23"), by=post.cast.lin)
