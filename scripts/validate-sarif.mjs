// Validates SARIF files as code scanning reads them: against the OASIS schema,
// with Microsoft's validator and GitHub's rules, and against the limits and
// invariants that neither of them knows.
//
// usage: node validate-sarif.mjs NODE_MODULES FILE...
//
// NODE_MODULES holds @microsoft/sarif-multitool, ajv and ajv-formats.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const [modules, ...files] = process.argv.slice(2)
if (!modules || files.length === 0) {
  console.error('usage: node validate-sarif.mjs NODE_MODULES FILE...')
  process.exit(2)
}
const require = createRequire(resolve(modules, 'x.js'))
const multitool = resolve(modules, '@microsoft/sarif-multitool-linux')

// The rules about GitHub that are off by default, and that hold for us. GH1004
// has limits that are no longer GitHub's.
const githubRules = [
  'GH1001.ProvideRequiredLocationProperties', 'GH1002.InlineThreadFlowLocations', 'GH1003.ProvideRequiredRegionProperties',
  'GH1005.LocationsMustBeRelativeUrisOrFilePaths', 'GH1006.ProvideCheckoutPath', 'GH1007.ProvideFullyFormattedMessageStrings',
]

const work = mkdtempSync(join(tmpdir(), 'sarif-'))
const schema = schemaValidator()
let failed = 0
for (const file of files) {
  const log = JSON.parse(readFileSync(file, 'utf8'))
  const problems = [...againstSchema(log), ...byMultitool(file), ...againstInvariants(log)]
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${file}: ${log.runs.map((r) => r.results.length)} results`)
  for (const p of problems) console.log(`     ${p}`)
  failed += problems.length === 0 ? 0 : 1
}
rmSync(work, { recursive: true })
console.log(`${files.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

// The published schema has a misplaced anyOf, hence validateSchema: false.
function schemaValidator() {
  const Ajv = require('ajv/dist/2020').default
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false })
  require('ajv-formats').default(ajv)
  return ajv.compile(JSON.parse(readFileSync(join(multitool, 'sarif-2.1.0.json'), 'utf8')))
}

function againstSchema(log) {
  return schema(log) ? [] : schema.errors.map((e) => `schema: ${e.instancePath} ${e.message}`)
}

// The validator's exit status is 0 whatever it finds, and a file that it cannot
// read at all counts as flawless. An analysed file always earns some notes: no
// result means that it was not analysed.
function byMultitool(file) {
  const config = join(work, 'github.xml')
  const properties = githubRules.map((r) =>
    `<Properties Key="${r}.Options"><Property Key="RuleEnabled" Value="Error" Type="Driver.RuleEnabledState"/></Properties>`)
  writeFileSync(config, `<?xml version="1.0" encoding="utf-8"?><Properties>${properties.join('')}</Properties>`)
  const out = join(work, 'result.sarif')
  execFileSync(join(multitool, 'Sarif.Multitool'), ['validate', resolve(file), '-c', config, '--rule-kind', 'Sarif;Ghas',
    '--level', 'Error;Warning;Note', '--output', out, '--log', 'ForceOverwrite'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const results = JSON.parse(readFileSync(out, 'utf8')).runs[0].results ?? []
  if (results.length === 0) return ['multitool: not analysed, it has nothing to say at all']
  return results.filter((r) => r.level === 'error')
    .map((r) => `multitool: ${r.ruleId} ${r.message.text ?? r.message.arguments?.join(' | ')} at ${r.locations?.[0]?.physicalLocation?.region?.startLine}`)
}

function againstInvariants(log) {
  const problems = []
  const must = (ok, text) => ok || problems.push(`invariant: ${text}`)
  must(log.runs.length === 1, 'one run')
  for (const run of log.runs) {
    const rules = run.tool.driver.rules
    must(run.automationDetails?.id?.endsWith('/'), 'automationDetails.id ends in a slash, or the category is lost')
    for (const rule of rules) checkRule(rule, must)
    must(run.results.length <= 25000, 'at most 25000 results')
    const seen = new Set()
    for (const r of run.results) checkResult(r, rules, seen, must)
  }
  return problems
}

function checkRule(rule, must) {
  const severity = rule.properties?.['security-severity']
  must(severity === undefined || (typeof severity === 'string' && Number(severity) > 0 && Number(severity) <= 10),
    `${rule.id}: security-severity is a number in a string, not ${JSON.stringify(severity)}`)
  must((rule.properties?.tags ?? []).length <= 10, `${rule.id}: at most 10 tags are shown`)
  must((rule.name ?? '').length <= 255, `${rule.id}: name of at most 255 characters`)
  for (const key of ['shortDescription', 'fullDescription', 'help']) {
    const text = rule[key]?.text
    must(text, `${rule.id}: ${key}.text is required`)
    must(key === 'help' || (text ?? '').length <= 1024, `${rule.id}: ${key} of at most 1024 characters`)
  }
}

function checkResult(result, rules, seen, must) {
  const what = `${result.ruleId} at ${result.locations?.[0]?.physicalLocation?.artifactLocation?.uri}`
  must(Number.isInteger(result.ruleIndex) && rules[result.ruleIndex]?.id === result.ruleId, `${what}: ruleIndex ${result.ruleIndex} is that of its rule`)
  must(result.locations?.length >= 1 && result.locations.length <= 100, `${what}: 1 to 100 locations`)
  const uri = result.locations?.[0]?.physicalLocation?.artifactLocation?.uri ?? ''
  must(uri !== '' && !uri.startsWith('/') && !/^[a-z][a-z0-9+.-]*:/i.test(uri), `${what}: the URI is relative`)
  const print = result.partialFingerprints?.primaryLocationLineHash
  must(/^[0-9a-f]{16,}:\d+$/.test(print ?? ''), `${what}: primaryLocationLineHash is ${print}`)
  const key = `${result.ruleId} ${uri} ${print}`
  must(!seen.has(key), `${what}: a second result with fingerprint ${print}`)
  seen.add(key)
}
