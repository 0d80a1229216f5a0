# The images of the stack, one target each: docker build --target proxy .
#
# BASE is any image with Python 3.11 to 3.14 on Debian. Package indexes: PIP_INDEX_URL,
# PIP_EXTRA_INDEX_URL and PIP_TRUSTED_HOST as build arguments; none of them stays in an image.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get -qq update && apt-get -qq install --yes --no-install-recommends binutils >/dev/null
WORKDIR /src
COPY docker/install docker/model docker/
COPY requirements requirements
COPY libs libs

# what every service stands on: an ordinary user, and nothing to install packages with
FROM ${BASE} AS service
ARG UID=10001
RUN useradd --system --no-create-home --shell /usr/sbin/nologin --uid "${UID}" observe \
  && python -m pip uninstall --yes --quiet --quiet --root-user-action=ignore \
    setuptools wheel pip \
  && rm -rf "$(python -c 'import ensurepip; print(ensurepip.__path__[0])')"
ENV PATH=/opt/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/app
USER ${UID}:${UID}
COPY LICENSE docs/LICENCES.md /usr/share/licenses/ollama-observe/
ARG BASE
LABEL org.opencontainers.image.vendor="Ollama Observe" \
  org.opencontainers.image.version=0.1.0 \
  org.opencontainers.image.base.name="${BASE}"

FROM build AS build-proxy
COPY services/proxy services/proxy
RUN --mount=type=cache,target=/root/.cache/pip docker/install proxy

FROM service AS proxy
LABEL org.opencontainers.image.title="Ollama Observe: proxy" \
  org.opencontainers.image.licenses="0BSD AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND CC0-1.0 AND GPL-3.0-or-later WITH GCC-exception-3.1 AND ISC AND LGPL-2.1-or-later AND MIT AND PSF-2.0 AND Zlib"
COPY --from=build-proxy /opt/app /opt/app
# where a file of recorded answers may lie: a volume takes its owner from here
ARG UID=10001
USER root
RUN install --directory --owner="${UID}" --mode=0700 /cache
USER ${UID}:${UID}
ENV PROXY_HOST=0.0.0.0 PROXY_CONTROL_HOST=0.0.0.0 PROXY_RETURN_LEG_HOST=0.0.0.0
EXPOSE 11435 8001
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["python", "-m", "ollama_observe.service.healthcheck", "http://127.0.0.1:8001/ready"]
CMD ["python", "-m", "proxy"]

FROM build AS build-gpu-exporter
COPY services/gpu-exporter services/gpu-exporter
RUN --mount=type=cache,target=/root/.cache/pip docker/install gpu-exporter

FROM service AS gpu-exporter
LABEL org.opencontainers.image.title="Ollama Observe: gpu-exporter" \
  org.opencontainers.image.licenses="Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND MIT AND PSF-2.0"
COPY --from=build-gpu-exporter /opt/app /opt/app
ENV GPU_EXPORTER_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["python", "-m", "ollama_observe.service.healthcheck", "http://127.0.0.1:8000/ready"]
CMD ["python", "-m", "gpu_exporter"]

FROM build AS build-dashboard
COPY services/dashboard services/dashboard
RUN --mount=type=cache,target=/root/.cache/pip docker/install dashboard

FROM service AS dashboard
LABEL org.opencontainers.image.title="Ollama Observe: dashboard" \
  org.opencontainers.image.licenses="Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND MIT AND PSF-2.0"
COPY --from=build-dashboard /opt/app /opt/app
COPY docs/RUNBOOK.md /opt/app/RUNBOOK.md
ENV DASHBOARD_HOST=0.0.0.0 DASHBOARD_RUNBOOK_FILE=/opt/app/RUNBOOK.md
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["python", "-m", "ollama_observe.service.healthcheck", "http://127.0.0.1:3001/ready"]
CMD ["python", "-m", "dashboard"]

FROM build AS build-traffic
COPY services/traffic services/traffic
RUN --mount=type=cache,target=/root/.cache/pip docker/install traffic

FROM service AS traffic
LABEL org.opencontainers.image.title="Ollama Observe: traffic" \
  org.opencontainers.image.licenses="Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND CNRI-Python AND ISC AND MIT AND PSF-2.0"
COPY --from=build-traffic /opt/app /opt/app
COPY questions /opt/app/questions
ENV TRAFFIC_WORKER_HOST=0.0.0.0 TRAFFIC_QUESTIONS_DIRECTORY=/opt/app/questions TRAFFIC_MODEL=auto
EXPOSE 8002
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["python", "-m", "ollama_observe.service.healthcheck", "http://127.0.0.1:8002/ready"]
CMD ["python", "-m", "traffic", "worker"]

FROM build AS build-engine
COPY services/engine services/engine
RUN --mount=type=cache,target=/root/.cache/pip docker/install engine

FROM build AS model
RUN --mount=type=cache,target=/root/.cache/pip python docker/model

# Ollama's API on llama.cpp with a small model
FROM ${BASE} AS libgomp
RUN apt-get -qq update && apt-get -qq install --yes --no-install-recommends libgomp1 >/dev/null \
  && mkdir /opt/library && cp -L "$(ldconfig -p | awk '/libgomp.so.1 / {print $NF; exit}')" /opt/library/ \
  && cp "$(ls /usr/share/doc/libgomp1/copyright /usr/share/doc/gcc-*-base/copyright 2>/dev/null | head -n 1)" \
    /opt/library/libgomp1.copyright

FROM service AS engine
LABEL org.opencontainers.image.title="Ollama Observe: engine" \
  org.opencontainers.image.licenses="0BSD AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND CC0-1.0 AND GPL-3.0-or-later WITH GCC-exception-3.1 AND ISC AND LGPL-2.1-or-later AND MIT AND MPL-2.0 AND OpenSSL AND PSF-2.0 AND Zlib"
COPY --from=libgomp /opt/library /opt/library
COPY --from=model /models /models
COPY --from=build-engine /opt/app /opt/app
ENV ENGINE_HOST=0.0.0.0 ENGINE_MODELS_DIR=/models ENGINE_LIBRARY_DIR=/opt/library
EXPOSE 11434
HEALTHCHECK --interval=10s --timeout=15s --start-period=120s --start-interval=1s --retries=3 \
  CMD ["python", "-m", "ollama_observe.service.healthcheck", "http://127.0.0.1:11434/-/ready"]
CMD ["python", "-m", "engine"]

# the proxies' ports; apt has it, and no image of its own is needed
FROM service AS front
LABEL org.opencontainers.image.title="Ollama Observe: front" \
  org.opencontainers.image.licenses="GPL-2.0-or-later AND LGPL-2.1-or-later AND MIT"
USER root
RUN apt-get -qq update && apt-get -qq install --yes --no-install-recommends haproxy >/dev/null \
  && rm -rf /var/lib/apt/lists/*
COPY libs/ollama-observe/src/ollama_observe/service/healthcheck.py \
  docker/front docker/haproxy.cfg docker/haproxy.lua /opt/front/
USER haproxy
EXPOSE 11435 8001
STOPSIGNAL SIGUSR1
HEALTHCHECK --interval=10s --timeout=15s --start-period=180s --start-interval=1s --retries=3 \
  CMD ["python", "/opt/front/healthcheck.py", "http://127.0.0.1:8404/ready"]
CMD ["/opt/front/front"]
