"""Hold all of the registry: every table of it, and what is looked up in several of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from hpedu.registry.formula import SeriesRef, parse_formula
from hpedu.registry.models import (
    REPORTED_ROLES,
    Break,
    Code,
    Commune,
    CommunePoint,
    Conversion,
    Decision,
    Department,
    District,
    Duty,
    Erratum,
    Goal,
    Group,
    Indicator,
    LevelFlow,
    Limit,
    Measure,
    Norm,
    Office,
    OtherTarget,
    Owner,
    Peer,
    Place,
    ProvinceCode,
    PublisherName,
    Relation,
    RevisionLimit,
    Target,
    Task,
    Territory,
    TerritoryName,
)
from hpedu.registry.school_columns import SchoolColumn
from hpedu.texts import Language


@dataclass(frozen=True, eq=False)
class Registry:
    """The whole registry: each file is a dict from id to row where rows have an id, else a list of rows."""

    codes: list[Code]
    groups: dict[str, Group]
    territories: dict[str, Territory]
    territory_names: list[TerritoryName]
    province_codes: list[ProvinceCode]
    places: dict[str, Place]
    communes: list[Commune]
    conversions: list[Conversion]
    points: list[CommunePoint]
    districts: list[District]
    measures: dict[str, Measure]
    departments: dict[str, Department]
    owners: dict[str, Owner]
    targets: dict[str, Target]  # in the order of the plans
    indicators: dict[str, Indicator]
    breaks: dict[str, Break]
    tasks: list[Task]
    goals: list[Goal]
    duties: dict[str, Duty]
    other_targets: dict[str, OtherTarget]
    norms: dict[str, Norm]
    flows: list[LevelFlow]
    errata: dict[str, Erratum]
    decisions: dict[str, Decision]
    revision_limits: list[RevisionLimit]
    school_columns: dict[str, SchoolColumn]
    offices: dict[str, Office]
    limits: dict[str, Limit]
    peers: list[Peer]
    publishers: list[PublisherName]
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
        """Return the territories that reports can be about, by id: no single province and no region."""
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

    def bearers_of(self, duty: Duty) -> list[str]:
        """Return the divisions that have a duty: those the plan names, else those of its subject, else nobody."""
        return duty.departments or (self.owners[duty.subject].departments if duty.subject else [])

    def others_of(self, target: str) -> list[OtherTarget]:
        """Return the targets and forecasts of others that are shown next to a target of the city."""
        return [other for other in self.other_targets.values() if target in other.targets]

    def breaks_of(self, indicator: str, territory: str) -> list[Break]:
        """Return where the series of an indicator breaks in a territory, by year."""
        found = [b for b in self.breaks.values() if b.indicator == indicator and b.territory in ("", territory)]
        return sorted(found, key=lambda one: one.year)
