# One image for server, deployments, worker and reports of compose.yaml. What it holds is listed in .dockerignore.
FROM python:3.11-slim

# Programs that Vouch uses where they are installed, such as --build-arg PROGRAMS="tesseract-ocr tesseract-ocr-spa".
ARG PROGRAMS=""
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make $PROGRAMS \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --home-dir /vouch vouch
USER vouch
WORKDIR /vouch
ENV PIP_NO_CACHE_DIR=1

# As `make env` does it, the dependencies apart from the code: they are not installed again where only that has changed.
# PIP_EXTRA_INDEX_URL may name an index that has torch without CUDA, which saves gigabytes.
ARG PIP_EXTRA_INDEX_URL=""
COPY --chown=vouch requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --quiet "$(grep '^torch==' requirements.lock)" \
    && .venv/bin/pip install --quiet -r requirements.lock
COPY --chown=vouch . ./
# The folders are there so that volumes mounted on them belong to the user too.
RUN .venv/bin/pip install --quiet --no-deps --no-build-isolation -e . \
    && touch .venv/.installed \
    && mkdir -p data/prefect data/reports

# There is no git in here to ask: VOUCH_VERSION="$(git describe --always --dirty)" tells it.
ARG VOUCH_VERSION=unknown
ENV VOUCH_VERSION=$VOUCH_VERSION PATH=/vouch/.venv/bin:$PATH DO_NOT_TRACK=1 PREFECT_SERVER_ANALYTICS_ENABLED=false
CMD ["make", "worker"]
