"""Hold all of the registry: every table of it, and what is looked up in several of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from hpedu.registry import models
from hpedu.registry.models import REPORTED_ROLES, Break, Code, Duty, Group, OtherTarget, Territory
from hpedu.registry.school_columns import SchoolColumn
from hpedu.texts import Language


@dataclass(frozen=True, eq=False)
class Registry:
    """The whole registry: each file is a dict from id to row where rows have an id, else a list of rows.

    A table is called as its file, `NAME.csv`, or its folder of TOML files. Where rows have no id, the columns that
    tell them apart are named.
    """

    codes: Annotated[list[Code], "dimension", "code"]
    groups: dict[str, Group]
    territories: dict[str, Territory]
    territory_names: Annotated[list[models.TerritoryName], "name", "territory"]
    province_codes: Annotated[list[models.ProvinceCode], "scheme", "code", "territory"]
    places: dict[str, models.Place]
    communes: Annotated[list[models.Commune], "code", "valid_from"]
    conversions: Annotated[list[models.Conversion], "new_code", "old_code", "old_district_code"]
    districts: Annotated[list[models.District], "code"]
    measures: dict[str, models.Measure]
    departments: dict[str, models.Department]
    owners: dict[str, models.Owner]
    targets: dict[str, models.Target]  # in the order of the plans
    indicators: dict[str, models.Indicator]
    breaks: dict[str, Break]
    tasks: Annotated[list[models.Task], "plan", "number"]
    goals: Annotated[list[models.Goal], "plan", "section", "annex", "goal"]
    duties: dict[str, Duty]
    other_targets: dict[str, OtherTarget]
    norms: dict[str, models.Norm]
    flows: Annotated[list[models.LevelFlow], "level"]
    errata: dict[str, models.Erratum]
    decisions: dict[str, models.Decision]
    revision_limits: Annotated[list[models.RevisionLimit], "unit"]
    school_columns: dict[str, SchoolColumn]
    limits: dict[str, models.Limit]
    offices: dict[str, models.Office]
    peers: Annotated[list[models.Peer], "territory"]
    points: Annotated[list[models.CommunePoint], "code"]
    publishers: Annotated[list[models.PublisherName], "name"]
    relations: dict[str, models.Relation]
    withdrawn: Annotated[list[models.Withdrawal], "file", "row"]

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

    def name_publisher(self, name: str, language: Language) -> str:
        """Name a publisher as readers know it."""
        return next((row.shown.get(language) for row in self.publishers if row.name == name), name)

    def code(self, dimension: str, code: str) -> Code:
        """Return the row of a code."""
        return self._dimensions[dimension][code]

    def codes_of(self, dimension: str) -> dict[str, Code]:
        """Return the codes of a dimension in their order."""
        return self._dimensions.get(dimension, {})

    def known(self, kind: str) -> Collection[str]:
        """Return what a field that names something of this kind may have: ids of a table, or codes."""
        found = self._tables_by_kind.get(kind)
        return self.codes_of(kind) if found is None else found

    @cached_property
    def _tables_by_kind(self) -> dict[str, Collection[str]]:
        return {
            "group": self.target_groups(),
            "territory": self.territories,
            "measure": self.measures,
            "indicator": self.indicators,
            "target": self.targets,
            "department": self.departments,
            "owner": self.owners,
            "task": {task.id for task in self.tasks},
            "district": {district.code for district in self.districts},
            "commune_of_2025": {commune.code for commune in self.communes if commune.valid_to is None},
            "old_commune": {commune.code for commune in self.communes if commune.valid_to is not None},
        }

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
