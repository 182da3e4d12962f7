"""What people keep of lists: saved views, columns, page length; and what they do with chosen rows."""

from decimal import Decimal

import pytest
from openpyxl import load_workbook

from tests.pages.test_lists import rows_of
from traceability import ledger
from traceability.models import ListChoice, SavedView

COLUMNS = "/lists/columns"


def save(client, address="/lots/?held=yes&sort=-number", **fields):
    return client.post("/views/save", {"list": address, "name": "On hold", "audience": "me"} | fields)


def heads(page):
    return [head["column"].heading for head in page.context["heads"]]


def test_a_saved_view_keeps_filters_and_sorting_and_stands_over_the_list(plant, browse):
    held, free = plant.receive("H-1"), plant.receive("F-1")
    plant.hold(held)
    rhea = browse("rhea")
    answer = save(rhea)
    view = SavedView.objects.get()
    assert answer["Location"] == f"/lots/?held=yes&sort=-number&view={view.pk}"
    page = rhea.get(answer["Location"])
    assert page.context["total"] == 1
    assert [tab["label"] for tab in page.context["view_tabs"] if tab["is_current"]] == ["On hold"]
    assert free.number in rhea.get("/lots/?view=all").content.decode()


def test_a_view_is_seen_by_its_owner_its_role_or_everybody(plant, browse):
    def sees(name):
        return "Mine alone" in browse(name).get("/lots/").content.decode()

    save(browse("quinn"), name="Mine alone")
    assert [sees(name) for name in ("quinn", "quentin", "sam")] == [True, False, False]
    view = SavedView.objects.get()
    address = f"/views/{view.pk}/"
    assert browse("sam").get(address).status_code == 404
    browse("quinn").post(address, {"name": "Mine alone", "audience": "role"})
    assert [sees(name) for name in ("quinn", "quentin", "sam")] == [True, True, False]
    browse("quinn").post(address, {"name": "Mine alone", "audience": "all"})
    assert sees("sam")
    refused = browse("sam").post(address, {"name": "Sam's", "audience": "me"})
    assert refused.status_code == 403
    assert "belongs to Quinn" in refused.content.decode()


def test_the_view_that_opens_first_opens_with_the_bare_address_and_all_stays_reachable(plant, browse):
    rhea = browse("rhea")
    save(rhea, opens_first="yes")
    view = SavedView.objects.get()
    assert rhea.get("/lots/")["Location"] == f"/lots/?{view.asked}"
    assert rhea.get("/lots/?view=all").status_code == 200
    assert browse("roy").get("/lots/").status_code == 200
    rhea.post(f"/views/{view.pk}/first")
    assert rhea.get("/lots/").status_code == 200
    rhea.post(f"/views/{view.pk}/first")
    rhea.post(f"/views/{view.pk}/", {"drop": "1"})
    assert rhea.get("/lots/").status_code == 200
    assert not SavedView.objects.exists()


def test_a_changed_view_is_saved_into_itself_or_under_a_new_name(plant, browse):
    rhea = browse("rhea")
    address = save(rhea)["Location"]
    changed = f"{address}&stock=yes"
    assert "Save into" in rhea.get(changed).content.decode()
    save(rhea, changed, update="1")
    assert SavedView.objects.get().query == "held=yes&sort=-number&stock=yes"
    save(rhea, changed, name="On hold, here")
    assert SavedView.objects.count() == 2


def test_a_view_without_a_name_is_refused_and_nothing_is_kept(plant, browse):
    answer = save(browse("rhea"), name="  ")
    assert answer.status_code == 422
    assert "The view needs a name" in answer.content.decode()
    assert not SavedView.objects.exists()


def test_columns_are_chosen_in_an_order_and_the_files_have_the_same(plant, browse):
    plant.receive("A-1", supplier_lot="S-1")
    rhea = browse("rhea")
    before = heads(rhea.get("/lots/"))
    rhea.post(
        COLUMNS,
        {
            "list": "/lots/",
            "order": ["on-hand", "lot", "item-code", "item"],
            "show": ["lot", "on-hand", "item-code"],
        },
    )
    assert heads(rhea.get("/lots/")) == ["On hand", "Lot", "Item code"]
    assert rows_of(rhea.get("/lots/?format=csv"))[0] == ["On hand", "On hand unit", "Lot", "Item code"]
    everything = rows_of(rhea.get("/lots/?format=csv&columns=all"))[0]
    assert {"Supplier lot", "Expires", "Made on"} <= set(everything)
    assert heads(browse("roy").get("/lots/")) == before
    rhea.post(COLUMNS, {"list": "/lots/", "reset": "1"})
    assert heads(rhea.get("/lots/")) == before


def test_a_view_has_its_own_columns_and_each_person_may_differ(plant, browse):
    rhea = browse("rhea")
    rhea.post(COLUMNS, {"list": "/lots/", "order": ["lot", "item"], "show": ["lot", "item"]})
    address = save(rhea, "/lots/?held=yes", audience="all")["Location"]
    roy = browse("roy")
    assert heads(roy.get(address)) == ["Lot", "Item"]
    roy.post(COLUMNS, {"list": address, "order": ["lot"], "show": ["lot"]})
    assert heads(roy.get(address)) == ["Lot"]
    assert heads(rhea.get(address)) == ["Lot", "Item"]
    assert len(heads(roy.get("/lots/"))) > 2


def test_without_script_a_column_moves_by_a_button_and_nothing_is_kept_before_it_is_said(plant, browse):
    rhea = browse("rhea")
    page = rhea.post(
        COLUMNS,
        {"list": "/lots/", "order": ["lot", "item", "status"], "show": ["lot", "status"], "move": "up:item"},
    )
    rows = page.context["column_choice"]
    assert [row["name"] for row in rows][:3] == ["item", "lot", "status"]
    assert [row["name"] for row in rows if row["is_shown"]] == ["lot", "status"]
    assert not ListChoice.objects.exists()


def test_the_page_length_is_remembered_and_the_address_may_ask_another(plant, browse):
    for n in range(30):
        plant.receive(f"L-{n:02}")
    rhea = browse("rhea")
    rhea.post(COLUMNS, {"list": "/lots/", "order": ["lot"], "show": ["lot"], "size": "25"})
    assert len(rhea.get("/lots/").context["rows"]) == 25
    assert len(rhea.get("/lots/?size=100").context["rows"]) == 30
    assert rhea.get("/lots/?size=7").status_code == 400


def test_all_that_match_are_held_at_once_after_a_preview_of_exactly_these(plant, browse):
    lots = [plant.receive(f"L-{n:02}") for n in range(3)]
    other = plant.receive("OTHER", item=plant.item("SALT"))
    quinn = browse("quinn")
    preview = quinn.post("/lots/hold", {"list": "/lots/?item=FLOUR", "all": "1"})
    assert preview.status_code == 200
    assert "Put 3 lots on hold" in preview.content.decode()
    carried, key = preview.context["selection"].carried, preview.context["key"]
    plant.receive("LATER")
    sent = {
        "list": "/lots/?item=FLOUR",
        "rows": carried,
        "sure": "yes",
        "key": key,
        "cause": "quality",
        "cascades": "yes",
    }
    refused = quinn.post("/lots/hold", sent)
    assert refused.status_code == 422, "a reason is needed"
    answer = quinn.post("/lots/hold", sent | {"reason": "Metal found"})
    assert answer["Location"] == "/lots/?item=FLOUR"
    assert quinn.post("/lots/hold", sent | {"reason": "Metal found"}).status_code == 302, (
        "sent twice is one act"
    )
    shown = quinn.get("/lots/?held=yes").content.decode()
    assert all(lot.number in shown for lot in lots)
    assert other.number not in shown
    assert "LATER" not in shown
    assert lots[0].holds.count() == 1


def test_the_preview_says_what_was_promised(plant, browse):
    from django.utils import timezone

    lot = plant.receive("L-1", 50)
    move = ledger.Move(lot=lot, quantity=Decimal(20), origin=plant.store, destination=plant.place("customer"))
    ledger.reserve(moves=[move], document="SO-1", actor=plant.sam, now=timezone.now())
    page = browse("quinn").post("/lots/hold", {"list": "/lots/", "row": [lot.pk]}).content.decode()
    assert "SO-1" in page


@pytest.mark.parametrize("sent", [{}, {"row": ["x"]}, {"rows": "1;2"}])
def test_a_choice_that_cannot_be_read_is_refused(plant, browse, sent):
    answer = browse("quinn").post("/lots/hold", {"list": "/lots/"} | sent)
    assert answer.status_code == 422
    assert browse("quinn").post("/lots/hold", {"list": "/nowhere/", "row": ["1"]}).status_code == 422
    assert browse("quinn").post("/lots/hold", {"list": "https://elsewhere/", "row": ["1"]}).status_code == 422


def test_who_may_not_hold_is_offered_no_boxes(plant, browse):
    lot = plant.receive("L-1")
    assert 'name="row"' in browse("quinn").get("/lots/").content.decode()
    assert 'name="row"' not in browse("ada").get("/lots/").content.decode()
    assert browse("ada").post("/lots/hold", {"list": "/lots/", "row": [lot.pk]}).status_code == 403


def test_chosen_rows_become_a_file(plant, browse):
    first, _, third = (plant.receive(f"L-{n}") for n in (1, 2, 3))
    answer = browse("quinn").post(
        "/lists/rows", {"list": "/lots/?sort=-number", "row": [first.pk, third.pk], "format": "csv"}
    )
    assert [row[0] for row in rows_of(answer)[1:]] == ["L-3", "L-1"]


def sheet_of(response, tmp_path):
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"".join(response.streaming_content))
    return load_workbook(path)


def test_the_xlsx_has_real_dates_and_numbers_and_says_what_was_asked(plant, browse, tmp_path):
    from datetime import date, datetime

    plant.receive("=1+1", "12.5", supplier_lot="+CMD", expires_on=date(2031, 2, 3))
    plant.receive("0012", 3, supplier_lot="1E5")
    rhea = browse("rhea")
    answer = rhea.get("/lots/?stock=yes&sort=-number&format=xlsx")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    book = sheet_of(answer, tmp_path)
    rows = list(book.worksheets[0].iter_rows())
    table = [dict(zip([c.value for c in rows[0]], row, strict=True)) for row in rows[1:]]
    assert [row["Lot"].value for row in table] == ["=1+1", "0012"]
    assert table[0]["Lot"].data_type == "s"
    assert table[0]["Supplier lot"].value == "+CMD"
    assert table[1]["Supplier lot"].value == "1E5"
    assert table[0]["On hand"].value == 12.5
    assert table[0]["Expires"].value == datetime(2031, 2, 3)
    about = {row[0].value: row[1].value for row in book["Read me"].iter_rows()}
    assert about["In stock"] == "Yes"
    assert about["Rows"] == 2
    assert about["Made by"] == "Rhea"
    assert isinstance(about["Made"], datetime)
    assert about["Time zone"] == "America/Chicago"


def test_page_csv_xlsx_and_print_form_have_the_same_rows(plant, browse, tmp_path):
    for n in range(7):
        plant.receive(f"L-{n}", n + 1)
    rhea = browse("rhea")
    page = [cells[0].value for cells in rhea.get("/lots/?sort=-number").context["rows"]]
    csv = [row[0] for row in rows_of(rhea.get("/lots/?sort=-number&format=csv"))[1:]]
    xlsx = [
        row[0].value
        for row in sheet_of(rhea.get("/lots/?sort=-number&format=xlsx"), tmp_path)
        .worksheets[0]
        .iter_rows(min_row=2)
    ]
    paper = rhea.get("/lots/?sort=-number&format=print")
    assert page == csv == xlsx == [cells[0].value for cells in paper.context["rows"]]
    assert "None: everything in the list" in paper.content.decode()


def test_a_big_file_is_made_by_a_worker_and_has_what_the_person_sees(
    plant, browse, monkeypatch, settings, tmp_path
):
    from traceability import jobs
    from traceability.lists import exporting
    from traceability.models import Job

    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setitem(exporting.DIRECT, "csv", 2)
    for n in range(4):
        plant.receive(f"L-{n}")
    rhea = browse("rhea")
    answer = rhea.get("/lots/?stock=yes&format=csv")
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    Job.objects.update(state="running")
    jobs.work(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.unit) == ("done", 4, 4, "rows")
    file = rhea.get(f"/jobs/{job.pk}/file")
    assert file.content.decode("utf-8-sig").splitlines()[1].startswith("L-0,")
    assert browse("roy").get(f"/jobs/{job.pk}/file").status_code == 404


def test_an_empty_list_says_what_to_do_and_a_filtered_one_offers_to_clear(plant, browse):
    empty = browse("rita").get("/lots/").content.decode()
    assert "No lot yet." in empty
    assert 'href="/receiving/"' in empty
    assert 'href="/receiving/">Go' not in browse("ada").get("/lots/").content.decode()
    filtered = browse("rita").get("/lots/?held=yes").content.decode()
    assert "Nothing matches these filters." in filtered
    assert "Clear all filters" in filtered


def test_counts_of_views_come_in_one_query(plant, browse, django_assert_num_queries):
    from traceability.lists.asking import counts_of

    lot = plant.receive("L-1")
    plant.receive("L-2")
    plant.hold(lot)
    addresses = ["/lots/?held=yes", "/lots/", "/entries/?kind=hold", "/lots/?colour=red", "/nowhere/"]
    with django_assert_num_queries(1):
        assert counts_of(addresses, person=plant.rhea) == [1, 2, 1, None, None]
    assert counts_of(["/lots/"], person=plant.alma) == [None]
