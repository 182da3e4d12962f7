"""The nouns that every app shares. Ledger nouns are read here and written by `traceability.ledger` alone."""

from traceability.models.alerts import AlertSetting, Digest
from traceability.models.answers import ApiAnswer, ApiUse
from traceability.models.attachments import Attachment, AttachmentKind
from traceability.models.changes import Change, ChangeVerb
from traceability.models.containers import Container, ContainerChange, ContainerKind, ContainerVerb
from traceability.models.counts import Count, CountLine, CountReading, CountState, LineState
from traceability.models.deliveries import Delivered
from traceability.models.documents import NumberSeries
from traceability.models.holds import Hold
from traceability.models.imports import Import, ImportMapping, ImportRecord, ImportState
from traceability.models.items import Category, Item, ItemUnit, Tracking
from traceability.models.jobs import Job, JobState
from traceability.models.labels import LabelPrint, LabelPrinted, Printer, PrinterKind, PrintState
from traceability.models.ledger import (
    Balance,
    Checkpoint,
    Entry,
    EntryKey,
    EntryKind,
    Evidence,
    LedgerHead,
    Movement,
    Status,
)
from traceability.models.locations import BOUNDARIES, Location, LocationKind, Site
from traceability.models.lot_attributes import AskedAt, AttributeKind, LotAttribute, LotAttributeValue
from traceability.models.lots import Lot, LotUnit, search_key
from traceability.models.parties import Contact, Party
from traceability.models.people import Person
from traceability.models.reasons import ReasonCode, ReasonUse
from traceability.models.refusals import RefusalRecord
from traceability.models.requirements import Requirement, Stage
from traceability.models.reservations import Reservation
from traceability.models.runs import Run, RunKind, RunLot, RunRole
from traceability.models.saved_views import ListChoice, SavedView
from traceability.models.scans import CodeAlias, Scan
from traceability.models.signatures import Meaning, ProvedBy, Signature
from traceability.models.supplying import Approval, SupplierItem
from traceability.models.tokens import ApiToken

__all__ = [
    "BOUNDARIES",
    "AlertSetting",
    "ApiAnswer",
    "ApiToken",
    "ApiUse",
    "Approval",
    "AskedAt",
    "Attachment",
    "AttachmentKind",
    "AttributeKind",
    "Balance",
    "Category",
    "Change",
    "ChangeVerb",
    "Checkpoint",
    "CodeAlias",
    "Contact",
    "Container",
    "ContainerChange",
    "ContainerKind",
    "ContainerVerb",
    "Count",
    "CountLine",
    "CountReading",
    "CountState",
    "Delivered",
    "Digest",
    "Entry",
    "EntryKey",
    "EntryKind",
    "Evidence",
    "Hold",
    "Import",
    "ImportMapping",
    "ImportRecord",
    "ImportState",
    "Item",
    "ItemUnit",
    "Job",
    "JobState",
    "LabelPrint",
    "LabelPrinted",
    "LedgerHead",
    "LineState",
    "ListChoice",
    "Location",
    "LocationKind",
    "Lot",
    "LotAttribute",
    "LotAttributeValue",
    "LotUnit",
    "Meaning",
    "Movement",
    "NumberSeries",
    "Party",
    "Person",
    "PrintState",
    "Printer",
    "PrinterKind",
    "ProvedBy",
    "ReasonCode",
    "ReasonUse",
    "RefusalRecord",
    "Requirement",
    "Reservation",
    "Run",
    "RunKind",
    "RunLot",
    "RunRole",
    "SavedView",
    "Scan",
    "Signature",
    "Site",
    "Stage",
    "Status",
    "SupplierItem",
    "Tracking",
    "search_key",
]
