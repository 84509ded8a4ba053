// Keeps of GitHub's OpenAPI description the paths that the Action uses: the
// whole of it takes a mock a minute to read.
import { readFileSync } from 'node:fs';

const used = new Set([
  '/repos/{owner}/{repo}/commits/{ref}',
  '/repos/{owner}/{repo}/pulls/{pull_number}',
  '/repos/{owner}/{repo}/pulls/{pull_number}/files',
  '/repos/{owner}/{repo}/compare/{basehead}',
  '/repos/{owner}/{repo}/contents/{path}',
  '/repos/{owner}/{repo}/code-scanning/sarifs',
  '/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}',
  '/repos/{owner}/{repo}/code-scanning/alerts',
  '/repos/{owner}/{repo}/issues/{issue_number}/comments',
  '/repos/{owner}/{repo}/issues/comments/{comment_id}',
  '/repos/{owner}/{repo}/pulls/{pull_number}/comments',
  '/repos/{owner}/{repo}/pulls/comments/{comment_id}',
  '/user',
]);
const description = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const path of used) {
  if (!(path in description.paths)) throw new Error(`${process.argv[2]} has no ${path}`);
}
description.paths = Object.fromEntries(Object.entries(description.paths).filter(([path]) => used.has(path)));
delete description['x-webhooks'];
delete description.webhooks;
process.stdout.write(JSON.stringify(description));
