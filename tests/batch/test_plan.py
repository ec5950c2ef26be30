"""What reports can be about: the city, its parts, the country. Other provinces and regions are not judged."""

from __future__ import annotations

import pytest

from hpedu.batch.plan import make_plan
from hpedu.errors import UnknownName
from hpedu.present.report import Report, list_targets
from hpedu.registry import Registry


def test_the_city_its_parts_and_the_country_can_be_planned(registry: Registry) -> None:
    wanted = list(registry.reported_territories())
    assert wanted[0] == "hai_phong" and set(wanted) >= {"hai_phong_old", "hai_duong_old", "viet_nam"}
    assert {run.territory for run in make_plan(["general"], wanted, ["en"])} == set(wanted)


@pytest.mark.parametrize("territory", ["quang_ninh", "ha_tay", "red_river_delta"])
def test_a_province_or_region_is_refused_everywhere(registry: Registry, territory: str) -> None:
    assert territory in registry.territories
    with pytest.raises(UnknownName, match="No territory is called"):
        make_plan(["general"], [territory], ["en"])
    with pytest.raises(UnknownName, match="No territory is called"):
        list_targets(territory=territory)
    with pytest.raises(UnknownName, match="No territory is called"):
        Report("general", territory=territory, year=None, language="en")
