"""One click in a mail and no more of them: heard as a mail that asks for it is, by whoever has the address and nobody else."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
from email import policy

import pytest
from django.test import Client

from liangqing.kit import clock
from liangqing.outreach.actions import incoming, sending, unsubscribing
from liangqing.outreach.channels import inbox
from liangqing.outreach.channels.inbox import Kind
from liangqing.outreach.models import Incoming, Message
from liangqing.parties.actions import restraints
from liangqing.parties.models import Restraint
from liangqing.trail.models import Entry
from tests.outreach.posts import TODAY, Post
from tests.outreach.servers.smtp import SmtpServer

PUBLIC = "https://bills.example.com"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def post(books, settings):
    settings.PUBLIC_URL = PUBLIC
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def server(post, tmp_path):
    with SmtpServer(tmp_path) as server:
        post.mail_server(server.port)
        yield server


@pytest.fixture
def li(post):
    return post.customer("李", email="li@example.org")


@pytest.fixture
def sent(post, server, li) -> Message:
    """A reminder that left by e-mail."""
    message = post.write(li, "email")
    sending.go()
    return Message.objects.get(pk=message.pk)


@pytest.fixture
def way(server, sent) -> str:
    """The address the mail names, as a mail program would take it."""
    (line,) = server.journal.lines()
    came = email.message_from_string(line["raw"], policy=policy.default)
    assert came["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (named,) = re.findall(rf"<{PUBLIC}(/unsubscribe/[^>]+)>", came["List-Unsubscribe"])
    return named


def terms_of(row: Restraint) -> tuple[object, ...]:
    """What it holds back: all but when it was placed, by which answer, and in whose words."""
    return (
        row.party_id,
        row.kind,
        row.channel,
        bytes(row.value_index),
        row.creditor_id,
        row.about,
        row.until_at,
        row.by_id,
    )


def strict() -> Client:
    """A browser whose forms are checked, as they are in the house."""
    return Client(enforce_csrf_checks=True)


class TestOneClick:
    def test_the_mail_names_an_https_address_and_one_post_to_it_places_the_opt_out(self, sent, way):
        answer = strict().post(way, ONE_CLICK)
        assert answer.status_code == 200
        placed = Restraint.objects.get()
        assert (placed.kind, placed.channel, placed.party) == ("opt_out", "email", sent.party)
        row = Incoming.objects.get()
        assert (row.message, row.restraint, row.wants_silence) == (sent, placed.pk, True)
        assert Entry.objects.filter(event="reply received", party_id=sent.party_id).count() == 1
        assert Message.objects.filter(content="confirm").count() == 1, "confirmed once"

    def test_it_is_the_restraint_a_mail_would_place(self, post, sent, way):
        strict().post(way, ONE_CLICK)
        by_click = Restraint.objects.get()
        restraints.lift(by_click, reason="再试", by=post.cast.lin)
        asked = inbox.Incoming(kind=Kind.OTHER, sender="x@example.org", subject=f"unsubscribe {sent.key}")
        incoming.wrote(sent.provider, asked)
        by_mail = Restraint.objects.latest("id")
        assert by_mail != by_click and terms_of(by_mail) == terms_of(by_click)

    def test_asked_again_nothing_changes(self, sent, way):
        for _again in range(3):
            assert strict().post(way, ONE_CLICK).status_code == 200
        assert (Restraint.objects.count(), Incoming.objects.count()) == (1, 1)
        assert Message.objects.filter(content="confirm").count() == 1

    def test_once_it_was_lifted_the_same_address_is_heard_again(self, post, sent, way):
        strict().post(way, ONE_CLICK)
        restraints.lift(Restraint.objects.get(), reason="客户重新同意", by=post.cast.lin)
        strict().post(way, ONE_CLICK)
        assert Restraint.objects.count() == 2 and unsubscribing.heard(sent)

    def test_the_next_mail_does_not_leave(self, post, server, li, sent, way):
        strict().post(way, ONE_CLICK)
        sending.go()
        mails = len(server.journal.lines())
        with clock.at("2026-11-25T10:00:00+08:00"):
            post.entered("2026-11-25")
            message = post.write(li, "email", step="night:2")
            sending.go()
        message.refresh_from_db()
        assert message.reason == "guard_refused" and len(server.journal.lines()) == mails


class TestThePage:
    def test_looking_at_it_changes_nothing_and_shows_one_button_in_both_languages(self, sent, way):
        page = strict().get(way)
        text = page.content.decode()
        assert page.status_code == 200 and text.count("<button") == 1
        assert "退订 · Unsubscribe" in text and "Shall " in text and 'lang="zh-hans"' in text
        assert sent.value not in text, "the address is masked"
        assert not Restraint.objects.exists() and not Incoming.objects.exists()
        assert page.headers["X-Robots-Tag"].startswith("noindex") and "no-store" in page.headers["Cache-Control"]

    def test_the_button_does_it_and_the_page_says_so_from_then_on(self, sent, way):
        done = strict().post(way, {}).content.decode()
        assert "receives no more e-mails" in done and "<button" not in done
        assert "<button" not in strict().get(way).content.decode()
        assert Restraint.objects.count() == 1

    def test_head_and_other_methods_do_nothing(self, sent, way):
        assert strict().head(way).status_code == 200
        assert strict().put(way).status_code == 405
        assert not Restraint.objects.exists()


class TestWhoseItIs:
    @pytest.mark.parametrize("change", ["code", "message", "party", "address", "rubbish", "huge"])
    def test_an_address_that_was_changed_or_moved_to_another_is_none(self, post, sent, way, change):
        other = post.write(post.customer("王", email="w@example.org"), "email", step="night:9")
        number, _dash, code = way.split("/")[2].partition("-")
        written = {
            "code": f"{number}-{'0' * 40}",
            "message": f"{other.pk}-{code}",
            "party": f"{number}-{unsubscribing.token(other).partition('-')[2]}",
            "address": unsubscribing.token(
                Message(pk=sent.pk, key=sent.key, party=sent.party, channel="email", value_index=b"x")
            ),
            "rubbish": "x",
            "huge": f"{'9' * 18}-{code}",
        }[change]
        for answer in (strict().get(f"/unsubscribe/{written}/"), strict().post(f"/unsubscribe/{written}/", ONE_CLICK)):
            assert answer.status_code == 404
        assert not Restraint.objects.exists() and not Incoming.objects.exists()


def test_without_a_public_address_a_mail_is_asked_for_as_before(post, server, settings):
    settings.PUBLIC_URL = ""
    post.write(post.customer("李", email="li@example.org"), "email")
    sending.go()
    (line,) = server.journal.lines()
    came = email.message_from_string(line["raw"], policy=policy.default)
    assert came["List-Unsubscribe"].startswith("<mailto:") and came["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize("given", ["http://bills.example.com", "bills.example.com", "https://", "https://a.example/?x"])
def test_a_public_address_that_mails_could_not_name_stops_the_house_at_its_start(given):
    made = subprocess.run(
        [sys.executable, "-c", "import liangqing.house.settings"], check=False, capture_output=True, text=True,
        env={**os.environ, "LIANGQING_PUBLIC_URL": given},
    )  # fmt: skip
    assert made.returncode and "LIANGQING_PUBLIC_URL must be an https address" in made.stderr
