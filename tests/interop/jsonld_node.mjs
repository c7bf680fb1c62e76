// npm jsonld as the measure of reading: one document a line in, its canonical statements or why there are none out.
// node jsonld_node.mjs FOLDER
// in (stdin, NDJSON): first {contexts: {url: document}}, then documents
// out (stdout, NDJSON): {nquads} or {error}, in the same order
import {createInterface} from 'node:readline';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const require = createRequire(`${process.argv[2]}/package.json`);
const jsonld = (await import(pathToFileURL(require.resolve('jsonld')))).default;

let contexts = null;
const documentLoader = async (url) => {
  if (!contexts[url]) throw new Error(`not known here: ${url}`);
  return {contextUrl: null, documentUrl: url, document: contexts[url], tag: 'static'};
};
const options = {algorithm: 'RDFC-1.0', format: 'application/n-quads', safe: true, documentLoader, base: null};

for await (const line of createInterface({input: process.stdin})) {
  const value = JSON.parse(line);
  if (contexts === null) {
    ({contexts} = value);
    continue;
  }
  let answer;
  try {
    answer = {nquads: await jsonld.canonize(value, options)};
  } catch (error) {
    answer = {error: String(error.details?.event?.code ?? error.details?.code ?? error.message).slice(0, 120)};
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
