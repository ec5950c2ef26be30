"""Where figures come from: numbers beside them, entries in the foot."""

from __future__ import annotations

from bs4 import BeautifulSoup

from hpedu.present.page.body import order_body
from hpedu.present.page.display import describe_making, describe_origin

SOURCES = [{"file": "a.csv", "published": "2025-06-30"}, {"file": "b.xlsx", "published": "2026-11-20"}]


def test_figures_of_the_same_cells_share_a_number() -> None:
    two, one = '<p data-inputs="a.csv!B2\na.csv!B3">1</p>', '<p data-inputs="b.xlsx!S!C4">2</p>'
    ordered = order_body(two + one + two, "vi")
    assert ordered.origins == [["a.csv!B2", "a.csv!B3"], ["b.xlsx!S!C4"]]
    links = BeautifulSoup(ordered.html, "html.parser").find_all("a", class_="cite")
    assert [(link["href"], link["aria-label"]) for link in links] == [
        ("#o1", "Nguồn 1"),
        ("#o2", "Nguồn 2"),
        ("#o1", "Nguồn 1"),
    ]
    assert "data-inputs" not in ordered.html


def test_an_origin_names_each_file_once_and_its_source() -> None:
    assert describe_origin(["b.xlsx!S!C4", "a.csv!B2", "b.xlsx!S!C5", "c.csv!A1"], SOURCES) == [
        {"file": "b.xlsx", "cells": "S!C4, S!C5", "source": 2},
        {"file": "a.csv", "cells": "B2", "source": 1},
        {"file": "c.csv", "cells": "A1", "source": 0},
    ]


def test_links_to_the_web_are_numbered_for_paper() -> None:
    ordered = order_body('<a href="https://x.vn">x</a><a href="#y">y</a><a href="https://x.vn">x</a>', "en")
    assert ordered.links == ["https://x.vn"]
    assert ordered.html.count('data-note="1"') == 2


def test_the_foot_dates_the_data_not_the_run() -> None:
    head = {
        "group": "preschool", "territory": "Hải Phòng", "year": 2025, "language": "vi",
        "sources": SOURCES, "inputs_digest": "abc",
    }  # fmt: skip
    facts = dict(describe_making(head))
    assert facts["Tham số"] == "preschool · Hải Phòng · 2025-2026 · vi"
    assert facts["Nguồn mới nhất công bố"] == "20/11/2026"
    assert "hpedu 0" in facts["Phiên bản"]
