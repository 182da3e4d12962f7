"""Verifying the ledger as a habit: each night against every checkpoint kept, told in the shell, and checkpoints taken away.

A chain alone cannot see a tail that was cut or rewritten by somebody who can write to the database. So the end of the chain
(seq, chain, time) is kept where that person does not reach: each hour in a folder, best on another machine
(LOTLINE_CHECKPOINT_FOLDER), and each night by mail (LOTLINE_CHECKPOINT_MAIL). Whatever is kept is compared at every verification.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.mail import send_mail
from django.db import DatabaseError, connection
from django.utils import timezone

from traceability.ledger import verify
from traceability.ledger.verify import CHECKPOINTS_HOLD, Finding, Report, checkpoints_hold
from traceability.models import Checkpoint, LedgerHead

log = logging.getLogger(__name__)

FILE = "lotline-checkpoints.jsonl"
OLD = timedelta(hours=36)  # a night was missed
DUE = timedelta(hours=25)
JUST_NOW = timedelta(minutes=30)


class Unreadable(Exception):
    """What should be a file of checkpoints is none."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint as it is taken away: this and nothing else."""

    seq: int
    chain: str
    at: str

    @property
    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


def checkpoint_of(report: Report) -> Kept:
    return Kept(report.seq, report.chain, timezone.now().isoformat(timespec="seconds"))


# Verifying


def run(
    *,
    against: list[tuple[int, str]] | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Verify all, against every checkpoint kept here and those given; keep the result, and if it is sound its checkpoint."""
    try:
        known, lost = _known()
        report = verify.verify(against=[*known, *(against or ())], progress=progress)
    except Exception as error:
        _record_trouble(f"{type(error).__name__}: {error}")
        raise
    report.findings += lost
    report.counts[CHECKPOINTS_HOLD] += len(lost)
    kept_in = _keep(checkpoint_of(report)) if report.is_sound else ""
    Checkpoint.objects.create(
        seq=report.seq, chain=bytes.fromhex(report.chain), findings=report.as_json()["findings"], counts=report.counts,
        seconds=report.seconds, kept_in=kept_in,
    )  # fmt: skip
    return report


def nightly() -> Report | None:
    """What beat asks for: verify and tell by mail. None when somebody else is at it, or was just now (two beats, a repeat)."""
    with _alone() as is_alone:
        last = _last()
        if not is_alone or (last and timezone.now() - last.at < JUST_NOW):
            return None
        report = run()
    _mail(report)
    return report


def hourly() -> None:
    """Take a checkpoint away, after a look at whether the last one still holds; and verify if a night was missed."""
    head = LedgerHead.objects.get(pk=1)
    if head.seq == 0:
        return
    kept = read_file(_file()) if settings.LOTLINE_CHECKPOINT_FOLDER else []
    if broken := checkpoints_hold(kept[-1:]):
        log.critical("The ledger does not agree with its last checkpoint: %s", broken[0].sentence)
        _record_finding(broken, head)
        return
    if not kept or kept[-1][0] < head.seq:
        _keep(Kept(head.seq, bytes(head.chain).hex(), timezone.now().isoformat(timespec="seconds")))
    last = _last()
    if last is None or timezone.now() - last.at > DUE:
        nightly()


def _last() -> Checkpoint | None:
    """The last verification that came to its end."""
    return Checkpoint.objects.filter(is_full=True, trouble="").order_by("-at").first()


# What is kept


def read_file(path: Path) -> list[tuple[int, str]]:
    """The checkpoints in a file, in its order. Raises Unreadable."""
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        return [(int(line["seq"]), str(line["chain"])) for line in lines]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{path} is not a file of checkpoints: {error}") from error


def _file() -> Path:
    return Path(settings.LOTLINE_CHECKPOINT_FOLDER) / FILE


def _known() -> tuple[list[tuple[int, str]], list[Finding]]:
    """Every checkpoint kept in the database and in the folder; and what should be in the folder and is not."""
    sound = Checkpoint.objects.filter(findings=[], trouble="").order_by("seq")
    here = [(seq, bytes(chain).hex()) for seq, chain in sound.values_list("seq", "chain")]
    if not settings.LOTLINE_CHECKPOINT_FOLDER:
        return here, []
    away = read_file(_file())
    taken = sound.filter(kept_in=str(_file())).values_list("seq", "chain")
    lost = [
        Finding(CHECKPOINTS_HOLD, f"The checkpoint of entry {seq} was kept in {_file()} and is not there any more.", seq)
        for seq, chain in taken
        if (seq, bytes(chain).hex()) not in set(away)
    ]  # fmt: skip
    return list(dict.fromkeys([*here, *away])), lost


def _keep(kept: Kept) -> str:
    """Add it to the folder's file. Where it stands now; empty if nowhere, and then the log says why."""
    if not settings.LOTLINE_CHECKPOINT_FOLDER:
        return ""
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        with _file().open("a") as file:
            file.write(kept.line)
    except OSError as error:
        log.error("The checkpoint of entry %s could not be kept: %s", kept.seq, error)
        return ""
    return str(_file())


def _mail(report: Report) -> None:
    """To whoever keeps checkpoints: the line to keep, or what was found."""
    if not settings.LOTLINE_CHECKPOINT_MAIL:
        return
    line = checkpoint_of(report).line
    if report.is_sound:
        subject = f"Lotline: ledger verified to entry {report.seq:,}"
        text = (
            f"{len(report.counts)} checks, nothing found.\n\nKeep this line where nobody who runs the database can change it:\n\n{line}\n"
            "With these lines in a file, python3 manage.py verify_ledger --against FILE says whether the ledger was cut or rewritten since.\n"
        )
    else:
        subject = f"Lotline: the ledger is NOT SOUND ({sum(report.counts.values()):,} findings)"
        text = "\n".join(finding.sentence for finding in report.findings[:50]) + f"\n\nAs of entry {report.seq:,}.\n"  # fmt: skip
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, settings.LOTLINE_CHECKPOINT_MAIL)
    except OSError as error:
        log.error("The checkpoint of entry %s could not be mailed: %s", report.seq, error)


def _record_trouble(what: str) -> None:
    """It broke off: that is told like a finding, not passed over. With the database away, only its age can tell."""
    with suppress(DatabaseError):
        head = LedgerHead.objects.get(pk=1)
        Checkpoint.objects.create(seq=head.seq, chain=bytes(head.chain), trouble=what[:2_000])


def _record_finding(found: list[Finding], head: LedgerHead) -> None:
    Checkpoint.objects.create(
        seq=head.seq, chain=bytes(head.chain), findings=[asdict(one) for one in found], counts={CHECKPOINTS_HOLD: len(found)}, is_full=False,
    )  # fmt: skip


@contextmanager
def _alone() -> Iterator[bool]:
    """One verification at a time in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('lotline: verification'))")
        [is_alone] = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('lotline: verification'))")


def promises() -> list[tuple[str, str, tuple[str, ...]]]:
    """What is checked: (name, in a sentence, invariants)."""
    last = (
        CHECKPOINTS_HOLD,
        "The ledger still has the chain it had when each checkpoint was taken away.",
        ("A4",),
    )
    return [*((check.name, check.promise, check.invariants) for check in verify.CHECKS), last]


# What the shell says


@dataclass(frozen=True, slots=True)
class Standing:
    """When the ledger was last verified, and whether somebody must look at it."""

    pk: int | None
    at: datetime | None
    seq: int
    findings: int
    trouble: str
    is_old: bool
    is_read_only: bool  # The database takes no writes at this moment.

    @property
    def is_alarm(self) -> bool:
        return bool(self.findings or self.trouble or self.is_old)

    @property
    def sentence(self) -> str:
        """What is wrong, for people; empty when nothing is."""
        if self.findings:
            said = "1 thing is" if self.findings == 1 else f"{self.findings:,} things are"
            return f"The ledger is not sound: {said} not as posted."
        if self.trouble:
            return "The last verification of the ledger broke off."
        if self.is_old:
            return "The ledger was not verified last night." if self.at else "The ledger was never verified."
        return ""


def standing() -> Standing:
    """One query, asked by every page."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.at, COALESCE(c.seq, h.seq), COALESCE((SELECT SUM(n::int) FROM jsonb_each_text(c.counts) AS k (name, n)), jsonb_array_length(c.findings), 0),"
            " COALESCE(c.trouble, ''), current_setting('transaction_read_only') = 'on',"
            " c.id IS NULL AND EXISTS (SELECT FROM traceability_entry e WHERE NOT e.imported AND e.recorded_at < now() - interval '36 hours')"
            " FROM traceability_ledgerhead h LEFT JOIN LATERAL (SELECT * FROM traceability_checkpoint ORDER BY at DESC LIMIT 1) AS c ON true"
        )
        pk, at, seq, findings, trouble, is_read_only, was_never = cursor.fetchone()
    is_old = was_never or (at is not None and timezone.now() - at > OLD)
    return Standing(pk, at, seq, findings, trouble, is_old, is_read_only)
