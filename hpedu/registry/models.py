"""Describe the rows of the registry: each class is one row of one file.

Comments at the fields give meaning and units. The loader (`hpedu.registry.load`) collects everything that does not
fit, over all files, into one error.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from hpedu.registry.row import (
    DepartmentId,
    Formula,
    GroupId,
    IndicatorId,
    Keyed,
    LevelCode,
    MeasureId,
    Names,
    OwnerId,
    OwnershipCode,
    Pattern,
    Row,
    SexCode,
    Slug,
    TargetId,
    TerritoryId,
    UnitCode,
    Words,
)
from hpedu.registry.row import (
    Text as Text,
)


class Code(Row):
    """One allowed value of a dimension of the data (level, ownership, sex, status, unit ...)."""

    dimension: Slug
    code: str
    name: Text
    order: int


class Group(Keyed):
    """The subject of a page: the targets of one group, or a look at all of them."""

    name: Text
    order: int
    targets: bool  # targets of the plans are in it
    page: bool  # it has a page for each territory
    # It has a page for each commune, made from the school list. A school list has no university.
    commune_page: bool
    # Indicators in its brief, after the targets.
    headlines: list[Slug]


class Territory(Keyed):
    """A territory that observations are about. The `parts` of a merged one are summed into its earlier years.

    A province or region whose area the reform of 1 July 2025 changed ends on the day before (vietnamadminunits
    1.0.4, table of conversions), and so does its name: the new province of that name is another territory.
    """

    name: Text
    # Empty: since before the first table, or not known.
    valid_from: date | None
    valid_to: date | None
    # The province of the 34 that the reform of 1 July 2025 made of it; its own id where that kept the name.
    successor: TerritoryId = ""
    parts: list[TerritoryId]
    # A country is shown for comparison, never judged; a province or region is only there to check and to test.
    role: Literal["city", "part", "country", "province", "region"]
    order: int

    @property
    def judged(self) -> bool:
        """Return whether the plans set it targets: a city or a part of it, as long as it is there."""
        return self.role in ("city", "part") and not self.is_past

    @property
    def is_past(self) -> bool:
        """Return whether it is no more."""
        return self.valid_to is not None


REPORTED_ROLES = ("city", "part", "country")
"""Roles of the territories that reports can be about."""


class TerritoryName(Row):
    """A name that published tables use for a territory, and the day it came into use."""

    name: Words
    territory: TerritoryId
    valid_from: date | None  # empty: as long as the territory


class ProvinceCode(Row):
    """The code of a province in one scheme. In another the same code is another province."""

    # The statistics office's scheme; the ministry's for examinations.
    scheme: Literal["nso", "moet_exam"]
    code: str = Field(pattern=r"^\d{2}$")
    territory: TerritoryId


class Place(Keyed):
    """A district or single institution: its figures are given under its own name, never as the city's."""

    territory: TerritoryId
    kind: Literal["district", "institution", "city"]
    name: Text


class Commune(Row):
    """A commune, ward or special zone. The key is (code, valid_from): codes were given out again in 2025."""

    code: str = Field(pattern=r"^\d{5}$")
    # Empty: in use before 1 July 2025, and the day of creation is not recorded here.
    valid_from: date | None
    valid_to: date | None
    name: Words
    kind: Literal["commune", "ward", "special_zone", "township"]
    province_code: str
    # Empty from 1 July 2025 on, when districts ended.
    district_code: str
    source: Words

    @property
    def id(self) -> str:
        """Return code and year of creation: the code alone was another commune before 2025."""
        return f"commune_{self.code}_{self.valid_from.year if self.valid_from else 'old'}"


class Conversion(Row):
    """One old commune, or a part of it, that went into a commune of 2025."""

    new_code: Annotated[str, Names("commune_of_2025")] = Field(pattern=r"^\d{5}$")
    # Empty: an island district that had no communes.
    old_code: Annotated[str, Names("old_commune")] = Field("", pattern=r"^(\d{5})?$")
    # Empty: the commune became part of another after districts had ended.
    old_district_code: Annotated[str, Names("district")] = Field("", pattern=r"^(\d{3})?$")
    extent: Literal["whole", "part", "part_area_only", "part_area_whole_population"]


class CommunePoint(Row):
    """The middle of a commune of today, in degrees (WGS 84), for a map; some are named on it to find one's way."""

    code: Annotated[str, Names("commune_of_2025")] = Field(pattern=r"^\d{5}$")
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    named: bool
    source: Words


class District(Row):
    """A district abolished on 1 July 2025."""

    code: str = Field(pattern=r"^\d{3}$")
    name: Words
    province_code: str
    # Its old area is exactly a set of communes of 2025.
    rebuildable: bool


COUNT_UNITS = (
    *("persons", "schools", "classes", "classrooms"),
    *("institutions", "centres", "universities", "communes"),
)
"""Units of indicators that count things or people: they grow in percent, and are never compared by size."""
WHOLE_UNITS = (*COUNT_UNITS, "works", "districts", "provinces")
"""Units of things that are counted one by one."""


class Measure(Keyed):
    """A quantity that is counted or measured. Only `additive` ones of two territories may be summed."""

    unit: UnitCode
    additive: bool
    basis: Literal["school_year", "calendar"]  # what `year` means for it
    name: Text
    definition: Text
    # The nouns beside `unit` that a table may have for its unit (`[kinds]` of ingest/words/units.toml).
    counted_as: list[Slug] = Field([])

    @property
    def is_whole(self) -> bool:
        """Return whether its values are whole numbers."""
        return self.unit in WHOLE_UNITS


class Department(Keyed):
    """A division of the city's Department of Education and Training."""

    name: Text
    # The name of its sheet in the history book, of 31 letters at most.
    sheet: str
    valid_from: date | None
    valid_to: date | None
    # Of one that has ended: the division that has its work now; empty where no source says so.
    successor: DepartmentId = ""
    # The source for its end.
    source: str = ""


class Owner(Keyed):
    """The divisions inferred to answer for a level of education or a subject, where a plan names none.

    Targets of one subject have one owner, whatever their level. The id of a level is its code.
    """

    basis: Literal["level", "subject"]
    departments: list[DepartmentId]
    # The place in the strategy plan that gives the subject to them; empty for a level.
    section: str = ""
    name: Text


class National(Row):
    """The national objective for 2030, shown next to a target of the city."""

    # In the target's unit; None where the objective is not one number.
    value: Decimal | None = None
    text: Text
    source: Text


class Target(Keyed):
    """One target of a plan of the city."""

    # The position in the order of the plans, as the scorecard counts.
    number: int
    plan: Literal["strategy_plan", "resolution_173_174_plan"]
    section: Words
    group: GroupId
    level: LevelCode
    isced: str
    kind: Literal["rate", "share", "ratio", "per_10k", "count", "milestone", "class_size_rule"]
    measurability: Literal["quantified", "rule", "milestone", "weak_milestone", "implied"]
    name: Text
    # As the plan gives it: 48.05 is not 48.1. For a milestone it is 1.
    value: Decimal
    comparison: Literal[">=", ">", "<=", "milestone"]
    unit: UnitCode
    # None: a floor for every year.
    year: int | None = None
    year_basis: Literal["stated", "inferred", "yearly"]
    # The plan says "phấn đấu" (strive for).
    aspirational: bool
    definition: Text
    numerator: Text | None = None
    denominator: Text | None = None
    reference_date: Text | None = None
    # Counted at the end of a school year: the figure of 2029-30 decides a target for 2030.
    school_year_end: bool = False
    # The last day of a deadline that lies after the count of that school year.
    last_day: date | None = None
    # The task of the plans that is the same thing, as "plan number"; it has the state of the target.
    task: Annotated[str, Names("task")] = ""
    # From this day on it cannot be measured as written: what it counts was abolished.
    lapsed: date | None = None
    # Of one that lapses: the indicator that the plan's owner may choose in its place.
    substitute: IndicatorId = ""
    legal_source: Text
    definition_status: Literal["verified", "partly_verified", "unverified", "none_found"]
    national: National | None = None
    # Published national figures to show next to it.
    national_indicators: list[IndicatorId] = Field([])
    # For a milestone: the indicator (1 reached, 0 not) that shows its state.
    milestone_indicator: IndicatorId = ""
    # Indicators shown as context under their own name, never judged.
    proxies: list[IndicatorId] = Field([])
    # As the plans name them (all candidates, if they disagree); else the loader takes them from the owners.
    departments: list[DepartmentId] = Field([])
    department_basis: Literal["stated", "inferred_level", "inferred_subject", "disputed"]
    # The places where the plans name them; None where they are inferred.
    department_source: Text | None = None
    # The row of the owners for `inferred_subject`.
    subject: str = ""
    ambiguity: Text
    # The reason why the value looks like an error. It is flagged, never corrected.
    implausible: Text | None = None
    district_dependent: bool

    @property
    def owner(self) -> str:
        """Return the id of the row of the owners that says who answers for it; "" where a plan does."""
        return {"inferred_level": self.level, "inferred_subject": self.subject}.get(self.department_basis, "")

    @property
    def firm(self) -> bool:
        """Return whether the plan sets it as a target: not a weak milestone, not implied by its task chapter."""
        return self.measurability not in ("weak_milestone", "implied")

    @property
    def due(self) -> int | None:
        """Return the `year` of the value that shows whether it was met; None for a floor for every year."""
        return self.year - 1 if self.year is not None and self.school_year_end else self.year


class Indicator(Keyed):
    """A value computed from observations.

    `numerator` and `denominator` are sums of series, written `measure/level[/dimension=code...]` and
    joined by ` + `; value = scale * numerator / denominator (scale * numerator without a denominator).
    A ratio of a merged territory is computed from its sums. `role` says what it may be used for:
    `target` is judged against the target of the same id, `proxy` and `context` never are.
    """

    group: GroupId
    level: LevelCode
    role: Literal["target", "proxy", "context"]
    name: Text
    unit: UnitCode
    decimals: int = Field(ge=0, le=3)
    numerator: Formula
    denominator: Formula = ""
    # The series of the same rate as published, taken where the counts are not.
    published: Formula = ""
    scale: Decimal = Decimal(1)
    lower: Decimal | None = Decimal(0)
    upper: Decimal | None = None
    # The way that is progress.
    direction: Literal["up", "down", "none"]
    definition: Text
    legal_source: Text
    note: Text | None = None
    # Numerator and denominator are counted by different offices, and rightly so: pupils over population.
    crosses: bool = False
    # Values above it are shown with a flag.
    flag_above: Decimal | None = None

    @property
    def counts(self) -> bool:
        """Return whether it is a number of things or people (`COUNT_UNITS`)."""
        return self.unit in COUNT_UNITS


class Break(Keyed):
    """A year from which on an indicator cannot be compared with its earlier values: no trend leads across."""

    indicator: IndicatorId
    territory: TerritoryId = ""  # empty: in every territory
    year: int
    reason: Text


class Task(Row):
    """A row of an assignment table of the plans."""

    plan: Literal["strategy_plan", "resolution_173_174_plan"]
    number: Words
    title: Text
    documents: str
    departments: list[DepartmentId]
    # What the plan adds to the names of the divisions.
    lead_note: Text | None = None
    cooperating: Text | None = None
    timing: Text
    rhythm: Literal["once", "period", "yearly", "reviews", "plan_roadmap"]
    # The last day of each occurrence. Those of a yearly task are not listed, a roadmap has none.
    dues: list[date]

    @property
    def id(self) -> str:
        """Return plan and number."""
        return f"{self.plan} {self.number}"


class Goal(Row):
    """A goal of a plan that has no number."""

    plan: Literal["strategy_plan", "resolution_173_174_plan"]
    section: Words
    # The row of the annex it stands in as well.
    annex: str = ""
    goal: Text
    # The reason why it cannot be a target.
    reason: Text
    horizon: int | None


class Duty(Keyed):
    """A duty that a plan sets without a number."""

    plan: Literal["strategy_plan", "resolution_173_174_plan"]
    section: str
    annex: str = ""
    duty: Text
    # As the plan names them; else those of the subject, if there is one.
    departments: list[DepartmentId]
    subject: OwnerId = ""
    # How often, and for whom; None where the plan does not say.
    rhythm: Text | None
    receiver: Text | None
    # What could measure it; our proposal.
    measure: Text | None
    # Those whose figures the forms ask for, to measure it.
    indicators: list[IndicatorId]


class OtherTarget(Keyed):
    """A target or forecast of others (the nation, old Hai Duong, one university): context only."""

    owner: Text
    territory: TerritoryId
    level: Slug
    kind: Literal["target", "forecast"]
    name: Text
    value: Decimal
    # Of a range: its end.
    upper: Decimal | None
    comparison: Literal["", ">=", ">", "<"]
    unit: UnitCode
    year: int
    # The targets of the city it is shown next to.
    targets: list[TargetId]
    publisher: Words
    title: Words
    url: Words
    confidence: Literal["high", "medium", "low"]


class Print(Keyed):
    """A figure as one table prints it; another export of the table may have it in another cell."""

    # The id of the layout; for a transcription the name of the published table, as the data package gives it;
    # `form` or `school_list` for what is handed in.
    table: Words
    measure: MeasureId
    level: LevelCode
    ownership: OwnershipCode
    sex: SexCode
    detail: str
    territory: TerritoryId
    place: str
    year: int
    # The number in the cell, before any unit: 83755, 497.342.
    printed: Decimal

    @property
    def figure(self) -> tuple[str | int, ...]:
        """Return what is counted, where and when: equal for all prints of one figure."""
        what = (self.measure, self.level, self.ownership, self.sex, self.detail)
        return (*what, self.territory, self.place, self.year)


class Erratum(Print):
    """A print that is changed, flagged or set aside, with the evidence. The printed text is kept."""

    action: Literal["scale", "flag", "set_aside"]
    # For `scale`: multiply the figure as it was read by this, and what that makes, in the unit of the measure. An
    # export of the table whose unit is right makes it without the factor.
    factor: Decimal | None
    value: Decimal | None
    reason: Text
    evidence: Text
    # The file of data/raw it was found in: while that is there, the figure must be met.
    seen_in: str = ""


class Decision(Print):
    """The reading of a contradicted figure that somebody answers for: it is used, the others are not."""

    date: date
    author: Words
    document: Words
    # The chosen reading in the unit of the measure; None for the number as printed.
    value: Decimal | None
    reason: Text


class RevisionLimit(Row):
    """The largest change between two editions of a figure that needs no look, by the unit of its measure."""

    unit: UnitCode
    # A share of the older figure, and an amount in the unit: a change must be larger than both.
    share: Decimal
    amount: Decimal


class Relation(Keyed):
    """A rule that holds between published figures of one territory and year; `ingest.checks` looks for breaches.

    Terms are written as in the formulas of indicators; `*` for a measure or level means each (of `levels`, where
    they are listed; of the additive measures). A dimension no term names may have any value, the same in all
    terms: public and private make the total of the girls too.
    """

    kind: Literal["sum", "same", "at_most", "ratio_bounds", "country"]
    whole: Pattern  # one term, or a number
    # Formulas: each is a way to make up the whole, or a part that cannot be larger than it.
    parts: list[Pattern]
    # Terms that belong to the sum where a table has them.
    optional: Pattern = ""
    levels: list[LevelCode]
    # The first and the last year in which it holds.
    since: int | None = None
    until: int | None = None
    # Bounds of whole / parts; of the whole itself where there are no parts.
    lower: Decimal | None = None
    upper: Decimal | None = None
    # For `country`: the number of provinces that make the whole.
    provinces: int | None = None
    name: Text


class Norm(Keyed):
    """A rule for how much of a resource a level needs. The amount there is comes from the series `there`.

    `per`: base / newest value of the indicator `reference`; `times`: base * that value; `fixed`: base * `value`;
    `share`: base * the target of the same id as `reference`, reached evenly from its newest value.
    """

    level: LevelCode
    resource: Annotated[str, Names("resource")]
    # Pupils, inhabitants, schools, or another resource of the level.
    base: Annotated[str, Names("resource")]
    rule: Literal["per", "times", "fixed", "share"]
    reference: str = ""
    value: Decimal | None = None
    there: Formula
    source: Text


class LevelFlow(Row):
    """The level the pupils of a level come from, and the series of a school list that show how many go on."""

    level: LevelCode
    # The level the pupils were in `lag` years before.
    source: LevelCode = ""
    # As many years as the level has grades.
    lag: int | None = None
    # The series of new pupils in its first grade.
    entrants: Formula = ""
    # The series of those who completed the level below the year before.
    completers: Formula = ""
    # The series of first-grade pupils of those who are in the last grade now.
    cohort: Formula = ""


class Peer(Row):
    """What there is to know of a province of the old division beside others: its groups, and since when it is."""

    territory: TerritoryId
    # The year from which figures under its name are of its present area.
    since: int | None
    groups: list[Literal["red_river_delta", "centrally_run"]]


class PublisherName(Row):
    """A publisher as data/raw names it: under which name its figures go together, and how readers see it.

    Of a copy, `shown` names the original publisher, and then where the copy stands.
    """

    name: Words
    publisher: Words
    shown: Text


class Office(Keyed):
    """The name of the office that makes the pages: a project has its own row `made_by`."""

    name: Text


class Limit(Keyed):
    """A limit that decides whether data is used."""

    value: Decimal
    name: Text


class Withdrawal(Row):
    """A row of hpedu that an office does without: it is taken out before the office's own rows come in."""

    # The name of its file, such as breaks.csv or targets; its id, or what stands for one, parted by "/".
    file: Words
    row: Words
    reason: Words
