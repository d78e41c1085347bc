// A certified OAuth 2.0 server for providers' logins: consent that can be denied, PKCE required,
// refresh tokens that rotate, access tokens as short as asked for. /counts says what was granted.

import { randomBytes } from "node:crypto";
import Provider from "oidc-provider";

const [port, lifetime, ...redirects] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const counts = {};
const refreshTokens = new Set();

const page = `<!doctype html><html lang="en"><head><title>Vendor</title><link rel="icon" href="data:,"></head>
<body><h1>Vendor</h1><form method="post"><button name="word" value="allow">Allow</button><button name="word" value="deny">Deny</button></form></body></html>`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "axiom",
      token_endpoint_auth_method: "none",
      application_type: "native",
      redirect_uris: redirects,
      grant_types: ["authorization_code", "refresh_token"],
    },
  ],
  scopes: ["openid", "offline_access", "models"],
  cookies: { keys: [randomBytes(16).toString("hex")] },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  ttl: { AccessToken: Number(lifetime), Grant: 3600, Session: 3600, Interaction: 600, RefreshToken: 3600 },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
});

provider.on("grant.success", (ctx) => {
  const type = ctx.oidc.params.grant_type;
  counts[type] = (counts[type] ?? 0) + 1;
});
provider.on("refresh_token.saved", (token) => refreshTokens.add(token.jti));

async function grantFor(details) {
  const grant = new provider.Grant({ accountId: "nia", clientId: details.params.client_id });
  grant.addOIDCScope("openid offline_access models");
  return grant.save();
}

provider.use(async (ctx, next) => {
  if (ctx.path === "/counts") {
    ctx.body = counts;
    return;
  }
  if (ctx.path === "/revoke") {
    for (const jti of refreshTokens) await (await provider.RefreshToken.find(jti))?.destroy();
    ctx.body = {};
    return;
  }
  if (!ctx.path.startsWith("/interaction/")) return next();
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = page;
    return;
  }
  let typed = "";
  for await (const part of ctx.req) typed += part;
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  const result =
    new URLSearchParams(typed).get("word") === "allow"
      ? { login: { accountId: "nia" }, consent: { grantId: await grantFor(details) } }
      : { error: "access_denied", error_description: "the person said no" };
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result);
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
