// Makes what lies in ../bundle (mjml.js.gz, elements.json, bundle.json, THIRD_PARTY.txt) of the npm packages that package-lock.json names:
//
//   npm ci && node build.mjs
//
// npm compares each package with its checksum in package-lock.json. The same packages give the same files.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const require = createRequire(import.meta.url);
const json = (file) => JSON.parse(readFileSync(file, "utf8"));
const lock = json("package-lock.json").packages;

const made = await build({
  entryPoints: ["entry.js"], bundle: true, platform: "browser", format: "iife", target: "es2022",
  minify: true, legalComments: "none", metafile: true, write: false,
});
const code = made.outputFiles[0].contents;
const packed = gzipSync(code, { level: 9 });
packed[9] = 255; // the operating system, which is of no interest
const out = (name, data) => writeFileSync(`../bundle/${name}`, data);
out("mjml.js.gz", packed);

// Packages that are in the bundle by themselves, with what they contribute.
const dirs = new Set();
for (const [file, { bytesInOutput }] of Object.entries(Object.values(made.metafile.outputs)[0].inputs)) {
  const dir = file.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
  if (dir && bytesInOutput > 0) dirs.add(dir[1]);
}
const describe = (dir) => {
  const { name, version, license } = json(`${dir}/package.json`);
  return { name, version, licence: license, integrity: lock[dir].integrity };
};
const packages = [...dirs].sort().map(describe);
out("bundle.json", JSON.stringify({
  mjml: json("node_modules/mjml-browser/package.json").version,
  sha256: createHash("sha256").update(code).digest("hex"),
  packages,
}, null, 1) + "\n");

// Packages that mjml-browser was itself made of: its file names none of them. Found by comparing the distinctive
// string literals of each package of mjml's dependency tree with the file; what cheerio and others would add again is
// listed above already.
const within = [
  "@babel/runtime", "htmlnano", "js-beautify", "juice", "lodash", "mensch", "mjml-core", "mjml-parser-xml",
  "mjml-preset-core", "mjml-validator", "slick", "source-map-js", "util-deprecate",
];

const licenceOf = (dir) => {
  const file = readdirSync(dir).find((f) => /^licen[cs]e/i.test(f)) || readdirSync(dir).find((f) => /^(notice|copying)/i.test(f));
  return file ? readFileSync(`${dir}/${file}`, "utf8").trim() : null;
};
const section = ({ name, version, licence }, dir) =>
  `${"=".repeat(100)}\n${name} ${version} (${licence})\n\n${licenceOf(dir) || `The package carries no licence text; its package.json says: ${licence}.`}\n\n`;
let text = "The compiler in mjml.js.gz is made of these packages.\n\n";
for (const dir of [...dirs].sort()) text += section(describe(dir), dir);
text += `${"=".repeat(100)}\nmjml-browser contains, in turn, parts of these. Their versions are those that MJML of this version depends on.\n\n`;
for (const name of within) {
  const dir = `node_modules/${name}`;
  if (!existsSync(dir)) throw new Error(`${name} is not installed`);
  text += section(describe(dir), dir);
}
out("THIRD_PARTY.txt", text);

// What may stand where, and the types of attributes, as MJML's own components say it.
const { default: preset } = require("mjml-preset-core");
const { components, dependencies } = preset?.components ? preset : require("mjml-preset-core");
const elements = {};
for (const c of Object.values(components)) {
  const name = c.getTagName ? c.getTagName() : c.componentName;
  elements[name] = { ending: !!c.endingTag, attributes: c.allowedAttributes || {}, children: [] };
}
for (const [name, children] of Object.entries(dependencies)) {
  elements[name] ||= { ending: false, attributes: {}, children: [] };
  elements[name].children = children.filter((c) => typeof c === "string");
}
const sorted = (o) => Object.fromEntries(Object.keys(o).sort().map((k) => [k, o[k]]));
for (const e of Object.values(elements)) e.attributes = sorted(e.attributes);
out("elements.json", JSON.stringify(sorted(elements), null, 1) + "\n");
