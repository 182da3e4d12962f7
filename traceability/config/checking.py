"""``manage.py demo --check``: does the demo show what is right? Asked from outside, as a person and an integration would.

Logs in as the quality manager, walks the main pages, and compares page, CSV and API with the story's expected answers,
which were written down before there was a program.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from .paths import ROOT

PAGES = (
    "",
    "lots/",
    "entries/",
    "items/",
    "locations/",
    "parties/",
    "recalls/",
    "receiving/",
    "qc/",
    "production/",
    "shipping/",
)
Check = tuple[bool, str]


def check(address: str, accounts: list[dict[str, str]], started: float) -> Iterator[Check]:
    """Each thing looked at, as (is it right, a sentence). ``started`` is when the command was typed (time.time())."""
    expected = json.loads((ROOT / "traceability/config/story/shrimp.json").read_text())["expected"]
    browser = Browser(address)
    yield browser.status("healthz") == 200, "The web server answers."
    yield (
        browser.log_in(next((a for a in accounts if a["username"] == "anita"), None)),
        "Anita, quality manager, is logged in.",
    )

    case = browser.find("recalls/", r'href="/(recalls/\d+/)"[^>]*>\s*(?:<[^>]+>)*RC-26-004')
    if case is None:
        yield False, "The list of recalls does not lead to RC-26-004."
        return
    text = browser.words(case)
    yield from _page(text, expected)
    yield True, f"The recall page showed the expected numbers {time.time() - started:.1f} s after the start."
    yield from _lots_csv(browser.rows(f"{case}?format=csv"), expected)
    yield from _distribution_csv(browser.rows(f"{case}customers/?format=csv"), expected)
    yield from _api(browser, case, expected)
    for page in PAGES:
        status = browser.status(page)
        yield status == 200, f"/{page} shows ({status})."
    yield from _lot_page(browser)


def _page(text: str, expected: dict[str, Any]) -> Iterator[Check]:
    counts, totals = expected["affected_counts"], expected["affected_finished_totals"]
    told = {
        f"{counts['finished_lots']} of {counts['finished_lots_total']}": "finished lots affected",
        f"in {counts['work_orders']} of {counts['work_orders_total']} work orders": "work orders",
        f"{Decimal(totals['made']):,} cs": "cases made",
        f"{totals['on_hand']} cs": "cases here",
        f"{totals['out_net_of_returns']} cs": "cases out, net of returns",
        f"{totals['shipped']} shipped, {totals['returned']} back": "cases shipped and returned",
        f"Customers {counts['customers']}": "customers",
        f"{expected['source_balance']['unaccounted']} of {expected['source_balance']['received']} lb missing": "spice accounted for",
    }
    for words, what in told.items():
        yield words in text, f"Recall page, {what}: {words}."
    for lot in ("F-261106-1", "F-261026-1"):
        yield re.search(rf"{lot} \d+ \w+", text) is not None, f"Recall page: {lot} is in."
    yield re.search(r"F-261113-1 \d+ \w+", text) is None, "Recall page: F-261113-1 is out."


def _lots_csv(rows: list[dict[str, str]], expected: dict[str, Any]) -> Iterator[Check]:
    columns = {
        "made": "Made or received",
        "shipped": "Shipped",
        "returned": "Returned",
        "sampled": "Retained",
        "on_hand": "Here",
    }
    found = {row["Lot"]: row for row in rows}
    wrong = [
        lot["lot"]
        for lot in expected["affected_finished_lots"]
        if lot["lot"] not in found
        or any(Decimal(found[lot["lot"]][column]) != Decimal(lot[name]) for name, column in columns.items())
    ]
    yield (
        not wrong,
        f"CSV of lots: made, shipped, returned, retained and here of 9 finished lots{_but(wrong)}.",
    )
    finished = {lot for lot, row in found.items() if row["Kind"] == "finished"}
    yield (
        finished == {lot["lot"] for lot in expected["affected_finished_lots"]},
        f"CSV of lots: {len(finished)} finished lots and no other.",
    )
    intermediate = {lot for lot, row in found.items() if row["Kind"] == "intermediate"}
    yield (
        intermediate == {lot["lot"] for lot in expected["affected_intermediate_lots"]},
        f"CSV of lots: {len(intermediate)} lots in between.",
    )


def _distribution_csv(rows: list[dict[str, str]], expected: dict[str, Any]) -> Iterator[Check]:
    found = {(row["Customer"], row["Shipment"], row["Lot"]): Decimal(row["Shipped"]) for row in rows}
    wanted = {
        (line["customer"], line["shipment"], line["lot"]): Decimal(line["quantity"])
        for line in expected["distribution"]
    }
    yield found == wanted, f"CSV of customers: {len(wanted)} lines of the distribution list, to the case."
    per_customer: dict[str, Decimal] = defaultdict(Decimal)
    for (customer, _, _), quantity in found.items():
        per_customer[customer] += quantity
    wrong = [
        row["customer"]
        for row in expected["customers"]
        if per_customer[row["customer"]] != Decimal(row["shipped_affected"])
    ]
    yield not wrong, f"CSV of customers: cases per customer{_but(wrong)}."


def _api(browser: Browser, case: str, expected: dict[str, Any]) -> Iterator[Check]:
    for spelling in ("CS-26-2874", "CS262874"):
        walk = browser.json(f"api/v1/where-used?supplier_lot={spelling}&limit=1000")
        starts = sorted(lot["number"] for lot in walk["starts"])
        yield starts == expected["source_lots"], f"API, where used of {spelling}: {len(starts)} source lots."
    facts = browser.json(f"api/v1/{case.rstrip('/')}/scope")["content"]["facts"]
    counts, wanted = facts["counts"], expected["affected_counts"]
    same = {
        "work_orders": "work_orders",
        "intermediate": "intermediate_lots",
        "finished": "finished_lots",
        "shipments": "shipments",
        "customers": "customers",
    }
    wrong = [name for name, other in same.items() if counts[name] != wanted[other]]
    yield not wrong, f"API, scope: counts as on the page{_but(wrong)}."
    here = {lot["lot"]: lot["balance"].get("on_hand") for lot in facts["lots"]}
    wrong = [
        lot["lot"]
        for lot in expected["affected_finished_lots"] + expected["affected_intermediate_lots"]
        if here.get(lot["lot"]) != lot["on_hand"]
    ]
    yield not wrong, f"API, scope: on hand of 16 affected lots{_but(wrong)}."


def _lot_page(browser: Browser) -> Iterator[Check]:
    lot = browser.find("lots/?q=F-261022-1", r'href="/(lots/\d+/)"[^>]*>F-261022-1<')
    text = browser.words(lot) if lot else ""
    yield (
        "170 cs" in text and "0 cs unaccounted" in text,
        "The page of F-261022-1: 170 cs made, 0 cs unaccounted.",
    )
    yield (
        "BB-261021-1" in text and "RM-261019-07" in text,
        "The page of F-261022-1: the blend and the spice are in it.",
    )


def _but(wrong: list[str]) -> str:
    return f", but not {', '.join(wrong[:5])}" if wrong else ""


class Browser:
    """A visitor with cookies. Addresses are relative to the site."""

    def __init__(self, address: str):
        self.address = address
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, data: dict[str, str] | None = None) -> str:
        with self.opener.open(
            self.address + path, urlencode(data).encode() if data else None, timeout=30
        ) as answer:
            return answer.read().decode("utf-8-sig")

    def status(self, path: str) -> int:
        try:
            with self.opener.open(self.address + path, timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    def log_in(self, account: dict[str, str] | None) -> bool:
        if account is None:
            return False
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("login/"))
        page = self.get(
            "login/",
            {
                "username": account["username"],
                "password": account["password"],
                "csrfmiddlewaretoken": token[1] if token else "",
            },
        )
        return "logout" in page

    def find(self, path: str, pattern: str) -> str | None:
        found = re.search(pattern, self.get(path))
        return found[1] if found else None

    def words(self, path: str) -> str:
        """The page as a person reads it: no tags, single blanks."""
        html = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", self.get(path))
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))

    def rows(self, path: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.get(path))))

    def json(self, path: str) -> Any:
        return json.loads(self.get(path))
