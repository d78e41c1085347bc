// A certified OpenID Connect server with a sign-in page of three lines: whoever types an address is
// that person. Addresses that begin with "unchecked" are told as not verified.

import { randomBytes } from "node:crypto";
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const page = `<!doctype html><html lang="en"><head><title>Initech</title><link rel="icon" href="data:,"></head>
<body><h1>Initech</h1><form method="post"><label>Address <input name="address"></label><button>Go on</button></form></body></html>`;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "axiom", client_secret: process.env.CLIENT_SECRET, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  cookies: { keys: [randomBytes(16).toString("hex")] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  findAccount: async (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, email: id, email_verified: !id.startsWith("unchecked"), name: "Nia Initech" }),
  }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = page;
    return;
  }
  let typed = "";
  for await (const part of ctx.req) typed += part;
  const accountId = new URLSearchParams(typed).get("address");
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId } });
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
