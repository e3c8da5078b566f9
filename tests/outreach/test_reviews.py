"""Words in notes are looked at by a person; they stop nothing by themselves."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from liangqing.cases.actions import records
from liangqing.cases.models import Case, Record
from liangqing.kit import clock, sealing
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import messages, reviews
from liangqing.outreach.models import Message, Review
from liangqing.outreach.rules import language
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact
from liangqing.trail.models import Entry
from tests.cast import Cast
from tests.outreach.posts import TODAY, Post

THREAT = "告诉他再不还钱就上门堵门，打断他的腿。"
ILL = "客户刚做完手术，怀孕六个月。"


def a_day_late(night) -> Cast:
    cast = Cast()
    huaxin = cast.customer("华信")
    huaxin.bill(800, due="2026-03-10")
    Contact.objects.create(
        party=huaxin.party, kind="phone", value_stored=sealing.seal("13800000001"), value_index=sealing.index("1")
    )
    night("2026-03-11")
    return cast


@pytest.fixture
def cast(night, prepared) -> Cast:
    return prepared(a_day_late, night)


def writes(cast: Cast, note: str) -> Record:
    with clock.at("2026-03-11"):
        return records.record(
            Case.objects.get(), channel="phone", result="refused", reached="self", by=cast.lin,
            contact=Contact.objects.get(), note=note,
        )  # fmt: skip


class TestNotes:
    def test_a_threat_in_a_note_is_kept_as_written_and_opens_a_review(self, cast):
        written = writes(cast, THREAT)
        assert Record.objects.get().note == THREAT
        review = Review.objects.get()
        assert (
            review.source == f"record/{written.pk}" and review.author == cast.lin and review.case == written.case.number
        )
        assert review.state == "open" and not review.person and "W1" in review.categories
        for find in review.finds():
            assert find["found"] and find["found"] == THREAT[find["start"] : find["end"]]
        assert THREAT not in review.text_stored, "sealed"
        entry = Entry.objects.get(event="review of words opened")
        assert entry.actor_id == cast.lin.pk and entry.party_id is None, "no part of the customer's file"

    def test_a_harmless_note_opens_none(self, cast):
        writes(cast, "客户称月底付款，已约定下周三回电。")
        assert not Review.objects.exists()

    def test_what_the_debtor_said_is_not_held_against_the_author(self, cast):
        writes(cast, "客户说：“你们再来我就打断你们的腿。”")
        assert not Review.objects.exists()

    def test_somebody_vulnerable_opens_a_review_that_says_so(self, cast):
        writes(cast, ILL)
        review = Review.objects.get()
        assert review.person and review.categories == ["W18"]

    def test_examined_twice_there_is_one_review(self, cast):
        written = writes(cast, THREAT)
        again = reviews.examine(
            THREAT,
            source=f"record/{written.pk}",
            kind="record",
            regime="cn_business",
            party=written.party,
            author=cast.lin,
        )
        assert again and Review.objects.count() == 1
        assert Entry.objects.filter(event="review of words opened").count() == 1


class TestDeciding:
    def test_a_head_decides_once_and_says_why(self, cast):
        writes(cast, THREAT)
        found = reviews.confirm(Review.objects.get(), "已谈话，记录已更正", by=cast.zhao)
        kept = Review.objects.get()
        assert kept.state == found.state == "confirmed" and kept.conclusion == "已谈话，记录已更正"
        assert kept.decided_by == cast.zhao and "谈话" not in kept.conclusion_stored
        with pytest.raises(Refusal, match="moved_on"):
            reviews.dismiss(kept, "改主意", by=cast.zhao)
        assert Entry.objects.filter(event="review of words confirmed", actor_id=cast.zhao.pk).count() == 1

    def test_a_collector_may_not_decide(self, cast):
        writes(cast, THREAT)
        with pytest.raises(Refusal, match="not_allowed"):
            reviews.dismiss(Review.objects.get(), "没事", by=cast.lin)

    def test_nobody_decides_about_their_own_words(self, cast):
        writes(cast, THREAT)
        row = reviews.open_for(
            THREAT,
            language.check(THREAT, content="record", regime="cn_business"),
            source="record/999", kind="record", party=Case.objects.get().party, author=cast.zhao,
        )  # fmt: skip
        with pytest.raises(Refusal, match="own_words"):
            reviews.dismiss(row, "没事", by=cast.zhao)

    def test_without_a_conclusion_nothing_is_decided(self, cast):
        writes(cast, THREAT)
        with pytest.raises(Refusal, match="conclusion_missing"):
            reviews.confirm(Review.objects.get(), "  ", by=cast.zhao)
        assert Review.objects.get().state == "open"

    @pytest.mark.parametrize("change", [{"text_stored": "别的"}, {"categories": []}, {"places": []}])
    def test_the_database_keeps_what_was_found(self, cast, change):
        writes(cast, THREAT)
        with pytest.raises(DatabaseError), transaction.atomic():
            Review.objects.update(**change)

    def test_the_database_keeps_what_was_decided(self, cast):
        writes(cast, THREAT)
        reviews.dismiss(Review.objects.get(), "引用客户原话", by=cast.zhao)
        with pytest.raises(DatabaseError), transaction.atomic():
            Review.objects.update(state="open")


class TestTypedMessages:
    @pytest.fixture
    def post(self, books):
        with clock.at(TODAY):
            yield Post()

    def reply(self, post: Post, body: str, **more):
        customer = post.customer("华信机械", kind="company", email="")
        restraints.place(customer.party, "complaint", reason="要求说明", by=None)
        want = post.want(customer, "email", "reply", step="person:reply", subject="答复", body=body, **more)
        return messages.send(want, by=post.cast.lin)

    def test_a_threat_does_not_leave_even_confirmed(self, post):
        with pytest.raises(Refusal, match="language_forbidden"):
            self.reply(post, THREAT, confirmed=True)
        assert not Message.objects.exists() and not Review.objects.exists()

    def test_words_about_a_vulnerable_person_need_a_confirmation_and_are_looked_at(self, post):
        with pytest.raises(Refusal, match="words_need_confirmation"):
            self.reply(post, "得知您怀孕，我们可以协商延期。")
        assert not Message.objects.exists()

    def test_confirmed_it_leaves_and_opens_a_review(self, post):
        sent = self.reply(post, "得知您怀孕，我们可以协商延期。", confirmed=True)
        review = Review.objects.get()
        assert review.source == f"message/{sent.pk}" and review.kind == "message" and review.author == post.cast.lin
        assert review.finds()[0]["found"] == "怀孕"
