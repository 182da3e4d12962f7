"""A refusal from any view becomes a page (or a banner for htmx) with its code, and leaves a record."""

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from traceability.ledger import BadInput
from traceability.models import RefusalRecord
from traceability.views.refusals import RefusalsAsPages


@pytest.fixture
def refused(plant):
    def ask(**headers):
        request = RequestFactory().post(
            "/anything/", {"quantity": "12.5", "csrfmiddlewaretoken": "x"}, **headers
        )
        request.user, request.session, request.resolver_match = plant.rita, {}, None
        request._messages = FallbackStorage(request)
        request.htmx = "HTTP_HX_REQUEST" in headers
        return RefusalsAsPages(lambda _: None).process_exception(
            request, BadInput("This is too much.", "115 lb is here.", "Use 115.", lots=[7])
        )

    return ask


def test_the_page_keeps_what_was_sent_and_says_what_why_and_what_now(refused):
    answer = refused()
    page = answer.content.decode()
    assert answer.status_code == 422
    for word in (
        "This is too much.",
        "115 lb is here.",
        "Use 115.",
        "bad_input",
        'name="quantity" value="12.5"',
    ):
        assert word in page
    record = RefusalRecord.objects.get()
    assert (record.code, record.lots) == ("bad_input", [7])


def test_htmx_gets_the_banner_alone(refused):
    answer = refused(HTTP_HX_REQUEST="true")
    assert "<html" not in answer.content.decode()
    assert answer["HX-Retarget"] == "#messages"
