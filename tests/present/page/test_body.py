"""The body of a page in order: figures that cite their cells, links with a number for paper."""

from __future__ import annotations

from bs4 import BeautifulSoup

from hpedu.present.page.body import order_body


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


def test_links_to_the_web_are_numbered_for_paper() -> None:
    ordered = order_body('<a href="https://x.vn">x</a><a href="#y">y</a><a href="https://x.vn">x</a>', "en")
    assert ordered.links == ["https://x.vn"]
    assert ordered.html.count('data-note="1"') == 2


def test_no_line_breaks_within_a_school_year() -> None:
    """A browser breaks at its hyphen."""
    ordered = order_body("<p>Từ 2015-2016 đến <b>2021-22</b>.</p><svg><text>2015-2016</text></svg>", "vi")
    bound = BeautifulSoup(ordered.html, "html.parser").find_all(class_="bound")
    assert [one.get_text() for one in bound] == ["2015-2016", "2021-22"]
    assert "<text>2015-2016</text>" in ordered.html
    assert BeautifulSoup(ordered.html, "html.parser").p.get_text() == "Từ 2015-2016 đến 2021-22."  # type: ignore[union-attr]
