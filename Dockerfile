# The image of `polgate serve`:
#
#   docker build --tag registry.example/polgate:0.1.0 .
#
# The base image is named by its full tag, which its publisher may still move. To pin what you have checked, look its
# digest up (docker buildx imagetools inspect python:3.13.11-slim-bookworm) and build with
# --build-arg BASE=python:3.13.11-slim-bookworm@sha256:…
ARG BASE=python:3.13.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv --without-pip /opt/polgate
# Only wheels, and only those whose hashes are locked: nothing is compiled here, nothing runs on installing.
# LOCK=gate.txt leaves out what only the server needs, and has what reads files that are no manifests.
ARG LOCK=server.txt
COPY requirements/server.txt requirements/gate.txt requirements/
RUN python -m pip --python /opt/polgate/bin/python install --require-hashes --only-binary=:all: \
      -r requirements/${LOCK}
# What builds the project, by the same lock as in development; it stays in this stage.
COPY requirements/dev.txt requirements/
RUN awk '/^[a-z0-9]/ { wanted = /^(editables|hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } wanted' \
      requirements/dev.txt > /tmp/build.txt \
 && python -m pip install --require-hashes --only-binary=:all: -r /tmp/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY policy_engine policy_engine
COPY webhook webhook
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
 && python -m pip --python /opt/polgate/bin/python install --no-deps /tmp/wheel/*.whl \
 && /opt/polgate/bin/python -m compileall -q /opt/polgate/lib \
 && /opt/polgate/bin/polgate --help > /dev/null

FROM ${BASE}
LABEL org.opencontainers.image.title="polgate" \
      org.opencontainers.image.description="Judges admission requests by ValidatingAdmissionPolicies" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
# No installers in what runs.
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore pip \
 && rm -rf /usr/local/lib/python3.*/ensurepip
COPY --from=build /opt/polgate /opt/polgate
COPY policies /usr/share/polgate/policies
# Bindings apart, so that one may have the policies without them.
COPY examples/pod-security/bindings.yaml /usr/share/polgate/bindings/pod-security/
# Everything is compiled already, and the file system may be read-only; only /tmp is written to.
ENV PATH=/opt/polgate/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# A number, so that Kubernetes can tell that it is not root (runAsNonRoot).
USER 65532:65532
WORKDIR /tmp
EXPOSE 8443 8080
ENTRYPOINT ["polgate", "serve"]
