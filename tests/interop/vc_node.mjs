// @digitalbazaar/vc beside our own credentials: verifies ours, issues one of its own.
// in (stdin): {credential, presentation, challenge, domain, unsigned, key, contexts: {url: document}, documents: {did: document}}
// out (stdout): {credential: {verified, error}, presentation: {verified, error}, issued}
import * as vc from '@digitalbazaar/vc';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const input = JSON.parse(text);

const documentLoader = async (url) => {
  const [did, fragment] = url.split('#');
  if (input.contexts[url]) return {contextUrl: null, documentUrl: url, document: input.contexts[url]};
  const document = input.documents[did];
  if (!document) throw new Error(`not known here: ${url}`);
  if (!fragment) return {contextUrl: null, documentUrl: url, document};
  const method = document.verificationMethod.find(({id}) => id === url);
  return {contextUrl: null, documentUrl: url,
    document: {'@context': 'https://w3id.org/security/multikey/v1', ...method}};
};
const suite = () => new DataIntegrityProof({cryptosuite});
const answer = ({verified, error}) =>
  ({verified, error: error && String(error.errors?.map((e) => e.message) ?? error.message)});

const result = {
  credential: answer(await vc.verifyCredential({
    credential: input.credential, suite: suite(), documentLoader, checkStatus: async () => ({verified: true})})),
  presentation: answer(await vc.verify({
    presentation: input.presentation, suite: suite(), documentLoader, challenge: input.challenge,
    domain: input.domain, checkStatus: async () => ({verified: true})})),
};
const signer = (await Ed25519Multikey.from(input.key)).signer();
result.issued = await vc.issue({
  credential: input.unsigned, documentLoader, suite: new DataIntegrityProof({signer, cryptosuite})});
process.stdout.write(JSON.stringify(result));
