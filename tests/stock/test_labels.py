"""Labels: what every symbol says when it is read back, as PDF and as ZPL; who prints again and why; printers at a real port."""

import io
import random
import re
import socket
import threading
from datetime import date
from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp
from django.test import override_settings

from traceability import labels, ledger, scanning, stock
from traceability.labels import drawing, sending, symbols, zpl
from traceability.labels.content import Label
from traceability.models import LabelPrint, LabelPrinted, Location, Lot, Printer, PrintState
from traceability.stock import Amount

GTIN = "09521234543213"


def codes_on(pdf, *, dpi=300):
    """Everything that a scanner reads on the pages of a PDF."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    found = []
    for page in document:
        image = page.render(scale=dpi / 72).to_pil()
        read = zxingcpp.read_barcodes(image, text_mode=zxingcpp.TextMode.HRI)
        found += [
            one.text
            for one in sorted(read, key=lambda one: (one.position.top_left.y // 40, one.position.top_left.x))
        ]
        page.close()
    document.close()
    return found


@pytest.fixture
def nouns(plant):
    """A lot and a serial with a GTIN, a lot without, a place, an item, a pallet with an SSCC and one with our own number."""
    shrimp = plant.item(
        "SHRIMP", unit="cs", gtin=GTIN, allergens=["Crustaceans", "Wheat", "Egg", "Milk", "Sulphites"]
    )
    pump = plant.item("PUMP", tracking="serial", unit="ea", gtin="00614141777778"[:13] + "8")
    lot = plant.receive(
        "F-261022-1", 100, item=shrimp, expires_on=date(2028, 4, 22), supplier_lot="CS 26/2874"
    )
    serial = plant.receive("PV-26-000431", 1, item=pump)
    other = plant.receive("RM-261019-07", 5, item=plant.item("SPICE", name="Épice “Cajun” ½"))
    own = stock.build(kind="pallet", location=plant.store, actor=plant.rita, client="t", key="b1", amounts=[Amount(lot=lot, quantity=Decimal(40), location=plant.store)])  # fmt: skip
    plant.site.gs1_company_prefix = "0614141"
    plant.site.save()
    plant.store.refresh_from_db()
    store = Location.objects.select_related("site").get(pk=plant.store.pk)
    sscc = stock.build(kind="pallet", location=store, actor=plant.rita, client="t", key="b2", amounts=[Amount(lot=lot, quantity=Decimal(20), location=plant.store)])  # fmt: skip
    return {
        "lot": lot,
        "serial": serial,
        "other": other,
        "place": store,
        "item": shrimp,
        "own": own,
        "sscc": sscc,
    }


def test_the_lot_or_serial_stands_last_and_the_dates_before_it(nouns):
    assert labels.label_of(nouns["lot"]).code == f"(01){GTIN}(15)280422(10)F-261022-1"
    assert labels.label_of(nouns["serial"]).code.endswith("(21)PV-26-000431")
    assert labels.label_of(nouns["sscc"]).code == f"(00){nouns['sscc'].number}"
    assert labels.label_of(nouns["other"]).code.endswith("/l/SPICE/RM-261019-07")


@pytest.mark.parametrize("size", sorted(labels.SIZES))
def test_every_label_of_every_size_is_read_back_and_says_its_text(nouns, size):
    for noun in nouns.values():
        label = labels.label_of(noun)
        pdf = labels.render_pdf([label], size=size)
        assert codes_on(pdf) == [label.code], (noun, size)
        texts = [text.text for text in drawing.lay_out(label, labels.SIZES[size]).texts]
        assert label.text_beneath in "".join(texts)
        assert label.heading in texts
        beneath = "".join(texts)
        assert all(name in beneath.replace(" ", "") for name in label.allergens)


def test_what_is_printed_is_what_our_own_scanner_understands(nouns, plant):
    for name, noun in nouns.items():
        label = labels.label_of(noun)
        text = (
            f"]d2{zpl.raw(label.code)}" if label.is_gs1 and label.symbol == symbols.DATAMATRIX else label.code
        )
        text = f"]C1{zpl.raw(label.code)}" if label.is_gs1 and label.symbol == symbols.CODE_128 else text
        kinds = (
            {scanning.Kind.ITEM}
            if name == "item"
            else {scanning.Kind.LOT, scanning.Kind.CONTAINER, scanning.Kind.LOCATION}
        )
        found = scanning.resolve(
            scanning.read(text), scanning.Asked(person=plant.rita, sites=[plant.site], wants=frozenset(kinds))
        )
        assert found.one is not None, (name, text)
        assert found.one.record == noun


def test_a_sheet_is_filled_place_by_place_and_begins_where_the_last_one_ended(nouns):
    label = labels.label_of(nouns["place"])
    pdf = labels.render_pdf([label], size="letter30", copies=31, skip=2)
    assert codes_on(pdf, dpi=200) == [label.code] * 31
    assert len(pypdfium2.PdfDocument(io.BytesIO(pdf))) == 2


def test_the_status_of_stock_is_on_no_label(nouns, plant):
    plant.hold(nouns["lot"])
    shown = str(labels.render_svg(labels.label_of(nouns["lot"]), size="4x6")).lower()
    assert not {"hold", "released", "quarantine"} & set(re.findall("[a-z]+", shown))


# ZPL: a printer's reading of it, in a few lines.


def fields(text):
    """The data of each field with its command, as a printer understands them: ^FH hexadecimal, # and > escapes of the symbols."""
    found = []
    for field in re.findall(r"\^FO.*?\^FS", text, re.S):
        command = next(name for name in ("^BX", "^BC", "^GB", "^A0") if name in field)
        if command == "^GB":
            continue
        assert "^FH_^FD" in field
        data = field.split("^FD", 1)[1].removesuffix("^FS")
        data = bytes(_unhex(data)).decode()
        if command == "^BX":
            data = re.sub(r"#d(\d{3})", lambda m: chr(int(m[1])), data.replace("#1", "\x1d"))
        if command == "^BC":
            data = data.replace(">8", "\x1d").replace(">0", ">")
        found.append((command, data))
    return found


def _unhex(data):
    place = 0
    while place < len(data):
        if data[place] == "_":
            yield int(data[place + 1 : place + 3], 16)
            place += 3
        else:
            yield from data[place].encode()
            place += 1


@pytest.mark.parametrize("size", ["4x6", "4x3", "2x1"])
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_zpl_label_says_what_the_pdf_says(nouns, size, dpi):
    for noun in nouns.values():
        label = labels.label_of(noun)
        text = labels.render_zpl([label], size=size, dpi=dpi, copies=3)
        assert text.startswith("^XA")
        assert text.count("^XA") == text.count("^XZ") == 1
        assert "^PQ3" in text
        [symbol] = [data for command, data in fields(text) if command in ("^BX", "^BC")]
        expected = "\x1d" + zpl.raw(label.code) if label.is_gs1 else label.code
        assert symbol == expected
        words = [data for command, data in fields(text) if command == "^A0"]
        assert {label.title, label.heading, label.text_beneath} <= set(words)
        assert all(name in " ".join(words) for name in label.allergens)


@pytest.mark.parametrize(
    "name", ["^XZ^XA", "~JA now", "end^FS", "_5E under", "a\\b", "100 % ~ ^ _", "ñandú “x” – ½"]
)
def test_a_name_is_never_a_command(plant, name):
    lot = plant.receive("A-1", 5, item=plant.item("X", name=name, gtin=GTIN))
    text = labels.render_zpl([labels.label_of(lot)], size="4x3")
    assert ("^A0", name) in fields(text)
    assert len(re.findall(r"\^XA|\^XZ|~", text)) == 2


def test_odd_but_legal_lot_numbers_come_back_the_same(plant):
    """Every sign that GS1 takes, in any order: drawn, read, sent as ZPL."""
    signs = "!\"%&'*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    chance = random.Random(7)
    for _ in range(60):
        number = "".join(chance.choice(signs) for _ in range(chance.randint(1, 20)))
        for kind in (symbols.DATAMATRIX, symbols.CODE_128):
            code = symbols.gs1(("01", GTIN), ("10", number))
            symbol = symbols.draw(kind, code, is_gs1=True)
            assert symbol.text == code
            sent = f"^FO0,0^{'BX' if kind == symbols.DATAMATRIX else 'BC'}{zpl.symbol_field(symbol)}^FS"
            assert fields(sent)[0][1] == "\x1d" + zpl.raw(code)


@pytest.mark.parametrize("number", ["Ä-1", "漢-1", "A" * 21])
def test_a_code_that_cannot_be_drawn_exactly_fails_the_label(number):
    label = Label("lot", number, "Spice", f"(01){GTIN}(10){number}", True)
    with pytest.raises(labels.CannotBeDrawn):
        labels.render_pdf([label], size="4x3")
    with pytest.raises(labels.CannotBeDrawn):
        labels.render_zpl([label], size="4x3")


def test_a_sign_without_a_shape_fails_the_label_instead_of_a_box(plant):
    lot = plant.receive("A-1", 5, item=plant.item("X", name="漢字"))
    with pytest.raises(labels.CannotBeDrawn, match="no shape for “漢”"):
        labels.render_pdf([labels.label_of(lot)], size="4x3")
    cyrillic = plant.receive("B-1", 5, item=plant.item("Y", name="Соль"))
    assert labels.render_pdf([labels.label_of(cyrillic)], size="4x3")
    with pytest.raises(labels.CannotBeDrawn, match="Print it as PDF"):
        labels.render_zpl([labels.label_of(cyrillic)], size="4x3")


# Printing


def print_of(plant, *nouns, **rest):
    rest.setdefault("key", plant.key())
    return labels.print_labels(nouns=nouns, size=rest.pop("size", "4x3"), actor=rest.pop("actor", plant.rita), client="t", **rest)  # fmt: skip


def test_a_label_is_printed_once_and_again_only_with_a_reason(plant):
    lot = plant.receive("A-1", 5)
    first = print_of(plant, lot, key="p")
    assert print_of(plant, lot, key="p") == first
    with pytest.raises(labels.ReprintNeedsReason):
        print_of(plant, lot)
    again = print_of(plant, lot, reason="Torn off")
    assert (again.is_reprint, again.reason, again.by) == (True, "Torn off", plant.rita)
    assert list(LabelPrinted.objects.values_list("heading", flat=True)) == ["A-1", "A-1"]
    with pytest.raises(ledger.NotPermitted):
        print_of(plant, lot, actor=plant.ada, reason="x")


def test_five_hundred_labels_with_all_copies_and_not_one_more(plant):
    lots = [plant.receive(f"L-{n}", 1) for n in range(3)]
    with pytest.raises(ledger.BadInput, match="501 labels are more"):
        print_of(plant, *lots, copies=167)
    with pytest.raises(ledger.BadInput):
        print_of(plant, *lots, copies=0)
    assert print_of(plant, *lots, copies=166).copies == 166


@pytest.fixture
def listener():
    """A printer: something that really listens on a port of this machine and keeps what it is sent."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for port in range(9100, 9110):
        try:
            server.bind(("127.0.0.1", port))
            break
        except OSError:
            continue
    server.listen()
    got = []

    def serve():
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                parts = []
                while part := line.recv(65536):
                    parts.append(part)
                got.append(b"".join(parts))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1], got
    server.close()


def printer_at(plant, port, **rest):
    return Printer.objects.create(site=plant.site, name=rest.pop("name", "Dock 2"), address="127.0.0.1", port=port, **rest)  # fmt: skip


@override_settings(PRINTER_NETWORKS=["127.0.0.0/8"])
def test_a_label_reaches_a_real_port_byte_for_byte_and_once(
    plant, listener, django_capture_on_commit_callbacks
):
    port, got = listener
    lot = plant.receive("A-1", 5, item=plant.item("X", gtin=GTIN))
    with django_capture_on_commit_callbacks() as woken:
        act = print_of(plant, lot, printer=printer_at(plant, port), copies=2)
    assert (act.state, len(woken)) == (PrintState.WAITING, 1)
    for _ in range(2):
        labels.send(act.pk)
    act.refresh_from_db()
    assert (act.state, act.attempts) == (PrintState.SENT, 1)
    for _ in range(100):
        if got:
            break
        threading.Event().wait(0.02)
    assert got == [labels.render_zpl([labels.label_of(lot)], size="4x3", copies=2).encode()]


@override_settings(PRINTER_NETWORKS=["127.0.0.0/8"])
def test_a_printer_that_is_away_is_tried_again_and_in_the_end_it_is_said(plant, listener, browse):
    port, _ = listener
    away = next(n for n in range(9109, 9099, -1) if n != port)
    act = print_of(plant, plant.receive("A-1", 5), printer=printer_at(plant, away))
    for tried in range(1, sending.ATTEMPTS + 1):
        labels.send(act.pk)
        act.refresh_from_db()
        assert act.attempts == tried
        if tried < sending.ATTEMPTS:
            assert act.state == PrintState.WAITING
            assert labels.send(act.pk) == PrintState.WAITING  # not before its time
            LabelPrint.objects.filter(pk=act.pk).update(next_at=None)
    assert act.state == PrintState.FAILED
    page = browse("rita").get("/labels/").content.decode()
    assert "does not answer" in page
    Printer.objects.update(port=port)
    browse("rita").post(f"/labels/prints/{act.pk}/again")
    assert labels.send(act.pk) == PrintState.SENT


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "127.0.0.1", "169.254.169.254", "::1", "::ffff:8.8.8.8", "2001:4860:4860::8888", "0.0.0.0"],
)
def test_an_address_outside_the_plants_networks_is_refused(plant, browse, address):
    with pytest.raises(sending.PrinterNotAllowed):
        sending.check_address(address)
    data = {
        "name": "X",
        "site": plant.site.pk,
        "kind": "zpl",
        "address": address,
        "port": 9100,
        "dpi": 203,
        "size": "4x3",
        "is_active": "on",
    }
    answer = browse("quinn").post("/printers/new/", data)
    assert answer.status_code == 422
    assert Printer.objects.count() == 0
    # One that was written past the form is not reached either.
    printer = Printer.objects.create(site=plant.site, name="X", address=address)
    with pytest.raises(sending.PrinterNotAllowed):
        print_of(plant, plant.receive("A-1", 5), printer=printer)


def test_a_printer_is_added_by_those_who_change_masters(plant, browse):
    data = {
        "name": "Dock 2",
        "site": plant.site.pk,
        "kind": "zpl",
        "address": "192.168.1.50",
        "port": 9100,
        "dpi": 203,
        "size": "a4",
        "is_active": "on",
    }
    assert "rolls, not sheets" in browse("quinn").post("/printers/new/", data).content.decode()
    assert browse("quinn").post("/printers/new/", data | {"size": "4x6"}).status_code == 302
    assert browse("rita").get("/printers/new/").status_code == 403
    assert "192.168.1.50:9100" in browse("rita").get("/printers/").content.decode()


def test_after_a_receipt_labels_go_out_by_themselves_where_the_site_says_so(
    plant, django_capture_on_commit_callbacks
):
    lot = plant.receive("A-1", 5)
    plant.site.labels_after = ["receipt"]
    with override_settings(PRINTER_NETWORKS=["10.0.0.0/8"]):
        Printer.objects.create(site=plant.site, name="Dock 2", address="10.0.0.9", is_default=True)
        with django_capture_on_commit_callbacks(execute=True):
            labels.print_after(
                "receipt", lots=[lot], site=plant.site, document="RCV-1", actor=plant.rita, key="k"
            )
            labels.print_after(
                "output", lots=[lot], site=plant.site, document="WO-1", actor=plant.rita, key="k2"
            )
    act = LabelPrint.objects.get()
    assert (act.document, act.state) == ("RCV-1", PrintState.WAITING)


def test_a_delivery_and_an_output_ask_for_the_labels_of_their_new_lots(
    plant, django_capture_on_commit_callbacks
):
    from production.services import Made, plan_work_order, release, report_output
    from receiving.services import ReceivedLot, receive_delivery

    plant.site.labels_after = ["receipt", "output"]
    plant.site.save()
    Printer.objects.create(site=plant.site, name="Dock 2", address="10.0.0.9", is_default=True)
    bread = plant.item("BREAD", default_location=plant.store)
    with django_capture_on_commit_callbacks(execute=True):
        receipt = receive_delivery(
            supplier=plant.supplier, lines=[ReceivedLot(item=plant.item(), quantity=Decimal(5), supplier_lot="DM-1", location=plant.store)],
            actor=plant.rita, client="t", key="r",
        )  # fmt: skip
        order = plan_work_order(
            item=bread,
            line=plant.place("line"),
            planned_quantity=Decimal(3),
            actor=plant.paul,
            client="t",
            key="p",
        )
        release(work_order=order, actor=plant.paul, client="t", key="q")
        for n in range(2):  # more of the same lot is no new lot
            report_output(
                work_order=order,
                outputs=[Made(item=bread, quantity=Decimal(1), lot_number="B-1", location=plant.store)],
                actor=plant.paul,
                client="t",
                key=f"o{n}",
            )
    assert [(act.document, [one.heading for one in labels.labels_of_print(act)]) for act in LabelPrint.objects.order_by("pk")] == [
        (receipt.number, ["DM-1"]), (order.number, ["B-1"]),
    ]  # fmt: skip


def test_a_printer_that_is_missing_never_stops_a_receipt_and_is_written_down(
    plant, django_capture_on_commit_callbacks
):
    lot = plant.receive("A-1", 5)
    plant.site.labels_after = ["receipt"]
    with django_capture_on_commit_callbacks(execute=True):
        labels.print_after(
            "receipt", lots=[lot], site=plant.site, document="RCV-1", actor=plant.rita, key="k"
        )
    assert LabelPrint.objects.get().state == PrintState.FAILED


# The pages


def keys_of(page):
    return re.search(r'name="key" value="([0-9a-f]+)"', page.content.decode())[1]


def send(client, page, **data):
    hidden = dict(
        re.findall(r'type="hidden" name="(kind|nouns|back|document)" value="([^"]*)"', page.content.decode())
    )
    return client.post(
        "/labels/print", {**hidden, "key": keys_of(page), "size": "4x3", "copies": "1", "printer": "", **data}
    )


def test_a_label_is_seen_and_opened_as_pdf_by_the_person_who_asked(plant, browse):
    lot = plant.receive("A-1", 5, item=plant.item("X", gtin=GTIN))
    client = browse("rita")
    page = client.get(f"/lots/{lot.pk}/label/")
    assert f"(01){GTIN}" in page.content.decode()
    answer = send(client, page, quantity="2.5")
    file = client.get(answer["Location"])
    assert file["Content-Type"] == "application/pdf"
    assert codes_on(file.content) == [f"(01){GTIN}(10)A-1"]
    assert browse("sam").get(answer["Location"]).status_code == 404
    again = send(client, client.get(f"/lots/{lot.pk}/label/"))
    assert again.status_code == 422
    assert "why again?" in again.content.decode()


def test_the_lots_of_a_receipt_and_chosen_rows_are_printed_together(plant, browse):
    a = plant.receive("A-1", 5, document="RCV-7")
    b = plant.receive("B-1", 5)
    client = browse("rita")
    page = client.get("/labels/of/RCV-7")
    assert [noun.pk for noun in page.context["nouns"]] == [a.pk]
    chosen = client.post("/labels/many", {"list": "/lots/", "row": [a.pk, b.pk]})
    answer = send(client, chosen)
    assert codes_on(client.get(answer["Location"]).content) == [
        labels.label_of(a).code,
        labels.label_of(b).code,
    ]
    balances = client.get("/stock/quantities/").context["lines"]
    some = client.post(
        "/labels/many", {"list": "/stock/quantities/", "row": [line["key"] for line in balances]}
    )
    assert {noun.number for noun in some.context["nouns"]} == {"A-1", "B-1"}
    places = client.post("/labels/many", {"list": "/stock/places/", "row": [plant.store.pk]})
    assert places.context["nouns"] == [plant.store]


def test_what_one_may_not_see_has_no_label(plant, browse):
    from tests.cast import make_site

    place = Location.objects.get(site=make_site("NORTH"), code="STORE-1")
    lot = plant.receive("A-1", 5)
    client = browse("rita")
    for address in (
        f"/labels/place/{place.pk}/",
        "/labels/lot/999999/",
        "/labels/person/1/",
        "/labels/of/NOTHING-1",
    ):
        assert client.get(address).status_code == 404
    assert browse("ada").get(f"/lots/{lot.pk}/label/").status_code == 403
    data = {"kind": "place", "nouns": str(place.pk), "key": "a" * 32, "size": "4x3", "copies": "1"}
    assert client.post("/labels/print", data).status_code == 404
    assert LabelPrint.objects.count() == 0
    assert Lot.objects.count() == 1
