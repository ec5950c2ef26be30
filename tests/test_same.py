"""What `make same` takes for equal, and what not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import polars as pl
import pytest

from tests.same import (
    PARTS,
    compare,
    describe_question,
    is_left_out,
    list_results,
    normalise,
    read_lines,
    take_out_clock,
    write_rows,
)

DIGESTS = ("0" * 64, "a1" * 32)


def write(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return place


class TestCompare:
    def test_equal_manifests_do_not_differ(self) -> None:
        assert not compare({"a": "1", "b": "2"}, {"b": "2", "a": "1"})

    def test_each_kind_of_difference_is_listed_by_name(self) -> None:
        found = compare({"kept": "1", "changed": "1", "gone": "1"}, {"kept": "1", "changed": "2", "come": "1"})
        assert found
        assert found.lines() == ["differs  changed", "missing  gone", "new      come"]


class TestNormalise:
    @pytest.mark.parametrize(
        "form",
        [
            "<dd>hpedu {}, Vega-Lite 6.1</dd>",
            '"hpedu": "{}",',
            "hpedu, version {}",
            "hpedu, phiên bản {}",
        ],
    )
    def test_the_version_of_hpedu_does_not_count(self, form: str) -> None:
        assert normalise(form.format("0.1.0").encode()) == normalise(form.format("0.2.13").encode())

    def test_the_digest_of_all_inputs_does_not_count(self) -> None:
        one, other = (f"<dt>Inputs</dt><dd>{digest}</dd>".encode() for digest in DIGESTS)
        assert normalise(one) == normalise(other)

    @pytest.mark.parametrize(
        "form", ['<abbr title="SHA-256 {}">', "'sha256-{}'", "<dd>hpedu 0.1.0, Vega-Lite {}</dd>", "<td>{}</td>"]
    )
    def test_all_else_counts(self, form: str) -> None:
        one, other = (form.format(digest).encode() for digest in DIGESTS)
        assert normalise(one) != normalise(other)

    def test_a_figure_counts(self) -> None:
        assert normalise(b"<dd>86.2%</dd>") == b"<dd>86.2%</dd>"


class TestListResults:
    def test_files_are_named_from_the_folder_of_the_state(self, tmp_path: Path) -> None:
        write(tmp_path / "project/reports/2025/vi/general.html", "page")
        write(tmp_path / "project/notebooks/general.ipynb", "not asked for")
        digest = hashlib.sha256(b"page").hexdigest()
        assert list_results(tmp_path, ["project/reports"]) == {"project/reports/2025/vi/general.html": digest}

    def test_records_of_the_code_are_left_out(self, tmp_path: Path) -> None:
        for name in (
            "reports/build.json",
            "data/processed/prepared.json",
            "build/times.json",
            "reports/README.md",
        ):
            write(tmp_path / "demo" / name, name)
        kept = write(tmp_path / "demo/reports/2025/hai_phong/standings.json", "{}")
        assert list(list_results(tmp_path, ["demo"])) == [kept.relative_to(tmp_path).as_posix()]

    @pytest.mark.parametrize(
        "name", ["demo/reports/index.html", "demo/data/raw/datapackage.json", "demo/build.html"]
    )
    def test_no_more_is_left_out(self, name: str) -> None:
        assert not is_left_out(name)

    def test_the_same_in_another_folder_is_the_same(self, tmp_path: Path) -> None:
        for state in ("one", "other"):
            write(tmp_path / state / "demo/page.html", "page")
        assert list_results(tmp_path / "one", ["demo"]) == list_results(tmp_path / "other", ["demo"])

    def test_a_folder_that_was_not_made_has_no_files(self, tmp_path: Path) -> None:
        assert list_results(tmp_path, ["project/forms"]) == {}


class TestWriteRows:
    def test_how_a_table_is_packed_does_not_count(self, tmp_path: Path) -> None:
        frame = pl.DataFrame({"name": ["Cát Hải"], "value": [1.5], "flags": [["a"]]})
        frame.write_parquet(tmp_path / "one.parquet", compression="zstd")
        frame.write_parquet(tmp_path / "other.parquet", compression="uncompressed", statistics=False)
        assert (tmp_path / "one.parquet").read_bytes() != (tmp_path / "other.parquet").read_bytes()
        assert write_rows(tmp_path / "one.parquet") == write_rows(tmp_path / "other.parquet")

    @pytest.mark.parametrize(
        "other",
        [
            pl.DataFrame({"value": [1, 2]}, schema={"value": pl.Int64}),
            pl.DataFrame({"value": [2, 1]}, schema={"value": pl.Int32}),
            pl.DataFrame({"values": [1, 2]}, schema={"values": pl.Int32}),
        ],
        ids=["type", "order", "name"],
    )
    def test_types_order_and_names_count(self, tmp_path: Path, other: pl.DataFrame) -> None:
        pl.DataFrame({"value": [1, 2]}, schema={"value": pl.Int32}).write_parquet(tmp_path / "one.parquet")
        other.write_parquet(tmp_path / "other.parquet")
        assert write_rows(tmp_path / "one.parquet") != write_rows(tmp_path / "other.parquet")


class TestTakeOutClock:
    @staticmethod
    def save(place: Path, text: str, hour: int) -> Path:
        """Write the two members that matter of a workbook saved at an hour."""
        saved = (
            f"<dcterms:created>2026</dcterms:created><dcterms:modified>2026-11-28T{hour}:00:00Z</dcterms:modified>"
        )
        with ZipFile(place, "w") as archive:
            for name, content in {"docProps/core.xml": saved, "xl/sharedStrings.xml": text}.items():
                archive.writestr(ZipInfo(name, (2026, 11, 28, hour, 0, 0)), content)
        take_out_clock(place)
        return place

    def test_the_time_of_saving_is_gone(self, tmp_path: Path) -> None:
        one, other = (self.save(tmp_path / f"{hour}.xlsx", "48.7", hour) for hour in (10, 11))
        assert one.read_bytes() == other.read_bytes()
        assert any("created>2026<" in line for line in read_lines(one))

    def test_what_is_in_it_stays(self, tmp_path: Path) -> None:
        one, other = (self.save(tmp_path / f"{text}.xlsx", text, 10) for text in ("48.7", "48.8"))
        assert one.read_bytes() != other.read_bytes()
        assert read_lines(one)[-1] == "48.7"


class TestParts:
    def test_what_is_kept_of_a_part_counts_for_its_own_question_only(self) -> None:
        assert len({describe_question(name) for name in PARTS}) == len(PARTS)

    @pytest.mark.parametrize("name", PARTS)
    def test_no_two_steps_write_the_same_output(self, name: str) -> None:
        names = [step.name for step in PARTS[name].steps if step.name]
        assert len(names) == len(set(names))

    @pytest.mark.parametrize("name", PARTS)
    def test_what_a_step_says_is_among_the_results(self, name: str) -> None:
        part = PARTS[name]
        assert not any(step.name for step in part.steps) or f"output/{name}" in part.results


def test_a_page_is_shown_a_line_a_tag(tmp_path: Path) -> None:
    page = write(tmp_path / "page.html", "<p>one</p><p>two</p>")
    assert read_lines(page) == ["<p>one</p>", "<p>two</p>"]
