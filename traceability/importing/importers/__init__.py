"""The kinds of files that everybody shares: masters, opening stock and opening shipments, facts of lots."""

from traceability.importing.fields import register
from traceability.importing.importers.items import Items
from traceability.importing.importers.lot_facts import LotFacts
from traceability.importing.importers.opening_shipments import OpeningShipments
from traceability.importing.importers.opening_stock import OpeningStock
from traceability.importing.importers.parties import Parties
from traceability.importing.importers.places import Places


def register_all() -> None:
    register(Items(), Parties(), Places(), OpeningStock(), OpeningShipments(), LotFacts())
