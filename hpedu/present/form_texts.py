"""The words of an input form: Vietnamese in the first line and, where it fits, English in the second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hpedu.ingest.forms.sheets import SHEETS, Cover, task_series, write_key
from hpedu.present.form_missing import Missing, targets_of
from hpedu.present.form_workbook import FormRow
from hpedu.present.naming import Wording
from hpedu.present.numbers import school_year
from hpedu.present.wording import phrase
from hpedu.registry import LANGUAGES, Registry
from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import Target, Text

STEPS = ("fill", "number", "state", "labels", "return")


class FormTexts:
    """The texts of one form, Vietnamese in the first line and English in the second."""

    def __init__(self, cover: Cover, book: Registry) -> None:
        self.cover, self.book = cover, book
        self.wording = Wording(book, "vi", cover.territory)

    def title(self) -> str:
        year, place = self.cover.year, self.book.territories[self.cover.territory].name
        return "\n".join(
            (phrase("form_synthetic", language) + " – " if self.cover.synthetic else "")
            + phrase(
                "form_title",
                language,
                group=self.book.name("group", self.cover.group, language),
                territory=place.get(language),
                school_year=school_year(year, language),
                year=year,
            )
            for language in LANGUAGES
        )

    def instructions(self, missing: Sequence[Missing]) -> list[str]:
        names = {kind: sheet.name for kind, sheet in SHEETS.items()}
        keys = ["form_purpose", *(f"form_step_{step}" for step in STEPS), *([] if missing else ["form_complete"])]
        return ["\n".join(phrase(key, language, **names) for language in LANGUAGES) for key in keys]

    def departments(self) -> str:
        named = dict.fromkeys(name for target in targets_of(self.cover, self.book) for name in target.departments)
        return "\n".join(self.book.departments[name].name.vi for name in named)

    def number_row(self, place: int, missing: Missing) -> FormRow:
        measure = self.book.measures[missing.series.measure]
        dates = dict.fromkeys(t.reference_date.vi for t in missing.targets if t.reference_date)
        counted = [phrase("form_reference_date", "vi", dates="; ".join(dates))] if dates else []
        labels = {
            "number": str(place),
            "targets": "\n".join(f"{t.number}. {t.name.vi}" for t in missing.targets),
            "series": self._name_series(missing.series),
            "definition": "\n".join([measure.definition.vi, *counted, measure.definition.en]),
            "unit": self.book.name("unit", measure.unit, "vi"),
            "legal": "\n".join(dict.fromkeys(t.legal_source.vi for t in missing.targets)),
            "department": "\n".join(dict.fromkeys(map(self._name_department, missing.targets))),
        }
        key = write_key(missing.series, labels["number"], labels["series"])
        return FormRow(labels, key, measure.unit)

    def milestone_rows(self) -> Iterator[FormRow]:
        for target in targets_of(self.cover, self.book):
            if target.kind == "milestone":
                (series,) = parse_formula(self.book.indicators[target.milestone_indicator].numerator)
                labels = {
                    "number": str(target.number),
                    "milestone": _both(target.name),
                    "definition": target.definition.vi,
                    "legal": target.legal_source.vi,
                    "department": self._name_department(target),
                }
                yield FormRow(labels, write_key(series, labels["number"], labels["milestone"]))

    def task_rows(self) -> Iterator[FormRow]:
        for place, task in enumerate(self.book.tasks, 1):
            name = f"{phrase(f'plan_short_{task.plan}', 'vi')} {task.number}. {_both(task.title)}"
            labels = {
                "number": str(place),
                "task": name,
                "department": task.lead.vi,
                "timing": _both(task.timing),
            }
            yield FormRow(labels, write_key(task_series(task), labels["number"], labels["task"]))

    def _name_series(self, series: SeriesRef) -> str:
        """Measure, which part of it, and year: "Trường học – Mầm non, Ngoài công lập (2026-2027)"."""
        measure = self.book.measures[series.measure]
        lines = []
        for language in LANGUAGES:
            codes = [("level", series.level), ("ownership", series.ownership), ("sex", series.sex)]
            parts = [self.book.name(d, c, language) for d, c in codes if c not in ("all", "both")]
            ages = self.book.codes_of("age_band")
            if series.detail:
                parts.append(ages[series.detail].name.get(language) if series.detail in ages else series.detail)
            year = self.cover.year
            when = school_year(year, language) if measure.basis == "school_year" else str(year)
            lines.append(f"{measure.name.get(language)}{' – ' if parts else ''}{', '.join(parts)} ({when})")
        return "\n".join(lines)

    def _name_department(self, target: Target) -> str:
        return f"{self.wording.departments(target)} ({self.wording.department_basis(target)})"


def _both(text: Text) -> str:
    return f"{text.vi}\n{text.en}"
