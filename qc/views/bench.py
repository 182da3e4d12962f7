"""The bench: all characteristics of one inspection on one page, judged as they are saved, and the decision below them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from qc import judging, services, slips
from qc.judging import State, Verdict
from qc.models import Characteristic, CharacteristicKind, Disposal, Inspection, Instrument, Result
from qc.services import Decision, Reading
from qc.views import words
from qc.views.queue import concerned, tell_probe
from traceability import units
from traceability.ledger import BadInput
from traceability.models import BOUNDARIES, Balance, Stage, Status
from traceability.reach import seen
from traceability.views import refusals, second_person
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

EARLIER = 3
TYPED = (CharacteristicKind.TEXT, CharacteristicKind.INFORMATION, *judging.NAMED)


@dataclass(slots=True)
class Look:
    """One characteristic on the page: its limit in words, what was read, and the empty places for what is still asked for."""

    verdict: Verdict
    limit: str
    rule: str
    readings: list[dict[str, Any]]
    blanks: list[dict[str, Any]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)
    asks_verdict: bool = False
    asks_again: bool = False
    summary: str = ""
    alert: str = ""
    chosen: str = ""
    chosen_again: str = ""
    text: str = ""
    text_again: str = ""
    why: str = ""

    @property
    def c(self) -> Characteristic:
        return self.verdict.characteristic

    @property
    def pk_text(self) -> str:
        return str(self.c.pk)

    @property
    def p_name(self) -> str:
        return f"p-{self.c.pk}"

    @property
    def rp_name(self) -> str:
        return f"rp-{self.c.pk}"

    @property
    def is_number(self) -> bool:
        return self.c.kind in judging.NUMBERS

    @property
    def is_choice(self) -> bool:
        return self.c.kind == CharacteristicKind.CHOICE

    @property
    def is_typed(self) -> bool:
        return self.c.kind in TYPED

    @property
    def is_open(self) -> bool:
        return self.c.is_mandatory and self.verdict.state == State.MISSING


@needs("qc.view", about=Inspection)
def inspection(request: HttpRequest, pk: int) -> HttpResponse:
    """The inspection as it stands. Nothing is chosen beforehand."""
    return drawn(request, pk)


def drawn(request: HttpRequest, pk: int) -> HttpResponse:
    found = found_inspection(pk)
    person: Any = request.user
    looks = _looks(found, request)
    lot = found.lot
    if lot:
        with_facts([lot])
    open_looks = [look for look in looks if look.is_open]
    is_behind = bool(lot and person.pk in services.people_behind(lot))
    may_decide = person.has_perm("qc.decide")
    typed = _typed_decision(request)
    context = {
        "inspection": found,
        "concerned": concerned(found),
        "sample": words.sample_words(found),
        "lot": lot,
        "measured": [look for look in looks if look.is_number],
        "answered": [look for look in looks if not look.is_number],
        "open_looks": open_looks,
        "out_looks": [look for look in looks if look.verdict.stands_in_the_way and not look.is_open],
        "next_open": open_looks[0].c.pk if open_looks else None,
        "may_record": found.decided_at is None and person.has_perm("qc.inspect"),
        "may_decide": may_decide,
        "is_behind": is_behind,
        "sign": _sign_words(open_looks, may_decide=may_decide, is_behind=is_behind),
        "can_sign": may_decide and not is_behind,
        "waiting": _places(found, typed) if lot else [],
        "disposals": Disposal.choices,
        "convert": _convertible(request),
        "may_sample": bool(lot) and person.has_perm("qc.sample"),
        "instruments": list(Instrument.objects.all()) if found.decided_at is None else [],
        "probe": Instrument.objects.filter(pk=request.session.get("probe") or 0).first(),
        "today": timezone.localdate(),
        "earlier": _earlier(found),
        "results_key": new_key(),
        "decision_key": new_key(),
        "sample_key": new_key(),
        "may_extend": found.stage == Stage.RETEST
        and found.decision == "released"
        and lot is not None
        and may_decide
        and not is_behind,
        "typed": typed,
    }
    return render(request, "qc/inspection.html", context)


@require_POST
@needs("qc.inspect", about=Inspection)
@refusals.shown_on(drawn)
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what was filled in. Each reading is judged now, by the server, and stays."""
    found = found_inspection(pk)
    probe = _probe(request)
    characteristics = (
        list(Characteristic.objects.filter(plan=found.plan_id).order_by("position")) if found.plan_id else []
    )
    limits = judging.limits_in(found, characteristics)
    readings = [
        reading for c in characteristics for is_retest in (False, True)
        for reading in _readings(request, c, has_limits=limits[c.pk].are_set, is_retest=is_retest, probe=probe)
    ]  # fmt: skip
    services.record_results(
        inspection=found,
        readings=readings,
        actor=actor_of(request),
        client=client_of(request),
        key=key_of(request),
    )
    return redirect("qc:inspection", pk)


@require_POST
@needs("qc.decide", about=Inspection)
@refusals.shown_on(drawn)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Release, reject, divide by place, or release by concession; by somebody who neither received nor made it."""
    found = found_inspection(pk)
    outcome, reason = request.POST.get("outcome", ""), request.POST.get("reason", "").strip()[:2000]
    if outcome not in ("released", "rejected", "divided", "concession"):
        raise BadInput(
            "What becomes of it?",
            "Nothing is chosen for you.",
            "Choose release, reject, by place, or concession.",
            fields={"outcome": "missing"},
        )
    is_concession = outcome == "concession"
    second = (
        second_person.required(request, to="agree to a concession")
        if is_concession
        else second_person.given(request)
    )
    # A deviation belongs to a concession; elsewhere a number left in the field is not taken.
    # So does its last day.
    takes_deviation = is_concession or (outcome == "divided" and second is not None)
    decided = services.decide(
        inspection=found, actor=actor_of(request), client=client_of(request), key=key_of(request), reason=reason, second_person=second,
        disposal=request.POST.get("disposal", "") if outcome in ("rejected", "divided") else "", until=_until(request) if takes_deviation else None,
        to_status="" if outcome == "divided" else "released" if is_concession else outcome,
        decisions=_divided(request, found) if outcome == "divided" else None,
        deviation=request.POST.get("deviation", "").strip()[:20] if takes_deviation else "",
    )  # fmt: skip
    if decided.decided_at:
        deviation = f"\nDeviation {decided.deviation}." if decided.deviation else ""
        messages.success(
            request,
            f"{concerned(decided)}: {decided.get_decision_display().lower()} under {decided.number}.{deviation}",
        )
    else:
        messages.success(request, f"A part is decided under {decided.number}.\nThe rest still waits.")
    return redirect("qc:inspection", pk)


def found_inspection(pk: int) -> Inspection:
    rows = Inspection.objects.select_related(
        "lot__item",
        "lot__supplier",
        "run",
        "plan",
        "opened_by",
        "decided_by",
        "entry",
        "requirement__opened_in__actor",
    )
    return get_object_or_404(rows, pk=pk)


def _waiting(found: Inspection) -> Any:
    """What is to be decided on: what waits; when it is looked at again, also what was released or rejected before."""
    undecided = [Status.QUARANTINE] if found.stage != Stage.RETEST else list(Status)
    return (
        Balance.objects.filter(lot=found.lot_id, status__in=undecided, quantity__gt=0)
        .exclude(location__kind__in=BOUNDARIES)
        .select_related("location__site", "container", "lot__item")
        .order_by("location__code", "pk")
    )


def _places(found: Inspection, typed: dict[str, str]) -> list[dict[str, Any]]:
    """Where it waits, with a field for what is released and one for what is rejected."""
    rows = []
    for balance in _waiting(found):
        fields = [
            {
                "name": f"{verb}-{balance.pk}",
                "label": verb.capitalize(),
                "value": typed.get(f"{verb}-{balance.pk}", ""),
            }
            for verb, becomes in (("release", Status.RELEASED), ("reject", Status.REJECTED))
            if becomes != balance.status
        ]
        rows.append({"balance": balance, "fields": fields})
    return rows


def _sign_words(open_looks: list[Look], *, may_decide: bool, is_behind: bool) -> str:
    if not may_decide:
        return "Sign: an inspector has to decide"
    if is_behind:
        return "Sign: somebody else has to decide"
    return f"Sign, {len(open_looks)} open" if open_looks else "Sign the decision"


def _earlier(found: Inspection) -> list[Inspection]:
    """The last decisions on the same item, from the same supplier where there is one."""
    if found.lot is None:
        return []
    rows = seen(Inspection.objects.filter(lot__item=found.lot.item_id, decided_at__isnull=False)).exclude(
        lot=found.lot_id
    )
    rows = rows.filter(lot__supplier=found.lot.supplier_id) if found.lot.supplier_id else rows
    return list(rows.select_related("lot__item").order_by("-decided_at")[:EARLIER])


# What is shown of each characteristic.


def _looks(found: Inspection, request: HttpRequest) -> list[Look]:
    by_characteristic: dict[int, list[Result]] = {}
    for result in (
        Result.objects.filter(inspection=found)
        .select_related("entered_by", "instrument")
        .order_by("reading_no")
    ):
        by_characteristic.setdefault(result.characteristic_id, []).append(result)
    return [
        _look(verdict, by_characteristic.get(verdict.characteristic.pk, []), request)
        for verdict in judging.verdicts(found)
    ]


def _look(verdict: Verdict, results: list[Result], request: HttpRequest) -> Look:
    c, limits = verdict.characteristic, verdict.limits
    look = Look(
        verdict,
        words.limit_words(limits.lower, limits.upper),
        words.rule_words(c, limits),
        [_shown(result) for result in results],
    )
    firsts = sum(not result.is_retest for result in results)
    retests = len(results) - firsts
    left = max(c.readings - firsts, 0) if not retests else 0
    look.blanks = _blanks(request, f"v-{c.pk}", left, firsts)
    look.again = _blanks(request, f"rv-{c.pk}", c.readings, 0)
    look.asks_verdict = left > 0 and (c.kind in judging.SAID or (look.is_number and not limits.are_set))
    look.asks_again = c.kind in judging.SAID or (look.is_number and not limits.are_set)
    look.chosen, look.chosen_again = request.POST.get(f"p-{c.pk}", ""), request.POST.get(f"rp-{c.pk}", "")
    look.text, look.text_again, look.why = (
        request.POST.get(f"{name}-{c.pk}", "") for name in ("t", "rt", "why")
    )
    look.summary = _summary(c, results, retests)
    if verdict.state == State.OUT:
        look.alert = _alert(verdict, results)
    return look


def _shown(result: Result) -> dict[str, Any]:
    label = "Fail" if result.is_within is False else "Retest" if result.is_retest else str(result.reading_no)
    return {
        "result": result,
        "words": words.reading_words(result),
        "label": label,
        "is_out": result.is_within is False,
    }


def _blanks(request: HttpRequest, name: str, number: int, before: int) -> list[dict[str, Any]]:
    """Empty places, filled with what was typed when a refusal draws the page again."""
    typed = request.POST.getlist(name)
    return [
        {
            "name": name,
            "id": f"{name}-{n + 1}",
            "label": before + n + 1,
            "value": typed[n] if n < len(typed) else "",
        }
        for n in range(number)
    ]


def _summary(c: Characteristic, results: list[Result], retests: int) -> str:
    parts = []
    if c.readings > 1 and not retests:
        parts.append(f"{len(results)} of {c.readings} read")
    values = [result.value for result in results if result.value is not None]
    if len(values) > 1:
        parts.append(words.spread(values))
    if retests:
        fails = sum(result.is_within is False for result in results)
        parts.append(
            f"{retests} retest{'s' if retests > 1 else ''}, {fails} fail{'' if fails == 1 else 's'} on record"
        )
    probes = dict.fromkeys(result.instrument.code for result in results if result.instrument)
    if probes:
        parts.append(f"with {', '.join(probes)}")
    return f"{'; '.join(parts)}." if parts else ""


def _alert(verdict: Verdict, results: list[Result]) -> str:
    c = verdict.characteristic
    limit = words.broken_limit(verdict.limits)
    out = [result for result in verdict.results if result.is_within is False]
    if out and out[-1].value is not None and limit:
        return f"{words.number(out[-1].value)} {c.unit}. Limit is {limit}.".replace(" .", ".")
    values = [result.value for result in verdict.results if result.value is not None]
    if values and limit:
        return f"The mean is {words.number(round(sum(values, Decimal(0)) / len(values), 3))} {c.unit}. Limit is {limit}.".replace(
            " .", "."
        )
    return f"{c.name}: fail."


# What was sent.


def _probe(request: HttpRequest) -> Instrument | None:
    """The probe named in the form, kept for the next inspection."""
    chosen = request.POST.get("instrument", "")
    probe = Instrument.objects.filter(pk=int(chosen)).first() if chosen.isdigit() else None
    if probe and request.session.get("probe") != probe.pk:
        request.session["probe"] = probe.pk
        tell_probe(request, probe)
    return probe


def _readings(
    request: HttpRequest, c: Characteristic, *, has_limits: bool, is_retest: bool, probe: Instrument | None
) -> list[Reading]:
    """The filled-in places of one characteristic; empty ones are not readings."""
    prefix = "r" if is_retest else ""
    said = {"pass": True, "fail": False}.get(request.POST.get(f"{prefix}p-{c.pk}", ""))
    common: dict[str, Any] = {
        "characteristic": c,
        "is_retest": is_retest,
        "reason": request.POST.get(f"why-{c.pk}", "").strip()[:200] if is_retest else "",
    }
    if c.kind in judging.NUMBERS:
        typed = [text.strip() for text in request.POST.getlist(f"{prefix}v-{c.pk}") if text.strip()]
        values = [units.parse_quantity(text.replace("−", "-"), field=c.name) for text in typed]
        if request.POST.get("convert") == str(c.pk):
            values = [
                (slips.converted(c, value) or value) if slips.is_slip(c, value) else value for value in values
            ]
        return [
            Reading(
                value=value,
                passed=None if has_limits else said,
                instrument=probe,
                defect=request.POST.get(f"d-{c.pk}", "")[:60],
                **common,
            )
            for value in values
        ]
    if c.kind == CharacteristicKind.PASS_FAIL:
        return (
            []
            if said is None
            else [Reading(passed=said, instrument=probe if c.needs_instrument else None, **common)]
        )
    text = request.POST.get(f"{prefix}t-{c.pk}", "").strip()[:200]
    if c.kind in judging.NAMED:
        return [Reading(passed=said, text=text, **common)] if text or said is not None else []
    return [Reading(text=text, **common)] if text else []


def _divided(request: HttpRequest, found: Inspection) -> list[Decision]:
    """By place: so much released, so much rejected; what is left undecided goes on waiting."""
    here = {str(balance.pk): balance for balance in _waiting(found)} if found.lot else {}
    decisions = []
    for name, text in request.POST.dict().items():
        verb, _, balance_pk = name.partition("-")
        if verb not in ("release", "reject") or not text.strip():
            continue
        balance = here.get(balance_pk)
        if balance is None:
            raise BadInput(
                "The lot was moved meanwhile.",
                "One of the places no longer has any of it.",
                "Look at the places below and type it again.",
                fields={name: text[:40]},
            )
        quantity = units.parse_quantity(text.strip(), field=name)
        status = Status.RELEASED if verb == "release" else Status.REJECTED
        decisions.append(
            Decision(
                quantity=quantity,
                location=balance.location,
                container=balance.container,
                to_status=status,
                from_status=balance.status,
            )
        )
    if not decisions:
        raise BadInput(
            "Nothing was decided.",
            "No quantity is filled in.",
            "Type how much of each place is released or rejected.",
            fields={"decisions": "empty"},
        )
    return decisions


def _until(request: HttpRequest) -> date | None:
    text = request.POST.get("until", "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{text[:20]} is no day.",
            now="Choose it in the calendar, or type it as 2026-11-24.",
            fields={"until": text[:20]},
        ) from None


def _convertible(request: HttpRequest) -> str:
    """The characteristic whose reading looks like the other unit; its button converts it."""
    fields = getattr(getattr(request, "refusal", None), "fields", {})
    return fields["characteristic"] if "convert" in fields else ""


@require_POST
@needs("qc.inspect", about=Inspection)
@refusals.shown_on(drawn)
def laboratory(request: HttpRequest, pk: int) -> HttpResponse:
    """A sample is on its way to a laboratory; from now on the page says since when."""
    found = services.send_to_laboratory(
        inspection=found_inspection(pk),
        laboratory=request.POST.get("laboratory", "")[:80],
        actor=actor_of(request),
    )
    messages.success(
        request, f"At {found.laboratory} since now.\nIts results come in as a file or by the API."
    )
    return redirect("qc:inspection", pk)


@require_POST
@needs("qc.sample", about=Inspection)
@refusals.shown_on(drawn)
def sample(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a quantity out of stock for good, to test or to keep. It is a movement like any other."""
    found = found_inspection(pk)
    if found.lot is None:
        raise BadInput(f"{found.number} is about no lot.", fields={"lot": "missing"})
    chosen = request.POST.get("balance", "")
    balance = next((row for row in _waiting(found) if str(row.pk) == chosen), None)
    if balance is None:
        raise BadInput("From where?", now="Choose the place.", fields={"balance": "missing"})
    quantity = units.parse_quantity(request.POST.get("sample_quantity", "").strip(), field="sample_quantity")
    services.take_sample(
        lot=found.lot, quantity=quantity, location=balance.location, status=balance.status, inspection=found,
        purpose=request.POST.get("purpose", "").strip()[:120] or "QC sample", actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request, f"{words.number(quantity)} {found.lot.item.unit} taken as a sample.\nIt has left the stock."
    )
    return redirect("qc:inspection", pk)


def _typed_decision(request: HttpRequest) -> dict[str, str]:
    """What was typed into the decision, for the page after a refusal. Never a password."""
    kept = {
        name: request.POST.get(name, "") for name in ("outcome", "reason", "deviation", "disposal", "until")
    }
    return kept | {
        name: value for name, value in request.POST.dict().items() if name.startswith(("release-", "reject-"))
    }
