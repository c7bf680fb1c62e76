// A VC library of npm beside our own credentials: verifies ours, and issues badges of its own.
// node credentials_node.mjs FOLDER digitalbazaar|digitalcredentials
// in (stdin): {verify: {name: credential}, present: {name: {presentation, challenge, domain}}, issue: {name: {credential, suite}},
//              key: {id, controller, publicKeyMultibase, secretKeyMultibase}, contexts: {url: document}, documents: {did: document}}
// out (stdout): {verify: {name: {verified, error}}, present: {name: …}, issue: {name: {credential} | {error}}}
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

console.log = console.error; // a library that talks must not talk into the answers
const [folder, vendor] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const load = async (name) => {
  const module = await import(pathToFileURL(require.resolve(`@${vendor}/${name}`)));
  return module.default?.Ed25519Signature2020 || module.default?.Ed25519VerificationKey2020 ? module.default : module;
};
const vc = await load('vc');
const {DataIntegrityProof} = await load('data-integrity');
const {cryptosuite} = await load('eddsa-rdfc-2022-cryptosuite');
const Ed25519Multikey = await load('ed25519-multikey');
const {Ed25519Signature2020} = await load('ed25519-signature-2020');
const {Ed25519VerificationKey2020} = await load('ed25519-verification-key-2020');
const core = vendor === 'digitalcredentials' ? await load('verifier-core') : null;

let text = '';
for await (const chunk of process.stdin) text += chunk;
const input = JSON.parse(text);

const remote = (url, document) => ({contextUrl: null, documentUrl: url, document});
const documentLoader = async (url) => {
  const [did, fragment] = url.split('#');
  if (input.contexts[url]) return remote(url, input.contexts[url]);
  const document = input.documents[did];
  if (!document) throw new Error(`not known here: ${url}`);
  if (!fragment) return remote(url, document);
  const method = document.verificationMethod.find(({id}) => id === url);
  const context = {Multikey: 'https://w3id.org/security/multikey/v1',
    Ed25519VerificationKey2020: 'https://w3id.org/security/suites/ed25519-2020/v1'}[method.type];
  return remote(url, {'@context': context, ...method});
};
const verifying = () => [new DataIntegrityProof({cryptosuite}), new Ed25519Signature2020()];
const checkStatus = async () => ({verified: true});
const told = (error) => String(error.errors?.map((each) => each.message) ?? error.message ?? error).slice(0, 300);

// verifier-core resolves and loads by itself; what it says of the signature is in its log
const verifiedByCore = async (credential) => {
  const result = await core.verifyCredential({credential, knownDIDRegistries: []});
  const signature = result.log?.find(({id}) => id === 'valid_signature');
  return {verified: signature?.valid === true, error: result.errors ? told(result.errors[0]) : undefined};
};
const verified = async (credential) => {
  if (core) return verifiedByCore(credential);
  const {verified, error} = await vc.verifyCredential({credential, suite: verifying(), documentLoader, checkStatus});
  return {verified, error: error && told(error)};
};
const presented = async ({presentation, challenge, domain}) => {
  const {verified, error} = await vc.verify({
    presentation, challenge, domain, suite: verifying(), documentLoader, checkStatus, verifyMatchingIssuers: false});
  return {verified, error: error && told(error)};
};
const issued = async ({credential, suite}) => {
  const signing = suite === 'Ed25519Signature2020'
    ? new Ed25519Signature2020({key: await Ed25519VerificationKey2020.from({
      ...input.key, type: 'Ed25519VerificationKey2020', privateKeyMultibase: input.key.secretKeyMultibase})})
    : new DataIntegrityProof({cryptosuite, signer: (await Ed25519Multikey.from({...input.key, type: 'Multikey'})).signer()});
  return {credential: await vc.issue({credential, suite: signing, documentLoader})};
};

const each = async (jobs, work) => {
  const answers = {};
  for (const [name, job] of Object.entries(jobs)) {
    try {
      answers[name] = await work(job);
    } catch (error) {
      answers[name] = {error: told(error)};
    }
  }
  return answers;
};
process.stdout.write(JSON.stringify({
  verify: await each(input.verify, verified),
  present: await each(core ? {} : input.present, presented),
  issue: await each(input.issue, issued),
}));
