// npm @digitalcredentials/issuer-registry-client and @openid-federation/core as readers of a trust network.
// It shares nothing with this project but the JSON of the job, which tests/interop/trust.py describes.
// argv[2]: the folder that has node_modules.
import crypto from 'node:crypto';
import {createRequire} from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.argv[2], 'package.json'));
const {RegistryClient} = require('@digitalcredentials/issuer-registry-client');
const {resolveTrustChains} = require('@openid-federation/core');

const attempt = async (action) => {
  try {
    return {value: await action()};
  } catch (error) {
    return {error: String(error.message || error)};
  }
};

// The library takes no keys for its anchors: what the anchor signs counts only under the key known beforehand.
const verifying = (job, anchorKey) => async ({claims, jwk, data, signature}) => {
  if (claims.iss === job.anchor && jwk.x !== anchorKey.x) return false;
  const key = crypto.createPublicKey({key: jwk, format: 'jwk'});
  return crypto.verify(null, data, key, signature);
};

const chains = async (job, entityId, anchorKey) => {
  const found = await resolveTrustChains({
    entityId, trustAnchorEntityIds: [job.anchor], verifyJwtCallback: verifying(job, anchorKey),
  });
  return found.map(({valid, chain, trustAnchorEntityConfiguration, resolvedLeafMetadata}) => ({
    valid,
    statements: chain.map(({iss, sub}) => [iss, sub]),
    anchor: [trustAnchorEntityConfiguration.sub, trustAnchorEntityConfiguration.jwks.keys.map(({x}) => x)],
    name: resolvedLeafMetadata.federation_entity.organization_name,
  }));
};

let text = '';
for await (const chunk of process.stdin) text += chunk;
const job = JSON.parse(text);
const registries = new RegistryClient();
const [{loaded}] = await registries.load({config: [{name: 'ours', url: job.registry}]});
const answers = {loaded, entities: {}};
for (const [name, {entity_id: entityId, did}] of Object.entries(job.entities)) {
  const {name: known, url} = registries.didEntry(did) ?? {};
  answers.entities[name] = {
    registry: known === undefined ? null : {name: known, url},
    chains: await attempt(() => chains(job, entityId, job.key)),
    'chains under another key': await attempt(() => chains(job, entityId, job.other)),
  };
}
process.stdout.write(JSON.stringify(answers));
