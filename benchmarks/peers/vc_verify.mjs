// Runs beside npm `@digitalbazaar/vc`: verifies badge after badge, as often as it can.
// It shares nothing with this project but the JSON of the job: {credentials, contexts: {url: document}, documents: {did: document}}.
import * as vc from '@digitalbazaar/vc';
import {createInterface} from 'node:readline';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';

let job;

const documentLoader = async (url) => {
  const [did, fragment] = url.split('#');
  if (job.contexts[url]) return {contextUrl: null, documentUrl: url, document: job.contexts[url]};
  const document = job.documents[did];
  if (!document) throw new Error(`not known here: ${url}`);
  if (!fragment) return {contextUrl: null, documentUrl: url, document};
  const method = document.verificationMethod.find(({id}) => id === url);
  return {contextUrl: null, documentUrl: url,
    document: {'@context': 'https://w3id.org/security/multikey/v1', ...method}};
};

async function rate(seconds) {
  const begun = performance.now();
  let count = 0;
  for (;;) {
    const passed = (performance.now() - begun) / 1000;
    if (passed >= seconds) return count / passed;
    const credential = JSON.parse(job.credentials[count % job.credentials.length]);
    const {verified, error} = await vc.verifyCredential(
      {credential, suite: new DataIntegrityProof({cryptosuite}), documentLoader});
    if (!verified) throw new Error(String(error?.errors?.map((e) => e.message) ?? error));
    count += 1;
  }
}

for await (const line of createInterface({input: process.stdin})) {
  if (!job) {
    job = JSON.parse(line);
    continue;
  }
  const answer = await rate(Number(line)).catch((error) => ({error: String(error?.message ?? error)}));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
