"""The institution edits its policy on the page: drafts, terms, tables, files, the calendar."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from liangqing.kit import clock
from liangqing.people.models import User
from liangqing.policy.actions import versions
from liangqing.policy.calendar import is_working
from liangqing.policy.content import complete
from liangqing.policy.models import SpecialDay, Version
from tests.workbench.institution import TODAY, Institution

V1 = "/policy/versions/v1/"
MODERATE = V1 + "terms/warning.moderate_until_days/"
KEEP = V1 + "terms/archive.keep_years/"
FLOOR = V1 + "terms/warning.share_floor/"
DESK = V1 + "tables/case.desk/"
LEVEL = V1 + "tables/warning.level/"


@pytest.fixture
def gao(house_of_people: Institution) -> Client:
    return house_of_people.client_of("gao", "en")


def v1() -> Version:
    return Version.objects.get(number=1)


def text(response: Any) -> str:
    return str(response.content.decode())


def term_fields(*lines: dict[str, str], revision: int | None = None) -> dict[str, str]:
    """What the form of a term posts."""
    posted = {"revision": str(v1().revision if revision is None else revision), "lines": str(len(lines)), "do": "save"}
    for number, line in enumerate(lines):
        posted |= {f"line-{number}-{name}": value for name, value in line.items()}
    return posted


class Rows:
    """The editor of a table without a script: what its page says is what is posted next."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address = client, address
        self.page = client.get(address)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return json.loads(self._hidden("rows"))  # type: ignore[no-any-return]

    @property
    def names(self) -> list[str]:
        return [row["row"] for row in self.rows]

    def _hidden(self, name: str) -> str:
        from html import unescape

        found = re.search(rf'name="{name}" value="([^"]*)"', text(self.page))
        assert found, name
        return unescape(found[1])

    def press(self, button: str, **fields: Any) -> Any:
        posted = {name: self._hidden(name) for name in ("rows", "open", "revision")}
        self.page = self.client.post(self.address, {**posted, **fields, "do": button})
        return self.page

    def open_fields(self, **changes: Any) -> dict[str, Any]:
        """What the fields of the open row hold, some of them changed."""

        from liangqing.policy.tables import blank_tables
        from liangqing.workbench.forms.policy import RowForm

        row = self.rows[int(self._hidden("open"))]
        table = blank_tables()[self.address.split("/")[-2]]
        return {**RowForm.of(table, row).data, **changes}


# Versions ---------------------------------------------------------------------------------------------------------------


class TestVersions:
    def test_the_version_in_force_stands_on_top_and_the_page_says_the_preset_decides(self, gao):
        page = text(gao.get("/policy/"))
        assert "The preset shipped with this product decides" in page
        assert page.index("As shipped") < page.index("收紧中度门槛")
        approve_another(1, "warning.mild_until_days", 21)
        with clock.at(TODAY + dt.timedelta(days=1)):
            page = text(gao.get("/policy/"))
        assert "The preset shipped" not in page
        assert page.index("另一版 1") < page.index("As shipped")
        assert "superseded" in page
        assert "沈国栋" in text(gao.get("/policy/versions/v2/")), "who approved is named, not by the login"

    def test_a_new_version_is_drafted_from_the_one_that_will_be_in_force(self, gao):
        answer = gao.post("/policy/drafting/", {"title": "更严", "from_on": "2026-08-01", "why": "试一试"})
        assert answer.headers["Location"] == "/policy/versions/v2/"
        made = Version.objects.get(number=2)
        assert (made.title, made.why, made.from_on, made.drafted_by) == ("更严", "试一试", dt.date(2026, 8, 1), "gao")
        assert "no term differs" in text(gao.get("/policy/versions/v2/?changed=1")).lower()

    def test_a_day_past_is_refused_at_its_field(self, gao):
        answer = gao.post("/policy/drafting/", {"title": "迟了", "from_on": TODAY.isoformat()})
        assert answer.status_code == 422
        assert "tomorrow at the earliest" in text(answer)
        assert Version.objects.count() == 1

    def test_the_head_of_a_draft_is_changed_unless_somebody_was_faster(self, gao):
        head = {"title": "收紧", "why": "", "from_on": "2026-08-01", "share": "20", "revision": "1"}
        assert gao.post(V1, head).status_code == 302
        assert (v1().title, v1().share) == ("收紧", 20)
        late = gao.post(V1, {**head, "title": "另一个"})
        assert late.status_code == 409 and "Somebody has changed this draft" in text(late)
        assert v1().title == "收紧"

    def test_a_version_is_withdrawn_after_being_asked_once(self, gao):
        assert "never decide anything" in text(gao.get(V1 + "withdrawal/"))
        gao.post(V1 + "withdrawal/")
        assert v1().state == "withdrawn"
        assert "withdrawal" not in text(gao.get(V1))

    @pytest.mark.parametrize("who", ["lin", "luo", "admin"])
    def test_those_who_only_read_see_no_button_that_changes(self, house_of_people, who):
        client = house_of_people.client_of(who, "en")
        for address in (V1, MODERATE, DESK, "/policy/", "/policy/calendar/"):
            page = text(client.get(address))
            assert "Save" not in page and "Withdraw" not in page and "Draft a new" not in page, address
        assert client.post(MODERATE, term_fields({"value": "40"})).status_code == 403

    def test_no_part_of_a_version_is_empty_in_either_language(self, house_of_people):
        for language in ("zh-hans", "en"):
            client = house_of_people.client_of("gao", language)
            for part in ("terms", "tables", "changes", "problems"):
                assert client.get(f"{V1}?part={part}").status_code == 200
        assert client.get("/policy/versions/preset-1/").status_code == 200
        assert client.get("/policy/versions/v99/").status_code == 404
        for name in ("v99", "²", "v99999999999999999999", "1"):
            assert client.get(f"/policy/versions/{name}/").status_code == 404, name

    def test_what_nothing_but_an_unsure_source_says_is_not_shown_as_law(self, gao):
        page = text(gao.get(MODERATE))
        assert "to be confirmed by counsel" in page


# Terms ------------------------------------------------------------------------------------------------------------------


class TestTerms:
    def test_a_changed_term_is_marked_counted_and_told_beside_its_base(self, gao):
        assert gao.post(MODERATE, term_fields({"value": "61"})).status_code == 302
        assert complete(v1().content)["terms"]["warning.moderate_until_days"] == 61
        page = text(gao.get(V1 + "?changed=1"))
        assert "61 days" in page and "was 91 days" in page
        assert "warning.mild_until_days" not in page
        changes = text(gao.get(V1 + "?part=changes"))
        assert "1 difference" in changes and "91 days" in changes

    @pytest.mark.parametrize(
        ("value", "said"),
        [("2", "between 3 and 366"), ("400", "between 3 and 366"), ("neun", "whole number"), ("", "whole")],
    )
    def test_what_cannot_be_is_refused_at_the_field(self, gao, value, said):
        answer = gao.post(MODERATE, term_fields({"value": value}))
        assert answer.status_code == 422 and said in text(answer)
        assert v1().revision == 1

    def test_two_people_do_not_overwrite_each_other(self, gao, house_of_people):
        gao.post(MODERATE, term_fields({"value": "61"}))
        shen = house_of_people.client_of("shen", "en")
        answer = shen.post(MODERATE, term_fields({"value": "71"}, revision=1))
        assert answer.status_code == 409
        assert (
            "Somebody has changed this draft" in text(answer)
            and "61 days" in text(answer)
            and 'value="71"' in text(answer)
        )
        assert complete(v1().content)["terms"]["warning.moderate_until_days"] == 61

    def test_a_percentage_is_entered_as_a_percentage(self, gao):
        address = V1 + "terms/warning.mild_until_share_bp/"
        assert 'value="60"' in text(gao.get(address))
        gao.post(address, term_fields({"value": "62.5%"}))
        assert complete(v1().content)["terms"]["warning.mild_until_share_bp"] == 6250
        assert gao.post(address, term_fields({"value": "62.505"})).status_code == 422

    def test_an_exception_for_persons_is_added_saved_and_wins_for_them_alone(self, gao):
        added = gao.post(MODERATE, {**term_fields({"value": "91"}), "do": "add"})
        assert added.status_code == 200 and 'name="line-1-debtor"' in text(added)
        assert v1().revision == 1, "adding a line saves nothing"
        lines = ({"value": "91"}, {"value": "61", "debtor": "person"})
        assert gao.post(MODERATE, term_fields(*lines)).status_code == 302
        page = text(gao.get(MODERATE + "?debtor=person&line=&place="))
        assert "the most specific of those that fit" in page
        assert "<b>61 days</b>" in page and "others that fit: the whole institution 91 days" in page
        assert "<b>91 days</b>" in text(gao.get(MODERATE + "?debtor=company"))

    def test_the_strictest_wins_where_law_binds(self, gao):
        lines = ({"value": "10"}, {"value": "7", "debtor": "person"}, {"value": "15", "place": "CA"})
        assert gao.post(KEEP, term_fields(*lines)).status_code == 302
        page = text(gao.get(KEEP + "?debtor=person&place=CA"))
        assert "<b>15 years</b>" in page and "the strictest of those that fit" in page

    def test_an_exception_for_nobody_and_two_for_the_same_are_refused(self, gao):
        answer = gao.post(MODERATE, term_fields({"value": "91"}, {"value": "61"}))
        assert answer.status_code == 422 and "Say for whom" in text(answer)
        twice = ({"value": "91"}, {"value": "61", "debtor": "person"}, {"value": "71", "debtor": "person"})
        assert "keep one" in text(gao.post(MODERATE, term_fields(*twice)))
        placed = text(gao.post(MODERATE, term_fields({"value": "91"}, {"value": "61", "place": "China"})))
        assert "two letters" in placed

    def test_an_exception_is_taken_away(self, gao):
        lines = ({"value": "91"}, {"value": "61", "debtor": "person"})
        answer = gao.post(MODERATE, {**term_fields(*lines), "do": "remove-1"})
        assert "line-1-debtor" not in text(answer)

    def test_past_a_bound_of_law_the_page_warns_before_it_saves(self, gao):
        warned = gao.post(KEEP, term_fields({"value": "3"}))
        assert warned.status_code == 422 and "goes past a bound that only counsel may lift" in text(warned)
        assert v1().revision == 1
        assert gao.post(KEEP, {**term_fields({"value": "3"}), "confirmed": "1"}).status_code == 302
        assert complete(v1().content)["terms"]["archive.keep_years"] == 3

    def test_amounts_are_set_by_currency_with_one_for_every_other(self, gao):
        base = {f"value-{code}": amount for code, amount in v1().content["terms"]["warning.share_floor"].items()}
        more = gao.post(FLOOR, {**term_fields(base), "do": "currency", "currency": "CHF"})
        assert 'name="line-0-value-CHF"' in text(more)
        assert gao.post(FLOOR, term_fields({**base, "value-CHF": "1,500.00"})).status_code == 302
        assert complete(v1().content)["terms"]["warning.share_floor"]["CHF"] == "1500.00"
        odd = gao.post(FLOOR, term_fields({**base, "value-JPY": "100.5"}))
        assert odd.status_code == 422 and "decimal places" in text(odd)

    def test_levels_take_a_number_each(self, gao):
        address = V1 + "terms/warning.acknowledge_within_days/"
        gao.post(address, term_fields({"value-mild": "9", "value-moderate": "4", "value-severe": "1"}))
        assert complete(v1().content)["terms"]["warning.acknowledge_within_days"] == {
            "mild": 9,
            "moderate": 4,
            "severe": 1,
        }
        wrong = gao.post(address, term_fields({"value-mild": "9", "value-moderate": "4", "value-severe": "0"}))
        assert wrong.status_code == 422

    def test_a_term_says_which_rows_it_bounds(self, gao):
        page = text(gao.get(MODERATE))
        assert f"{LEVEL}#row-D2" in page


# Tables -----------------------------------------------------------------------------------------------------------------


class TestTables:
    def test_opening_and_closing_a_row_changes_nothing_of_any_table(self, gao):
        for key in complete(v1().content)["tables"]:
            editor = Rows(gao, f"{V1}tables/{key}/")
            before = editor.rows
            for number in range(len(before)):
                assert editor.press(f"open-{number}").status_code == 200
                fields = editor.open_fields()
                assert editor.press("close", **fields).status_code == 200, (key, number)
            assert editor.rows == before, key

    def test_a_row_is_added_moved_duplicated_and_deleted_and_nothing_is_stored_before_saving(self, gao):
        editor = Rows(gao, DESK)
        editor.press("add-2")
        assert editor.names == ["K1", "K2", "K3", "K4"]
        editor.press("up-3", **editor.open_fields())
        editor.press("copy-0")
        assert editor.names == ["K1", "K5", "K2", "K4", "K3"]
        editor.press("delete-1")
        editor.press("down-0")
        assert editor.names == ["K2", "K1", "K4", "K3"]
        assert v1().revision == 1

    def test_a_gap_is_told_with_an_account_nobody_decides_and_may_be_saved_in_a_draft(self, gao, house_of_people):
        editor = Rows(gao, DESK)
        page = text(editor.press("delete-1"))
        assert "No row decides this account: warning level: moderate" in page
        saved = editor.press("save")
        assert saved.status_code == 302
        assert [row["row"] for row in v1().content["tables"]["case.desk"]] == ["K1", "K3"]
        problems = text(gao.get(V1 + "?part=problems"))
        assert "No row decides this account" in problems and DESK in problems
        from liangqing.kit.refusal import Refusal

        with pytest.raises(Refusal, match="problems"), clock.at(TODAY):
            versions.submit(v1(), by=User.objects.get(username="gao"))

    def test_a_row_that_can_never_match_says_which_rows_take_its_accounts(self, gao):
        editor = Rows(gao, LEVEL)
        editor.press("up-4")
        editor.press("up-3")
        page = text(editor.press("up-2"))
        assert "Never matches" in page

    def test_a_condition_and_an_answer_are_changed(self, gao):
        editor = Rows(gao, V1 + "tables/case.action/")
        number = editor.names.index("A07")
        editor.press(f"open-{number}")
        fields = editor.open_fields(**{"when-days-from": "46", "then-due_in_days": "3"})
        editor.press("save", **fields)
        row = next(row for row in v1().content["tables"]["case.action"] if row["row"] == "A07")
        assert row["when"] == {"level": "moderate", "days": {"from": 46}}
        assert row["then"] == {"action": "send_letter", "due_in_days": 3}
        assert "46" in text(gao.get(V1 + "?part=changes"))

    def test_an_edge_may_be_a_term(self, gao):
        editor = Rows(gao, V1 + "tables/case.action/")
        editor.press(f"open-{editor.names.index('A07')}")
        editor.press("close", **editor.open_fields(**{"when-days-from": "", "when-days-from-term": "$grace.most_days"}))
        row = editor.rows[editor.names.index("A07")]
        assert row["when"]["days"] == {"from": "$grace.most_days"}
        assert "days of grace at most" in text(editor.page)

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("when-days-from", "viel", "whole number"),
            ("when-days-until", "-4000", "end must lie after"),
            ("then-due_in_days", "91", "Between 0 and 90"),
            ("then-action", "erfunden", "Choose one"),
            ("when-level", "ernst", "Choose from the list"),
            ("row", "zwei Worte", "without blanks"),
        ],
    )
    def test_what_cannot_be_read_stays_open_and_is_told_at_its_field(self, gao, field, value, said):
        editor = Rows(gao, V1 + "tables/case.action/")
        editor.press(f"open-{editor.names.index('A11')}")
        answer = editor.press("close", **editor.open_fields(**{field: value}))
        assert answer.status_code == 422 and said in text(answer)
        assert 'class="lq-panel"' in text(answer)

    def test_a_route_is_checked_as_it_is_written(self, gao):
        editor = Rows(gao, V1 + "tables/approval.route/")
        editor.press("open-3")
        assert editor.press("close", **editor.open_fields(**{"then-steps": "der Chef"})).status_code == 422
        fields = editor.open_fields(**{"then-steps": "head > 2 of duty:manage"})
        assert editor.press("close", **fields).status_code == 200
        assert editor.rows[3]["then"]["steps"] == "head > 2 of duty:manage"

    def test_the_check_tells_what_is_wrong_while_it_is_typed_and_stores_nothing(self, gao):
        editor = Rows(gao, DESK)
        editor.press("open-0")
        fields = {name: editor._hidden(name) for name in ("rows", "open", "revision")}
        fine = gao.post(DESK + "checks/", {**fields, **editor.open_fields()})
        assert "Every account is decided" in text(fine)
        wrong = gao.post(DESK + "checks/", {**fields, **editor.open_fields(**{"when-level": ["none"]})})
        assert "No row decides this account: warning level: mild" in text(wrong)
        twice = gao.post(DESK + "checks/", {**fields, **editor.open_fields(row="K2")})
        assert text(twice).count("Two rows have this name") == 2
        assert v1().revision == 1

    def test_a_table_somebody_else_changed_meanwhile_is_not_overwritten(self, gao, house_of_people):
        editor = Rows(gao, DESK)
        house_of_people.client_of("shen", "en").post(MODERATE, term_fields({"value": "61"}))
        editor.press("delete-2")
        answer = editor.press("save")
        assert answer.status_code == 409 and "Somebody has changed this draft" in text(answer)
        assert editor.names == ["K1", "K2"], "what was entered is still there"
        assert len(v1().content["tables"]["case.desk"]) == 3

    @pytest.mark.parametrize("rows", ["", "[", "{}", '[{"row": "a b", "then": {}}]', '[{"row": 1}]', "[" * 5000])
    def test_rows_that_no_editor_sent_are_refused(self, gao, rows):
        assert gao.post(DESK, {"rows": rows, "revision": "1", "do": "save"}).status_code == 422
        assert v1().revision == 1

    def test_the_preset_and_a_closed_version_are_shown_and_not_edited(self, gao):
        assert 'name="do"' not in text(gao.get("/policy/versions/preset-1/tables/case.desk/"))
        gao.post(V1 + "withdrawal/")
        assert 'name="do"' not in text(gao.get(DESK))


# Testing a table on a customer ------------------------------------------------------------------------------------------


class TestTesting:
    def test_the_page_says_why_a_customer_is_severe_row_by_row(self, gao):
        page = text(gao.get(LEVEL + "test/?q=X1"))
        assert "<b>D3</b> days late are severe" in page
        assert "✗" in page and "302" in page

    def test_the_draft_and_the_version_in_force_stand_side_by_side(self, gao):
        gao.post(V1 + "terms/warning.mild_until_days/", term_fields({"value": "5"}))
        page = text(gao.get(LEVEL + "test/?q=C1"))
        assert "The two versions decide differently" in page
        assert "preset-1" in page

    def test_a_case_number_will_do_and_facts_can_be_changed(self, gao, house_of_people):
        case = house_of_people.customer("C1").case.number
        page = text(gao.get(f"{V1}tables/case.action/test/?q={case}"))
        assert "decides now" in page
        other = text(gao.get(f"{V1}tables/case.action/test/?q={case}&f-last_result=refused&f-covered=no"))
        assert "entered" in other and "<b>A27</b>" in other

    def test_points_add_up(self, gao):
        page = text(gao.get(f"{V1}tables/case.priority/test/?q=X1"))
        assert "<b>L3" in page and "points" in page

    def test_a_table_about_no_customer_is_asked_by_hand(self, gao):
        page = text(gao.get(f"{V1}tables/case.result/test/?f-result=wrong_number&f-other_way=yes"))
        assert "<b>Z14</b>" in page

    def test_a_draft_with_a_gap_elsewhere_is_tested_with_the_facts_of_today(self, gao):
        Rows(gao, DESK).press("delete-1")
        editor = Rows(gao, DESK)
        editor.press("delete-1")
        editor.press("save")
        page = text(gao.get(LEVEL + "test/?q=X1"))
        assert "has problems elsewhere" in page and "<b>D3</b>" in page

    def test_a_customer_out_of_reach_is_not_there(self, house_of_people):
        stranger = str(house_of_people.foreign_to("lin")[0])
        page = text(house_of_people.client_of("lin", "en").get(f"{LEVEL}test/?q={stranger}"))
        assert "within your reach" in page
        assert "q=" not in text(house_of_people.client_of("admin", "en").get(LEVEL + "test/")).replace("?q=", "")

    def test_testing_writes_nothing(self, gao):
        from liangqing.trail.models import Entry
        from liangqing.warning.models import Standing

        before = (Entry.objects.count(), list(Standing.objects.order_by("id").values()))
        gao.get(LEVEL + "test/?q=X1")
        assert (Entry.objects.count(), list(Standing.objects.order_by("id").values())) == before


# Files ------------------------------------------------------------------------------------------------------------------


def upload(client: Client, given: str | bytes, revision: int | None = None) -> Any:
    raw = given.encode() if isinstance(given, str) else given
    posted = {
        "file": SimpleUploadedFile("policy.yaml", raw),
        "revision": str(v1().revision if revision is None else revision),
    }
    return client.post(V1 + "file/", posted)


class TestFiles:
    def test_an_exported_version_is_taken_over_as_it_was(self, gao):
        exported = text(gao.get(V1 + "file/"))
        before = v1().digest
        assert upload(gao, exported).status_code == 302
        assert v1().digest == before
        changed = exported.replace("warning.mild_until_days: 31", "warning.mild_until_days: 21")
        assert upload(gao, changed).headers["Location"].endswith("?part=changes")
        assert complete(v1().content)["terms"]["warning.mild_until_days"] == 21

    def test_a_row_in_the_file_reads_in_the_order_people_read_it(self, gao):
        exported = text(gao.get(V1 + "file/"))
        assert re.search(r"row: D1\n\s+when: \{days_late: .*\n\s+then: \{level: mild\}\n\s+reason: \{zh", exported)
        assert "&id" not in exported

    def test_everything_wrong_in_a_file_is_told_with_its_place_and_nothing_is_taken(self, gao):
        exported = text(gao.get(V1 + "file/"))
        broken = exported.replace("warning.mild_until_days: 31", "warning.mild_until_days: 1000").replace(
            "row: D2S", "row: D 2S"
        )
        answer = upload(gao, broken)
        assert answer.status_code == 422
        page = text(answer)
        assert "between 2 and 91" in page and "D 2S" in page and "nothing was changed" in page
        assert v1().revision == 1

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ("a: [1", "line 1"),
            ("- 1\n- 2", "terms and tables"),
            (b"\xff\xfe\x00", "UTF-8"),
            ("terms: {a: &x [1], b: *x}", "by reference"),
        ],
    )
    def test_what_is_no_policy_is_refused_with_the_reason(self, gao, given, said):
        answer = upload(gao, given)
        assert answer.status_code == 422 and said in text(answer)

    def test_a_file_for_a_draft_changed_meanwhile_is_not_taken(self, gao):
        exported = text(gao.get(V1 + "file/"))
        gao.post(MODERATE, term_fields({"value": "61"}))
        assert upload(gao, exported, revision=1).status_code == 409


# A newer base -----------------------------------------------------------------------------------------------------------


def approve_another(number: int, key: str, value: Any) -> None:
    """Another version, approved and in force before the first draft's day."""
    gao = User.objects.get(username="gao")
    with clock.at(TODAY):
        other = versions.draft(title=f"另一版 {number}", from_on=TODAY + dt.timedelta(days=number), by=gao)
        other = versions.set_term(other, key, value, revision=other.revision, by=gao)
        versions.submit(other, by=gao)
        versions.approve(other, voices=[{"name": "shen", "step": 1, "at": "2026-06-30"}], by=gao)


class TestANewerBase:
    def test_a_draft_is_brought_onto_the_version_approved_meanwhile_and_what_both_changed_is_named(self, gao):
        gao.post(MODERATE, term_fields({"value": "61"}))
        approve_another(10, "warning.moderate_until_days", 71)
        assert "has to be brought onto it" in text(gao.get(V1))
        page = text(gao.get(V1 + "base/"))
        assert "Both changed these" in page and "moderate until days late" in page
        gao.post(V1 + "base/", {"revision": str(v1().revision)})
        assert v1().base is not None and v1().base.number == 2
        assert complete(v1().content)["terms"]["warning.moderate_until_days"] == 61
        assert "has to be brought onto it" not in text(gao.get(V1))

    def test_any_two_versions_are_compared(self, gao):
        approve_another(10, "warning.mild_until_days", 21)
        page = text(gao.get(V1 + "?part=changes&with=v2"))
        assert "1 difference" in page and "21 days" in page and "31 days" in page


# The calendar -----------------------------------------------------------------------------------------------------------


class TestCalendar:
    def test_a_year_shows_holidays_with_their_source_and_days_worked_in_exchange(self, house_of_people):
        page = text(house_of_people.client_of("gao").get("/policy/calendar/?year=2025"))
        assert "国庆节" in page and "春节调休" in page
        english = text(house_of_people.client_of("gao", "en").get("/policy/calendar/?year=2025"))
        assert "National Day" in english and "announced" in english

    def test_a_day_is_set_and_let_go_again(self, gao):
        day = {"on": "2026-07-01", "works": "no", "name": "司庆", "source": "公司通知"}
        gao.post("/policy/calendar/", day)
        assert not is_working(dt.date(2026, 7, 1))
        assert "司庆" in text(gao.get("/policy/calendar/?year=2026"))
        gao.post("/policy/calendar/", {"on": "2026-07-01", "do": "clear"})
        assert is_working(dt.date(2026, 7, 1))

    def test_a_day_without_a_name_is_refused(self, gao):
        answer = gao.post("/policy/calendar/", {"on": "2026-07-01", "works": "no", "name": " "})
        assert answer.status_code == 422
        assert not SpecialDay.objects.exists()

    def test_the_announced_calendar_of_a_year_is_taken_over_once(self, gao):
        gao.post("/policy/calendar/announcement/", {"year": "2025"})
        taken = SpecialDay.objects.count()
        assert taken > 20
        assert "Take them over" not in text(gao.get("/policy/calendar/?year=2025"))

    def test_a_year_that_is_not_announced_says_so(self, gao):
        assert "are not known here" in text(gao.get("/policy/calendar/?year=2090"))
        assert gao.post("/policy/calendar/announcement/", {"year": "2090"}).status_code == 409

    @pytest.mark.parametrize("query", ["?year=99999", "?year=x", "?day=2026-13-40", "?day=1066-10-14"])
    def test_a_year_or_day_that_is_none_shows_this_year(self, gao, query):
        assert "2026" in text(gao.get(f"/policy/calendar/{query}"))


# The trail --------------------------------------------------------------------------------------------------------------


def test_the_trail_tells_what_was_changed_by_the_names_people_know(gao):
    gao.post(MODERATE, term_fields({"value": "61"}))
    editor = Rows(gao, DESK)
    editor.press("delete-1")
    editor.press("save")
    gao.post("/policy/calendar/", {"on": "2026-07-01", "works": "no", "name": "司庆"})
    page = text(gao.get("/trail/"))
    assert "draft of the policy changed" in page and "policy drafted" in page
    assert "moderate until days late" in page and "after 61 days" in page and "before 91 days" in page
    assert "before 3 rows" in page
    assert "calendar of working days changed" in page
    assert "/policy/versions/v1/" in page


def test_a_draft_that_cannot_be_read_yet_still_has_its_page(house_of_people):
    """What goes past a bound of law is asked of content without problems only."""
    with clock.at(TODAY):
        made = versions.draft(title="改", from_on=TODAY + dt.timedelta(days=3), by=house_of_people.user("gao"))
    content = complete(made.content)
    (law,) = [row for row in content["tables"]["contact.hours"] if row["row"] == "T17"]
    law["then"] = {**law["then"], "effect": "?"}
    Version.objects.filter(pk=made.pk).update(content=content)
    assert house_of_people.client_of("gao").get(f"/policy/versions/{made.name}/").status_code == 200
