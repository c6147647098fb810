"""The chart of what was promised and what was measured: SVG, without a library or a script."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final


WIDTH: Final = 1020
LABELS: Final = 540
"""Where the bars begin."""

GOAL: Final = 700
"""Where a bar ends that just keeps its promise."""

MOST: Final = 2.0
"""Times the promise, beyond which a bar is cut."""

ROW: Final = 26
TOP: Final = 46

STYLE: Final = """
text{font:13px system-ui,sans-serif;fill:#1f2328}
.small{font-size:12px;fill:#59636e}
.kept{fill:#1a7f37}.broken{fill:#cf222e}
.goal{stroke:#59636e;stroke-dasharray:3 3}
@media(prefers-color-scheme:dark){
text{fill:#f0f6fc}.small{fill:#9198a1}.kept{fill:#3fb950}.broken{fill:#f85149}
.goal{stroke:#9198a1}}
"""


def draw(budgets: Sequence[dict[str, Any]]) -> str:
    """
    One bar for each of *budgets*, as `report.as_json` has them.

    The longer, the better: to the dashed line where a promise is just kept, beyond where more
    than that was measured, whether the figure was to be large or small.
    """
    height = TOP + ROW * len(budgets) + 12
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">',
        '<title id="title">What was promised of the performance, and what was measured</title>',
        f"<style>{STYLE.strip()}</style>",
        f'<text class="small" x="{GOAL}" y="24" text-anchor="middle">promised</text>',
        f'<line class="goal" x1="{GOAL}" x2="{GOAL}" y1="30" y2="{height - 8}"/>',
    ]
    for number, budget in enumerate(budgets):
        parts += _row(budget, TOP + ROW * number)
    return "\n".join([*parts, "</svg>\n"])


def share(budget: dict[str, Any]) -> float:
    """How much of what was promised was reached: 1 where it is just kept, at most `MOST`."""
    measured, limit = budget["measured"], budget["limit"]
    if budget["at_most"]:
        reached = limit / measured if measured > 0 else MOST
    else:
        reached = measured / limit
    return float(min(reached, MOST))


def _row(budget: dict[str, Any], top: int) -> list[str]:
    length = round((GOAL - LABELS) * share(budget))
    kind = "kept" if budget["holds"] else "broken"
    said = f"{_short(budget['measured'])} {budget['unit']}".strip()
    bound = "≤" if budget["at_most"] else "≥"
    said += f" ({bound} {_short(budget['limit'])})"
    beside = max(LABELS + length, GOAL if length < GOAL - LABELS else 0) + 6
    y = top + 13
    return [
        f'<text x="{LABELS - 8}" y="{y}" text-anchor="end">{escape(budget["promise"])}</text>',
        f'<rect class="{kind}" x="{LABELS}" y="{top + 1}" width="{length}" height="16" rx="2"/>',
        f'<text class="small" x="{beside}" y="{y}">{escape(said)}</text>',
    ]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004  # three digits
