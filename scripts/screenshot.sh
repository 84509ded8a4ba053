#!/bin/bash
# Shows the comment, the summary and the annotations of a pull request with the
# demo models as a reader sees them: renders the files that the tests of the
# Action keep by the rules of GitHub's Markdown, and takes a picture of each.
# usage: scripts/screenshot.sh [DIRECTORY]   (default: docs)
# Needs cmark-gfm and chromium (Debian: apt-get install cmark-gfm chromium fonts-noto-color-emoji).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-docs}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
style='body{font:14px/1.5 -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;color:#1f2328;margin:24px;width:980px}
table{border-collapse:collapse;margin:12px 0}td,th{border:1px solid #d1d9e0;padding:5px 12px;vertical-align:top}tr:nth-child(2n){background:#f6f8fa}
code,pre{font:12px ui-monospace,Menlo,monospace;background:#f0f1f3;border-radius:6px}code{padding:2px 5px}pre{padding:12px;overflow:auto}pre code{padding:0}
a{color:#0969da;text-decoration:none}summary{cursor:pointer;margin:6px 0}h3{font-size:20px;border-bottom:1px solid #d1d9e0;padding-bottom:6px}'
shot() { # NAME HEIGHT OPEN: with a third argument the first fold is open
	local html=$work/$1.html
	{
		printf '<!doctype html><meta charset="utf-8"><style>%s</style>\n' "$style"
		cmark-gfm --unsafe -e table -e strikethrough -e autolink -e tasklist -e tagfilter "entrypoint/testdata/demo-pull-request/$1.md"
	} | if [ "${3:-}" ]; then sed '0,/<details>/s//<details open>/'; else cat; fi >"$html"
	chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$work/profile" --hide-scrollbars --window-size=1040,"$2" --screenshot="$work/$1.png" "file://$html" 2>/dev/null
	cp "$work/$1.png" "$out/$1.png"
}
shot comment 1150 open
shot summary 1300
shot annotations 420
ls -l "$out"/*.png
