"""Sending costs the same however much was sent before, and several workers share what waits."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection, connections

from liangqing.kit import clock
from liangqing.outreach.actions import doubts, sending, switches
from liangqing.outreach.actions.sending import Go
from liangqing.outreach.models import Message
from liangqing.outreach.queries import messages as lists
from tests.outreach.posts import TODAY, Post
from tests.outreach.servers.gateway import CallServer

STORED = 40_000


@pytest.fixture
def post(books):
    with clock.at(TODAY):
        yield Post()


@pytest.fixture
def many(post):
    """One that waits, and many that were sent."""
    waits = post.write(post.customer("李", sms=""), "sms")
    columns = [
        field.column for field in Message._meta.concrete_fields if field.column not in ("id", "key", "step", "state")
    ]
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO outreach_message ({named}, key, step, state)
                SELECT {named}, gen_random_uuid(), 'old:' || n, (ARRAY['sent', 'delivered', 'settled'])[1 + n %% 3]
                FROM outreach_message, generate_series(1, %s) n WHERE id = %s""",
            [STORED, waits.pk],
        )
        cursor.execute("UPDATE outreach_message SET sent_at = due_at, their_id = 'x' || id WHERE state <> 'waiting'")
        cursor.execute("ANALYZE outreach_message")
    return waits


def plan(query) -> str:
    with connection.cursor() as cursor:
        sql, given = query.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", given)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_what_is_claimed_looked_up_and_listed_is_found_by_an_index(post, many):
    due = switches.let_through(
        Message.objects.filter(state__in=("waiting", "held"), due_at__lte=clock.now()).exclude(channel="letter")
    ).order_by("-priority", "due_at", "id")
    queries = {
        "claim": due[:1],
        "claim, one channel closed": due.exclude(channel__in={"email"})[:1],
        "letters": Message.objects.filter(state__in=("waiting", "held"), due_at__lte=clock.now(), channel="letter")[:1],
        "report": Message.objects.filter(their_id="x7", provider=1).order_by("-id")[:1],
        "answer": Message.objects.filter(value_index=b"x", channel="sms", sent_at__gt=clock.now()).order_by("-sent_at")[
            :1
        ],
        "doubtful": lists.doubtful()[:20],
        "queue": lists.queue()[:20],
        "queue of letters": lists.queue("letter")[:20],
        "queue of a channel": lists.queue("sms")[:20],
        "latest": lists.latest()[:20],
        "customer": lists.of_customer([many.party_id + 1])[:20],
    }
    scanned = {name: told for name, query in queries.items() if "Seq Scan on outreach_message" in (told := plan(query))}
    assert scanned == {}


def test_a_go_asks_the_database_as_often_however_much_is_stored(post, many, tmp_path):
    with CallServer(tmp_path) as server:
        post.gateway(server.port)
        with _counted() as counted:
            assert sending.go()["sent"] == 1
    assert counted["outreach_message"] < 25, counted


class _counted:  # noqa: N801
    def __enter__(self):
        self.counter: Counter[str] = Counter()
        self.wrapper = connection.execute_wrapper(self._count)
        self.wrapper.__enter__()
        return self.counter

    def _count(self, execute, sql, params, many, context):
        self.counter["outreach_message"] += "outreach_message" in sql
        return execute(sql, params, many, context)

    def __exit__(self, *what):
        self.wrapper.__exit__(*what)


def test_several_workers_share_what_waits_and_hand_each_over_once(post, tmp_path):
    with CallServer(tmp_path) as server:
        post.gateway(server.port)
        for number in range(20):
            post.write(post.customer(f"客户{number}", sms=""), "sms")
        start = threading.Barrier(3)

        def work():
            try:
                with clock.at(TODAY):
                    start.wait(timeout=30)
                    this = Go()
                    doubts.resolve(this)
                    this.run()
            finally:
                connections.close_all()

        workers = [threading.Thread(target=work) for _each in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=120)
        lines = server.journal.lines()
    assert Counter(line["key"] for line in lines) == Counter(
        str(key) for key in Message.objects.values_list("key", flat=True)
    )
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
