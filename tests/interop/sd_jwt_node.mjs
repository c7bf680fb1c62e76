// npm @sd-jwt/sd-jwt-vc beside our own SD-JWT VCs: reads a job from standard input, writes the answers.
// It shares nothing with this project but the JSON of the job, which tests/interop/selective.py describes.
// argv[2]: the folder that has node_modules.
import crypto from 'node:crypto';
import {createRequire} from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.argv[2], 'package.json'));
const {SDJwtVcInstance} = require('@sd-jwt/sd-jwt-vc');
const {digest, generateSalt} = require('@sd-jwt/crypto-nodejs');

const HASH = {ES256: 'sha256', ES384: 'sha384', EdDSA: null};
const signerOf = (jwk, alg) => async (text) => crypto.sign(HASH[alg], Buffer.from(text),
  {key: crypto.createPrivateKey({key: jwk, format: 'jwk'}), dsaEncoding: 'ieee-p1363'}).toString('base64url');
const isSigned = (jwk, alg, text, signature) => crypto.verify(HASH[alg], Buffer.from(text),
  {key: crypto.createPublicKey({key: jwk, format: 'jwk'}), dsaEncoding: 'ieee-p1363'},
  Buffer.from(signature, 'base64url'));
const publicOf = ({d, ...jwk}) => jwk;

const frameOf = (paths) => {
  const frame = {};
  for (const [step, ...rest] of paths) {
    if (rest.length === 0) (frame._sd ??= []).push(step);
    else (frame[step] ??= []).push(rest);
  }
  return Object.fromEntries(Object.entries(frame).map(([name, value]) =>
    [name, name === '_sd' ? value : frameOf(value)]));
};
const shownOf = (paths) => {
  if (paths.some((path) => path.length === 0)) return true;
  const below = {};
  for (const [step, ...rest] of paths) (below[step] ??= []).push(rest);
  return Object.fromEntries(Object.entries(below).map(([step, rest]) => [step, shownOf(rest)]));
};
const attempt = async (action) => {
  try {
    return {value: await action()};
  } catch (error) {
    return {error: String(error.message)};
  }
};

const answer = async (job) => {
  const library = new SDJwtVcInstance({
    signer: signerOf(job.issuer, job.alg), signAlg: job.alg,
    verifier: async (text, signature) => isSigned(publicOf(job.issuer), job.alg, text, signature),
    kbSigner: signerOf(job.holder, job.holderAlg), kbSignAlg: job.holderAlg,
    kbVerifier: async (text, signature, payload) => isSigned(payload.cnf.jwk, job.holderAlg, text, signature),
    hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt,
  });
  const present = (token) => library.present(token, shownOf(job.show),
    {kb: {payload: {iat: Math.floor(Date.now() / 1000), aud: job.aud, nonce: job.nonce}}});
  const payload = {...job.claims, ...job.registered, cnf: {jwk: publicOf(job.holder)}};
  const issued = await library.issue(payload, frameOf(job.disclosable), {header: {kid: job.kid}});
  const answers = {
    issued: {value: issued},
    presented: await attempt(() => present(issued)),
    'presented ours': await attempt(() => present(job.ours)),
  };
  for (const [name, token] of Object.entries(job.verify)) {
    answers[name] = await attempt(async () =>
      (await library.verify(token, {requiredClaimKeys: ['vct'], keyBindingNonce: job.nonce})).payload);
  }
  return answers;
};

let text = '';
for await (const chunk of process.stdin) text += chunk;
const answers = {};
for (const [name, job] of Object.entries(JSON.parse(text))) answers[name] = await answer(job);
process.stdout.write(JSON.stringify(answers));
