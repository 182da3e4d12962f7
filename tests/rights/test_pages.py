"""Every page as every role: who may, gets an answer; who may not, gets 403; another site's thing is not found; a stranger logs in first."""

import pytest

from tests.rights import table
from tests.rights.judging import check_nothing_leaks, is_log_in, judge, told_of_nothing
from tests.rights.world import FOREIGN, OF_THE_COMPANY

ROLES = [*table.PEOPLE, table.INTEGRATION, ""]
by_name = pytest.mark.parametrize("route", table.pages(), ids=lambda route: route.name)
of_a_site = pytest.mark.parametrize(
    "route",
    [
        route
        for route in table.pages()
        if route.subject and route.subject.partition(".")[0] not in OF_THE_COMPANY
    ],
    ids=lambda route: route.name,
)


@by_name
def test_a_page_answers_who_may_and_nobody_else(ask, route):
    for method in route.opens:
        for role in ROLES:
            who = f"{role or 'nobody'}: {method} {route.name}"
            answer = ask(route, method, role)
            judge(answer, route.may(method, role), who, misses=route.misses)
            check_nothing_leaks(answer, role, who)


@of_a_site
def test_what_belongs_to_another_site_is_not_found(ask, route):
    """404 for whoever may do it at their own site, in the very words of a number that nothing has; nobody else gets further."""
    for method in route.opens:
        unknown = None
        for role in ROLES:
            who = f"{role or 'nobody'} at another site: {method} {route.name}"
            answer = ask(route, method, role, FOREIGN)
            if not route.may(method, role):
                assert answer.status_code in (403, 404), f"{who} is answered {answer.status_code}"
                continue
            assert answer.status_code == 404, f"{who} is answered {answer.status_code}"
            if unknown is None:
                unknown = ask(route, method, role, unknown=True)
                assert told_of_nothing(answer) == told_of_nothing(unknown), who


@by_name
def test_a_stranger_is_sent_to_the_log_in_page(ask, route):
    for method in route.opens:
        answer = ask(route, method, None)
        if table.ANYBODY in route.opens[method]:
            assert answer.status_code < 400 or answer.status_code in (400, 422)
        else:
            assert is_log_in(answer), f"a stranger: {method} {route.name} is answered {answer.status_code}"


@pytest.mark.parametrize(
    "route", [route for route in table.pages() if "GET" not in route.opens], ids=lambda route: route.name
)
def test_what_is_only_done_is_not_done_by_looking(ask, route):
    role = next(role for role in table.PEOPLE if route.may("POST", role))
    assert ask(route, "GET", role).status_code == 405
