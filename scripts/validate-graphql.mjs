// Holds the queries of internal/github/graphql against GitHub's published schema:
// they must be valid, and use nothing that is deprecated.
// Usage: node scripts/validate-graphql.mjs NODE_MODULES
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve, join } from 'node:path';

const modules = resolve(process.argv[2]);
const require = createRequire(join(modules, 'x.js'));
const { buildSchema, parse, validate, specifiedRules, NoDeprecatedCustomRule } = require('graphql');
// GitHub's own schema defines a field twice, of a type that is not used here.
const text = readFileSync(join(modules, '@octokit/graphql-schema/schema.graphql'), 'utf8');
const schema = buildSchema(text, { assumeValidSDL: true });
const rules = [...specifiedRules, NoDeprecatedCustomRule];

const dir = 'internal/github/graphql';
const files = readdirSync(dir).filter((f) => f.endsWith('.graphql'));
let wrong = files.length ? 0 : 1;
for (const file of files) {
  const errors = validate(schema, parse(readFileSync(join(dir, file), 'utf8')), rules);
  for (const e of errors) console.error(`${dir}/${file}:${e.locations?.[0]?.line}: ${e.message}`);
  wrong += errors.length;
}
// The canary: a rule set that finds nothing wrong here is not at work.
if (!validate(schema, parse('{ viewer { nothingOfTheKind } }'), rules).length) wrong++;
console.log(`${files.length} queries, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
