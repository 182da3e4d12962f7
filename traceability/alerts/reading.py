"""What is new for one person: two queries for the bell of every page, whatever there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from traceability.alerts import sources
from traceability.alerts.sources import Alert, Source, Watch
from traceability.counting import count_each
from traceability.models import AlertSetting
from traceability.reach import for_actor

if TYPE_CHECKING:
    from traceability.models import Person

BELL = 99
SHOWN = 20
SINGLES = 500
# Whoever looks for the first time is not told of old things as if they were news.
NEWS = timedelta(days=30)
ALL_TIME = timedelta(days=10 * 365)


@dataclass(slots=True)
class Own:
    """A source as one person has it."""

    source: Source
    setting: AlertSetting
    is_on: bool
    by_mail: bool
    threshold: int

    def unseen(self, person: Person, now: datetime, after: datetime | None = None) -> QuerySet[Any]:
        """What became news after the person last looked (or `after`), and was not seen one by one."""
        since = max(filter(None, (self.setting.seen_until, after)), default=now - NEWS)
        rows = for_actor(self.source.rows(Watch(person, self.threshold, since, now)), person)
        rows = rows.filter(alert_at__gt=since, alert_at__lte=now)
        return rows.exclude(alert_key__in=self.setting.seen_keys) if self.setting.seen_keys else rows


@dataclass(slots=True)
class Group:
    """One kind on the page of alerts: the newest, with what was not seen yet marked."""

    own: Own
    alerts: list[Alert] = field(default_factory=list)
    total: int = 0
    unseen: int = 0


def own_sources(person: Person) -> list[Own]:
    """Every source that the person may have, as they have set it. One query."""
    settings = {setting.kind: setting for setting in AlertSetting.objects.filter(person=person)}
    rights = person.get_all_permissions()
    found = []
    for source in sources.allowed(person):
        setting = settings.get(source.kind) or AlertSetting(person=person, kind=source.kind)
        usual = sources.is_usual(source, rights)
        is_on = usual if setting.is_on is None else setting.is_on
        by_mail = is_on if setting.by_mail is None else setting.by_mail and is_on
        threshold = source.usual if setting.threshold is None else setting.threshold
        found.append(Own(source, setting, is_on, by_mail, threshold))
    return found


def unseen(person: Person) -> list[QuerySet[Any]]:
    """For the bell, to be counted; a little above 99 of each kind is enough."""
    now = timezone.now()
    found = [own.unseen(person, now) for own in own_sources(person) if own.is_on]
    return [rows.order_by().values("pk")[: BELL + 1] for rows in found]


def unseen_count(person: Person) -> int:
    return sum(count_each(unseen(person)))


def groups(person: Person) -> list[Group]:
    """The page: what stands now, kind by kind, with what is new."""
    now = timezone.now()
    found = []
    chosen = [own for own in own_sources(person) if own.is_on]
    unseen = count_each([own.unseen(person, now) for own in chosen])
    everything = [
        for_actor(own.source.rows(Watch(person, own.threshold, now - ALL_TIME, now)), person).filter(
            alert_at__lte=now
        )
        for own in chosen
    ]
    totals = count_each(everything)
    for own, rows, new, total in zip(chosen, everything, unseen, totals, strict=True):
        group = Group(own, total=total, unseen=new)
        if total:
            watch = Watch(person, own.threshold, now - ALL_TIME, now)
            group.alerts = own.source.tell(list(rows.order_by("-alert_at", "-alert_key")[:SHOWN]), watch)
        mark = own.setting.seen_until or now - NEWS
        for alert in group.alerts:
            alert.is_seen = alert.at <= mark or alert.key in own.setting.seen_keys
        found.append(group)
    return sorted(found, key=lambda group: (not group.unseen, not group.total))


def mark_seen(
    *, person: Person, kinds: Iterable[str], key: int | None = None, until: datetime | None = None
) -> None:
    """Whole kinds, up to the moment the page was drawn; or a single one."""
    allowed = {source.kind for source in sources.allowed(person)}
    for kind in kinds:
        if kind not in allowed:
            continue
        with transaction.atomic():
            setting, _ = AlertSetting.objects.select_for_update().get_or_create(person=person, kind=kind)
            if key is None:
                now = timezone.now()
                seen = min(until or now, now)
                setting.seen_until, setting.seen_keys = max(seen, setting.seen_until or seen), []
            elif key not in setting.seen_keys:
                setting.seen_keys = [*setting.seen_keys, key][-SINGLES:]
            setting.save(update_fields=["seen_until", "seen_keys"])
