# One image for every role: `outreach web`, `worker`, `beat` and `db upgrade`.
# Only the first stage has build tools; the second takes the finished environment from it.

FROM python:3.12-slim-trixie AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY outreach ./outreach
COPY workers ./workers
COPY templates ./templates
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .
# Bytecode is compiled here, for a file system that cannot be written to later.
RUN python -m venv --without-pip /opt/outreach \
 && pip --python /opt/outreach/bin/python install --no-cache-dir --compile \
    --constraint constraints.txt /wheel/*.whl

FROM python:3.12-slim-trixie
RUN pip uninstall --yes --quiet --root-user-action=ignore pip \
 && groupadd --gid 10001 outreach \
 && useradd --uid 10001 --gid outreach --no-create-home --home-dir /var/lib/outreach \
    --shell /usr/sbin/nologin outreach \
 && install --directory --owner=outreach --group=outreach --mode=700 /var/lib/outreach
COPY --from=build /opt/outreach /opt/outreach
ENV PATH=/opt/outreach/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OUTREACH_HOME=/var/lib/outreach
USER 10001:10001
WORKDIR /var/lib/outreach
EXPOSE 8000
ENTRYPOINT ["outreach"]
CMD ["--help"]
