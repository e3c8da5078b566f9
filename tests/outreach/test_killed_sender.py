"""A worker killed outright (SIGKILL) at each point of a message's way, and the next one.

No message is lost; towards a provider that recognises keys none is doubled; towards one that does not at most one is, and
it is marked.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from liangqing.kit import clock
from liangqing.outreach.actions import sending
from liangqing.outreach.models import Attempt, Message
from tests.nightly.state import until_free
from tests.outreach.posts import TODAY, Post
from tests.outreach.servers.gateway import CallServer
from tests.outreach.servers.smtp import SmtpServer

POINTS = ("claiming", "claimed", "handed over", "noted")
LATER = "2026-11-23T10:10:00+08:00"
"""When a claimed row counts as that of a dead worker."""


@pytest.fixture
def post(books):
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def dies(books, data_folder):
    """Run a worker that is killed at a point, as ``dies("claimed")``."""

    def run(point: str, moment: str = TODAY) -> None:
        root = Path(__file__).parent.parent.parent
        address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{books}").geturl()
        worker = subprocess.run(
            [sys.executable, str(Path(__file__).parent / "worker.py"), moment, point],
            env={**os.environ, "DATABASE_URL": address, "LIANGQING_HOME": str(data_folder), "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert worker.returncode == -signal.SIGKILL, worker.stderr.decode()
        until_free()

    return run


def allowed() -> int:
    """Receipts of the guard that count: a contact that was sent has one, and one that may have been sent twice has two."""
    return Attempt.objects.filter(answer="allowed").exclude(outcome="called_off").count()


@pytest.mark.parametrize("point", POINTS)
def test_an_idempotent_provider_delivers_once_wherever_the_worker_died(post, dies, tmp_path, point):
    with CallServer(tmp_path) as server:
        post.gateway(server.port)
        message = post.write(post.customer("李", sms=""), "sms", "demand")
        dies(point)
        with clock.at(LATER):
            sending.go()
        delivered = [line for line in server.journal.lines() if not line["again"]]
    message.refresh_from_db()
    assert (message.state, message.doubled) == ("sent", False)
    assert [line["key"] for line in delivered] == [str(message.key)]
    assert allowed() == 1


@pytest.mark.parametrize(("point", "arrived"), [("claiming", 1), ("claimed", 1), ("handed over", 2), ("noted", 1)])
def test_towards_a_mail_server_at_most_one_is_doubled_and_it_is_marked(post, dies, tmp_path, point, arrived):
    with SmtpServer(tmp_path) as server:
        post.mail_server(server.port)
        message = post.write(post.customer("李", email=""), "email", "bill")
        dies(point)
        with clock.at(LATER):
            sending.go()
        keys = [line["key"] for line in server.journal.lines()]
    message.refresh_from_db()
    assert message.state == "sent"
    assert keys == [f"<lq.{message.key}@mail.example.com>"] * arrived
    assert message.doubled is (point in ("claimed", "handed over"))
    assert allowed() == (2 if message.doubled else 1)


def test_killed_again_while_it_is_sent_again_it_is_not_sent_a_third_time(post, dies, tmp_path):
    with SmtpServer(tmp_path) as server:
        post.mail_server(server.port)
        message = post.write(post.customer("李", email=""), "email", "bill")
        dies("handed over")
        dies("handed over", LATER)
        for minute in (20, 30):
            with clock.at(f"2026-11-23T10:{minute}:00+08:00"):
                sending.go()
        assert len(server.journal.lines()) == 2
    message.refresh_from_db()
    assert (message.state, message.reason, message.doubled, message.due_at) == ("doubtful", "unknown", True, None)


def test_where_the_settings_say_so_a_person_decides_and_nothing_goes_twice(post, dies, tmp_path):
    with SmtpServer(tmp_path) as server:
        post.mail_server(server.port, config={"resend": False})
        message = post.write(post.customer("李", email=""), "email", "bill")
        dies("handed over")
        with clock.at(LATER):
            sending.go()
        assert len(server.journal.lines()) == 1
    message.refresh_from_db()
    assert (message.state, message.doubled, message.due_at) == ("doubtful", False, None)


def test_of_many_under_way_none_is_lost_when_the_worker_dies(post, dies, tmp_path):
    with CallServer(tmp_path) as server:
        post.gateway(server.port)
        for number in range(12):
            post.write(post.customer(f"客户{number}", sms=""), "sms", "demand")
        dies("handed over")
        with clock.at(LATER):
            sending.go()
        delivered = sorted(line["key"] for line in server.journal.lines() if not line["again"])
    assert delivered == sorted(str(key) for key in Message.objects.values_list("key", flat=True))
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_what_a_living_worker_has_in_hand_is_left_to_it(post, tmp_path):
    with CallServer(tmp_path) as server:
        post.gateway(server.port)
        post.write(post.customer("李", sms=""), "sms", "demand")
        seen = []

        def another(point, _message):
            if point == "claimed" and not seen:
                seen.append(sending.go())

        sending.go(another)
        assert seen == [{}]
        assert len(server.journal.lines()) == 1
