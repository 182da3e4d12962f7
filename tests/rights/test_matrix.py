"""The matrix itself: it has every row of the table and every route of the project, and roles.py does what it says."""

import pytest

from tests.rights import known, table
from traceability.config import paths
from traceability.roles import GRANTS, INTEGRATION, LABELS, RIGHTS, SCOPES


def test_the_table_has_its_32_rows():
    assert sorted({action.row for action in table.actions().values()}) == list(range(1, 33))


@pytest.mark.parametrize("action", table.actions().values(), ids=lambda action: action.name)
def test_roles_give_each_right_to_exactly_those_who_may(action):
    for right in action.rights:
        assert set(table.roles_with(right)) == action.may, (
            f"{right} (row {action.row}, {action.says}): roles.py and tests/rights/actions.yaml differ. Change one of them."
        )


@pytest.mark.parametrize("action", table.actions().values(), ids=lambda action: action.name)
def test_scopes_give_each_right_to_exactly_those_programs_that_may(action):
    for right in action.rights:
        assert {scope for scope, rights in SCOPES.items() if right in rights} == action.scope, (
            f"{right} (row {action.row}): the scopes of roles.py and of tests/rights/actions.yaml differ. Change one of them."
        )


def test_each_right_stands_in_one_row():
    named = [right for action in table.actions().values() for right in action.rights]
    assert sorted(named) == sorted(set(named))
    assert set(named) == set(RIGHTS), (
        f"Rights of roles.py without a row in tests/rights/actions.yaml, or the other way round: {sorted(set(named) ^ set(RIGHTS))}."
    )


def test_what_needs_a_second_person_names_a_right_that_somebody_has():
    for action in table.actions().values():
        assert not action.second or list(table.roles_with(action.second)), action.name


def test_a_decision_of_people_has_no_scope():
    """An integration never passes, fails, lifts, approves or closes (reliability H5)."""
    assert [action.name for action in table.actions().values() if action.people and action.scope] == []
    assert GRANTS[INTEGRATION] == frozenset()


def test_every_role_has_a_name_and_its_rights():
    assert set(GRANTS) == set(LABELS)


def test_the_page_for_people_says_the_same(pytestconfig):
    page = paths.ROOT / "docs" / "rights.md"
    if pytestconfig.getoption("--write-rights"):
        page.write_text(table.as_page())
    assert page.read_text() == table.as_page(), (
        "docs/rights.md is older than tests/rights/actions.yaml. Make it anew: python3 manage.py test tests/rights/test_matrix.py --write-rights"
    )


ADD = (
    "Add a line like these to a file in tests/rights/routes/ (make your own), and look at it twice: each method names the row of "
    "tests/rights/actions.yaml that it belongs to, `at` says what stands in the address (tests/rights/world.py makes it):"
)


def test_every_page_has_a_row():
    missing = sorted(set(known.pages()) - {route.name for route in table.pages()})
    lines = "\n".join(known.line_for_page(name) for name in missing)
    assert not missing, f"{len(missing)} pages without a row. {ADD}\n\n{lines}\n"
    gone = sorted({route.name for route in table.pages()} - set(known.pages()))
    assert not gone, (
        f"There is no page {', '.join(gone)} any more. Take its line out of tests/rights/routes/."
    )


def test_every_address_of_the_api_has_a_row_for_each_method():
    there = known.addresses()
    named: dict[str, set[str]] = {route.name: set(route.opens) for route in table.addresses()}
    missing = {
        path: left for path, methods in sorted(there.items()) if (left := methods - named.get(path, set()))
    }
    lines = "\n".join(known.line_for_address(path, methods) for path, methods in missing.items())
    assert not missing, f"{len(missing)} addresses of the API without a row. {ADD}\n\n{lines}\n"
    gone = [
        f"{method} {path}"
        for path, methods in sorted(named.items())
        for method in methods - there.get(path, set())
    ]
    assert not gone, f"The API has no {', '.join(gone)} any more. Take it out of tests/rights/routes/."


def test_what_stands_in_an_address_is_known_to_the_world(world):
    named = {
        str(what).partition(".")[0]
        for route in table.routes().values()
        for what in [*route.at.values(), *route.sends.values()]
        if table.is_subject(what)
    }
    missing = sorted(named - set(world.things["own"]))
    assert not missing, (
        f"tests/rights/world.py does not know {', '.join(missing)}. Make one at each site, at the end of _stage()."
    )
