"""Background work of the shared nouns. Tasks take ids, call a service, and are safe to run twice."""

from celery import shared_task

from traceability import jobs
from traceability.api import answers
from traceability.ledger import verify


@shared_task(ignore_result=True)
def verify_ledger_nightly() -> None:
    """Verify the whole ledger and keep the result where the shell shows it."""
    verify.record(verify.verify())


@shared_task(ignore_result=True)
def run_job(job_id: int) -> None:
    jobs.run(job_id)


@shared_task(ignore_result=True)
def sweep_jobs() -> None:
    """Each minute: what the broker lost is sent again, what is past its time goes."""
    jobs.sweep()


@shared_task(ignore_result=True)
def forget_api_answers() -> None:
    """Each night: the words of old answers go; what they were about stays guarded by its own keys."""
    answers.forget()
