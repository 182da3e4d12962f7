"""Long work is a row here. The broker only wakes a worker; what is asked, how far it is and what came out stands in PostgreSQL."""

from django.db import models
from django.db.models import Q


class JobState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class JobQuerySet(models.QuerySet["Job"]):
    def open(self) -> "JobQuerySet":
        return self.filter(state__in=[JobState.WAITING, JobState.RUNNING])


class Job(models.Model):
    """One piece of long work, asked for by a person. Its file is theirs, kept 30 days, and told by its SHA-256."""

    State = JobState

    kind = models.CharField(
        max_length=60, help_text="app.verb: the function of that name in the app's jobs module."
    )
    title = models.CharField(max_length=160)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=JobState.choices, default=JobState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    unit = models.CharField(max_length=40, blank=True, help_text="What done and total count, such as lots.")
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    filename = models.CharField(max_length=160, blank=True)
    content_type = models.CharField(max_length=80, blank=True)
    stored_as = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    client = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    right = models.CharField(max_length=60, help_text="Asked again when the file is fetched.")
    asked_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="jobs")
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="The last sign of life of the worker.")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="job_is_asked_for_once_per_key"),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(stored_as=""), name="job_that_is_done_has_its_file"
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "seen_at"], condition=Q(state__in=["waiting", "running"]), name="job_open"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int:
        return 100 if self.state == JobState.DONE else (100 * self.done // self.total if self.total else 0)
