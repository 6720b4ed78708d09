# The operator and its HTTP service: one program, in an image without a shell or a package manager, for a root that is read-only.
#
# Nothing here depends on the architecture: a build for linux/arm64 runs the arm64 variants of both base images, natively or emulated
# (`docker buildx build --platform linux/amd64,linux/arm64 .`), and compiles for itself. There is no cross compiler.

FROM docker.io/library/rust:1.95-trixie AS builder
WORKDIR /build

# Dependencies first, in a layer of their own, which only a change of the manifests or of the lock builds anew. Cargo reads the
# manifest of every member of the workspace, so those come along (.dockerignore lets nothing else of tests/ in); the code that
# they name is made up, and none of theirs is compiled.
COPY Cargo.toml Cargo.lock ./
COPY tests tests
RUN for manifest in tests/*/Cargo.toml; do \
      code=$(dirname "$manifest")/src && mkdir "$code" && touch "$code/lib.rs" "$code/main.rs" || exit 1; \
    done \
 && mkdir src && echo '//! Made up.' > src/lib.rs && echo 'fn main() {}' > src/main.rs \
 && cargo build --release --locked --package organization-operator

# Cargo compares times, and those of a checkout are older than the made-up files.
COPY src src
RUN touch src/lib.rs src/main.rs \
 && cargo build --release --locked --package organization-operator

# glibc and libgcc of the same Debian, certificates, time zones and user nonroot; no shell, no package manager.
FROM gcr.io/distroless/cc-debian13:nonroot

COPY LICENSE /LICENSE
COPY --from=builder /build/target/release/organization-operator /organization-operator

ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
ARG SOURCE="https://github.com/organization-operator/organization-operator"
LABEL org.opencontainers.image.title="organization-operator" \
      org.opencontainers.image.description="Makes an organization (tenant) a Kubernetes resource and keeps MongoDB in agreement with it." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"

# By number, so that Kubernetes can tell that it isn't root (runAsNonRoot).
USER 65532:65532
# The HTTP API; /livez, /readyz and /metrics.
EXPOSE 8000 8081
# /readyz at HEALTH_ADDRESS. (Kubernetes has probes of its own and ignores this.)
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/organization-operator", "health"]
ENTRYPOINT ["/organization-operator"]
CMD ["run"]
