#!/bin/bash
# Builds what a release consists of: a static program for each system, what is in
# it as CycloneDX, and the checksums of all. The version is the tag that HEAD has.
#
# usage: scripts/release.sh DIRECTORY      (needs Go, git and jq)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$(realpath -m "${1:?usage: scripts/release.sh DIRECTORY}")
version=$(git describe --tags --exact-match)
[ -z "$(git status --porcelain)" ] || { echo "the working tree is not $version" >&2; exit 1; }
mkdir -p "$out"

export CGO_ENABLED=0 GOFLAGS=-mod=readonly
for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
	name=modelaudit-${target%/*}-${target#*/}
	[ "${target%/*}" != windows ] || name=$name.exe
	GOOS=${target%/*} GOARCH=${target#*/} go build -trimpath -ldflags='-s -w' -o "$out/$name" .
	built=$(go version -m -json "$out/$name" | jq -r .Main.Version)
	[ "$built" = "$version" ] || { echo "$name says that it is $built, not $version" >&2; exit 1; }
done

# The modules that a program says it was built from, one list for all systems.
go version -m -json "$out"/modelaudit-* | jq -S -s --arg version "$version" '
	def component: {type: "library", name: .Path, version: .Version, purl: "pkg:golang/\(.Path)@\(.Version)",
		"bom-ref": "pkg:golang/\(.Path)@\(.Version)"};
	{bomFormat: "CycloneDX", specVersion: "1.6", version: 1,
	 metadata: {component: {type: "application", name: "modelaudit", version: $version,
		purl: "pkg:golang/github.com/modelaudit/modelaudit@\($version)", "bom-ref": "modelaudit"}},
	 components: ([.[].Deps[] | (.Replace // .) | component] + [{type: "platform", name: "go", version: .[0].GoVersion,
		"bom-ref": "go"}] | unique_by(."bom-ref"))}' >"$out/modelaudit.cdx.json"

(cd "$out" && sha256sum modelaudit-* modelaudit.cdx.json >SHA256SUMS)
cat "$out/SHA256SUMS"
