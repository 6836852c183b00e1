# The command line, the suite and the reference server. conformance/docs/ci.md says how to use the image.
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /retryspec \
 && /retryspec/bin/python -m pip install --no-cache-dir -c constraints.txt '.[check,serve]'

FROM python:3.11-slim
COPY --from=build /retryspec /retryspec
RUN useradd --create-home --home-dir /work retryspec
USER retryspec
WORKDIR /work
ENTRYPOINT ["/retryspec/bin/retryspec"]
CMD ["--help"]
