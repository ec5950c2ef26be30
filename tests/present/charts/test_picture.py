"""What is drawn of charts that are not hpedu's own: ids of their own, pixels."""

from __future__ import annotations

from hpedu.present.charts.picture import draw_pixels, prefix_ids


def test_ids_of_a_picture_become_its_own() -> None:
    svg = '<clipPath id="c1"/><clipPath id="c10"/><g clip-path="url(#c1)"/><use href="#c10"/>'
    own = '<clipPath id="a-c1"/><clipPath id="a-c10"/><g clip-path="url(#a-c1)"/><use href="#a-c10"/>'
    assert prefix_ids(svg, "a") == own


def test_pixels_are_twice_as_fine_as_a_screen() -> None:
    pixels = draw_pixels('<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"></svg>')
    assert pixels[:4] == b"\x89PNG" and (pixels[19], pixels[23]) == (60, 40)
