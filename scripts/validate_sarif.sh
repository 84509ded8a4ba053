#!/usr/bin/env bash
# Validate SARIF files the way GitHub would: the OASIS schema, Microsoft's
# validator with the rules for GitHub, and what neither of them sees.
#
# usage: scripts/validate_sarif.sh FILE.sarif…
#
# Needs Node.js with npm. Packages go to $VALIDATE_SARIF_DIR, or to a temporary
# directory that is removed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || { echo "usage: $0 FILE.sarif…" >&2; exit 2; }

dir=${VALIDATE_SARIF_DIR:-}
if [ -z "$dir" ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
fi
mkdir -p "$dir"
[ -d "$dir/node_modules/ajv" ] || npm install --prefix "$dir" --no-audit --no-fund --silent \
	@microsoft/sarif-multitool@5.7.0 ajv@8.20.0 ajv-formats@3.0.1
cp "$here/validate_sarif.js" "$here/validate_sarif.xml" "$dir/"

# The native program: the JavaScript wrapper splits lists at their semicolons.
tool="$dir/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
status=0
for file in "$@"; do
	report="$dir/report.sarif"
	rm -f "$report"
	"$tool" validate "$file" --config "$dir/validate_sarif.xml" --rule-kind 'Sarif;Ghas' \
		--level 'Error;Warning;Note' --output "$report" --log ForceOverwrite > "$dir/log" 2>&1 || { cat "$dir/log"; status=1; }
	node "$dir/validate_sarif.js" "$file" "$report" || status=1
done
exit $status
