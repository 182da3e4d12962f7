"""Who signs types the password once more: the proof that a page hands to its service.

    {% include "signature.html" with means="I approve this plan" %}       in the form
    proof = signing.proof(request)                                         in the view

Checked on the server, kept nowhere; a wrong one counts like a failed log-in.
"""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone

from traceability.models import ProvedBy
from traceability.signing import Proof, SignatureMissing, SignatureWrong
from traceability.views import second_person
from traceability.views.keys import actor_of

FIELD = "signature_password"


def proof(request: HttpRequest) -> Proof:
    """The person of this session, who typed the password again. Raises SignatureMissing, SignatureWrong."""
    password = request.POST.get(FIELD, "")
    if not password:
        raise SignatureMissing(
            "This is not signed yet.",
            "A signature needs your password, also while you are logged in.",
            "Type it and sign.",
            fields={FIELD: "missing"},
        )
    person = actor_of(request)
    found = authenticate(request, username=person.get_username(), password=password)
    if found is None or found.pk != person.pk:
        # Said here, in our words; otherwise a bare text would replace the page after too many guesses.
        is_locked = getattr(request, "axes_locked_out", False)
        request.axes_locked_out = False  # type: ignore[attr-defined]
        raise SignatureWrong(
            "Not signed.",
            "Too many wrong passwords: wait some minutes." if is_locked else f"This is not the password of {person}.",
            "Type it again. What you entered is kept.",
            fields={FIELD: "wrong"},
        )  # fmt: skip
    return Proof(found, ProvedBy.PASSWORD, timezone.now())


def second(request: HttpRequest, *, to: str) -> Proof:
    """The second person at the same screen, with name and password. `to` finishes “A second person is needed to …”."""
    return Proof(second_person.required(request, to=to), ProvedBy.NAME_AND_PASSWORD, timezone.now())
