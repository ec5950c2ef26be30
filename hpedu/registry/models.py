"""What a row of the registry must look like.

Each class is one row of one registry file. The field comments give meaning and units; the loader
(`hpedu.registry.load`) collects everything that does not fit, over all files, into one error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.texts import Language

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Keyed(Row):
    """A row with an id that stands once in its file."""

    id: Slug


class Text(Row):
    """The same wording in Vietnamese and English."""

    vi: Words
    en: Words

    def get(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en


class Code(Row):
    """One allowed value of a dimension of the data (level, ownership, sex, status, unit ...)."""

    dimension: Slug
    code: str
    name: Text
    order: int


class Group(Keyed):
    """What a page is about: the targets of one group, or a look at all of them."""

    name: Text
    order: int
    targets: bool  # targets of the plans are in it
    page: bool  # it has a page for each territory
    commune_page: bool  # it has a page for each commune, made from the school list (which has no university)


class Territory(Keyed):
    """A territory observations are about. `parts` are summed into the back series of a merged one.

    A province or region whose area the reform of 1 July 2025 changed ends on the day before (vietnamadminunits
    1.0.4, table of conversions), and so does its name: the new province of that name is another territory.
    """

    name: Text
    valid_from: date | None  # empty: from before the first table, or not known
    valid_to: date | None
    parts: list[Slug]
    # A country is shown for comparison, never judged; a province or region is only there to check and to test.
    role: Literal["city", "part", "country", "province", "region"]
    order: int


REPORTED_ROLES = ("city", "part", "country")
"""Roles of the territories that reports can be about."""


class TerritoryName(Row):
    """A name that published tables use for a territory, while it was valid."""

    name: Words
    territory: Slug
    valid_from: date | None  # empty: as long as the territory


class ProvinceCode(Row):
    """The code of a province in one scheme. In another the same code is another province."""

    scheme: Literal["nso", "moet_exam"]  # the statistics office's; the ministry's for examinations
    code: str = Field(pattern=r"^\d{2}$")
    territory: Slug


class Place(Keyed):
    """A district or single institution: its figures stand under its own name, never as the city's."""

    territory: Slug
    kind: Literal["district", "institution", "city"]
    name: Text


class Commune(Row):
    """A commune, ward or special zone. The key is (code, valid_from): codes were given out again in 2025."""

    code: str = Field(pattern=r"^\d{5}$")
    valid_from: date | None  # empty: in use before 1 July 2025, day of creation not recorded here
    valid_to: date | None
    name: Words
    kind: Literal["commune", "ward", "special_zone", "township"]
    province_code: str
    district_code: str  # empty from 1 July 2025, when districts ended
    source: Words

    @property
    def id(self) -> str:
        """Code and year of creation: the code alone was another commune before 2025."""
        return f"commune_{self.code}_{self.valid_from.year if self.valid_from else 'old'}"


class Conversion(Row):
    """One old commune, or a part of it, that went into a commune of 2025."""

    new_code: str = Field(pattern=r"^\d{5}$")
    old_code: str = Field(pattern=r"^(\d{5})?$")  # empty: an island district that had no communes
    old_district_code: str = Field(pattern=r"^\d{3}$")
    extent: Literal["whole", "part", "part_area_only", "part_area_whole_population"]


class District(Row):
    """A district abolished on 1 July 2025."""

    code: str = Field(pattern=r"^\d{3}$")
    name: Words
    province_code: str
    rebuildable: bool  # its old area is exactly a set of communes of 2025


WHOLE_UNITS = (
    *("persons", "schools", "classes", "classrooms", "institutions", "centres", "universities", "works"),
    *("communes", "districts", "provinces"),
)
"""Units of things that are counted one by one."""


class Measure(Keyed):
    """What is counted. `additive` measures of two territories may be summed; others never."""

    unit: Slug
    additive: bool
    basis: Literal["school_year", "calendar"]  # what `year` means for it
    name: Text
    definition: Text

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self.unit in WHOLE_UNITS


class Department(Keyed):
    """A department of the city's Department of Education and Training."""

    name: Text


class National(Row):
    """The national objective for 2030 that stands beside a target of the city."""

    value: Decimal | None = None  # the target's unit; None where the objective is not one number
    text: Text
    source: Text


class Target(Keyed):
    """One target of a plan of the city."""

    number: int  # place in the order of the plans, as the scorecard counts
    plan: Literal["strategy_plan", "resolution_173_174_plan"]
    section: Words
    group: Slug
    level: Slug
    isced: str
    kind: Literal["rate", "share", "ratio", "per_10k", "count", "milestone", "class_size_rule"]
    measurability: Literal["quantified", "rule", "milestone", "weak_milestone", "implied"]
    name: Text
    value: Decimal  # as the plan gives it: 48.05 is not 48.1; 1 for a milestone
    comparison: Literal[">=", ">", "<=", "milestone"]
    unit: Slug
    year: int | None = None  # None: a floor for every year
    year_basis: Literal["stated", "inferred", "yearly"]
    aspirational: bool  # the plan says "phấn đấu" (strive for)
    definition: Text
    numerator: Text | None = None
    denominator: Text | None = None
    reference_date: Text | None = None
    school_year_end: bool = False  # counted at the end of a school year: what 2030 asks is told by 2029-30
    last_day: date | None = None  # of a deadline that lies after the count of that school year
    legal_source: Text
    definition_status: Literal["verified", "partly_verified", "unverified", "none_found"]
    national: National | None = None
    national_indicators: list[Slug] = []  # published national figures to show beside it
    milestone_indicator: str = ""  # for a milestone: the indicator (1 reached, 0 not) that shows its state
    proxies: list[Slug] = []  # indicators shown as context under their own name, never judged
    departments: list[Slug]
    department_basis: Literal["stated", "inferred"]
    department_source: Text
    ambiguity: Text
    implausible: Text | None = None  # why the value looks like an error; flagged, never corrected
    district_dependent: bool

    @property
    def firm(self) -> bool:
        """Whether the plan sets it as a target: not a weak milestone, not implied by its task chapter."""
        return self.measurability not in ("weak_milestone", "implied")

    @property
    def due(self) -> int | None:
        """The `year` of the value that tells whether the target was met; None for a floor for every year."""
        return self.year - 1 if self.year is not None and self.school_year_end else self.year


COUNT_UNITS = (
    "persons",
    "schools",
    "classes",
    "classrooms",
    "institutions",
    "centres",
    "universities",
    "communes",
)


class Indicator(Keyed):
    """A value computed from observations.

    `numerator` and `denominator` are sums of series, written `measure/level[/dimension=code...]` and
    joined by ` + `; value = scale * numerator / denominator (scale * numerator without a denominator).
    A ratio of a merged territory is computed from its sums. `role` says what it may be used for:
    `target` is judged against the target of the same id, `proxy` and `context` never are.
    """

    group: Slug
    level: Slug
    role: Literal["target", "proxy", "context"]
    name: Text
    unit: Slug
    decimals: int = Field(ge=0, le=3)
    numerator: Words
    denominator: str = ""
    published: str = ""  # series of the same rate as published, taken where the counts are not
    scale: Decimal = Decimal(1)
    lower: Decimal | None = Decimal(0)
    upper: Decimal | None = None
    direction: Literal["up", "down", "none"]  # which way is progress
    definition: Text
    legal_source: Text
    note: Text | None = None
    flag_above: Decimal | None = None  # values above are shown with a flag

    @property
    def counts(self) -> bool:
        """Whether it is a number of things or people: it grows in percent, and is never compared by size."""
        return self.unit in COUNT_UNITS


class Break(Keyed):
    """From `year` on an indicator is no longer comparable with its earlier values, so no trend leads across."""

    indicator: Slug
    territory: str  # empty: in every territory
    year: int
    reason: Text


class Task(Row):
    """A row of an assignment table of the plans."""

    plan: Literal["strategy_plan", "resolution_173_174_plan"]
    number: Words
    title: Text
    documents: str
    departments: list[Slug]
    lead: Text
    cooperating: Text | None = None
    timing: Text
    rhythm: Literal["once", "period", "yearly", "every_5_and_10_years", "plan_roadmap"]
    due: date | None  # the last day the plan allows; None where it gives none


class Goal(Row):
    """What a plan wants without a number."""

    plan: Literal["strategy_plan", "resolution_173_174_plan"]
    section: Words
    goal: Text
    reason: Text  # why it cannot be a target
    horizon: int | None


class OtherTarget(Keyed):
    """A target or forecast of somebody else (the nation, old Hai Duong, one university): context only."""

    owner: Text
    territory: Slug
    level: Slug
    kind: Literal["target", "forecast"]
    name: Text
    value: str  # as printed: a number or a range
    comparison: str
    unit: Slug
    year: int
    publisher: Words
    title: Words
    url: Words
    confidence: Literal["high", "medium", "low"]


class Erratum(Keyed):
    """A published cell that is changed, flagged or set aside, with the evidence. The print is kept."""

    file: Words
    cell: Words  # as findings name it: B4, or Sheet1!B4 in a workbook
    action: Literal["scale", "flag", "set_aside"]
    factor: Decimal | None  # for `scale`: multiply the printed number by this
    reason: Text
    evidence: Text


class Relation(Keyed):
    """What must hold between published figures of one territory and year; the checks of ingest look for breaches.

    Terms are written as in the formulas of indicators; `*` for a measure or level means each (of `levels`, where
    they are listed; of the additive measures). A dimension no term names may have any value, the same in all
    terms: public and private make the total of the girls too.
    """

    kind: Literal["sum", "same", "at_most", "ratio_bounds", "country"]
    whole: Words  # one term, or a number
    parts: list[Words]  # formulas: each is a way to make up the whole, or a part that cannot be larger than it
    optional: str = ""  # terms that belong to the sum where a table has them
    levels: list[Slug]
    since: int | None = None  # first and last year it holds
    until: int | None = None
    lower: Decimal | None = None  # of whole / parts; of the whole itself where there are no parts
    upper: Decimal | None = None
    provinces: int | None = None  # `country`: how many provinces make the whole
    name: Text


class Norm(Keyed):
    """How much of a resource a level needs, and by which rule. What there is stands in the series `there`.

    `per`: base / newest value of the indicator `reference`; `times`: base * that value; `fixed`: base * `value`;
    `share`: base * the target of the same id as `reference`, reached evenly from its newest value.
    """

    level: Slug
    resource: Slug
    base: Slug  # pupils, inhabitants, schools, or another resource of the level
    rule: Literal["per", "times", "fixed", "share"]
    reference: str = ""
    value: Decimal | None = None
    there: Words
    source: Text


class LevelFlow(Row):
    """Where the pupils of a level come from, and the series of a school list that tell how many go on."""

    level: Slug
    source: str = ""  # the level they were in `lag` years before
    lag: int | None = None  # as many years as the level has grades
    entrants: str = ""  # new pupils of its first grade
    completers: str = ""  # those who completed the level below the year before
    cohort: str = ""  # first-grade pupils of those who are in the last grade now


class SchoolColumn(Keyed):
    """A column of the department's school list (docs/school_list.md), and the series its sums become.

    `per_level` columns may also stand in the list once a level, headed "Giáo viên tiểu học"; a school of several
    levels needs that, for any other the total says it. Such a column is called by its id and the level.
    """

    name: Text  # the header as it should be typed
    aliases: list[Words]  # other headers it is known by; accents, case and punctuation do not count
    kind: Literal["code", "text", "count", "yes_no", "date", "choice", "year"]
    required: bool
    scope: Literal["", "school", "level"]  # who fills it: nobody has to; schools by highest level; by level taught
    levels: list[Slug]  # of the scope `level`: who teaches one of them fills the column
    per_level: bool
    series: list[Words]  # `measure/level[/dimension=code]`; "{level}" stands for each of `levels`
    count_as: Literal["sum", "any", "rows", "valid"]  # values; schools above 0; schools; valid recognitions
    by_ownership: bool  # public and private schools are summed apart as well
    part_of: str = ""  # the column it cannot exceed
    sums_to: str = ""  # the column, or column and level, that it makes up together with others

    @property
    def formulas(self) -> list[str]:
        """The series, one by one."""
        return [
            text.replace("{level}", level)
            for text in self.series
            for level in (self.levels if "{level}" in text else [""])
        ]

    @property
    def variants(self) -> dict[str, str]:
        """Ids of the columns for one level, and that level."""
        return {f"{self.id}_{level}": level for level in self.levels} if self.per_level else {}


@dataclass(frozen=True, eq=False)  # known by its identity: caches keep what they worked out of it
class Registry:
    """All of the registry: each file is a dict from id to row where rows have an id, else a list of rows."""

    codes: list[Code]
    groups: dict[str, Group]
    territories: dict[str, Territory]
    territory_names: list[TerritoryName]
    province_codes: list[ProvinceCode]
    places: dict[str, Place]
    communes: list[Commune]
    conversions: list[Conversion]
    districts: list[District]
    measures: dict[str, Measure]
    departments: dict[str, Department]
    targets: dict[str, Target]  # in the order of the plans
    indicators: dict[str, Indicator]
    breaks: dict[str, Break]
    tasks: list[Task]
    goals: list[Goal]
    other_targets: dict[str, OtherTarget]
    norms: dict[str, Norm]
    flows: list[LevelFlow]
    errata: dict[str, Erratum]
    school_columns: dict[str, SchoolColumn]
    relations: dict[str, Relation]

    @cached_property
    def _dimensions(self) -> dict[str, dict[str, Code]]:
        dimensions: dict[str, dict[str, Code]] = {}
        groups = [Code(dimension="group", code=g.id, name=g.name, order=g.order) for g in self.groups.values()]
        for row in sorted([*self.codes, *groups], key=lambda code: code.order):
            dimensions.setdefault(row.dimension, {})[row.code] = row
        return dimensions

    def name(self, dimension: str, code: str, language: Language) -> str:
        """Return the wording of a code, such as level `primary` or unit `percent`."""
        return self.code(dimension, code).name.get(language)

    def code(self, dimension: str, code: str) -> Code:
        """Return the row of a code."""
        return self._dimensions[dimension][code]

    def codes_of(self, dimension: str) -> dict[str, Code]:
        """Return the codes of a dimension in their order."""
        return self._dimensions.get(dimension, {})

    @cached_property
    def city(self) -> str:
        """Return the id of the city whose plans these are: the one territory in the role of a city."""
        (city,) = (key for key, row in self.territories.items() if row.role == "city")
        return city

    def reported_territories(self) -> dict[str, Territory]:
        """Return the territories that reports can be about, by id: no single province, no region."""
        return {key: row for key, row in self.territories.items() if row.role in REPORTED_ROLES}

    def target_groups(self) -> dict[str, Group]:
        """Return the groups that targets of the plans are in, by id."""
        return {key: row for key, row in self.groups.items() if row.targets}

    def targets_fed_by(self, column: SchoolColumn) -> list[str]:
        """Return the targets computed from a column of the school list, whatever the ownership."""
        fed = {term for text in column.formulas for term in parse_formula(text)}
        return [target for target, series in self._series_of_targets.items() if fed & series]

    @cached_property
    def _series_of_targets(self) -> dict[str, set[SeriesRef]]:
        used: dict[str, set[SeriesRef]] = {}
        for name in self.targets:
            indicator = self.indicators.get(name)
            texts = (indicator.numerator, indicator.denominator) if indicator else ()
            terms = [term for text in texts if text for term in parse_formula(text)]
            used[name] = {replace(term, ownership="all") for term in terms}
        return used

    def breaks_of(self, indicator: str, territory: str) -> list[Break]:
        """Return where the series of an indicator breaks in a territory, by year."""
        found = [b for b in self.breaks.values() if b.indicator == indicator and b.territory in ("", territory)]
        return sorted(found, key=lambda one: one.year)
