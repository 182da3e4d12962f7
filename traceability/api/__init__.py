"""REST API v1: reads, and verbs that call the same services as the pages. Nothing here writes by itself.

How an app gives its nouns an API: `app/api/` with `shapes.py` (how nouns are written), `bodies.py` (what verbs take), `views.py`
or one file per noun, and `urls.py` with `urlpatterns` and `resources` (what the root lists). Then:

    manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

**A read** is a `Reads`: list and detail with strict filters, `fields`, `omit`, `ordering` from a list, pages, ETag.

    class DeliveryViewSet(Reads):
        "Deliveries, the latest first."                       # its description in OpenAPI and on /help/api/

        required_right = "receiving.view"
        queryset = Delivery.objects.select_related("supplier").order_by("-received_at", "-pk")
        serializer_class = DeliverySerializer
        filterset_class = DeliveryFilter                      # parameters.py has the filters: TextFilter, CodeFilter, YesNoFilter …
        orderings = {"number": ["number"], "received_at": ["received_at"]}
        lookup_field, lookup_value_regex = "number", PAPER    # papers by the number on them, everything else by id

**A verb** is a `Verb`: POST with a strict body (bodies.py: Amount, Code, Words, Day, Moment, YesNo, Whole; nouns.py: Ref), an
Idempotency-Key, a dry run, one transaction, refusals as problems. It returns what its service returned; `answer` draws it.

    class Receive(Verb):
        "Receive several lots of one delivery."

        operation_id = "deliveries_receive"
        required_right = {"POST": "receiving.receive"}
        body = ReceiveBody
        answer = Posted                                       # an entry; `made(DeliverySerializer)` for a noun

        def act(self, call: Call, number: str) -> Entry:
            delivery = by_number(Delivery.objects.all(), number)
            items = found(Item.objects.all(), [row["item"] for row in call.body["lines"]], what="item")
            return services.receive(delivery=delivery, …, **call.who)

`most_rows = 500` on a verb takes a list of bodies too, all or none, every refused row named (bulk.py).

**A new noun** is a `Verb` too, named by the list that takes it (`Makes.new`). **A change** of a master or draft is an `Edits` (or
`Drafts` with DELETE): PATCH with If-Match. Both are in editing.py.

**Who**: `required_right` names a right of `traceability.roles`; a view that names none is closed. Integrations get their rights
from the scopes of their token. Customers are left out for readers without `traceability.view_customers` (briefs.PartyBrief).

**Errors** are RFC 9457 problems with the codes that the pages show (problems.py). Raise a `ledger.Refusal` in the service, or
`BadRequest` for what is wrong with the request itself. **An address that will go** carries a `Deprecation` half a year before.
"""
