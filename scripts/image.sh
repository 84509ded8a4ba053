#!/bin/bash
# Builds the image of the Dockerfile and scans testdata/demo with it, mounted as
# the runner of GitHub Actions mounts a workspace. It needs root, buildah and a Go
# toolchain, and fetches no base image: the one to build with is made here, from
# this machine's toolchain and certificates.
#
# usage: scripts/image.sh [NAME]      (the image stays in the store below $STORE)
set -euo pipefail
exec 3>&2 # what goes wrong is said, whatever is done with the output
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

# inside runs the image's program with a directory as the workspace, where the
# runner mounts it. Further arguments go to buildah, up to a --.
inside() {
	local c workspace=$1 options=() status=0
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	c=$(buildah from --pull=never "$name")
	buildah run --volume "$workspace" --workingdir /github/workspace "${options[@]}" "$c" -- /modelaudit "${@:2}" || status=$?
	buildah rm "$c" >/dev/null
	return $status
}

# action runs the image as a step does, on a push, with its outputs mounted.
action() {
	local dir=$store/job setting options=()
	mkdir -p "$dir/commands" "$dir/home"
	cp -r testdata/demo "$dir/workspace"
	echo '{"ref":"refs/heads/main","repository":{"full_name":"octo/models","default_branch":"main"}}' >"$dir/commands/event.json"
	: >"$dir/commands/output"
	: >"$dir/commands/summary"
	for setting in GITHUB_ACTIONS=true CI=true HOME=/github/home GITHUB_WORKSPACE=/github/workspace GITHUB_REPOSITORY=octo/models \
		GITHUB_EVENT_NAME=push GITHUB_EVENT_PATH=/github/file_commands/event.json GITHUB_REF=refs/heads/main \
		GITHUB_SHA=0123456789012345678901234567890123456789 GITHUB_OUTPUT=/github/file_commands/output \
		GITHUB_STEP_SUMMARY=/github/file_commands/summary INPUT_UPLOAD=never INPUT_COMMENT=never INPUT_SCAN-MODE=full; do
		options+=(--env "$setting")
	done
	inside "$dir/workspace:/github/workspace" --volume "$dir/commands:/github/file_commands" --volume "$dir/home:/github/home" \
		"${options[@]}" -- action
}

# expect runs a command and compares its exit status.
expect() {
	local want=$1 status=0
	shift
	"$@" || status=$?
	[ "$status" -eq "$want" ] || { echo "$*: exit status $status, want $want" >&3; exit 1; }
}

base
buildah build --quiet --pull=never --build-arg BASE_BUILD=localhost/golang:local -t "$name" . >/dev/null
echo "built $name: $(buildah images --format '{{.Size}}' "$name")"

expect 1 inside "$PWD:/github/workspace:ro" -- scan --format json testdata/demo >"$store/inside.txt" 2>/dev/null
go build -buildvcs=false -o "$store/modelaudit" . # of no version, as in the image; go run ends with 1 whatever went wrong
expect 1 "$store/modelaudit" scan --format json testdata/demo >"$store/outside.txt" 2>/dev/null
cmp "$store/inside.txt" "$store/outside.txt"
echo "the image says what the program says"

expect 1 action >"$store/action.txt" 2>/dev/null
grep -c '^::error ' "$store/action.txt" | sed 's/$/ errors annotated/'
grep -A1 '^verdict' "$store/job/commands/output" | grep -qx fail
grep -q posix.system "$store/job/commands/summary"
test -s "$store/job/workspace/modelaudit.sarif"
echo "the Action says fail, and leaves its outputs, its summary and its report"
