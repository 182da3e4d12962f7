"""The API as people read it: every address, drawn from the document that programs read, and a beginning that works as printed."""

import html
import itertools
import re
import shlex

import pytest
from django.urls import reverse

from tests.api.conftest import caller, integration
from traceability.api.describing import topics
from traceability.api.tokens import issue_token


@pytest.fixture
def rita(client, plant):
    client.force_login(plant.rita, backend="traceability.roles.RoleBackend")
    return client


def test_every_address_of_the_document_stands_on_a_page(rita):
    import yaml

    from tests.api.test_description import KEPT

    told = {
        (method.upper(), path)
        for path, operations in yaml.safe_load(KEPT.read_text())["paths"].items()
        for method in operations
    }
    shown = {(operation.method, operation.path) for topic in topics() for operation in topic.operations}
    assert shown == told
    page = rita.get(reverse("traceability:api")).content.decode()
    for topic in topics():
        if topic.name:
            address = reverse("traceability:api_topic", args=[topic.name])
            assert address in page
            text = html.unescape(rita.get(address).content.decode())
            for operation in topic.operations:
                assert f"{operation.path}</h2>" in text


def test_a_verb_says_what_it_takes_who_may_and_what_it_needs(rita):
    page = html.unescape(rita.get(reverse("traceability:api_topic", args=["holds"])).content.decode())
    assert "lots" in page
    assert "holds:place" in page
    assert "Idempotency-Key" in page
    assert "No scope gives this right" in page  # lifting


def test_a_topic_that_is_not_there_is_404_and_a_stranger_logs_in(rita, client):
    assert rita.get(reverse("traceability:api_topic", args=["nothing"])).status_code == 404
    client.logout()
    assert client.get(reverse("traceability:api")).status_code == 302


def test_the_ten_minutes_work_as_they_are_printed(rita, plant):
    """Every curl of the page is sent as it stands there, with a token of the scopes that the page names."""
    plant.receive("A-1", supplier_lot="CS-26-2874")
    page = html.unescape(rita.get(reverse("traceability:api")).content.decode())
    _, token = issue_token(person=integration(), name="t", scopes=["ledger:read", "holds:place"])
    program = caller(token=token)
    sent = []
    for block in re.findall(r"<pre class=\"code\"[^>]*>(.*?)</pre>", page, re.DOTALL):
        for line in re.split(r"\n(?=curl)", block.replace("\\\n", " ")):
            words = shlex.split(line.replace("${LOTLINE}", "/api/v1/").replace("$LOTLINE", "/api/v1/"))
            if words[0] != "curl":
                continue
            address = next(word for word in words if word.startswith("/api/"))
            headers = dict(word.split(": ") for name, word in itertools.pairwise(words) if name == "-H")
            headers["Authorization"] = f"Bearer {token}"
            body = words[words.index("-d") + 1] if "-d" in words else ""
            method = "POST" if "POST" in words else "GET"
            answer = program.client.generic(
                method, address, body, content_type="application/json", headers=headers
            )
            assert answer.status_code in (200, 201), (address, answer.content)
            sent.append((method, answer.status_code))
    assert sent.count(("POST", 200)) == 1
    assert sent.count(("POST", 201)) == 1
    assert len(sent) >= 6
