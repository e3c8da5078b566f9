"""The house's message catalogues: compile them, refresh them from the code, tell what is wrong with them.

    python -m scripts.translations compile   .po into .mo, with Babel; GNU gettext is not needed
    python -m scripts.translations refresh   new sentences in (empty), unused ones out, translations kept
    python -m scripts.translations check     exit 1 and say what is missing, stale or does not fit

A sentence stands in one catalogue only: in that of a room (``<room>/locale``) if it is there already, else in the
house's (``liangqing/locale``), where new ones go.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "liangqing"
HOUSE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
HEADER = """\
{title}
msgid ""
msgstr ""
"Project-Id-Version: Liangqing\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

Key = tuple[str, str]  # context, sentence


def key_of(message: Message) -> Key:
    return (message.context or "", message.id if isinstance(message.id, str) else message.id[0])


def in_code() -> dict[Key, Message]:
    """Every sentence of code and templates that may be shown in another language, with where it stands."""
    found = Catalog()
    kinds: list[tuple[str, Any]] = [("**.py", "python"), ("**/templates/**.html", in_template)]
    for file, line, words, _comments, context in extract_from_dir(
        PACKAGE,
        kinds,
        {"**.py": {"encoding": "utf-8"}},
        KEYWORDS,
        directory_filter=lambda folder: Path(folder).name not in ("node_modules", "static", "__pycache__"),
    ):
        found.add(words, locations=[(f"liangqing/{file}", line)], context=context)
    for path in sorted(PACKAGE.glob("**/*.py")):
        for line, context, sentence in in_f_strings(path.read_text(encoding="utf-8")):
            found.add(sentence, locations=[(f"liangqing/{path.relative_to(PACKAGE)}", line)], context=context)
    return {key_of(message): message for message in found if message.id}


def in_f_strings(code: str) -> Iterator[tuple[int, str | None, str | tuple[str, str]]]:
    """Line, context and sentence of calls inside f-strings, which Babel sees only from Python 3.12 on."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for call in ast.walk(node):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS):
                continue
            said = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
            texts = [text for text in said if isinstance(text, str)]
            context = texts.pop(0) if "pgettext" in call.func.id and texts else None
            if texts:
                yield call.lineno, context, (texts[0], texts[1]) if len(texts) > 1 else texts[0]


def in_template(
    file: IO[bytes], keywords: Any, comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Any]:
    """What Babel asks to read templates with: Django turns its tags into calls, and those are read as Python is.

    The sentences are those Django looks up at run time: of a ``trimmed`` block without its line breaks, a percent sign
    doubled, ``{{ name }}`` as ``%(name)s``.
    """
    from django.utils.translation.template import templatize

    # In brackets, because the indentation of a page means nothing to Python.
    calls = f"({templatize(file.read().decode())}\n)"
    yield from extract_python(io.BytesIO(calls.encode()), keywords, comment_tags, {"encoding": "utf-8"})


def catalogues() -> list[Path]:
    """The catalogues, the house's first."""
    rooms = sorted(path for path in PACKAGE.glob("**/locale/*/LC_MESSAGES/*.po") if path != HOUSE)
    return [HOUSE, *rooms] if HOUSE.exists() else rooms


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def compile_all(*, only_stale: bool = False) -> None:
    for path in catalogues():
        compiled = path.with_suffix(".mo")
        if only_stale and compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        catalogue = read(path)
        beside = compiled.with_suffix(".mo.new")
        with beside.open("wb") as file:
            write_mo(file, catalogue)
        beside.replace(compiled)


def refresh() -> tuple[int, int]:
    """Bring the catalogues in line with the code; returns how many sentences came and went."""
    code = in_code()
    came = went = 0
    elsewhere: set[Key] = set()
    rooms = [path for path in catalogues() if path != HOUSE]
    for path in (*rooms, HOUSE):  # what stands in no room's catalogue belongs in the house's
        old = {key_of(message): message for message in read(path) if message.id} if path.exists() else {}
        mine = code.keys() - elsewhere if path == HOUSE else code.keys() & old.keys()
        elsewhere |= mine
        came += len(mine - old.keys())
        went += len(old.keys() - mine)
        if path != HOUSE and mine == old.keys():
            continue
        _write(path, [_kept(code[key], old.get(key)) for key in sorted(mine, key=lambda key: _place(code[key]))])
    return came, went


def _place(message: Message) -> tuple[str, int, str]:
    file, line = message.locations[0]
    return (file, line or 0, str(message.id))


def _kept(now: Message, before: Message | None) -> Message:
    """The sentence as the code has it, with the translation it had. No line numbers: they would change every day."""
    places = sorted({(file, 0) for file, _line in now.locations})
    flags = now.flags | (before.flags if before else set())
    string = before.string if before else ("" if isinstance(now.id, str) else ("",))
    notes = before.user_comments if before else []
    return Message(now.id, string, locations=places, flags=flags, user_comments=notes, context=now.context)


def _write(path: Path, messages: list[Message]) -> None:
    catalogue = Catalog(locale=path.parent.parent.name)
    for message in messages:
        catalogue[message.id] = message
    entries = io.BytesIO()
    write_po(entries, catalogue, width=120, include_lineno=False, omit_header=True)
    text = HEADER.format(title=_title(path), language=path.parent.parent.name) + entries.getvalue().decode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def _title(path: Path) -> str:
    """The comment on the first line: what this catalogue is for."""
    first = path.read_text(encoding="utf-8").partition("\n")[0] if path.exists() else ""
    return (
        first if first.startswith("# ") else "# Simplified Chinese: everything that has no catalogue in its own room."
    )


_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%\([a-z0-9_]+\)[sd]|%[sd]")


def flaws() -> Iterator[str]:
    """What is wrong, one sentence each."""
    code = in_code()
    seen: dict[Key, Path] = {}
    for path in catalogues():
        name = path.relative_to(ROOT)
        catalogue = read(path)
        for gone in catalogue.obsolete.values():
            yield f"{name}: obsolete entry: {gone.id!r}"
        for message in catalogue:
            if not message.id:
                continue
            key = key_of(message)
            if key in seen:
                yield f"{name}: stands in {seen[key].relative_to(ROOT)} too: {key[1]!r}"
            seen[key] = path
            if key not in code:
                yield f"{name}: not in the code any more: {key[1]!r}"
            strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
            if not strings or not all(strings):
                yield f"{name}: not translated: {key[1]!r}"
                continue
            if message.fuzzy:
                yield f"{name}: fuzzy: {key[1]!r}"
            for string in strings:
                if sorted(_PLACEHOLDER.findall(key[1])) != sorted(_PLACEHOLDER.findall(string)):
                    yield f"{name}: other placeholders: {key[1]!r} and {string!r}"
                if key[1][:1].isspace() != string[:1].isspace():
                    yield f"{name}: other indentation: {key[1]!r}"
    for key in sorted(code.keys() - seen.keys(), key=lambda key: _place(code[key])):
        file, line = code[key].locations[0]
        yield f"{file}:{line}: in no catalogue: {key[1]!r}"


def main() -> None:
    asked = sys.argv[1] if len(sys.argv) > 1 else "check"
    if asked == "compile":
        compile_all(only_stale=True)
    elif asked == "refresh":
        came, went = refresh()
        compile_all()
        print(f"{came} new, {went} gone.")
    found = list(flaws()) if asked in ("check", "refresh") else []
    for flaw in found:
        print(flaw)
    if found:
        sys.exit(f"{len(found)} to put right. New sentences come in with: make messages")


if __name__ == "__main__":
    main()
