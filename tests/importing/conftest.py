"""A file on its way: brought, checked and posted as a worker does it, without the worker."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

import pytest
from django.conf import settings

from traceability import importing
from traceability.importing import working
from traceability.models import Import

KEYS = count(1)


def as_csv(rows: Iterable[Sequence[Any]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def as_xlsx(rows: Iterable[Sequence[Any]], **options: Any) -> bytes:
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, **options})
    sheet = book.add_worksheet("Rows")
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()
    return file.getvalue()


def bring(
    plant: Any, kind: str, content: Any, *, by: str = "quinn", name: str = "rows.csv", again: bool = False, **options: str
) -> Import:  # fmt: skip
    content = content if isinstance(content, bytes) else as_csv(content)
    return importing.upload(
        kind=kind, content=content, name=name, options=options, actor=plant.people[by], client="test", key=f"up-{next(KEYS)}", again=again
    )  # fmt: skip


def checked(
    plant: Any, kind: str, content: Any, *, by: str = "quinn", told: Any = None, **rest: Any
) -> Import:
    source = bring(plant, kind, content, by=by, **rest)
    importing.start_check(
        source=source, told=told, actor=plant.people[by], client="test", key=f"check-{next(KEYS)}"
    )
    source.refresh_from_db()
    working.check(source, actor=plant.people[by])
    source.refresh_from_db()
    return source


def posted(plant: Any, kind: str, content: Any, *, by: str = "quinn", **rest: Any) -> Import:
    source = checked(plant, kind, content, by=by, **rest)
    assert not source.findings, source.findings
    importing.start_posting(source=source, actor=plant.people[by], client="test", key=f"post-{next(KEYS)}")
    source.refresh_from_db()
    working.post(source, actor=plant.people[by])
    source.refresh_from_db()
    assert source.state == "posted"
    return source


def undone(plant: Any, source: Import, *, by: str = "quinn") -> Import:
    return importing.undo(source=source, actor=plant.people[by], client="test", key=f"undo-{next(KEYS)}")


def cells(source: Import) -> dict[str, str]:
    """What is wrong, by cell."""
    return {one["cell"]: one["sentence"] for one in source.findings}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", str(tmp_path))
