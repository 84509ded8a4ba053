#!/bin/bash
# Sends every request of the Action to mocks of GitHub made from its published
# OpenAPI description, github.com and the oldest Enterprise Server in it, and holds
# its GraphQL queries against the published schema.
# Usage: scripts/github-contract.sh [DIRECTORY with node_modules; made if absent]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
modules=${1:-$work}
mock=
stop() { [ -z "$mock" ] || kill "$mock" 2>/dev/null || true; }
trap 'stop; rm -rf "$work"' EXIT
[ -d "$modules/node_modules/@octokit/openapi" ] ||
	npm install --no-audit --no-fund --silent --prefix "$modules" @stoplight/prism-cli@5.16.0 @octokit/openapi@23.0.2 \
		@octokit/graphql-schema@15.26.1 graphql@16.15.0
node scripts/validate-graphql.mjs "$modules/node_modules"
descriptions="$modules/node_modules/@octokit/openapi/generated"
oldest=$(cd "$descriptions" && ls ghes-*.json | grep -v deref | sort -V | head -n 1)

port=4010
for description in api.github.com.json "$oldest"; do
	node scripts/trim-openapi.mjs "$descriptions/$description" >"$work/mini.json"
	SCARF_ANALYTICS=false "$modules/node_modules/.bin/prism" mock --errors -h 127.0.0.1 -p "$port" "$work/mini.json" >"$work/prism.txt" 2>&1 &
	mock=$!
	for _ in $(seq 120); do
		grep -q 'Prism is listening' "$work/prism.txt" && break
		kill -0 "$mock" 2>/dev/null || { cat "$work/prism.txt"; exit 1; }
		sleep 0.5
	done
	echo "$description"
	GITHUB_CONTRACT_URL="http://127.0.0.1:$port" go test -count=1 -run '^TestContract' ./internal/github
	stop
	wait "$mock" 2>/dev/null || true
	port=$((port + 1))
done
