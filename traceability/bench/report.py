"""The figures as a table, as one line, and as the chart of docs/benchmarks.md."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def number(value: Any, digits: int = 3) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, int | str):
        return f"{value:,}" if isinstance(value, int) else value
    return f"{value:,.0f}" if value >= 100 else f"{value:.{digits}g}"


def times(value: float | None) -> str:
    return "–" if value is None else f"{number(value)}×"


def table(heads: list[str], rows: list[list[str]]) -> str:
    """As Markdown, aligned, so that it reads the same in a terminal."""
    widths = [max(len(line[at]) for line in [heads, *rows]) for at in range(len(heads))]
    lines = [
        [
            text.ljust(width) if at == 0 else text.rjust(width)
            for at, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in [heads, *rows]
    ]
    rule = ["-" * widths[0], *["-" * (width - 1) + ":" for width in widths[1:]]]
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], rule, *lines[1:]])


def as_text(figures: dict[str, Any]) -> str:
    ledger, host = figures["ledger"], figures["host"]
    parts = [
        f"{ledger['movements']:,} movements, {ledger['entries']:,} entries, {ledger['lots']:,} lots, {ledger['runs']:,} runs, {ledger['links']:,} links;"
        f" {host['cores']} cores, PostgreSQL {host['postgres']}, Python {host['python']}. Made in {ledger['generated_s']:.0f} s, indexed in {ledger['indexed_s']:.0f} s.",
        "Walk, ms (loop: one query per lot; levels: one query per level; memory: search over arrays in Python)",
        table(
            ["walk", "lots", "starts", "ours", "loop", "levels", "memory", "loop / ours", "levels / ours", "ours / memory", "agree"],
            [
                [row["name"], number(row["lots"]), number(row["starts"]), *(number(row[key]) for key in ("ours_ms", "loop_ms", "level_ms", "memory_ms")),
                 times(row["loop_ratio"]), times(row["level_ratio"]), times(row["memory_ratio"]), number(row["agree"])]
                for row in figures["walks"]
            ],
        ),
        "Full scope of a recall, ms (memory: the search over arrays, then the same rows by SQL; details: a line for each lot and customer, fetched besides)",
        table(
            ["lots", "customer lines", "ours", "memory", "details", "ours / memory", "agree", "adds up"],
            [
                [number(row["lots"]), number(row["customers"]), *(number(row[key]) for key in ("ours_ms", "memory_ms", "details_ms")), times(row["memory_ratio"]), number(row["agree"]), number(row["adds_up"])]
                for row in figures["scopes"]
            ],
        ),
        "The peers' case (Tryton 8.0: 81,200 ms; InvenTree through its API: 101,600 ms)",
        table(
            ["deliveries", "beside links", "ours, ms", "loop, ms", "loop / ours", "agree"],
            [[number(row["deliveries"]), number(row["beside"]), number(row["ours_ms"]), number(row["loop_ms"]), times(row["loop_ratio"]), number(row["agree"])] for row in figures["peers"]],
        ),
        "Posting, entries per second",
        table(
            ["writers", "lines", "post()", "raw SQL, chained", "raw SQL, no chain", "of chained", "of unchained", "p95 of post(), ms"],
            [
                [number(row["writers"]), number(row["lines"]), number(row["post_per_s"]), number(row["chained_per_s"]), number(row["unchained_per_s"]),
                 f"{row['of_chained']:.0%}", f"{row['of_unchained']:.0%}", number(row["post_p95_ms"])]
                for row in figures["posting"]
            ],
        ),
        *(
            f"One entry of {row['serials']:,} serials: received in {row['receive_s']:.2f} s, asked again in {row['again_ms']:.0f} ms, shipped in {row['ship_s']:.2f} s."
            f" A shipment of one line takes {row['statements']} round trips."
            for row in figures["serials"]
        ),
        "Inquiries (first 100 rows) and pages, ms",
        table(["what", "asked", "p50", "p95"], [[row["name"], number(row["asked"]), number(row["p50_ms"]), number(row["p95_ms"])] for row in figures["lists"]]),
        *(f"Verified (projections, prefixes, serials, keys) in {row['seconds']:.1f} s: {row['findings']} findings." for row in figures["sound"]),
        *(f"Disk: {row['bytes_per_movement']:.0f} bytes per movement, all tables and indexes of the ledger." for row in figures["disk"]),
    ]  # fmt: skip
    return "\n\n".join(parts)


def as_line(figures: dict[str, Any]) -> str:
    """The ratios in one line; each of the largest answer or the most writers measured."""
    walk = max(
        (row for row in figures["walks"] if row["name"] == "where_used" and row["loop_ratio"]),
        key=lambda row: row["lots"],
    )
    scope = max(figures["scopes"], key=lambda row: row["lots"])
    post = [row for row in figures["posting"] if row["lines"] == 1][-1]
    peers, serials = figures["peers"][0], figures["serials"][0]
    return (
        f"bench {figures['ledger']['movements']:.0e}: where_used {walk['lots']:,} lots {walk['ours_ms']:.0f} ms, {walk['loop_ratio']:.0f}x faster than the loop, {walk['memory_ratio']:.0f}x memory;"
        f" scope {scope['lots']:,} lots {scope['ours_ms']:.0f} ms, {scope['memory_ratio']:.1f}x memory; peers' case {peers['ours_ms']:.1f} ms, {peers['loop_ratio']:.0f}x faster than the loop;"
        f" post {post['post_per_s']:.0f}/s at {post['writers']} writers, {post['of_chained']:.0%} of raw; {serials['serials']:,} serials {serials['receive_s']:.1f} s, again {serials['again_ms']:.0f} ms"
    )


COLOURS = {"loop": "#b3541e", "levels": "#c9a227", "ours": "#1f5f8b", "memory": "#6b7280"}
WIDTH, HEIGHT, LEFT, TOP = 760, 380, 70, 50


def as_chart(figures: dict[str, Any]) -> str:
    """where_used by size of the answer, both axes logarithmic, as SVG."""
    from math import log10

    rows = [row for row in figures["walks"] if row["name"] == "where_used"]
    right, bottom = WIDTH - 120, HEIGHT - 50
    values = [row[key] for row in rows for key in ("ours_ms", "loop_ms", "level_ms", "memory_ms") if row[key]]
    low, high = int(log10(min(values)) - 1), int(log10(max(values)) + 1)
    most = max(2, int(log10(max(row["lots"] for row in rows)) + 0.999))

    def x(lots: float) -> float:
        return LEFT + (right - LEFT) * log10(lots) / most

    def y(ms: float) -> float:
        return bottom - (bottom - TOP) * (log10(ms) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15">Where did it go? Time by size of the answer, {figures["ledger"]["movements"]:,} movements</text>',
    ]
    for power in range(low, high + 1):
        label = f"{10.0**power:g} ms" if power < 3 else f"{10.0 ** (power - 3):g} s"
        parts.append(
            f'<line x1="{LEFT}" x2="{right}" y1="{y(10.0**power):.1f}" y2="{y(10.0**power):.1f}" stroke="#ddd"/>'
        )
        parts.append(f'<text x="{LEFT - 8}" y="{y(10.0**power) + 4:.1f}" text-anchor="end">{label}</text>')
    for power in range(most + 1):
        parts.append(
            f'<text x="{x(10.0**power):.1f}" y="{bottom + 20}" text-anchor="middle">{10**power:,}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">lots in the answer</text>'
    )
    for name, key in (
        ("loop", "loop_ms"),
        ("levels", "level_ms"),
        ("ours", "ours_ms"),
        ("memory", "memory_ms"),
    ):
        points = [
            (x(row["lots"]), y(row[key])) for row in sorted(rows, key=lambda row: row["lots"]) if row[key]
        ]
        line = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{COLOURS[name]}" stroke-width="2.5"/>')
        parts += [
            f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3.5" fill="{COLOURS[name]}"/>' for left, top in points
        ]
        words = {
            "loop": "query per lot",
            "levels": "query per level",
            "ours": "Lotline",
            "memory": "in memory",
        }[name]
        parts.append(
            f'<text x="{points[-1][0] + 8:.1f}" y="{points[-1][1] + (14 if name == "ours" else -4):.1f}" fill="{COLOURS[name]}">{words}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
