# One image for all services of Vouch in compose.yaml, compose.cluster.yaml and deploy/kubernetes.
# Its contents are listed in .dockerignore.
FROM python:3.11-slim

# Optional programs, such as --build-arg PROGRAMS="tesseract-ocr tesseract-ocr-spa" for OCR.
ARG PROGRAMS=""
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make openssl $PROGRAMS \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home --home-dir /vouch vouch
USER vouch
WORKDIR /vouch
ENV PIP_NO_CACHE_DIR=1

# Dependencies are a layer of their own, so that a change to the code does not install them again.
# PIP_EXTRA_INDEX_URL can name an index that has torch without CUDA, which saves gigabytes.
ARG PIP_EXTRA_INDEX_URL=""
COPY --chown=vouch requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --quiet "$(grep -oE '^torch==[0-9.]+' requirements.lock)" \
    && .venv/bin/pip install --quiet --no-deps --require-hashes -r requirements.lock
COPY --chown=vouch . ./
# Volumes take the owner of the folder that they are mounted on: without these folders, root.
RUN .venv/bin/pip install --quiet --no-build-isolation -e . \
    && .venv/bin/pip install --quiet --no-build-isolation --no-deps -e client \
    && touch .venv/.installed \
    && mkdir -p data/prefect data/reports certificates

# --build-arg MODEL=multilingual makes that model here, 244 MB: where it cannot be written later.
ARG MODEL=""
RUN if [ -n "$MODEL" ]; then .venv/bin/vouch model add "$MODEL"; fi

# The image has no git repository, so that its version is passed in:
# VOUCH_VERSION="$(git describe --always --dirty)".
ARG VOUCH_VERSION=unknown
ENV VOUCH_VERSION=$VOUCH_VERSION PATH=/vouch/.venv/bin:$PATH DO_NOT_TRACK=1 PREFECT_SERVER_ANALYTICS_ENABLED=false
CMD ["make", "worker"]
