"""Background work of the shared nouns. Tasks take ids, call a service, and are safe to run twice."""

from celery import shared_task

from traceability import jobs, labels, verification
from traceability.alerts import digest
from traceability.api import answers


@shared_task(ignore_result=True)
def verify_ledger_nightly() -> None:
    """Verify the whole ledger; the shell shows the result, the checkpoint is taken away."""
    verification.nightly()


@shared_task(ignore_result=True)
def keep_checkpoint_hourly() -> None:
    """Look at the last checkpoint and take the next one away; verify if a night was missed."""
    verification.hourly()


@shared_task(ignore_result=True)
def run_job(job_id: int) -> None:
    jobs.run(job_id)


@shared_task(ignore_result=True)
def sweep_jobs() -> None:
    """Twice a minute: what the broker lost is sent again, what is past its time goes."""
    jobs.sweep()


@shared_task(ignore_result=True)
def forget_api_answers() -> None:
    """Each night: the words of old answers go; what they were about stays guarded by its own keys."""
    answers.forget()


@shared_task(ignore_result=True)
def send_labels(act_id: int) -> None:
    labels.send(act_id)


@shared_task(ignore_result=True)
def sweep_labels() -> None:
    """Each minute: labels whose printer was away are sent again."""
    labels.sweep()


@shared_task(ignore_result=True)
def send_digests() -> None:
    """Four times an hour: the mail of the day to everybody whose hour has come."""
    digest.send_due()
