"""Every address of the API as every role, by session and by token, at one's own and at another site."""

import pytest

from tests.rights import table
from tests.rights.judging import check_nothing_leaks, judge, told_of_nothing
from tests.rights.world import FOREIGN, OF_THE_COMPANY

ROLES = [*table.PEOPLE, table.INTEGRATION, ""]
by_name = pytest.mark.parametrize("route", table.addresses(), ids=lambda route: route.name)
of_a_site = pytest.mark.parametrize(
    "route",
    [
        route
        for route in table.addresses()
        if route.subject and route.subject.partition(".")[0] not in OF_THE_COMPANY
    ],
    ids=lambda route: route.name,
)


def check(answer, may, role, who, *, misses=False):
    judge(answer, may, who, misses=misses)
    if not may:
        assert answer["Content-Type"] == "application/problem+json"
    check_nothing_leaks(answer, role, who)


@by_name
def test_a_session_opens_what_its_role_may(ask, route):
    for method in route.opens:
        for role in ROLES:
            check(
                ask(route, method, role),
                route.may(method, role),
                role,
                f"{role or 'nobody'}: {method} {route.name}",
                misses=route.misses,
            )


@by_name
def test_a_token_opens_what_its_scope_and_its_role_may(ask, world, route):
    for method in route.opens:
        for scopes in world.scopes:
            answer = ask(route, method, table.INTEGRATION, token=world.token(table.INTEGRATION, scopes))
            judge(
                answer,
                route.may_token(method, table.INTEGRATION, scopes),
                f"a program with {sorted(scopes)}: {method} {route.name}",
                misses=route.misses,
            )
        for role in table.PEOPLE:
            answer = ask(route, method, role, token=world.token(role, world.scopes[-1]))
            may = route.may_token(method, role, world.scopes[-1])
            check(answer, may, role, f"the token of {role}: {method} {route.name}", misses=route.misses)


@of_a_site
def test_what_belongs_to_another_site_is_not_found(ask, world, route):
    """By session and by token: the answer of a number that nothing has, word for word."""
    for method in route.opens:
        for role in ROLES:
            ways = {"session": ("", route.may(method, role))}
            if role:
                scopes = world.scopes[-1]
                ways["token"] = (world.token(role, scopes), route.may_token(method, role, scopes))
            for way, (token, may) in ways.items():
                answer = ask(route, method, role, FOREIGN, token=token)
                who = f"{role or 'nobody'} by {way} at another site: {method} {route.name}"
                assert answer.status_code == 404 if may else answer.status_code in (403, 404), (
                    f"{who} is answered {answer.status_code}"
                )
                if may:
                    unknown = ask(route, method, role, unknown=True, token=token)
                    assert told_of_nothing(answer) == told_of_nothing(unknown), who


@pytest.mark.parametrize(
    "route", [route for route in table.routes().values() if route.whole], ids=lambda route: route.name
)
def test_what_cannot_be_cut_is_for_those_who_see_every_site(ask, route):
    for method in route.opens:
        for role in table.PEOPLE:
            may = route.may_everywhere(method, role)
            judge(
                ask(route, method, role, everywhere=True), may, f"{role} of every site: {method} {route.name}"
            )


@by_name
def test_a_stranger_hears_401(ask, route):
    for method in table.METHODS:
        answer = ask(route, method, None)
        assert answer.status_code == 401, (
            f"a stranger: {method} {route.name} is answered {answer.status_code}"
        )
        assert answer["WWW-Authenticate"].startswith("Bearer")


@by_name
def test_other_methods_are_405(ask, route):
    role = next(
        (role for role in table.PEOPLE if any(route.may(method, role) for method in route.opens)), "auditor"
    )
    for method in set(table.METHODS) - set(route.opens):
        assert ask(route, method, role).status_code == 405, f"{method} {route.name}"
