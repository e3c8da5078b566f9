"""Everything people read has Chinese words, in one place each, with the same blanks to fill."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation

from scripts import translations


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    flaws = "\n".join(translations.flaws())
    assert not flaws, f"run make messages, then translate\n{flaws}"


def test_sentences_are_found_in_the_code() -> None:
    code = translations.in_code()
    assert ("", "severe") in code
    assert ("error file", "row") in code  # with context


def test_sentences_are_found_in_templates_as_they_are_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _house_in(tmp_path, monkeypatch, code="", catalogue={})
    page = tmp_path / "liangqing" / "faces" / "templates" / "faces" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text(
        """
        {% load nothing %}<p title="{% translate 'plain' %}">{{ _("in a variable") }} {{ x|default:_("in a filter") }}</p>
      {% translate "50% off" %}{% translate "row" context "error file" %}
    {# {% translate "commented out" %} #}
          {% blocktranslate with day=x|day trimmed %}
            by {{ day }},
            at the latest
          {% endblocktranslate %}
{% blocktranslate count counter=n %}{{ counter }} bill{% plural %}{{ counter }} bills{% endblocktranslate %}
        """,
        encoding="utf-8",
    )
    found = translations.in_code()
    assert set(found) == {
        ("", "plain"), ("", "in a variable"), ("", "in a filter"), ("", "50%% off"), ("error file", "row"),
        ("", "by %(day)s, at the latest"), ("", "%(counter)s bill"),
    }  # fmt: skip
    assert found["", "%(counter)s bill"].id == ("%(counter)s bill", "%(counter)s bills")
    assert found["", "plain"].locations == [("liangqing/faces/templates/faces/page.html", 2)]
    assert len(list(translations.flaws())) == 7, "none has Chinese words"


def test_sentences_inside_f_strings_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """f"{x} {_('late')}" + f'{pgettext("error file", "row")}' + f"{ngettext('one bill', '{n} bills', n)}\""""
    _house_in(tmp_path, monkeypatch, code=code, catalogue={})
    found = translations.in_code()
    assert set(found) == {("", "late"), ("error file", "row"), ("", "one bill")}
    assert found["", "one bill"].id == ("one bill", "{n} bills")


def test_sentences_of_the_workbench_s_templates_are_found() -> None:
    code = translations.in_code()
    assert ("", "My account") in code
    assert ("", "%(first)s–%(last)s of %(total)s") in code


def test_the_house_speaks_chinese() -> None:
    from liangqing.warning.level import Level

    with translation.override("zh-hans"):
        assert [str(level.label) for level in Level] == ["轻度", "中度", "重度"]
    with translation.override("en"):
        assert str(Level.SEVERE.label) == "severe"


def test_a_sentence_without_chinese_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _house_in(
        tmp_path, monkeypatch, code='_("one {a}"); _("two"); _("three")', catalogue={"one {a}": "一 {b}", "two": ""}
    )
    told = "\n".join(translations.flaws())
    assert "other placeholders: 'one {a}'" in told
    assert "not translated: 'two'" in told
    assert "in no catalogue: 'three'" in told


def test_refreshing_keeps_translations_and_drops_what_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = _house_in(tmp_path, monkeypatch, code='_("one"); _("two")', catalogue={"one": "一", "gone": "去"})
    assert translations.refresh() == (1, 1)
    assert {key: message.string for key, message in _entries(house)} == {"one": "一", "two": ""}


def test_refreshing_twice_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = _house_in(tmp_path, monkeypatch, code='_("one"); _("two")', catalogue={"one": "一"})
    translations.refresh()
    once = house.read_bytes()
    assert translations.refresh() == (0, 0)
    assert house.read_bytes() == once


def _house_in(folder: Path, monkeypatch: pytest.MonkeyPatch, *, code: str, catalogue: dict[str, str]) -> Path:
    """A small house with one file of code and a catalogue."""
    house = folder / "liangqing" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    house.parent.mkdir(parents=True)
    entries = "".join(f'\nmsgid "{sentence}"\nmsgstr "{words}"\n' for sentence, words in catalogue.items())
    house.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n' + entries, encoding="utf-8")
    (folder / "liangqing" / "words.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(translations, "ROOT", folder)
    monkeypatch.setattr(translations, "PACKAGE", folder / "liangqing")
    monkeypatch.setattr(translations, "HOUSE", house)
    return house


def _entries(path: Path) -> list[tuple[str, translations.Message]]:
    return [(translations.key_of(message)[1], message) for message in translations.read(path) if message.id]
