"""The look of every chart: one Vega-Lite config, and the colours, dashes and shapes that tell series apart.

Charts stand on a white card even where the page is dark, so every colour is judged against white.
"""

from __future__ import annotations

from typing import Any

from hpedu.registry.models import Language

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
BACKGROUND = "#ffffff"
INK = "#1f2937"
QUIET_INK = "#4b5563"
GRID = "#e5e7eb"
WARNING = "#b00020"

# Blue and orange first: the pair that every kind of colour vision separates. All reach 4.5:1 on white, so a
# label may have the colour of its line. Dash and shape say the same as the colour, for print and for all.
COLOURS = ("#0067a5", "#b84a00", "#00724f", "#8f3a84", "#5f5f5f", "#7a5c00")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [12, 4], [5, 2, 1, 2, 1, 2])
SHAPES = ("circle", "square", "triangle-up", "cross", "triangle-down", "triangle-right")

# Parts of a whole, from dark to light: their order survives a grey copy. All reach 3:1 on white.
SEQUENCE = ("#10294d", "#1c5488", "#2e7f9e", "#5b8f5c", "#a5893a", "#cf7a4e")
HIGHLIGHT = COLOURS[0]
PLAIN = "#7b8794"


def theme(language: Language) -> dict[str, Any]:
    """The Vega-Lite `config` of every chart, with the numbers of `language` (d3 has no Vietnamese locale)."""
    decimal, thousands = (",", ".") if language == "vi" else (".", ",")
    axis_text = {"labelColor": QUIET_INK, "labelFontSize": 12, "titleColor": QUIET_INK, "titleFontSize": 12}
    return {
        "aria": False,  # the page labels the picture itself, in its own language
        "background": BACKGROUND,
        "font": FONT,
        "locale": {
            "number": {
                "decimal": decimal,
                "thousands": thousands,
                "grouping": [3],
                "currency": ["", "\N{NO-BREAK SPACE}₫"],
                "minus": "\N{MINUS SIGN}",
            }
        },
        "view": {"stroke": None},
        "axis": {
            **axis_text,
            "titleFontWeight": "normal",
            "gridColor": GRID,
            "domainColor": "#6b7280",
            "tickColor": "#9ca3af",
            "labelPadding": 5,
        },
        "legend": {
            "labelColor": INK,
            "labelFontSize": 12,
            "labelLimit": 320,
            "orient": "top",
            "title": None,
            "rowPadding": 4,
            "symbolStrokeWidth": 2,
        },
        "title": {
            "anchor": "start",
            "color": INK,
            "fontSize": 15,
            "fontWeight": 600,
            "subtitleColor": WARNING,
            "subtitleFontSize": 13,
            "subtitleFontWeight": 700,
            "offset": 12,
        },
        "text": {"color": INK, "fontSize": 12},
    }


def contrast(one: str, other: str) -> float:
    """Contrast of two colours (`#rrggbb`) as WCAG 2 defines it, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """White or black letters, whichever reads better on `colour`."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
