"""The roll-up: at most 40 nodes for any number of lots, each hidden thing counted, the same drawing each time."""

from decimal import Decimal

from tests.graphs import graph
from traceability.flow import Link, Piece, draw, flow_from, flow_of, flow_used

D = Decimal


def piece(number, *, item="A", chip="here", is_start=False):
    return Piece(
        lot_id=number, lot=f"L-{number}", item=item, name=f"Item {item}", unit="lb", came=D(10), here=D(4), used=D(6), out=D(0), back=D(0),
        chip=chip, is_start=is_start, is_rework=False, is_received=is_start,
    )  # fmt: skip


def step(run, origin, *destinations):
    return [
        Link(run_id=run, lot_id=origin, role="input", quantity=D(5)),
        *(Link(run_id=run, lot_id=one, role="output", quantity=D(9)) for one in destinations),
    ]


def test_each_level_item_and_condition_is_one_node_with_its_sums(plant):
    """S1 ──▶ B1 ──▶ P1, P2 ──▶ two customers"""
    lots = graph(plant, "S1 -> B1; B1 -> P1, P2")
    plant.ship(lots["P1"], 12, document="SH-1")
    plant.ship(lots["P2"], 5, document="SH-2", party=plant.other_customer)
    flow = flow_used([lots["S1"].pk])
    assert [(n.level, n.title, n.lots, n.came, n.here) for n in flow.lots] == [
        (0, "Spice", 1, 100, 90),
        (1, "Blend", 1, 50, 40),
        (2, "Pie", 2, 100, 83),
    ]
    assert {(n.title, tuple(n.amounts.items())) for n in flow.nodes if n.sort == "party"} == {
        ("Coastal Grocers", (("cs", D(12)),)),
        ("Magnolia Foodservice", (("cs", D(5)),)),
    }
    assert flow.levels == ["Start", "Level 1", "Level 2", "2 customers"]
    assert sorted(e.quantity for e in flow.edges) == [5, 10, 10, 12]
    assert [n.title for n in flow_from([lots["P1"].pk]).lots] == ["Spice", "Blend", "Pie"]


def test_ten_thousand_lots_are_drawn_as_a_few_nodes():
    pieces = [piece(0, is_start=True), *(piece(n, item=f"I{n % 300}") for n in range(1, 10_001))]
    flow = flow_of(pieces, step(1, 0, *range(1, 10_001)))
    assert len(flow.nodes) <= 40
    assert sum(node.lots for node in flow.nodes) == 10_001
    (more,) = (node for node in flow.nodes if node.sort == "more")
    assert flow.hidden == more.lots == more.hidden
    drawn = draw(flow)
    assert draw(flow_of(pieces, step(1, 0, *range(1, 10_001)))).paths == drawn.paths


def test_sixty_hops_and_a_circle_end_and_are_whole():
    """0 ──▶ 1 ──▶ … ──▶ 60, and 60 ──▶ 58"""
    pieces = [piece(n, item=f"I{n}", is_start=n == 0) for n in range(61)]
    links = [link for n in range(60) for link in step(n, n, n + 1)] + step(99, 60, 58)
    flow = flow_of(pieces, links)
    assert len(flow.nodes) <= 40
    assert sum(node.lots for node in flow.nodes) == 61
    assert flow.levels[0] == "Start"
    assert flow.levels[-1].startswith("Levels")


def test_every_box_is_inside_the_drawing_and_no_two_overlap(plant):
    lots = graph(plant, "S1 -> B1; S1 -> B2; B1, B2 -> P1; B1 -> RW1; RW1, B2 -> P2")
    drawn = draw(flow_used([lots["S1"].pk]))
    for box in drawn.boxes:
        assert box.y >= 0
        assert box.y + box.height <= drawn.height
        assert box.right <= drawn.width
    for one in drawn.boxes:
        for other in drawn.boxes:
            if one is not other and one.x == other.x:
                assert one.y + one.height <= other.y or other.y + other.height <= one.y
