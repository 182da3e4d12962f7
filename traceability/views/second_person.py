"""The second person at the same screen: user name and password, checked on the server and kept nowhere."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.http import HttpRequest

from traceability.ledger import Refusal, SamePerson, SecondPersonRequired
from traceability.models import Person


class SecondPersonUnknown(Refusal):
    code = "second_person_unknown"
    status = 403


def given(request: HttpRequest) -> Person | None:
    """The person whose user name and password came with the form; None if both are empty.

    Raises SecondPersonUnknown for a wrong pair (counted like a failed log-in), SamePerson for oneself.
    """
    username, password = (
        request.POST.get("second_username", "").strip(),
        request.POST.get("second_password", ""),
    )
    if not username and not password:
        return None
    if username == request.user.get_username():
        raise SamePerson(
            "The second person is somebody else.",
            "Two persons look better than one.",
            "Let a colleague type name and password.",
        )
    person = authenticate(request, username=username, password=password)
    if person is None or person.is_integration:
        # Said here, in our words; otherwise a bare text would replace the page after too many guesses.
        is_locked = getattr(request, "axes_locked_out", False)
        request.axes_locked_out = False  # type: ignore[attr-defined]
        raise SecondPersonUnknown(
            "The second person was not recognised.", "Too many wrong passwords: wait some minutes." if is_locked else "Name and password do not belong together.",
            "Let the second person type both again.", fields={"second_username": username},
        )  # fmt: skip
    return person


def required(request: HttpRequest, *, to: str) -> Person:
    """As `given`, but somebody must be there. `to` finishes “A second person is needed to …”."""
    person = given(request)
    if person is None:
        raise SecondPersonRequired(
            f"A second person is needed to {to}.",
            now="Let a colleague type name and password.",
            fields={"second_username": "missing"},
        )
    return person
