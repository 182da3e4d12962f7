import time
from decimal import Decimal
from recalls.scope import scope_of
from traceability import inquiries, ledger
from traceability.genealogy import Reading
from traceability.ledger import Move
from traceability.models import Lot
from tests.graphs import graph

def test_scale(committed_plant):
    plant=committed_plant
    lots=graph(plant,"S1 -> B1")
    pie=plant.item("PIE",unit="cs",kind="finished")
    made=[]
    for n in range(20):
        run=plant.run(f"WO-{n+10}")
        plant.issue(lots["B1"],run,1)
        new=[Lot(item=pie,number=f"P{n:02}-{k:04}") for k in range(500)]
        plant.post("output",*[Move(lot=l,quantity=Decimal(5),origin=plant.place("production"),destination=plant.store,destination_status="released",run=run) for l in new],actor=plant.paul,document=run.document)
        made+=new
        plant.post("shipment",*[Move(lot=l,quantity=Decimal(2),origin=plant.store,destination=plant.place("customer")) for l in new],actor=plant.sam,document=f"SH-{n}",party=plant.customer)
    from django.db import connection
    with connection.cursor() as c: c.execute("SELECT 1")
    ids=[l.pk for l in made]
    for f in (inquiries.mass_balance,inquiries.on_hand_by_place,inquiries.shipped_to,inquiries.in_process,inquiries.made_on,inquiries.facts_of):
        for as_of in (None, ledger.head().seq):
            t=time.time(); f(ids,as_of); print(f.__name__,as_of,round(time.time()-t,3))
    for r,seq in ((Reading(),None),(Reading(),30),(Reading(time_aware=True),None)):
        t=time.time(); s=scope_of([lots["S1"]],r,seq); print("scope",len(s.lots),round(time.time()-t,3))
        t=time.time(); s.sha256; print("text",len(s.text),round(time.time()-t,3))
        t=time.time(); from recalls.scope import Scope; b=Scope.from_content(s.content); print("decode",round(time.time()-t,3))
