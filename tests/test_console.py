"""What click says is said in both languages: its sentences are compared with those of the installed click."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import click
import pytest
from click.testing import CliRunner

from hpedu.cli import commands
from hpedu.console import SpokenGroup, read_catalogue
from hpedu.texts import LANGUAGE_VARIABLE

ROOT = Path(__file__).parents[1]
CLICK = Path(click.__file__).parent
CATALOGUE: dict[str, str] = tomllib.loads((ROOT / "hpedu/click.toml").read_text(encoding="utf-8"))

# Modules of click whose sentences nobody meets who types `hpedu`.
UNUSED = {
    "_termui_impl.py": "hpedu shows its own progress and opens no editor",
    "_winconsole.py": "what the console of Windows refuses, with a number",
    "shell_completion.py": "only while a shell is being set up to complete words",
    "termui.py": "hpedu asks no questions",
}
NOT_SAID = {
    "Could not determine name for option with declarations {decls!r}": "of a command defined wrongly",
    "No options defined but a name was passed ({name}). Did you mean to declare an argument instead? "
    "Did you mean to pass '--{name}'?": "of a command defined wrongly",
    "Arguments take exactly one parameter declaration, got {length}: {decls}.": "of a command defined wrongly",
    "Name '{name}' defined twice": "of a command defined wrongly",
    "Boolean option {decl!r} cannot use the same flag for true/false.": "of a command defined wrongly",
    "Invalid start character for option ({option})": "of a command defined wrongly",
    "Unknown standard stream '{name}'": "of a command defined wrongly",
    "Value must be an iterable.": "of a default that is wrong",
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}": "no command is",
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}": "no option is",
    "deprecated": "nothing is",
    "(dynamic)": "of a default that is a function",
    "env var: {var}": "no option is read from the environment",
    "Do you want to continue?": "hpedu asks no questions",
    "Confirm the action without prompting.": "hpedu asks no questions",
    "%(prog)s, version %(version)s": "hpedu --version says its name and a number",
    "Show the version and exit.": "texts/command.toml says it: help_version",
    "Show this message and exit.": "texts/command.toml says it: help_help",
    "Try '{command} {option}' for help.": "texts/command.toml says it: try_help",
    "Error: {message}": "texts/command.toml says it: error",
    "file": "names a type before a language is chosen; the sentences do without",
    "directory": "names a type before a language is chosen; the sentences do without",
    "path": "names a type before a language is chosen; the sentences do without",
    "Choice({choices})": "of a type in the code",
    "{value!r} does not match the format {format}.": "no option is a date",
    "{value!r} is not a valid UUID.": "no option is one",
}


def sentences_of_click() -> Iterator[tuple[str, tuple[str, ...]]]:
    """File and forms of each text that click hands to gettext."""
    for path in sorted(CLICK.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "ngettext")
            ):
                forms = tuple(
                    a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                )
                # One text is handed on in a variable: `extra["required"]`, which is always this word.
                yield path.name, forms or ("required",)


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_sentence_of_click_is_in_the_catalogue_or_not_said() -> None:
    """A click that words its errors anew is noticed here."""
    met = {forms[0] for file, forms in sentences_of_click() if file not in UNUSED}
    assert met - set(CATALOGUE) - set(NOT_SAID) == set()
    assert set(CATALOGUE) | set(NOT_SAID) == met, "click no longer says it"
    assert not set(CATALOGUE) & set(NOT_SAID)


def test_the_modules_nobody_meets_are_there() -> None:
    assert set(UNUSED) <= {file for file, _ in sentences_of_click()}


@pytest.mark.parametrize("sentence", CATALOGUE)
def test_a_translation_names_nothing_click_does_not_fill_in(sentence: str) -> None:
    forms = next(forms for _, forms in sentences_of_click() if forms[0] == sentence)
    assert names_in(CATALOGUE[sentence]) <= set().union(*map(names_in, forms))


def test_vietnamese_has_one_form_and_english_two() -> None:
    forms = "Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"
    assert [read_catalogue("vi").ngettext(*forms, n) for n in (1, 2)] == [CATALOGUE[forms[0]]] * 2
    assert [read_catalogue("en").ngettext(*forms, n) for n in (1, 2)] == list(forms)
    assert [read_catalogue("vi").ngettext("one fish", "fishes", n) for n in (1, 2)] == ["one fish", "fishes"]


def test_every_number_asked_for_is_a_whole_one() -> None:
    """The Vietnamese sentence about numbers says so."""
    kinds = [param.type for command in commands.commands.values() for param in command.params]
    assert not [kind for kind in kinds if isinstance(kind, (click.types.FloatParamType, click.FloatRange))]


@click.group(cls=SpokenGroup)
@click.option("--language")
def spare(language: str | None) -> None:
    """A command for the tests."""


@spare.command()
@click.argument("pair", nargs=2, required=False)
@click.option("--switch", type=bool)
@click.option("--folder", type=click.Path(exists=True, file_okay=False))
@click.option("--kind", type=click.Choice(["a", "b"]), required=True)
def both(**_given: object) -> None:
    """A subcommand that raises what it is told to."""
    raise KeyboardInterrupt


SAID = {
    ("both", "x"): "Tham số “pair” cần 2 giá trị.",
    ("both", "--switch", "maybe"): "Giá trị của “--switch” không hợp lệ: “maybe” không phải là giá trị có/không.",
    ("both", "--folder", __file__): "là tệp, không phải thư mục.",
    ("both",): "Thiếu tùy chọn “--kind”. Hãy chọn một trong:\n\ta,\n\tb",
    ("both", "--kind", "c"): "“c” không nằm trong các giá trị được chọn: “a”, “b”.",
    ("both", "x", "y", "z", "t", "--kind", "a"): "Thừa tham số: z t",
    ("other",): "Không có lệnh “other”.",
}


@pytest.mark.parametrize("words", SAID, ids=lambda words: " ".join(words[:3])[:30])
def test_the_option_chooses_the_language_of_click_too(words: tuple[str, ...]) -> None:
    """The machine is English, and Vietnamese is asked for; the other way round nothing is Vietnamese."""
    result = CliRunner().invoke(spare, ["--language", "vi", *words])
    assert SAID[words] in result.stderr
    english = CliRunner(env={LANGUAGE_VARIABLE: "vi"}).invoke(spare, ["--language", "en", *words])
    assert english.exit_code == result.exit_code != 0
    assert english.stderr.replace("“", "").replace("”", "").isascii() or __file__ in english.stderr


def test_what_is_broken_off_is_told_in_the_language_of_the_machine() -> None:
    """Click says it when the command, and its option, are gone."""
    said = CliRunner(env={LANGUAGE_VARIABLE: "vi"}).invoke(spare, ["both", "--kind", "a"])
    assert said.exit_code == 1
    assert said.stderr.strip() == "Đã dừng."
