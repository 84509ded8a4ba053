#!/bin/bash
# Builds the image of the Dockerfile and scans testdata/demo with it, mounted as
# the runner of GitHub Actions mounts a workspace. It needs root, buildah and a Go
# toolchain, and fetches no base image: the one to build with is made here, from
# this machine's toolchain and certificates.
#
# usage: scripts/image.sh [NAME]      (the image stays in the store below $STORE)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=${1:-localhost/modelaudit:test}
store=${STORE:-$(mktemp -d)}
mkdir -p "$store"
# vfs works on every file system, and the images are small.
cat >"$store/storage.conf" <<CONF
[storage]
driver = "${DRIVER:-vfs}"
graphroot = "$store/graph"
runroot = "$store/run"
CONF
export CONTAINERS_STORAGE_CONF=$store/storage.conf BUILDAH_ISOLATION=chroot
[ -n "${STORE:-}" ] || trap 'rm -rf "$store"' EXIT

# base makes an image with a shell, Go and certificates.
base() {
	local c m
	c=$(buildah from scratch)
	m=$(buildah mount "$c")
	mkdir -p "$m/bin" "$m/usr/local" "$m/etc/ssl/certs" "$m/tmp" "$m/go"
	shell "$m/bin"
	cp -a "$(go env GOROOT)" "$m/usr/local/go"
	cp -L /etc/ssl/certs/ca-certificates.crt "$m/etc/ssl/certs/"
	buildah umount "$c" >/dev/null
	buildah config --env PATH=/usr/local/go/bin:/bin --env GOPATH=/go --env GOTOOLCHAIN=local \
		--env GOPROXY="$(go env GOPROXY)" --env GOSUMDB="$(go env GOSUMDB)" "$c"
	buildah commit --quiet --rm "$c" localhost/golang:local >/dev/null
}

# shell puts a static shell with its tools into a directory.
shell() {
	local box tmp
	box=$(command -v busybox || true)
	if [ -z "$box" ] || ldd "$box" >/dev/null 2>&1; then
		tmp=$(mktemp -d "$store/XXXX")
		(cd "$tmp" && apt-get download -qq busybox-static >/dev/null 2>&1 && dpkg -x busybox-static_*.deb .)
		box=$tmp/bin/busybox
	fi
	cp "$box" "$1/busybox"
	for tool in sh mkdir cp rm ls cat env; do ln -s busybox "$1/$tool"; done
}

# inside runs the image's program as the runner does: the workspace at its usual
# place, and the environment that an Action gets.
inside() {
	local c status=0
	c=$(buildah from --pull=never "$name")
	buildah run --volume "$PWD:/github/workspace:ro" --workingdir /github/workspace \
		--env GITHUB_ACTIONS=true --env CI=true --env HOME=/github/home --env GITHUB_WORKSPACE=/github/workspace \
		"$c" -- /modelaudit "$@" || status=$?
	buildah rm "$c" >/dev/null
	return $status
}

base
buildah build --quiet --pull=never --build-arg BASE_BUILD=localhost/golang:local -t "$name" . >/dev/null
echo "built $name: $(buildah images --format '{{.Size}}' "$name")"

status=0
inside scan --format json testdata/demo >"$store/inside.txt" || status=$?
[ "$status" -eq 1 ] || { echo "scan of testdata/demo: exit status $status, want 1"; exit 1; }
status=0
go run . scan --format json testdata/demo >"$store/outside.txt" || status=$?
cmp "$store/inside.txt" "$store/outside.txt"
echo "the image says what the program says"
