import time
def test_look(served, open_page):
    from traceability.config.story import load
    load()
    from recalls import services
    from recalls.models import Recall
    from traceability.models import Lot, Person
    who = Person.objects.get(username="anita")
    recall = Recall.objects.get()
    services.hold_all(recall=recall, actor=who, client="t", key="h")
    lot = Lot.objects.get(number="F-261022-1")
    pages = {"home": "/", "lot": f"/lots/{lot.pk}/", "recall": f"/recalls/{recall.pk}/", "rbal": f"/recalls/{recall.pk}/balance/", "rstock": f"/recalls/{recall.pk}/stock/", "rlog": f"/recalls/{recall.pk}/log/", "hentry": "/entries/205/"}
    for width, theme in ((1280, "light"), (1280, "dark")):
        page = open_page(width=width, theme=theme, as_="anita")
        for name, url in pages.items():
            r = page.goto(url)
            page.wait_for_timeout(300)
            page.screenshot(path=f"/tmp/shots/held-{name}-{width}-{theme}.png", full_page=True)
def test_big(committed_plant, open_page):
    from tests.pages.test_lot_page import make_serials
    from traceability.models import Tracking
    from recalls import services
    plant = committed_plant
    part = plant.receive("PART", 20000)
    run = plant.run("WO-B"); plant.issue(part, run, 5000)
    make_serials(plant, run, plant.item("ROUTER", tracking=Tracking.SERIAL, unit="ea", kind="finished"), "U", 5000)
    recall = services.open_recall(title="T", hazard="H", reason="R", starts=[part], actor=plant.rhea, client="t", key="o")
    from django.test import Client
    c = Client(); c.force_login(plant.rhea, backend="traceability.roles.RoleBackend")
    for url in (f"/recalls/{recall.pk}/", f"/recalls/{recall.pk}/stock/", f"/recalls/{recall.pk}/?format=csv", f"/lots/{part.pk}/", "/lots/", f"/lots/{part.pk}/where-used/", "/"):
        c.get(url)
        t = time.time(); r = c.get(url); print(url, r.status_code, round(time.time() - t, 2), len(getattr(r, "content", b"") or b"") // 1024, "KiB")
