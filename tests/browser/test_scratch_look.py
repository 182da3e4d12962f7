import json, time
def test_look(served, open_page):
    from traceability.config.story import load
    t = time.time()
    accounts = load()["accounts"]
    print("story", time.time() - t, accounts)
    from traceability.models import Person, Lot
    from recalls.models import Recall
    who = Person.objects.filter(roles__contains=["quality_manager"]).order_by("pk").first().username
    print(who, list(Recall.objects.values_list("pk", "number", "is_mock")), Lot.objects.count())
    lot = Lot.objects.get(number="F-261022-1") if Lot.objects.filter(number="F-261022-1").exists() else Lot.objects.filter(item__kind="finished", number__startswith="F-").order_by("number").first()
    spice = Lot.objects.filter(supplier_lot="CS-26-2874").first()
    print(lot, spice)
    recall = Recall.objects.order_by("is_mock").first()
    pages = {"home": "/", "lots": "/lots/", "lot": f"/lots/{lot.pk}/", "spice": f"/lots/{spice.pk}/", "entries": "/entries/", "entry": "/entries/20/", "items": "/items/", "item": f"/items/{lot.item_id}/",
      "where": f"/lots/{spice.pk}/where-used/", "parties": "/parties/", "locations": "/locations/", "recalls": "/recalls/", "open": "/recalls/open/?start=CS+26+2874", "search": "/search?q=F-2610"}
    if recall:
        pages |= {"recall": f"/recalls/{recall.pk}/", "rcust": f"/recalls/{recall.pk}/customers/", "rstock": f"/recalls/{recall.pk}/stock/", "rbal": f"/recalls/{recall.pk}/balance/", "rlog": f"/recalls/{recall.pk}/log/", "hold": f"/recalls/{recall.pk}/hold/"}
    for width, theme in ((1280, "light"), (1280, "dark"), (375, "light")):
        page = open_page(width=width, theme=theme, as_=who)
        for name, url in pages.items():
            if theme == "dark" and name not in ("home", "lot", "recall", "open"): continue
            t = time.time()
            r = page.goto(url)
            print(name, r.status, round(time.time() - t, 2))
            page.screenshot(path=f"/tmp/shots/{name}-{width}-{theme}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width: print("  WIDE", name, wide)
