#!/bin/bash
# Shows the comment, the summary and the annotations of a pull request with the
# demo models as a reader sees them: renders the files that the tests of the
# Action keep by the rules of GitHub's Markdown, diagrams with Mermaid as GitHub
# does, and takes a picture of each.
# usage: scripts/screenshot.sh [DIRECTORY]   (default: docs)
# Needs cmark-gfm and chromium (Debian: apt-get install cmark-gfm chromium
# fonts-noto-color-emoji), and npm for Mermaid, which it installs for the time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for tool in cmark-gfm chromium npm; do
	command -v "$tool" >/dev/null || { echo "there is no $tool here, which the pictures need" >&2; exit 1; }
done
out=${1:-docs}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
npm install --no-audit --no-fund --silent --prefix "$work" mermaid@11.17.2
style='body{font:14px/1.5 -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;color:#1f2328;margin:24px;width:980px}
table{border-collapse:collapse;margin:12px 0}td,th{border:1px solid #d1d9e0;padding:5px 12px;vertical-align:top}tr:nth-child(2n){background:#f6f8fa}
code,pre{font:12px ui-monospace,Menlo,monospace;background:#f0f1f3;border-radius:6px}code{padding:2px 5px}pre{padding:12px;overflow:auto}pre code{padding:0}
a{color:#0969da;text-decoration:none}summary{cursor:pointer;margin:6px 0}h3{font-size:20px;border-bottom:1px solid #d1d9e0;padding-bottom:6px}
.diagram{margin:12px 0;text-align:center}'
# GitHub renders diagrams in a frame of their own, with Mermaid's strict level.
diagrams='mermaid.initialize({startOnLoad: false, securityLevel: "strict", theme: "default"});
document.querySelectorAll("code.language-mermaid").forEach(async (code, i) => {
	const box = document.createElement("div");
	box.className = "diagram";
	try { box.innerHTML = (await mermaid.render("diagram" + i, code.textContent)).svg; }
	catch (e) { box.textContent = "NOT A DIAGRAM: " + e; }
	code.parentElement.replaceWith(box);
	document.title = "drawn";
});'
shot() { # NAME HEIGHT OPEN: with a third argument the first fold is open
	local html=$work/$1.html browser=(chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking
		--disable-component-update --disable-sync --allow-file-access-from-files --virtual-time-budget=20000 --user-data-dir="$work/profile")
	{
		printf '<!doctype html><meta charset="utf-8"><style>%s</style>\n' "$style"
		cmark-gfm --unsafe -e table -e strikethrough -e autolink -e tasklist -e tagfilter "entrypoint/testdata/demo-pull-request/$1.md"
		printf '<script src="node_modules/mermaid/dist/mermaid.min.js"></script><script>%s</script>\n' "$diagrams"
	} | if [ "${3:-}" ]; then sed '0,/<details>/s//<details open>/'; else cat; fi >"$html"
	if grep -q '<code class="language-mermaid">' "$html" && ! "${browser[@]}" --dump-dom "file://$html" 2>/dev/null | grep -q '<div class="diagram"><svg'; then
		echo "$1: Mermaid does not draw the diagram" >&2
		return 1
	fi
	"${browser[@]}" --hide-scrollbars --window-size=1040,"$2" --screenshot="$work/$1.png" "file://$html" 2>/dev/null
	cp "$work/$1.png" "$out/$1.png"
}
shot comment 1150 open
shot summary 1420
shot annotations 450
ls -l "$out"/*.png
