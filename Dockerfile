# The image for containers: the program, CA certificates, and the OpenSSH client, through which SFTP goes.
#
#     docker build --tag honestly-sync .
#     hs() {
#         docker run --rm --interactive --read-only --tmpfs /tmp --volume honestly-sync:/var/lib/honestly-sync \
#             --volume ./config.toml:/etc/honestly-sync/config.toml:ro honestly-sync "$@"
#     }
#     hs connect --client-id ID --secret - --no-sync <secret.txt
#     hs sync --dry-run
#
# In Kubernetes: examples/kubernetes/cronjob.yaml. What a run writes is in /var/lib/honestly-sync, everything else may be
# read-only. That folder is no VOLUME here: without a name for it every run would begin with a new, empty mirror unnoticed;
# like this, with a read-only root, the run fails instead.

ARG RUST_IMAGE=docker.io/library/rust:1-slim-trixie
ARG DEBIAN_IMAGE=docker.io/library/debian:trixie-slim

FROM ${RUST_IMAGE} AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked --bin honestly-sync \
    && packaging/licences >target/release/third-party-licences

FROM ${DEBIAN_IMAGE}
# ssh refuses to work for a user without a name; the number is the one of the CronJob.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ca-certificates openssh-client \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache \
    && groupadd --gid 65532 honestly-sync \
    && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /var/lib/honestly-sync --shell /usr/sbin/nologin \
        honestly-sync \
    && install -d -m 0700 -o 65532 -g 65532 /var/lib/honestly-sync \
    && install -d -m 0755 /etc/honestly-sync /run/credentials/honestly-sync
COPY --from=build /source/target/release/honestly-sync /usr/bin/honestly-sync
COPY --from=build /source/target/release/third-party-licences /source/config.example.toml /usr/share/doc/honestly-sync/

# A mounted volume belongs to root, and only its group may write; the state folder below it is the program's own.
ENV HONESTLY_SYNC_CONFIG=/etc/honestly-sync/config.toml \
    STATE_DIRECTORY=/var/lib/honestly-sync/state \
    CREDENTIALS_DIRECTORY=/run/credentials/honestly-sync
USER 65532:65532
# A run may end at any moment and changes nothing by it; as the first process of a container it would not hear SIGTERM.
STOPSIGNAL SIGKILL
ENTRYPOINT ["/usr/bin/honestly-sync"]
CMD ["sync"]

LABEL org.opencontainers.image.title="honestly-sync" \
      org.opencontainers.image.description="Keeps the employees and groups of an Honestly account in step with Personio" \
      org.opencontainers.image.licenses="MIT"
