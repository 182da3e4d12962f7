# Lotline: web server, worker, beat and migration are one image with four commands.

FROM python:3.13-slim-bookworm AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock ./
# Without the embedded servers and the tools of tests: PostgreSQL and Redis have their own containers.
RUN uv sync --frozen --no-dev --no-default-groups
COPY . .
# Compressed and named by content once, here, so that no start has to. Any secret will do: nothing is signed.
RUN LOTLINE_NO_BOOTSTRAP=1 LOTLINE_STATIC_FINDERS=off LOTLINE_STATIC_ROOT=/app/staticfiles SECRET_KEY=build \
    .venv/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim-bookworm
# No pinned versions: Debian stable's security fixes are wanted.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin lotline \
    && install -d -o lotline -g lotline /var/lib/lotline/media /var/lib/lotline/checkpoints
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOTLINE_NO_BOOTSTRAP=1 \
    LOTLINE_STATIC_FINDERS=off \
    LOTLINE_STATIC_ROOT=/app/staticfiles \
    LOTLINE_MEDIA_ROOT=/var/lib/lotline/media \
    LOTLINE_DATA=/tmp/lotline
USER 10001
VOLUME /var/lib/lotline/media
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': 'localhost'}), timeout=4)"]
CMD ["gunicorn", "traceability.config.wsgi:application", "--bind=0.0.0.0:8000", "--workers=2", "--threads=8", "--worker-tmp-dir=/dev/shm", "--access-logfile=-", "--no-control-socket"]
