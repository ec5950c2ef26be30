"""What a row of the registry must look like.

Each class is one row of one registry file. The field comments give meaning and units; the loader
(`hpedu.registry.load`) collects everything that does not fit, over all files, into one error.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

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


class Territory(Keyed):
    """A territory observations are about. `parts` are summed into the back series of a merged one."""

    name: Text
    nso_code: str  # statistics-office province code; empty for the country
    valid_from: date | None
    valid_to: date | None
    parts: list[Slug]
    role: Literal["city", "part", "country"]  # a country is shown for comparison, never judged
    order: int


class TerritoryName(Row):
    """A name that published tables use for a territory, while it was valid."""

    name: Words
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


class Measure(Keyed):
    """What is counted. `additive` measures of two territories may be summed; others never."""

    unit: Slug
    additive: bool
    basis: Literal["school_year", "calendar"]  # what `year` means for it
    name: Text
    definition: Text


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
    group: Literal["preschool", "general", "higher", "continuing", "cross_cutting"]
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


class Indicator(Keyed):
    """A value computed from observations.

    `numerator` and `denominator` are sums of series, written `measure/level[/dimension=code...]` and
    joined by ` + `; value = scale * numerator / denominator (scale * numerator without a denominator).
    A ratio of a merged territory is computed from its sums. `role` says what it may be used for:
    `target` is judged against the target of the same id, `proxy` and `context` never are.
    """

    group: Literal["preschool", "general", "higher", "continuing", "cross_cutting"]
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
    cell: Words
    action: Literal["scale", "flag", "set_aside"]
    factor: Decimal | None  # for `scale`: multiply the printed number by this
    reason: Text
    evidence: Text
