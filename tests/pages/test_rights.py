"""What a person sees of what others may, and logging in. Who may open what, cell by cell: tests/rights."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver


def pages(namespaces=("traceability", "recalls")):
    def walk(patterns, namespace):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.namespace in namespaces or (namespace and pattern.namespace is None):
                    yield from walk(pattern.url_patterns, pattern.namespace or namespace)
            elif isinstance(pattern, URLPattern) and namespace:
                yield f"{namespace}:{pattern.name}", pattern.callback

    return list(walk(get_resolver().url_patterns, ""))


def test_a_stranger_is_sent_to_the_log_in_page(plant, client):
    for address in ("/", "/lots/", "/entries/", "/recalls/", "/search?q=x", "/items/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")


def test_a_person_without_a_role_may_not_and_is_told_so(plant, browse):
    for address in ("/", "/lots/", "/recalls/"):
        answer = browse("nora").get(address)
        assert answer.status_code == 403
        assert "You may not open this page" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "sees"),
    [("rita", False), ("paul", False), ("sam", True), ("quinn", True), ("rhea", True), ("ada", True)],
)
def test_recalls_are_for_those_who_know_customers(plant, browse, name, sees):
    client = browse(name)
    assert (client.get("/recalls/").status_code == 200) is sees
    assert ('href="/recalls/"' in client.get("/").content.decode()) is sees


def test_the_administrator_sees_masters_and_no_ledger(plant, browse):
    client = browse("alma")
    assert client.get("/").status_code == 200
    assert client.get("/items/").status_code == 200
    assert client.get("/lots/").status_code == 403


def test_customers_are_hidden_in_the_list_of_parties(plant, browse):
    assert "Coastal Grocers" in browse("sam").get("/parties/").content.decode()
    hidden = browse("paul")
    assert "Coastal Grocers" not in hidden.get("/parties/").content.decode()
    assert "Coastal Grocers" not in hidden.get("/search?q=coastal").content.decode()
    assert hidden.get(f"/parties/{plant.customer.pk}/").status_code == 403


def test_logging_in_leads_to_the_page_that_was_asked_for(plant, client):
    from tests.cast import PASSWORD

    wrong = client.post("/login/", {"username": "quinn", "password": "wrong"})
    assert wrong.status_code == 400
    assert "do not belong together" in wrong.content.decode()
    answer = client.post("/login/?next=/lots/", {"username": "quinn", "password": PASSWORD, "next": "/lots/"})
    assert answer["Location"] == "/lots/"
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/lots/").status_code == 302


def test_ten_wrong_passwords_lock_the_name_and_the_page_says_so(plant, client):
    for _ in range(10):
        answer = client.post("/login/", {"username": "quinn", "password": "wrong"})
    assert answer.status_code == 429
    assert "locked for 15 minutes" in answer.content.decode()


def test_the_theme_is_kept_in_a_cookie_by_the_server(plant, client):
    page = client.get("/login/").content.decode()
    assert 'media="(prefers-color-scheme: dark)"' in page
    answer = client.post("/theme/", {"theme": "dark", "next": "/login/"})
    assert answer["Location"] == "/login/"
    assert 'media="all"' in client.get("/login/").content.decode()
    client.post("/theme/", {"theme": "light", "next": "https://elsewhere.example/"})
    assert "dark.css" not in client.get("/login/").content.decode()
    assert client.post("/theme/", {"theme": "light", "next": "https://elsewhere.example/"})["Location"] == "/"


def test_a_missing_page_and_a_foreign_form_are_answered_in_our_words(plant, browse):
    from django.test import Client

    assert "Nothing is at this address" in browse("quinn").get("/lots/999999/").content.decode()
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/login/", {"username": "quinn", "password": "x"})
    assert answer.status_code == 403
    assert "this form is too old" in answer.content.decode()
