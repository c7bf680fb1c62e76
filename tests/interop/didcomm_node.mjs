// Runs under Node.js with npm `didcomm-node`, whose entry file is the first argument: reads a job from standard
// input, writes the answers. It shares nothing with this project but the JSON of the job.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { Message, FromPrior } = createRequire(import.meta.url)(process.argv[2]);
const job = JSON.parse(readFileSync(0, "utf8"));
const documents = new Map(job.documents.map((document) => [document.id, document]));
const secrets = new Map(
  job.secrets.map((jwk) => [jwk.kid, { id: jwk.kid, type: "JsonWebKey2020", privateKeyJwk: jwk }]),
);
const didResolver = { resolve: async (did) => documents.get(did) ?? null };
const secretsResolver = {
  get_secret: async (kid) => secrets.get(kid) ?? null,
  find_secrets: async (kids) => kids.filter((kid) => secrets.has(kid)),
};
const ENCRYPTIONS = {
  "A256CBC-HS512": "A256cbcHs512EcdhEsA256kw",
  A256GCM: "A256gcmEcdhEsA256kw",
  XC20P: "Xc20pEcdhEsA256kw",
};

async function pack(order) {
  const value = { ...order.message };
  if (order.from_prior) {
    const prior = new FromPrior(order.from_prior);
    [value.from_prior] = await prior.pack(order.from_prior_kid, didResolver, secretsResolver);
  }
  const message = new Message(value);
  if (!order.encrypted) {
    const [signed] = await message.pack_signed(order.signer, didResolver, secretsResolver);
    return signed;
  }
  const options = { forward: false, protect_sender: order.protect_sender, enc_alg_anon: ENCRYPTIONS[order.enc] };
  const [packed] = await message.pack_encrypted(
    order.to,
    order.from,
    order.signer,
    didResolver,
    secretsResolver,
    options,
  );
  if (!order.forward_to) return packed;
  const { next, key } = order.forward_to;
  return Message.wrap_in_forward(packed, {}, next, [key], ENCRYPTIONS["A256CBC-HS512"], didResolver);
}

async function opened(packed) {
  const options = { unwrap_re_wrapping_forward: false };
  const [message, metadata] = await Message.unpack(packed, didResolver, secretsResolver, options);
  const value = message.as_value();
  if (value.type === "https://didcomm.org/routing/2.0/forward") {
    return opened(JSON.stringify(value.attachments[0].data.json));
  }
  return {
    message: value,
    sender: metadata.encrypted_from_kid ?? null,
    signer: metadata.sign_from ?? null,
    prior: metadata.from_prior_issuer_kid ?? null,
  };
}

async function answers(orders, make) {
  const found = {};
  for (const [name, order] of Object.entries(orders)) {
    try {
      found[name] = await make(order);
    } catch (error) {
      found[name] = { error: String(error?.message ?? error) };
    }
  }
  return found;
}

process.stdout.write(
  JSON.stringify({
    pack: await answers(job.pack, async (order) => ({ packed: await pack(order) })),
    unpack: await answers(job.unpack, opened),
  }),
);
