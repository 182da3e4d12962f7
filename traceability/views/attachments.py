"""Files of a lot, an item, a paper: the panel that any page may show, attaching, the file itself, and taking it off the list."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from traceability import attachments, media, subjects, uploads
from traceability.ledger import BadInput, Refusal
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Attachment, AttachmentKind, Person
from traceability.subjects import Subject
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import ANY_ROLE, needs

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
ATTACH = ("traceability.attach", "traceability.change_masters")


def panel(person: Person, subject: Subject) -> dict[str, Any]:
    """What templates/attachments/panel.html needs. Two queries, whatever the number of files."""
    also = subject.kind.files_of(subject.key) if subject.kind.files_of else ()
    rows = Attachment.objects.about_any([(subject.kind.name, subject.key), *also]).select_related(
        "added_by", "removed_by"
    )
    needed = subject.kind.files_right
    if needed and not person.has_perm(needed):
        rows = rows.filter(added_by=person)
    sees_removed = _sees_removed(person)
    files = list(rows)
    return {
        "subject": subject,
        "files": [file for file in files if file.removed_at is None],
        "removed": [file for file in files if file.removed_at is not None],
        "sees_removed": sees_removed,
        "may_attach": any(person.has_perm(right) for right in subject.kind.attach_rights),
        "may_remove_all": person.has_perm("traceability.remove_attachment"),
        "person": person,
        "kinds": AttachmentKind.choices,
        "key": new_key(),
        "megabytes": media.BYTES // 1024**2,
    }


@needs(*ATTACH)
def attach(request: HttpRequest) -> HttpResponse:
    """A page of its own for what the panel does: it works without script, and on a phone."""
    subject = _subject(request)
    if request.method == "POST":
        return _attach(request, subject)
    return _page(request, subject)


def _attach(request: HttpRequest, subject: Subject) -> HttpResponse:
    """Each file for itself: the good ones are kept, each refused one is named. Nothing added: the form, with what was said."""
    refused: list[Refusal] = [
        media.FileTooLarge(attachments.harmless(name)) for name in uploads.too_large(request)
    ]
    added: list[Attachment] = []
    try:
        key = key_of(request)
        files = [file for file in request.FILES.getlist("file") if file.name]
        if not files and not refused:
            raise BadInput(
                "No file was chosen.",
                now="Choose one or several, or take a photo.",
                fields={"file": "missing"},
            )
        for number, file in enumerate(files):
            try:
                added.append(
                    attachments.attach(
                        subject=subject, file=file, name=str(file.name), kind=request.POST.get("kind", ""), note=request.POST.get("note", ""),
                        actor=actor_of(request), client=client_of(request), key=f"{key}/{number}",
                    )
                )  # fmt: skip
            except media.FileRefused as not_taken:
                refused.append(not_taken)
    except Refusal as other:
        refused.append(other)
    for refusal in refused:
        refusals.record(request, refusal)
    if getattr(request, "htmx", False):
        context = panel(actor_of(request), subject) | {"refused": refused, "added": added}
        return render(request, "attachments/panel.html", context)
    if not added:
        request.refusal = refused[0]  # type: ignore[attr-defined]
        return _page(request, subject, status=refused[0].status, others=refused[1:])
    names = ", ".join(file.name for file in added)
    messages.success(request, f"Attached to {subject.label}: {names}.")
    for refusal in refused:
        messages.error(request, f"{refusal.what}\n{refusal.why} {refusal.now}")
    return HttpResponseRedirect(f"{_next(request, subject)}#files")


def _page(
    request: HttpRequest, subject: Subject, *, status: int = 200, others: list[Refusal] | None = None
) -> HttpResponse:
    context = panel(actor_of(request), subject) | {"others": others or [], "next": _next(request, subject)}
    return render(request, "attachments/page.html", context, status=status)


@needs(ANY_ROLE)
@require_GET
def attachment_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file, always as a download. The right and the site are asked again; a stranger's and a missing one are the same."""
    attachment = _attachment(request, pk)
    response = HttpResponse(attachments.read(attachment), content_type=attachment.media_type)
    return sealed(response, attachment.name)


@needs(ANY_ROLE)
@require_GET
def attachment_picture(request: HttpRequest, pk: int, *, small: bool = False) -> HttpResponse:
    """A small picture of a picture, drawn by us: the only thing of a file that a page shows in itself."""
    attachment = _attachment(request, pk)
    content = attachments.read_picture(attachment, small=small)
    if content is None:
        raise Http404
    response = sealed(HttpResponse(content, content_type="image/jpeg"), "")
    response["Cache-Control"] = "private, max-age=3600"
    return response


@needs(ANY_ROLE)
@require_GET
def attachment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: what it is, who brought it, its hash."""
    attachment = _attachment(request, pk)
    person = actor_of(request)
    context = {
        "file": attachment,
        "subject": subjects.find(attachment.subject_kind, attachment.subject, person=person),
        "may_remove": attachment.removed_at is None and _may_remove(person, attachment),
    }
    return render(request, "attachments/file.html", context)


def _removal_page(request: HttpRequest, pk: int) -> HttpResponse:
    attachment = _attachment(request, pk)
    if not _may_remove(actor_of(request), attachment):
        raise PermissionDenied("A file is removed by whoever attached it, or by quality control.")
    subject = subjects.find(attachment.subject_kind, attachment.subject, person=actor_of(request))
    return render(request, "attachments/remove.html", {"file": attachment, "subject": subject})


@needs(ANY_ROLE)
@refusals.shown_on(_removal_page)
def attachment_remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Mark a file as removed, with the reason. It stays on the disk and in the list of removed ones."""
    if request.method != "POST":
        return _removal_page(request, pk)
    attachment = _attachment(request, pk)
    subject = subjects.find(attachment.subject_kind, attachment.subject, person=actor_of(request))
    assert subject is not None
    attachments.remove(attachment=attachment, reason=request.POST.get("reason", ""), actor=actor_of(request))
    messages.success(
        request, f"{attachment.name} was removed from {subject.label}.\nIt is kept, with the reason."
    )
    return HttpResponseRedirect(f"{subject.url}#files")


class AttachmentFilter(ListFilter):
    q = django_filters.CharFilter(label="File, note or number", method="by_text")
    about = django_filters.ChoiceFilter(
        label="About",
        field_name="subject_kind",
        choices=lambda: [(k.name, k.title) for k in subjects.kinds()],
        empty_label="Any",
    )
    kind = django_filters.ChoiceFilter(label="Kind", choices=AttachmentKind.choices, empty_label="Any")
    removed = django_filters.ChoiceFilter(
        label="State",
        method="by_state",
        choices=[("no", "On the list"), ("yes", "Removed")],
        empty_label="Any",
    )
    since = django_filters.DateFilter(
        label="Attached from", field_name="added_at", lookup_expr="date__gte", widget=DateInput
    )
    until = django_filters.DateFilter(label="to", field_name="added_at", lookup_expr="date__lte", widget=DateInput)  # fmt: skip

    def by_text(self, rows: QuerySet[Attachment], name: str, value: str) -> QuerySet[Attachment]:
        return rows.filter(Q(name__icontains=value) | Q(note__icontains=value) | Q(subject__iexact=value))

    def by_state(self, rows: QuerySet[Attachment], name: str, value: str) -> QuerySet[Attachment]:
        return rows.filter(removed_at__isnull=value == "no")


class AttachmentList(RecordList):
    """Every file that the person may see, whatever it is about."""

    right = ("traceability.view_ledger", "traceability.view_masters")
    title = "Files"
    note = "Certificates, photos and papers, of everything you may see. Nothing is ever deleted."
    file_name = "files"
    filterset_class = AttachmentFilter
    default_sort = "-added_at"
    one, many = "file", "files"
    empty_title = "No file yet."
    empty_now = "Attach one on the page of a receipt, a lot or an item."
    columns = [
        Column("File", lambda a: a.name, sort="name", link=lambda a: reverse("traceability:attachment", args=[a.pk])),
        Column("Kind", lambda a: a.get_kind_display(), sort="kind"),
        Column("About", lambda a: about(a), link=lambda a: reverse("traceability:subject", args=[a.subject_kind, a.subject])),
        Column("Note", lambda a: a.note, wide_only=True),
        Column("Size, kB", lambda a: max(1, a.size // 1000), "number", sort="size", wide_only=True),
        Column("Attached", lambda a: a.added_at, "when", sort="added_at"),
        Column("By", lambda a: str(a.added_by), wide_only=True),
        Column("Removed because", lambda a: a.removed_because, wide_only=True),
        Column("SHA-256", lambda a: a.sha256, "code", export_only=True),
    ]  # fmt: skip

    def get_base_queryset(self) -> QuerySet[Attachment]:
        return seen_by(actor_of(self.request)).select_related("added_by")


def seen_by(person: Person) -> QuerySet[Attachment]:
    """The rows of every file that `attachments.may_see` would allow, as one query."""
    own = Q(subject_kind__in=subjects.files_seen_by(person)) | Q(added_by=person)
    rows = subjects.rows_seen(Attachment.objects.filter(own), person)
    return rows if _sees_removed(person) else rows.filter(removed_at__isnull=True)


def about(attachment: Attachment) -> str:
    kind = subjects.kind_named(attachment.subject_kind)
    title = kind.title if kind else attachment.subject_kind
    return f"{title} {attachment.subject}" if kind and kind.key == "number" else title


@needs(ANY_ROLE)
def subject(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """From a stored reference to the page it names."""
    found = subjects.find(kind, key, person=actor_of(request))
    if found is None:
        raise Http404
    return HttpResponseRedirect(found.url)


def _subject(request: HttpRequest) -> Subject:
    given = request.POST if request.method == "POST" else request.GET
    found = subjects.find(
        given.get("about", "")[:24], given.get("subject", "")[:40], person=actor_of(request)
    )
    if found is None:
        raise Http404
    return found


def _attachment(request: HttpRequest, pk: int) -> Attachment:
    attachment = get_object_or_404(Attachment.objects.select_related("added_by", "removed_by"), pk=pk)
    if not attachments.may_see(actor_of(request), attachment):
        raise Http404
    return attachment


def _may_remove(person: Person, attachment: Attachment) -> bool:
    return attachment.added_by_id == person.pk or person.has_perm("traceability.remove_attachment")


def _sees_removed(person: Person) -> bool:
    return person.has_perm("traceability.remove_attachment") or person.has_perm("traceability.view_security")


def _next(request: HttpRequest, subject: Subject) -> str:
    wanted = (request.POST if request.method == "POST" else request.GET).get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted.partition("#")[0] if is_ours and wanted.startswith("/") else subject.url


def sealed(response: HttpResponse, name: str) -> HttpResponse:
    """A file from outside: a download under its name, never run. Without a name it is shown in the page: only what we drew."""
    response["Content-Disposition"] = (
        (content_disposition_header(True, name) or "attachment") if name else "inline"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
