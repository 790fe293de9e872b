# The packages are installed in one stage and copied into another, which holds no compiler, no pip cache, no tests.
FROM python:3.13-slim AS packages
COPY requirements/run.txt /requirements.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --quiet --require-hashes -r /requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 LOCAL_DIR=/data STATIC_ROOT=/app/static
RUN useradd --uid 10001 --create-home app && install -d -o app -g app /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py pyproject.toml ./
COPY config config
COPY transitions transitions
COPY benchmarks benchmarks
RUN python -m compileall -q . && python manage.py collectstatic --no-input --verbosity 0
USER app
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--log-level", "warning"]
