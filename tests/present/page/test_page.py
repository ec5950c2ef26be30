"""The page made from a notebook: complete, closed, in one language, always the same."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import altair
import nbformat
import polars as pl
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from hpedu.errors import Refused
from hpedu.present.charts.bars import stacked
from hpedu.present.page.display import Chart, ChartText, Fragment, PageHead
from hpedu.present.page.page import read_part, render_page

HOSTILE = "</script><script>alert('x')</script> & \"quoted\""
HEAD = PageHead(
    title="Giáo dục mầm non",
    subtitle="Đang ở đâu",
    language="vi",
    group="preschool",
    territory="Thành phố Hải Phòng",
    year=2025,
    sources=[
        {
            "name": "px",
            "publisher": "NSO",
            "title": "Niên giám",
            "url": "https://nso.gov.vn/px",
            "published": "2025-06-30",
        },
        {"name": "bad", "publisher": "", "title": "Xấu", "url": "javascript:alert(1)", "published": ""},
    ],
    inputs_digest="sha256:abc",
    rules=["Tổng của hai tỉnh cũ."],
)


def draw(name: str = "rank", *, synthetic: bool = False, **words: str) -> Chart:
    frame = pl.DataFrame({"part": ["Công lập", "Tư thục"], "year": [2024, 2024], "value": [1234.5, 1000.0]})
    text = ChartText("Xếp hạng", "Cao hơn", name, language="vi", unit_label="trẻ", decimals=1)
    return stacked(frame, replace(text, **words), synthetic=synthetic)


@pytest.fixture(scope="module")
def chart() -> Chart:
    return draw()


def show(*things: Any) -> NotebookNode:
    outputs = [new_output("display_data", data=thing._repr_mimebundle_()) for thing in things]
    return new_code_cell("secret_code = 1", outputs=outputs)


def make_notebook(*cells: NotebookNode, head: PageHead = HEAD) -> NotebookNode:
    notebook = new_notebook(cells=[show(head), *cells])
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def unpack(page: BeautifulSoup, name: str) -> Any:
    """What a packed block of the page holds."""
    return json.loads(gzip.decompress(base64.b64decode(page.find(id=name).string)))


def say(text: str, *tags: str) -> NotebookNode:
    return new_markdown_cell(text, metadata={"tags": list(tags)})


def read(*cells: NotebookNode, head: PageHead = HEAD) -> BeautifulSoup:
    return BeautifulSoup(render_page(make_notebook(*cells, head=head)), "html.parser")


def test_the_page_has_no_code_and_no_stderr() -> None:
    cell = show(Fragment("<p>kết quả</p>", "kết quả"))
    cell.outputs.append(new_output("stream", name="stderr", text="a warning"))
    page = render_page(make_notebook(cell))
    assert "kết quả" in page
    assert "secret_code" not in page and "a warning" not in page


def test_the_page_keeps_its_language_only() -> None:
    page = read(
        say("lời Việt", "vi"), say("English words", "en"), say("cho cả hai"), say("cả hai nhãn", "vi", "en")
    )
    assert page.html["lang"] == "vi"
    text = page.main.get_text()
    assert "lời Việt" in text and "cho cả hai" in text and "cả hai nhãn" in text
    assert "English words" not in text
    other = read(say("lời Việt", "vi"), say("English words", "en"), head=replace(HEAD, language="en"))
    assert "English words" in other.main.get_text() and "lời Việt" not in other.main.get_text()


def test_the_page_of_an_old_territory_leaves_out_what_is_about_the_plans() -> None:
    cells = say("## Cần những gì", "vi", "plans"), say("lịch sử", "vi")
    assert "Cần những gì" in read(*cells).main.get_text()
    past = read(*cells, head=replace(HEAD, past=True)).main.get_text()
    assert "Cần những gì" not in past and "lịch sử" in past


def test_an_output_too_long_to_be_read_is_cut_with_a_word() -> None:
    printed = new_output("stream", name="stdout", text="x" * 16_000_000)
    picture = new_output("display_data", data={"text/html": "<p>" + "y" * 16_000_000 + "</p>"})
    page = render_page(make_notebook(new_code_cell("", outputs=[printed, picture])))
    assert len(page) < 4_000_000
    assert "dài hơn 2.000.000 ký tự" in page and "text/html của ô này quá lớn" in page


def test_headings_nest_under_one_first() -> None:
    page = read(
        say("# Một\n\n#### Nhảy\n\n## Hai"), show(Fragment("<h3 id='t1'>Ba</h3><h3>Ba</h3>", "")), say("### Ba")
    )
    levels = [
        (int(heading.name[1]), heading.get_text())
        for heading in page.find_all(["h1", "h2", "h3", "h4", "h5", "h6"])
    ]
    assert levels[:4] == [(1, "Giáo dục mầm non"), (2, "Một"), (3, "Nhảy"), (2, "Hai")]
    assert all(below <= above + 1 for (above, _), (below, _) in pairwise(levels))
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids)) and "t1" in ids and "ba" in ids
    contents = page.find("nav", class_="contents")
    assert [link.get_text() for link in contents.find_all("a")] == ["Một", "Hai"]
    assert all(page.find(id=link["href"][1:]) for link in contents.find_all("a"))


def test_a_chart_is_a_figure_with_picture_words_and_numbers(chart: Chart) -> None:
    figure = read(show(chart)).find("figure", id="rank")
    assert figure.figcaption.get_text() == "Xếp hạng"
    picture = figure.find(role="img")
    assert picture["aria-label"] == "Cao hơn" and "1.234,5" in picture.svg.get_text()
    assert figure.details.summary.get_text() == "Bảng số liệu"
    assert [cell.get_text() for cell in figure.tbody.tr.find_all(["th", "td"])] == [
        "2024-2025",
        "1.234,5",
        "1.000,0",
        "2.234,5",
    ]
    assert figure["role"] == "group" and figure["aria-labelledby"] == figure.figcaption["id"]


def test_the_figures_for_scripts_come_once_and_only_with_charts(chart: Chart) -> None:
    page = read(show(chart), show(replace(chart, text=replace(chart.text, name="other"))))
    assert len(unpack(page, "charts")) == 2
    assert read(say("không có biểu đồ")).find(id="charts") is None


def test_a_chart_is_drawn_for_wide_and_narrow_places_in_the_colours_of_the_page(chart: Chart) -> None:
    wide, narrow = read(show(chart)).select(".picture svg")
    assert int(wide["width"]) > 2 * int(narrow["width"])
    assert "var(--ink,#" in str(wide) and wide.find(attrs={"data-series": "Công lập"})


def test_everything_put_in_is_escaped() -> None:
    chart = draw(title=HOSTILE, alt=HOSTILE, unit_label=HOSTILE)
    head = replace(HEAD, title=HOSTILE, subtitle=HOSTILE, territory=HOSTILE, questions=[HOSTILE], rules=[HOSTILE])
    page = read(show(chart), head=head)
    assert page.h1.get_text() == HOSTILE
    assert page.figcaption.get_text() == HOSTILE
    assert page.find(role="img")["aria-label"] == HOSTILE
    assert not [script for script in page.find_all("script") if "alert(" in (script.string or "")[:200]]
    assert HOSTILE in unpack(page, "charts")[0]["csv"].replace('""', '"')


def test_the_page_asks_no_host_for_anything(chart: Chart) -> None:
    page = read(show(chart), say("Xem [mục](#x)."))
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy and "script-src 'unsafe" not in policy
    assert not page.find_all(src=lambda address: address and not address.startswith("data:"))
    assert not page.find_all("link")
    web = [tag["href"] for tag in page.find_all(href=True) if not tag["href"].startswith(("#", "../"))]
    assert web == ["https://nso.gov.vn/px"]


def show_output(**data: Any) -> BeautifulSoup:
    cell = new_code_cell("", outputs=[new_output("display_data", data=data)])
    return BeautifulSoup(render_page(make_notebook(cell)), "html.parser").main


@pytest.mark.parametrize("bare", [True, False])
def test_an_analysts_own_chart_is_drawn_by_the_page(bare: bool) -> None:
    own = altair.Chart(altair.Data(values=[{"x": "Lê Chân", "y": 2}])).mark_bar().encode(x="x:N", y="y:Q")
    bundle = {"application/vnd.vegalite.v6+json": own.to_dict()} if bare else own._repr_mimebundle_()
    main = show_output(**bundle)
    assert "Lê Chân" in main.svg.get_text() and main.script is None


def test_what_the_policy_blocks_is_named() -> None:
    far = altair.Chart("https://a.vn/figures.csv").mark_bar().encode(x="x:N", y="y:Q")
    assert "<script>" in show_output(**far._repr_mimebundle_()).find(class_="notice").get_text()
    main = show_output(**{"text/html": '<iframe src="https://a.vn/map"></iframe><img src="https://a.vn/x.png">'})
    said = [notice.get_text() for notice in main.find_all(class_="notice")]
    assert ["https://a.vn/map" in said[0], "https://a.vn/x.png" in said[1]] == [True, True]
    assert main.iframe is None and main.img is None
    assert show_output(**{"image/png": "aGk="}).img is not None


def test_links_lead_to_the_sibling_and_the_index() -> None:
    links = [link["href"] for link in read().find("nav", class_="bar").find_all("a")]
    assert links == ["../../../index.html"]
    beside = {"kind": "language", "place": "../en/preschool.html", "name": "English", "language": "en"}
    head = replace(HEAD, siblings=[beside, {"kind": "next", "place": "general.html", "name": "Phổ thông"}])
    page = read(head=head)
    link = page.find("nav", class_="bar").find_all("a")[-1]
    assert (link["href"], link["lang"]) == ("../en/preschool.html", "en")
    assert page.find("a", rel="next")["href"] == "general.html"


def test_the_footer_names_sources_and_inputs() -> None:
    footer = read().footer.get_text(" ", strip=True)
    for words in ("NSO", "Niên giám", "công bố 30/6/2025", "sha256:abc", "Tổng của hai tỉnh cũ."):
        assert words in footer
    assert "javascript" not in footer


def test_the_same_notebook_gives_the_same_bytes(chart: Chart, tmp_path: Path) -> None:
    notebook = make_notebook(
        say("## Phần"), show(chart), show(Fragment("<table><tr><td>1</td></tr></table>", "1"))
    )
    path = tmp_path / "n.ipynb"
    nbformat.write(notebook, path)
    assert render_page(notebook) == render_page(notebook) == render_page(path)


def test_files_that_could_not_be_read_are_named_over_the_page(chart: Chart) -> None:
    head = replace(HEAD, unread=["city/a.xlsx", "b<i>.csv"])
    [band] = read(show(chart), head=head).find_all(class_="band")
    assert "2 tệp" in band.get_text() and "city/a.xlsx, b<i>.csv" in band.get_text()
    assert "city/a.xlsx" in head._repr_mimebundle_()["text/markdown"]


def test_a_synthetic_page_says_so_on_top_and_at_every_chart(chart: Chart) -> None:
    page = read(show(replace(chart, synthetic=True)), head=replace(HEAD, synthetic=True))
    bands = [band.get_text() for band in page.find_all(class_="band")]
    assert len(bands) == 1 and bands[0].startswith("DỮ LIỆU MÔ PHỎNG")
    assert all("DỮ LIỆU MÔ PHỎNG" in svg.get_text() for svg in page.select(".picture svg"))
    assert not read(show(chart)).find_all(class_="band")


def test_wide_tables_scroll_in_a_region_of_their_own() -> None:
    inside = (
        "<div class='scroll' role='region' tabindex='0' aria-label='x'><table><tr><td>1</td></tr></table></div>"
    )
    page = read(
        show(Fragment("<table><caption>Bảng A</caption><tr><td>1</td></tr></table>", "")),
        show(Fragment(inside, "")),
    )
    regions = page.find_all(role="region")
    assert [region["aria-label"] for region in regions] == ["Bảng A", "x"]
    assert all(region["tabindex"] == "0" for region in regions)


@pytest.mark.parametrize("heads", [0, 2])
def test_a_notebook_needs_exactly_one_head(heads: int) -> None:
    notebook = new_notebook(cells=[show(HEAD) for _ in range(heads)])
    with pytest.raises(Refused, match=f"shows {heads} page heads"):
        render_page(notebook)


def test_a_failed_notebook_is_never_published() -> None:
    failed = new_code_cell(
        "1/0", outputs=[new_output("error", ename="ZeroDivisionError", evalue="zero", traceback=[])]
    )
    with pytest.raises(Refused, match="ZeroDivisionError: zero"):
        render_page(make_notebook(failed))


def test_nothing_on_a_page_moves_by_itself() -> None:
    """So there is nothing to stop for readers who asked for less motion."""
    assert not re.search(
        r"\b(animation|transition|scroll-behavior)\b", read_part("style.css") + read_part("page.js")
    )


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@x"])
def test_a_label_is_no_formula_in_a_saved_table(formula: str) -> None:
    frame = pl.DataFrame({"part": [formula], "year": [2024], "value": [1.0]})
    page = read(show(stacked(frame, ChartText("T", "A", "n", language="vi", unit_label="%", decimals=0))))
    assert unpack(page, "charts")[0]["csv"].splitlines()[1].startswith(f",'{formula},2024-2025,1.0")


def test_a_saved_file_is_named_by_what_it_shows() -> None:
    page = read(show(draw(name="chart-nursery-enrolment-rate")))
    assert unpack(page, "charts")[0]["file"] == "preschool-nursery-enrolment-rate-thanh-pho-hai-phong-2025"
