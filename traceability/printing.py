"""HTML to PDF for reports: bundled styles and fonts only, no network, no foreign file.

Rendering belongs in a job's child process (see jobs.py), which has limits on memory and time. At most 500 table rows go
through WeasyPrint (1,000 rows take 6 s, 5,000 take 32 s and 0.8 GB); longer tables are annexes drawn by ReportLab.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from django.contrib.staticfiles import finders

from traceability.ledger import Refusal

ROWS = 500
SCHEME = "static:"
_TYPES = {"css": "text/css", "woff2": "font/woff2", "svg": "image/svg+xml", "png": "image/png"}


class NoPdf(Refusal):
    """Pango is missing on this machine: pages, CSV and print from the browser still work."""

    code = "no_pdf"
    status = 503


def render_pdf(html: str, *, identifier: str = "") -> bytes:
    """A tagged PDF of a page that names its styles and fonts as static:path. Raises NoPdf where Pango is missing.

    Everything else that the page asks for (http, file, data) stops the rendering. The same html gives the same pages.
    """
    try:
        from weasyprint import HTML
    except OSError as error:
        raise NoPdf(
            "No PDF can be made on this machine.",
            "The text library Pango is missing.",
            "Print the page from the browser, or install Pango.",
        ) from error
    from weasyprint.urls import FatalURLFetchingError

    page = HTML(string=html, base_url=SCHEME, url_fetcher=_bundled_files())
    try:
        return page.write_pdf(pdf_tags=True, pdf_identifier=identifier.encode() or None)
    except (
        FatalURLFetchingError
    ) as error:  # A BaseException, so that nothing inside WeasyPrint goes on without the file.
        raise PermissionError(str(error)) from error


def bundled(url: str) -> tuple[bytes, str]:
    """The content and type of a file in static/. Raises PermissionError for everything else."""
    path = unquote(url.removeprefix(SCHEME).lstrip("/"))
    found = finders.find(path) if url.startswith(SCHEME) and ".." not in path else None
    if not isinstance(found, str):
        raise PermissionError(f"A report loads nothing but bundled files, not {url[:80]}")
    with open(found, "rb") as file:
        return file.read(), _TYPES.get(path.rpartition(".")[2], "application/octet-stream")


def _bundled_files() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class BundledFiles(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            try:
                content, kind = bundled(url)
            except PermissionError as error:
                raise FatalURLFetchingError(str(error)) from error
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    return BundledFiles(fail_on_errors=True)
