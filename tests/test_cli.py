"""The command as it is typed, and mistyped."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import polars as pl
import pytest
from click.testing import CliRunner

from hpedu.cli import commands
from hpedu.registry import load_registry
from hpedu.texts import LANGUAGE_VARIABLE, LANGUAGES, has_text, say


def type_command(*words: str) -> subprocess.CompletedProcess[str]:
    code = "from hpedu.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


def test_python_can_run_the_package() -> None:
    done = subprocess.run([sys.executable, "-m", "hpedu", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: python -m hpedu")
    assert "  ingest " in done.stdout


def test_mistyped_command_gets_the_closest_one() -> None:
    result = CliRunner().invoke(commands, ["reprt"])
    assert result.exit_code == 2
    assert "Did you mean “report”?" in result.stderr


def test_mistyped_names_get_a_line_and_no_traceback() -> None:
    result = type_command("targets", "nursery_enrolment_rat")
    assert result.returncode == 2
    assert result.stderr.startswith(
        "hpedu: No target is called “nursery_enrolment_rat”. Did you mean: nursery_enrolment_rate"
    )
    assert "Traceback" not in result.stderr


def test_targets_lists_all_and_filters() -> None:
    everything = CliRunner().invoke(commands, ["targets"], env={"COLUMNS": "80"}).output.splitlines()
    targets = load_registry().targets
    count = len(targets)
    assert everything[-1] == f"{count} / {count}"
    assert max(map(len, everything)) <= 80
    text = " ".join(" ".join(everything).split())
    assert all(f"{one.id}:" in text and " ".join(one.name.en.split()) in text for one in targets.values())
    found = CliRunner().invoke(commands, ["targets", "--department", "quality", "--group", "general", "--json"])
    assert {one["id"] for one in json.loads(found.output)} == {
        "primary_national_standard_share",
        "lower_secondary_national_standard_share",
        "upper_secondary_national_standard_share",
    }


def test_what_is_piped_has_every_letter_whatever_the_console_lacks() -> None:
    command = [sys.executable, "-m", "hpedu", "--language", "vi", "targets", "--csv"]
    done = subprocess.run(
        command, capture_output=True, check=True, env=os.environ | {"PYTHONIOENCODING": "cp1252"}
    )
    found = pl.read_csv(done.stdout)
    assert found["name"].to_list() == [one.name.vi for one in load_registry().targets.values()]


@pytest.mark.parametrize(
    "words",
    [
        ("outlook", __file__, "--output", "out.xlsx"),
    ],
)
def test_a_file_is_called_what_it_is(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(commands, list(words))
    assert result.exit_code == 2 and f"{words[-1]}: the name of the file must end in ." in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("hpedu targets nurs", "nursery_enrolment_rate"),
        ("hpedu targets --state likel", "likely"),
        ("hpedu report --group pres", "preschool"),
        ("hpedu form --territory hai_d", "hai_duong_old"),
        ("hpedu --language v", "vi"),
    ],
)
def test_a_shell_completes_ids(words: str, completed: str) -> None:
    asked = {"_HPEDU_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = CliRunner().invoke(commands, prog_name="hpedu", env=asked)
    assert done.output.split() == [f"plain,{completed}"]


@pytest.mark.parametrize("option", ["--group", "--state", "--department", "--territory"])
def test_targets_refuses_unknown_filters(option: str) -> None:
    result = type_command("targets", option, "nonsense")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "nonsense" in result.stderr


def test_one_target_in_full_names_definition_and_department() -> None:
    text = (
        CliRunner()
        .invoke(commands, ["targets", "upper_secondary_private_school_share", "--language", "en"])
        .output
    )
    assert "≥\N{NO-BREAK SPACE}48.05%" in text
    assert "36.4" in text or "36.43" in text
    assert "Responsible division" in text


def test_outside_a_project_the_error_says_what_to_do(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HPEDU_HOME", raising=False)
    result = type_command("ingest")
    assert result.returncode == 1
    assert "data/raw/datapackage.json" in result.stderr
    assert "Traceback" not in result.stderr


MISTYPED = {
    ("reprt",): "Did you mean “report”?",
    ("report", "--notebook", "foo"): "preschool. To start a notebook of your own: hpedu new NAME",
    ("report", "--terriory", "x"): "Did you mean “--territory”?",
    ("report", "--workers", "0"): "“--workers”: 0 is not in the range x>=1",
    ("report", "--year", "soon"): "“--year”: “soon” is not a valid integer",
    ("report", "--year", "2052", "--dry-run"): "Did you mean: 2025",
    ("report", "--group", "preschol", "--dry-run"): "Did you mean: preschool?",
    ("report", "--territory", "haiphong", "--dry-run"): "Did you mean: hai_phong",
    ("report", "--language", "fr", "--dry-run"): "Known are: en, vi",
    ("--language", "fr", "ingest"): "Known are: en, vi",
    ("--langage", "en", "ingest"): "Did you mean “--language”?",
    ("ingest", "all"): "Got unexpected extra argument (all)",
    ("ingest", "--force=1"): "“--force” does not take a value",
    ("check",): "Missing argument “FILES...”",
    ("form", "--group", "preschool", "form.xlsx"): "Choose one of: --year, --history",
    ("form", "--history", "2019-2099", "form.xlsx"): "the years “2019-2099”",
    ("form", "--history", "2019-2025", "--year", "2025", "form.xlsx"): "--history",
    ("form", "--group", "preschool", "--year"): "“--year” requires an argument",
    ("form", "--group", "kindergarden", "--year", "2026", "form.xlsx"): "No group is called",
    ("form", "--group", "preschool", "--year", "2026", "."): "“PATH”: File “.” is a directory",
    ("form", "--group", "preschool", "--year", "26", "form.xlsx"): "Type the four digits",
    ("form", "--group", "preschool", "--year", "2026", "form.xls"): "Type form.xlsx",
    ("form", "--department", "planing", "--year", "2026", "form.xlsx"): "No division is called",
    ("form", "--year", "2026", "form.xlsx"): "Choose one of: --group, --department, --school-list",
    (
        "form",
        "--group",
        "higher",
        "--department",
        "quality",
        "--year",
        "2026",
        "form.xlsx",
    ): "cannot be used together",
    ("review", "review.docx"): "Missing option “--kind”",
    ("review", "--kind", "yaer", "review.docx"): "Did you mean: year?",
    ("review", "--kind", "half", "review.docx"): "--until 2026-06-30",
    ("outlook", "nowhere.csv"): "“FILE”: File “nowhere.csv” does not exist",
    ("outlook", "."): "“FILE”: File “.” is a directory",
    ("targets", "nursry"): "nursery_enrolment_rate",
    ("targets", "--state", "mett"): "Did you mean: met?",
    ("targets", "--language", "fr"): "Known are: en, vi",
}


@pytest.mark.parametrize("words", MISTYPED, ids=" ".join)
def test_what_is_mistyped_gets_a_hint_and_status_2(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(commands, words)
    assert result.exit_code == 2
    assert MISTYPED[words] in result.stderr
    assert result.stderr.startswith("hpedu: ")


@pytest.mark.parametrize("words", MISTYPED, ids=" ".join)
def test_the_same_in_vietnamese_has_no_english_sentence(words: tuple[str, ...]) -> None:
    result = CliRunner(env={LANGUAGE_VARIABLE: "vi"}).invoke(commands, words)
    assert result.exit_code == 2
    assert not re.search(r"\b(?:is|the|No|must|Try|Usage|Did|Known)\b", result.stderr)
    assert re.search("[ăâđêôơưạáàảãéèíìóòúùừứệếộốợớ]", result.stderr)


@pytest.mark.parametrize("name", ["missing.xlsx", "."])
def test_a_file_that_cannot_be_opened_says_why(name: str) -> None:
    result = CliRunner().invoke(commands, ["check", name])
    assert result.exit_code == 1
    assert re.search("there is no such file|is a folder", result.stderr)


def test_a_form_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "form.xlsx")
    result = CliRunner().invoke(commands, ["form", "--group", "preschool", "--year", "2026", place])
    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_in_the_language_spoken(language: str) -> None:
    for command in ("", *commands.commands):
        text = CliRunner().invoke(commands, ["--language", language, *filter(None, [command]), "--help"]).output
        assert ("Cách dùng:" if language == "vi" else "Usage:") in text
        assert say("help_help", language) in text
        assert say(f"help_{command or 'commands'}", language).split()[0] in text


def test_every_command_and_option_has_its_help() -> None:
    wanted = {"help_commands"}
    for command in [commands, *commands.commands.values()]:
        name = "commands" if command is commands else command.name
        options = [param for param in command.params if isinstance(param, click.Option)]
        wanted |= {f"help_{name}"} | {f"help_{name}_{one.name}" for one in options if "--version" not in one.opts}
    assert sorted(key for key in wanted if not has_text(key)) == []


def test_the_language_asked_for_goes_before_the_machine_s() -> None:
    result = CliRunner(env={LANGUAGE_VARIABLE: "en"}).invoke(commands, ["--language", "vi", "reprt"])
    assert "Không có lệnh “reprt”. Có phải ý bạn là: “report”?" in result.stderr


def test_outlook_takes_any_csv_and_says_what_it_lacks(tmp_path: Path) -> None:
    series = tmp_path / "s.csv"
    series.write_text("indicator,year,value\n" + "".join(f"a,{y},{y - 1980}\n" for y in range(2015, 2025)))
    printed = CliRunner().invoke(commands, ["outlook", str(series), "--until", "2026"]).output.splitlines()
    assert printed[0].startswith("place,indicator,year,point,lo50") and len(printed) == 3
    goals = tmp_path / "t.csv"
    goals.write_text("indicator,target,comparison\na,40,>=\n")
    result = tmp_path / "out.csv"
    done = CliRunner().invoke(commands, ["outlook", str(series), "--targets", str(goals), "--output", str(result)])
    assert done.exit_code == 0 and "target_achieved" in result.read_text()
    series.write_text("grade,yr,pupils\n1,2020,5\n")
    refused = CliRunner().invoke(commands, ["outlook", str(series)])
    assert refused.exit_code == 1
    assert "s.csv: column year: is missing for enrolment by grade" in refused.stderr
