"""The command as it is typed, and mistyped."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from hpedu.cli import commands


def type_command(*words: str) -> subprocess.CompletedProcess[str]:
    code = "from hpedu.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


def test_mistyped_command_gets_the_closest_one() -> None:
    result = CliRunner().invoke(commands, ["reprt"])
    assert result.exit_code == 2
    assert "Did you mean: report?" in result.stderr


def test_mistyped_names_get_a_line_and_no_traceback() -> None:
    result = type_command("targets", "nursery_enrolment_rat")
    assert result.returncode == 2
    assert result.stderr.startswith(
        "hpedu: No target is called 'nursery_enrolment_rat'. Did you mean: nursery_enrolment_rate"
    )
    assert "Traceback" not in result.stderr


def test_targets_lists_all_and_filters() -> None:
    everything = CliRunner().invoke(commands, ["targets"]).output.splitlines()
    assert len(everything) == 70
    assert everything[-1] == "69 / 69"
    quality = CliRunner().invoke(commands, ["targets", "--department", "quality", "--group", "general"]).output
    assert {line.split()[1] for line in quality.splitlines()[:-1]} == {
        "primary_national_standard_share",
        "lower_secondary_national_standard_share",
        "upper_secondary_national_standard_share",
    }


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
    assert "Responsible department" in text


def test_outside_a_project_the_error_says_what_to_do(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HPEDU_HOME", raising=False)
    result = type_command("ingest")
    assert result.returncode == 1
    assert "data/raw/datapackage.json" in result.stderr
    assert "Traceback" not in result.stderr
