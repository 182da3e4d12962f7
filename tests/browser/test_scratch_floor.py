from decimal import Decimal
from datetime import date
def test_look(committed_plant, served, open_page):
    from axe_playwright_python.sync_playwright import Axe
    from django.utils import timezone
    from receiving import services
    from qc.models import Plan, Characteristic, Inspection, Instrument
    from qc import services as qs
    from traceability.models import Requirement, Balance
    plant = committed_plant
    panko = plant.item("PANKO", default_location=plant.store, inspected_at=["receiving"])
    pre = plant.item("PREDUST", default_location=plant.store, needs_expiry=True)
    o = services.order(number="PO-5130", supplier=plant.supplier, lines=[services.OrderedItem(item=panko, quantity=Decimal(4000)), services.OrderedItem(item=pre, quantity=Decimal(1000))], actor=plant.rita, client="t", key="o", expected_on=date(2026, 11, 22))
    r = services.receive_delivery(lines=[services.ReceivedLot(item=panko, quantity=Decimal(1000), supplier_lot="DM-P-7719", expires_on=date(2027, 4, 15))], order=o, actor=plant.rita, client="t", key="r")
    plan = Plan.objects.create(code="QP-001", revision=4, name="Dock receipt", stage="receiving", status="approved", approved_by=plant.rhea, approved_at=timezone.now())
    plan.items.add(panko)
    for n, (name, kind, rest) in enumerate([("Flesh temperature", "measurement", {"unit": "°C", "upper": Decimal("4.4"), "readings": 6}), ("Sulfite residual", "measurement", {"unit": "ppm", "upper": Decimal(100), "label_above": Decimal(10), "label_text": "contains sulfites"}), ("Salt", "measurement", {"unit": "%"}), ("No decomposition odour", "pass_fail", {}), ("Trip ticket legible", "pass_fail", {}), ("Count per lb", "information", {"is_mandatory": False})], 1):
        Characteristic.objects.create(plan=plan, position=n, name=name, kind=kind, **rest)
    Instrument.objects.create(code="TH-07", name="Probe", calibrated_until=date(2027, 1, 14))
    lot = r.lines.get().lot
    ins = qs.open_inspection(requirement=Requirement.objects.get(lot=lot), actor=plant.quinn, client="t", key="i")
    c = plan.characteristics.first()
    plant.hold(lot, reason="Torn bags", reference="NC-7")
    wide = []
    def shot(page, name, width):
        page.screenshot(path=f"/tmp/floor/{name}-{width}.png", full_page=True)
        w = page.evaluate("document.documentElement.scrollWidth")
        if w > width: wide.append((name, width, w))
        res = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        for v in res.response["violations"]:
            print(name, width, v["id"], v["help"], [n["html"][:150] for n in v["nodes"]][:4])
        small = page.evaluate("""() => [...document.querySelectorAll('.floor button, .floor .input, .floor a.button, .verdict label')].filter(e => e.offsetParent && e.getBoundingClientRect().height < 47.5).map(e => e.outerHTML.slice(0, 90))""")
        if small: print(name, width, "SMALL", small)
    for width in (1280, 375):
        rita = open_page(width=width, as_="rita")
        def add(slot, q, again=False):
            rita.fill("#id_supplier_lot", slot); rita.fill("#id_quantity", q); rita.select_option("#id_line", str(o.lines.first().pk))
            rita.click("text=Add this lot")
        rita.goto(f"/receiving/orders/{o.pk}/receive/")
        print("focus", rita.evaluate("document.activeElement.id"))
        add("DM-P-7720", "1000"); add("DM-P-7721", "1000"); add("DM-P-7719", "1000")
        shot(rita, "receive", width)
        rita.fill("#code", "DM-P-7719"); rita.keyboard.press("Enter"); rita.wait_for_load_state()
        add("DM-P-7722", "1300"); shot(rita, "receive-over", width)
        for name, url in {"expected": "/receiving/", "order": f"/receiving/orders/{o.pk}/", "receipt": f"/receiving/receipts/{r.pk}/", "return": f"/receiving/lines/{r.lines.get().pk}/return/", "correct": f"/receiving/lines/{r.lines.get().pk}/correct/"}.items():
            rita.goto(url); shot(rita, name, width)
        quinn = open_page(width=width, as_="quinn")
        quinn.goto(f"/qc/inspections/{ins.pk}/")
        if width == 1280:
            f = quinn.locator(f"[name=v-{c.pk}]")
            f.nth(0).fill("3.1"); f.nth(0).press("Enter"); print("next", quinn.evaluate("document.activeElement.id"))
            f.nth(1).fill("3.4"); f.nth(2).fill("6.1"); quinn.locator(".verdict-pass").nth(1).click(); quinn.click("text=Save and judge >> nth=0"); quinn.wait_for_load_state()
            print("after", quinn.evaluate("document.activeElement.id"))
        shot(quinn, "inspection", width)
        for name, url in {"queue": "/qc/", "inspections": "/qc/inspections/", "plan": f"/qc/plans/{plan.pk}/", "panel": f"/qc/lots/{lot.pk}/", "lot": f"/lots/{lot.pk}/", "hold": f"/lots/{lot.pk}/hold/", "lift": f"/lots/{lot.pk}/lift/"}.items():
            quinn.goto(url); quinn.wait_for_load_state("networkidle"); shot(quinn, name, width)
        for p in (rita, quinn): p.watch.errors.clear()
    print("WIDE", wide)
