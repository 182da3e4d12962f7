"""The recall report on paper says what page and CSV say: the same lots, the same totals, from the same revision."""

import io

import pytest

from recalls import report, services
from traceability import jobs, printing
from traceability.models import Job, JobState


@pytest.fixture
def revision(plant):
    """S ──▶ WO-1 ──▶ P ──▶ customer"""
    spice = plant.receive("S", 500, supplier_lot="CS-26-2874")
    run = plant.run("WO-1")
    plant.issue(spice, run, 120)
    product = plant.output("P", run, 80, item=plant.item("BREAD", kind="finished", unit="cs", decimals=0))
    plant.ship(product, 30)
    recall = services.open_recall(
        title="Spice: possible Salmonella",
        hazard="Salmonella",
        starts=[spice],
        reason="letter",
        actor=plant.rhea,
        client="t",
        key="open",
        supplier=plant.supplier,
    )
    return services.freeze_scope(recall=recall, actor=plant.rhea, client="t", key="freeze")


def text_of(pdf):
    from pypdf import PdfReader

    return (
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
        .replace("\xa0", " ")
        .replace("\n", " ")
    )


def test_the_paper_names_every_lot_and_total_of_the_revision(revision):
    said = text_of(report.report_pdf(revision))
    scope = revision.scope
    for lot in scope.lots:
        assert lot.lot in said
    assert "80 cs made = 30 shipped" in said
    assert "500 lb received = 120 used" in said
    assert "380 here" in said
    assert revision.sha256[:16] in said
    assert "REAL RECALL" in said
    assert "Coastal Grocers" in said


def test_a_long_report_ends_in_a_drawn_annex_with_every_lot(revision, monkeypatch):
    monkeypatch.setattr(report, "ROWS", 1)
    said = text_of(report.report_pdf(revision))
    for lot in revision.scope.lots:
        assert lot.lot in said
    assert "affected lots, 1 on of 2" in said


def test_a_report_loads_nothing_but_bundled_files():
    for url in (
        "http://localhost:1/x.css",
        "file:///etc/passwd",
        "static:../pyproject.toml",
        "data:text/css,x",
    ):
        with pytest.raises(PermissionError):
            printing.bundled(url)
    assert printing.bundled("static:report-pdf.css")[1] == "text/css"


def test_a_page_that_asks_for_a_foreign_file_fails_as_a_whole():
    with pytest.raises(PermissionError, match="bundled"):
        printing.render_pdf('<link rel="stylesheet" href="file:///etc/passwd"><p>x</p>')


def test_the_report_is_a_job_whose_file_is_the_paper(revision, plant):
    job = jobs.ask(
        kind="recalls.report",
        title="Report",
        params={"revision": revision.pk},
        right="recalls.view",
        actor=plant.rhea,
        client="t",
        key="r",
    )
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    jobs.work(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    assert job.filename == f"{revision.recall.number}-rev-1.pdf"
    assert "120 used" in text_of(jobs.file_of(job=job, actor=plant.rhea))
