"""Keys for programs at the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from liangqing.api.actions.clients import recognise
from liangqing.api.models import Client
from liangqing.house import start
from liangqing.house.commands import main


@pytest.fixture
def said(books, monkeypatch):
    monkeypatch.setattr(start, "start", lambda **_options: None)

    def say(*words):
        answer = CliRunner().invoke(main, list(words))
        assert answer.exit_code == 0, answer.output
        return answer.output

    return say


def test_a_key_is_shown_once_and_opens_until_it_is_revoked(said):
    key = json.loads(said("program", "add", "ERP", "--duty", "finance", "--json"))["key"]
    client = Client.objects.get()
    assert recognise(key) == client
    assert key not in said("program", "list") and "ERP" in said("program", "list")
    said("program", "revoke", str(client.pk))
    assert not Client.objects.filter(active=True).exists()
    assert "ERP" not in said("program", "list")


def test_a_webhook_is_listed_and_its_secret_replaced(said, books, settings):
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    said("program", "add", "ERP", "--duty", "finance")
    number = str(Client.objects.get().pk)
    made = json.loads(said("webhook", "add", number, "http://127.0.0.1/x", "--event", "case.opened", "--json"))
    (listed,) = json.loads(said("webhook", "list", "--json"))
    assert (listed["id"], listed["url"], listed["waiting"]) == (made["id"], "http://127.0.0.1/x", 0)
    replaced = json.loads(said("webhook", "rotate", str(made["id"]), "--json"))
    assert replaced["secret"] not in ("", made["secret"])
    answer = CliRunner().invoke(main, ["webhook", "rotate", "999"])
    assert answer.exit_code == 2


def test_a_webhook_to_this_machine_is_refused(said, books):
    said("program", "add", "ERP", "--duty", "finance")
    answer = CliRunner().invoke(
        main, ["webhook", "add", str(Client.objects.get().pk), "https://127.0.0.1/x", "--event", "case.opened"]
    )
    assert answer.exit_code == 2
