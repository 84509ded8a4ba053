# The image that the Action runs: one static binary and the certificates that
# the API of GitHub needs, nothing else.
#
# A release is built with BASE_BUILD by digest, which its provenance names; the
# version stands here for people. It never reaches the image that is run.
ARG BASE_BUILD=golang:1.26-bookworm

# The compiler runs here whatever it compiles for.
FROM --platform=$BUILDPLATFORM ${BASE_BUILD} AS build
ARG TARGETOS TARGETARCH
WORKDIR /src
ENV CGO_ENABLED=0 GOFLAGS=-mod=readonly
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
# What is left out of the context is put back, or the version would be "dirty".
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    if [ -d .git ] && command -v git; then git ls-files --deleted -z | xargs -0r git checkout --quiet --; fi \
    && GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /out/modelaudit . \
    && mkdir -p -m 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/ /
# No USER: the runner mounts a workspace that only root may write to, and an
# Action that runs as anybody else cannot leave its report there. No WORKDIR: the
# runner sets its own.
ENTRYPOINT ["/modelaudit"]
CMD ["--help"]
