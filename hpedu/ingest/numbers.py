"""Reading printed numbers. Which marks a table uses is said by its layout, never guessed from one cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

NumberStyle = Literal["plain", "dot_thousands"]

_STYLES: dict[NumberStyle, re.Pattern[str]] = {
    "plain": re.compile(r"[-−]?\d+(\.\d+)?"),  # 1234.5
    "dot_thousands": re.compile(r"[-−]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?|[-−]?\d+(,\d+)?"),  # 1.234,5
}


def parse_number(printed: str, style: NumberStyle) -> Decimal:
    """Read a number printed in a known style, exactly.

    Raises
    ------
    ValueError
        If the text is not a number in that style ("2.41" with dots between thousands, "1,234").
    """
    text = printed.strip()
    if not _STYLES[style].fullmatch(text):
        raise ValueError(f"{printed!r} is not a number in the style {style!r}")
    if style == "dot_thousands":
        text = text.replace(".", "").replace(",", ".")
    return Decimal(text.replace("−", "-"))


def printed_step(number: Decimal) -> Decimal:
    """The smallest step the print can show: 1 for "69", 0.001 for "68.876"."""
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(min(int(exponent), 0))


def decide_style(texts: Iterable[str]) -> NumberStyle | None:
    """The style of a column or table, from all of its numbers together; None if it cannot be told."""
    fitting = [style for style in _STYLES if all(_STYLES[style].fullmatch(text.strip()) for text in texts)]
    return fitting[0] if len(fitting) == 1 else None
