"""The registry that comes with hpedu is what the plans say, and a broken one is refused with one list."""

from __future__ import annotations

import csv
import io
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hpedu.errors import RegistryError, UnknownName
from hpedu.registry import Registry
from hpedu.registry.load import HOME, read_csv_rows, read_registry, read_toml_tables
from hpedu.registry.models import Task, Text

# Every value of the plans that is not a plain 100% or a milestone, as the plan prints it.
PLAN_VALUES = {
    "nursery_enrolment_rate": "50",
    "preschool_private_school_share": "35",
    "preschool_private_pupil_share": "35",
    "preschool_national_standard_share": "76",
    "lower_secondary_net_enrolment_rate": "99.7",
    "lower_secondary_completion_rate": "99.9",
    "upper_secondary_completion_rate": "99.8",
    "transition_rate_primary_to_lower_secondary": "99.9",
    "transition_rate_lower_secondary_to_upper": "99",
    "lower_secondary_private_school_share": "16.5",
    "upper_secondary_private_school_share": "48.05",
    "general_private_pupil_share": "40",
    "primary_national_standard_share": "95",
    "lower_secondary_national_standard_share": "90",
    "upper_secondary_national_standard_share": "68",
    "international_multilevel_school_count": "3",
    "primary_online_learning_school_share": "15",
    "upper_secondary_language_level3_share": "70",
    "lower_secondary_digital_competence_share": "80",
    "upper_secondary_it_national_standard_share": "60",
    "pupils_learning_ai_programming_share": "30",
    "pupils_it_international_standard_share": "10",
    "general_arts_and_sport_share": "60",
    "tertiary_students_per_10k": "260",
    "tertiary_enrolment_share_18_22": "65",
    "international_student_share": "0.5",
    "lecturers_phd_share": "40",
    "postgraduate_to_undergraduate_ratio": "6",
    "stem_enrolment_share": "65",
    "publications_per_fulltime_lecturer": "0.6",
    "graduate_employment_12m_share": "70",
    "district_learning_community_share": "90",
    "education_budget_share": "20",
    "national_standard_share_all_levels_2025": "81",
    "new_university_attracted_2025": "1",
}


class TestPlans:
    def test_counts(self, registry: Registry) -> None:
        """The one place that knows how many targets there are: whoever adds one says so here."""
        assert len(registry.targets) == 69
        assert sum(target.firm for target in registry.targets.values()) == 64
        assert Counter(t.measurability for t in registry.targets.values()) == {
            "quantified": 58,
            "rule": 1,
            "milestone": 5,
            "weak_milestone": 2,
            "implied": 3,
        }
        assert Counter(t.group for t in registry.targets.values()) == {
            "preschool": 13,
            "general": 33,
            "higher": 11,
            "continuing": 6,
            "cross_cutting": 6,
        }
        assert len(registry.tasks) == 23
        assert len(registry.goals) == 13
        assert len(registry.duties) == 22

    def test_targets_stand_in_the_order_of_the_plans(self, registry: Registry) -> None:
        numbers = [target.number for target in registry.targets.values()]
        assert numbers == list(range(1, len(numbers) + 1))

    def test_values_are_exactly_the_plan_s(self, registry: Registry) -> None:
        others = {id: t for id, t in registry.targets.items() if id not in PLAN_VALUES}
        assert {id: registry.targets[id].value for id in PLAN_VALUES} == {
            id: Decimal(value) for id, value in PLAN_VALUES.items()
        }
        assert str(registry.targets["upper_secondary_private_school_share"].value) == "48.05"
        for target in others.values():
            assert target.value == (1 if target.kind == "milestone" else 100), target.id

    def test_more_than_is_not_at_least(self, registry: Registry) -> None:
        strict = {target.id for target in registry.targets.values() if target.comparison == ">"}
        assert strict == {"preschool_national_standard_share", "graduate_employment_12m_share"}

    def test_years(self, registry: Registry) -> None:
        others = Counter(target.year for target in registry.targets.values() if target.year != 2030)
        assert others == {2025: 2, None: 1}
        assert registry.targets["education_budget_share"].year_basis == "yearly"

    def test_implausible_targets_are_flagged_and_kept(self, registry: Registry) -> None:
        flagged = {target.id for target in registry.targets.values() if target.implausible}
        assert flagged == {
            "general_private_pupil_share",
            "tertiary_enrolment_share_18_22",
            "stem_enrolment_share",
        }

    def test_every_target_has_a_responsible_department_and_says_on_what_ground(self, registry: Registry) -> None:
        for target in registry.targets.values():
            assert target.departments, target.id
            assert bool(target.department_source) == (target.department_basis in ("stated", "disputed"))
        disputed = [target for target in registry.targets.values() if target.department_basis == "disputed"]
        assert [(target.number, len(target.departments)) for target in disputed] == [(65, 3)]

    def test_a_name_says_no_less_than_the_plan(self, registry: Registry) -> None:
        name = registry.targets["general_arts_and_sport_share"].name.vi
        assert "biết chơi" in name and "luyện tập" in name

    def test_targets_of_one_subject_have_one_owner(self, registry: Registry) -> None:
        staff = [registry.targets[f"{level}_qualified_teachers_share"] for level in ("preschool", "general")]
        assert [target.departments for target in staff] == [["organisation"], ["organisation"]]
        for target in registry.targets.values():
            if target.owner:
                assert target.departments == registry.owners[target.owner].departments

    def test_targets_of_decision_1705_and_resolution_71_stand_next_to_the_citys(self, registry: Registry) -> None:
        beside = {t.number for t in registry.targets.values() if t.national or registry.others_of(t.id)}
        assert {6, 12, 21, 48, 52, 54, 55, 63, 65} <= beside
        owners = [one.owner.en for one in registry.others_of("upper_secondary_completion_rate")]
        assert len(owners) == 1 and "Resolution 71" in owners[0]
        assert all(one.url.startswith("http") for one in registry.other_targets.values())

    def test_a_year_that_a_task_of_the_plan_gives_is_stated(self, registry: Registry) -> None:
        tasks = {task.id: task for task in registry.tasks}
        linked = [target for target in registry.targets.values() if target.task]
        assert [target.number for target in linked] == [66]
        for target in linked:
            assert target.year_basis == "stated"
            assert tasks[target.task].dues == [target.last_day]
            assert tasks[target.task].departments == target.departments

    def test_dated_tasks_are_within_the_plans(self, registry: Registry) -> None:
        due = [day for task in registry.tasks for day in task.dues]
        assert date(2025, 1, 1) < min(due) <= max(due) == date(2035, 12, 31)


class TestWords:
    def test_every_text_is_there_in_both_languages(self, registry: Registry) -> None:
        for where, text in _all_texts(registry):
            assert text.vi.strip() and text.en.strip(), where
            assert text.get("vi") == text.vi and text.get("en") == text.en

    def test_the_words_of_every_target(self, registry: Registry) -> None:
        for target in registry.targets.values():
            for text in (target.name, target.definition, target.legal_source, target.ambiguity):
                assert text.vi != text.en, target.id
        names = [target.name.vi for target in registry.targets.values()]
        assert len(set(names)) == len(names)

    def test_vietnamese_is_vietnamese(self, registry: Registry) -> None:
        """A definition in Vietnamese without one accented letter would be English in the wrong field."""
        for target in registry.targets.values():
            for text in (target.name.vi, target.definition.vi, target.ambiguity.vi):
                assert not text.isascii(), (target.id, text)

    @pytest.mark.parametrize(
        "path", sorted(p for p in HOME.rglob("*") if p.suffix in (".csv", ".toml")), ids=lambda p: p.name
    )
    def test_files_are_nfc(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text)
        assert "\ufeff" not in text and "\u00ad" not in text

    def test_codes_have_names_in_order(self, registry: Registry) -> None:
        assert list(registry.codes_of("sex")) == ["both", "female", "male"]
        assert registry.name("level", "primary", "vi") == "Tiểu học"
        assert registry.name("level", "primary", "en") == "Primary"
        with pytest.raises(KeyError):
            registry.name("level", "hai_duong", "en")


def _all_texts(registry: Registry) -> Iterator[tuple[str, Text]]:
    tables: list[Any] = [
        registry.codes,
        registry.territories.values(),
        registry.places.values(),
        registry.measures.values(),
        registry.departments.values(),
        registry.targets.values(),
        registry.indicators.values(),
        registry.tasks,
        registry.goals,
        registry.other_targets.values(),
        registry.errata.values(),
    ]
    for row in (row for table in tables for row in table):
        yield from _texts_of(row, getattr(row, "id", repr(row)[:60]))


def _texts_of(row: BaseModel, where: str) -> Iterator[tuple[str, Text]]:
    for name in type(row).model_fields:
        value = getattr(row, name)
        if isinstance(value, Text):
            yield f"{where}.{name}", value
        elif isinstance(value, BaseModel):
            yield from _texts_of(value, f"{where}.{name}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the registry to break."""
    shutil.copytree(HOME, tmp_path / "registry", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "registry"


@pytest.fixture
def broken(home: Path) -> Callable[..., str]:
    """Replaces texts in files of the copy and gives the error that comes of it."""

    def breaker(*changes: tuple[str, str, str]) -> str:
        for file, old, new in changes:
            path = home / file
            text = path.read_text(encoding="utf-8")
            assert old in text, f"{file} has no {old!r} to break"
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(RegistryError) as caught:
            read_registry(home)
        return str(caught.value)

    return breaker


class TestBroken:
    def test_an_unbroken_copy_is_whole(self, home: Path, registry: Registry) -> None:
        assert read_registry(home).targets == registry.targets

    def test_rows_of_several_files_are_reported_at_once(self, broken: Callable[..., str]) -> None:
        text = broken(
            ("targets/higher.toml", 'kind = "per_10k"', 'kind = "per_ten"'),
            ("measures.csv", "pupils,persons,true", "pupils,persons,perhaps"),
            ("communes.csv", "10507,2025-07-01", "1050,2025-07-01"),
            ("tasks.csv", "2025-12-31", "31/12/2025"),
            ("indicators/context_general.toml", "decimals = 0", "decimals = 9"),
        )
        assert text.startswith("The registry is not whole: 5 to mend")
        assert "targets/higher.toml: tertiary_students_per_10k kind" in text and "per_ten" in text
        assert "measures.csv: line 2 additive" in text and "perhaps" in text
        assert "communes.csv: line 2 code" in text and "(found: 1050)" in text
        assert "tasks.csv: line 5 due" in text and "31/12/2025" in text
        assert "indicators/context_general.toml: primary_pupils decimals" in text

    def test_an_unknown_column_is_refused(self, broken: Callable[..., str]) -> None:
        text = broken(("places.csv", "id,territory,kind", "id,territory,sort"))
        assert "sort" in text and "kind" in text and "places.csv: line 2" in text

    def test_a_text_in_one_language_only_is_refused(self, broken: Callable[..., str]) -> None:
        text = broken(("departments.csv", ",Division of Quality Management", ","))
        assert "departments.csv: line 6 name.en" in text

    def test_an_id_that_stands_twice_is_refused(self, home: Path, broken: Callable[..., str]) -> None:
        path = home / "places.csv"
        path.write_text(path.read_text("utf-8") + path.read_text("utf-8").splitlines()[1] + "\n", "utf-8")
        assert "this id stands twice (found: hong_bang)" in broken()

    def test_a_table_that_stands_twice_in_a_toml_file_is_refused_by_name(
        self, home: Path, broken: Callable[..., str]
    ) -> None:
        path = home / "targets/higher.toml"
        path.write_text(path.read_text("utf-8") + "\n[tertiary_students_per_10k]\n", "utf-8")
        assert "targets/higher.toml: is damaged: " in broken()

    def test_a_missing_file_is_named(self, home: Path, broken: Callable[..., str]) -> None:
        (home / "tasks.csv").unlink()
        assert "tasks.csv: this file is missing" in broken()

    def test_a_file_in_another_encoding_is_named(self, home: Path, broken: Callable[..., str]) -> None:
        path = next((home / "targets").glob("*.toml"))
        path.write_bytes(path.read_text("utf-8").encode("utf-16"))
        assert f"targets/{path.name}: is damaged: " in broken()


class TestReaders:
    def test_csv_columns_of_two_languages_become_one_text(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_text(
            "plan,departments,name_vi,name_en,cooperating_vi,cooperating_en\n"
            "a,x|y,Một,One,,\nb,,Hai,Two,Sở,Office\n",
            encoding="utf-8",
        )
        first, second = read_csv_rows(path, Task)
        assert first == (
            "line 2",
            {
                "plan": "a",
                "departments": ["x", "y"],
                "name": {"vi": "Một", "en": "One"},
                "cooperating": None,
            },
        )
        assert second == (
            "line 3",
            {
                "plan": "b",
                "departments": [],
                "name": {"vi": "Hai", "en": "Two"},
                "cooperating": {"vi": "Sở", "en": "Office"},
            },
        )

    def test_toml_numbers_keep_their_decimals(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.toml"
        path.write_text("[a]\nvalue = 48.050\n", encoding="utf-8")
        [(name, fields)] = read_toml_tables(path)
        assert name == fields["id"] == "a"
        assert str(fields["value"]) == "48.050"


class TestUnknownName:
    def test_a_mistyped_id_gets_the_closest(self, registry: Registry) -> None:
        error = UnknownName("target", "uper_secondary_privat_school_share", registry.targets)
        assert error.close[0] == "upper_secondary_private_school_share"
        assert "Did you mean: upper_secondary_private_school_share" in str(error)

    def test_nothing_close_lists_what_there_is(self) -> None:
        error = UnknownName("territory", "xyz", ["viet_nam", "hai_phong"])
        assert error.close == []
        assert str(error) == "No territory is called “xyz”. Known are: hai_phong, viet_nam"

    @given(st.data())
    def test_one_wrong_letter_in_a_target_s_id_still_finds_it(self, data: st.DataObject) -> None:
        ids = list(PLAN_VALUES)
        name = data.draw(st.sampled_from(ids))
        at = data.draw(st.integers(0, len(name) - 1))
        assert name in UnknownName("target", name[:at] + "#" + name[at + 1 :], ids).close


def _save_as_excel(text: str, encoding: str, delimiter: str) -> bytes:
    """Return a CSV as Excel saves it: its own delimiter and encoding, blank cells and rows at the end."""
    rows = [[*row, ""] for row in csv.reader(io.StringIO(text, newline=""))]
    saved = io.StringIO(newline="")
    csv.writer(saved, delimiter=delimiter).writerows([*rows, [""] * len(rows[0])])
    content = saved.getvalue()
    return content.encode(encoding) if encoding != "cp1258" else _encode_1258(content)


def _encode_1258(text: str) -> bytes:
    """Return Windows-1258, in which a tone follows its vowel."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    parts = []
    for letter in text:
        plain = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(c for c in plain if c not in tones))
        parts.append(base + "".join(c for c in plain if c in tones))
    return "".join(parts).encode("cp1258", "ignore")


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8-sig", ","),
        ("utf-8", ";"),
        ("utf-8-sig", ";"),
        ("utf-16", "\t"),
        ("utf-16-le", ";"),
        ("cp1258", ";"),
    ],
)
def test_a_registry_saved_by_excel_is_the_same(tmp_path: Path, encoding: str, delimiter: str) -> None:
    home = tmp_path / "registry"
    shutil.copytree(HOME, home)
    files = ["territories.csv", "communes.csv", "measures.csv", "norms.csv", "school_columns.csv"]
    for name in files:
        content = (HOME / name).read_text(encoding="utf-8").replace("→", "-")
        (home / name).write_bytes(_save_as_excel(content, encoding, delimiter))
    found, known = read_registry(home), read_registry(HOME)
    for name in ("territories", "communes", "measures", "norms", "school_columns"):
        assert getattr(found, name) == getattr(known, name)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("Thành phố Hải Phòng", "Thành ph? H?i Phòng", "letters were lost"),
        ("\n", ",,surplus\n", "more cells than the header"),
    ],
)
def test_what_saving_has_spoilt_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    home = tmp_path / "registry"
    shutil.copytree(HOME, home)
    path = home / "territories.csv"
    head, _, rest = path.read_text(encoding="utf-8").partition("\n")
    path.write_text(f"{head}\n{rest.replace(before, after, 1)}", encoding="utf-8")
    with pytest.raises(RegistryError, match=said) as caught:
        read_registry(home)
    assert "territories.csv: line 2" in str(caught.value)
    assert "dòng" in caught.value.say("vi") or "chữ" in caught.value.say("vi")
