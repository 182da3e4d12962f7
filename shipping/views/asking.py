"""What several forms of shipping ask for: the customer, the site, and rows of equal fields."""

from __future__ import annotations

from django.http import HttpRequest

from traceability import context as shell
from traceability.ledger import BadInput
from traceability.models import Party, Site
from traceability.views.keys import actor_of

LIMIT = 200


def rows_of(request: HttpRequest, *names: str) -> list[dict[str, str]]:
    """Fields that stand in a form several times, row by row; a row with nothing in its first two fields is left out."""
    columns = [[value.strip()[:LIMIT] for value in request.POST.getlist(name)[:LIMIT]] for name in names]
    count = max((len(column) for column in columns), default=0)
    rows = [
        {name: column[n] if n < len(column) else "" for name, column in zip(names, columns, strict=True)}
        for n in range(count)
    ]
    return [row for row in rows if row[names[0]] or row[names[1]]]


def customers_for(request: HttpRequest) -> list[Party]:
    """The customers to choose from, for those who may know them."""
    if not actor_of(request).has_perm("traceability.view_customers"):
        return []
    return list(Party.objects.filter(is_customer=True).order_by("name"))


def customer_of(request: HttpRequest) -> Party:
    code = request.POST.get("customer", "").strip()
    customer = Party.objects.filter(code=code, is_customer=True).first()
    if customer is None:
        raise BadInput("For whom?", now="Choose a customer.", fields={"customer": code[:40] or "missing"})
    return customer


def site_for(request: HttpRequest) -> Site:
    site = shell.site_of(request)
    if site is None:
        raise BadInput("You belong to no site.", now="Ask the administrator.", fields={"site": "missing"})
    return site
