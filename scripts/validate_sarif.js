// Usage: node validate_sarif.js FILE.sarif REPORT.sarif, where REPORT is what
// Microsoft's validator said about FILE. Exit status 1: something is wrong.
const fs = require("fs");
const path = require("path");
const Ajv = require("ajv/dist/2020");
const addFormats = require("ajv-formats");

const [file, report] = process.argv.slice(2);
const problems = [];
const doc = JSON.parse(fs.readFileSync(file, "utf8"));

// The published schema has a misplaced keyword, hence validateSchema: false.
const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
addFormats(ajv);
const schema = path.join(__dirname, "node_modules/@microsoft/sarif-multitool-linux/sarif-2.1.0.json");
const validate = ajv.compile(JSON.parse(fs.readFileSync(schema, "utf8")));
if (!validate(doc)) {
  for (const e of validate.errors) problems.push(`schema: ${e.instancePath} ${e.message}`);
}

// The validator skips a file that it cannot deserialise and exits with 0. A file
// that it read always earns at least one note. SARIF2006 asks whether $schema
// can be fetched, which needs a network. SARIF2017 wants columns, which mean
// nothing in a binary file.
const ignored = new Set(["SARIF2006"]);
const results = JSON.parse(fs.readFileSync(report, "utf8")).runs[0].results || [];
if (results.length === 0) problems.push("validator: it did not read the file");
const seen = new Map();
for (const r of results) {
  if (ignored.has(r.ruleId)) continue;
  if (r.level === "error" || r.level === "warning" || r.level === undefined) {
    problems.push(`validator: ${r.ruleId} ${r.level || "warning"}: ${text(r)}`);
  } else {
    seen.set(r.ruleId, (seen.get(r.ruleId) || 0) + 1);
  }
}

function text(r) {
  const where = r.locations?.[0]?.physicalLocation?.region?.startLine;
  return `line ${where}: ${r.message.text || JSON.stringify(r.message)}`;
}

// What neither looks at, and code scanning rejects or garbles.
for (const run of doc.runs) {
  const rules = run.tool.driver.rules;
  for (const [i, r] of run.results.entries()) {
    if (!(r.ruleIndex >= 0 && r.ruleIndex < rules.length && rules[r.ruleIndex].id === r.ruleId))
      problems.push(`result ${i}: ruleIndex ${r.ruleIndex} is not that of ${r.ruleId}`);
    if (typeof r.partialFingerprints?.primaryLocationLineHash !== "string")
      problems.push(`result ${i}: no fingerprint`);
  }
  for (const r of rules) {
    const severity = r.properties?.["security-severity"];
    if (severity !== undefined && (typeof severity !== "string" || isNaN(Number(severity))))
      problems.push(`rule ${r.id}: security-severity ${JSON.stringify(severity)}`);
    if ((r.properties?.tags || []).length > 10) problems.push(`rule ${r.id}: more than 10 tags`);
  }
  if (!run.automationDetails.id.endsWith("/")) problems.push(`category ${run.automationDetails.id}`);
  if (run.results.length > 5000) problems.push(`${run.results.length} results`);
}

for (const p of [...new Set(problems)].slice(0, 50)) console.log(`${file}: ${p}`);
const notes = [...seen].map(([id, n]) => `${id}×${n}`).join(" ") || "none";
console.log(`${file}: ${problems.length} problems, notes: ${notes}`);
process.exit(problems.length ? 1 : 0);
