"""The rights of receiving, by what they allow."""

RECEIVE = "receiving.receive"
APPROVE = "receiving.approve"  # a lead: more than was ordered, a code that means an item
MATCH = "receiving.match_invoices"  # accounts payable
TERMS = "traceability.change_masters"
ANNOUNCE = "receiving.announce"
RETURN = "receiving.return_to_supplier"
