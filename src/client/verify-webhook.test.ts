import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSecrets, signWebhook } from "../api/webhook-signature.ts";
import { DubberError } from "../core/error.ts";
import { verifyWebhook } from "./verify-webhook.ts";

/** The vector of the reference libraries, standard-webhooks/libraries. */
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const content = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
};
const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const headers = {
  "webhook-id": content.id,
  "webhook-timestamp": "1614265330",
  "webhook-signature": signature,
};
const nowMs = 1_614_265_330_000;

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof DubberError) return error.code;
    throw error;
  }
  return undefined;
}

describe("signWebhook", () => {
  it("signs as the reference libraries do", () => {
    expect(signWebhook(content, readSecrets(secret))).toEqual(headers);
    const body = Buffer.from(content.body);
    expect(signWebhook({ ...content, body }, readSecrets(secret))).toEqual(headers);
  });

  it("signs with each secret, in their order", () => {
    const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const [first, second, ...more] = signWebhook(content, readSecrets(`${other}, ${secret}`))[
      "webhook-signature"
    ].split(" ");
    expect(first).toBe(signWebhook(content, readSecrets(other))["webhook-signature"]);
    expect([second, more]).toEqual([signature, []]);
  });
});

describe("readSecrets", () => {
  it("takes plain text for its own bytes", () => {
    const plain = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const same = `whsec_${Buffer.from(plain).toString("base64")}`;
    expect(signWebhook(content, readSecrets(plain))).toEqual(
      signWebhook(content, readSecrets(same)),
    );
    expect(signWebhook(content, readSecrets(plain))).not.toEqual(headers);
  });

  it.each(["a b", "a,b", " a ,\n b, "])("separates by blanks and commas: %j", (text) => {
    expect(readSecrets(text).map((key) => key.export().toString())).toEqual(["a", "b"]);
  });

  it.each([
    ...["", " , ", "whsec_", "whsec_abc", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_"],
    ...["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw!", "good whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"],
    ...[23, 65].map((bytes) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`),
  ])("refuses a secret that is none: %j", (text) => {
    expect(codeOf(() => readSecrets(text))).toBe("invalid_options");
  });

  it.each([24, 25, 26, 64])("takes %i bytes, with and without the filling", (size) => {
    const base64 = Buffer.alloc(size, 7).toString("base64");
    for (const text of [base64, base64.replaceAll("=", "")]) {
      expect(readSecrets(`whsec_${text}`)[0]?.export()).toHaveLength(size);
    }
  });

  it("shows no secret, neither in keys nor in errors", () => {
    expect(inspect(readSecrets("open-sesame"), { depth: 9 })).not.toContain("sesame");
    expect(() => readSecrets("whsec_sesame!")).toThrow(/^Webhook secret 1 is no base64\.$/);
  });
});

describe("verifyWebhook", () => {
  const webhook = { headers, body: content.body, secret, nowMs };

  it("passes what the reference libraries signed", () => {
    const { id, timestamp } = content;
    expect(verifyWebhook(webhook)).toEqual({ id, timestamp });
    expect(verifyWebhook({ ...webhook, headers: new Headers(headers) }).id).toBe(id);
    expect(verifyWebhook({ ...webhook, body: Buffer.from(content.body) }).id).toBe(id);
  });

  it("looks for one good signature among others", () => {
    const wrong = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
    const several = `v1,${wrong} v2,${wrong} ${signature} v1,${wrong}`;
    const received = { ...webhook, headers: { ...headers, "webhook-signature": several } };
    expect(verifyWebhook(received).id).toBe(content.id);
    expect(verifyWebhook({ ...webhook, secret: `another ${secret}` }).id).toBe(content.id);
  });

  it.each([
    ["no id", { "webhook-id": undefined }],
    ["no time", { "webhook-timestamp": undefined }],
    ["no signature", { "webhook-signature": undefined }],
    ["an empty signature", { "webhook-signature": "" }],
    ["a signature of nothing", { "webhook-signature": "v1," }],
    ["a cut signature", { "webhook-signature": signature.slice(0, 8) }],
    ["a signature of another version", { "webhook-signature": signature.replace("v1", "v2") }],
    ["a signature without its version", { "webhook-signature": signature.slice(3) }],
    ["several headers", { "webhook-signature": [signature, signature] }],
    ["another id", { "webhook-id": "msg_other" }],
    ["an id with a dot", signWebhook({ ...content, id: "msg_1.2" }, readSecrets(secret))],
    ["another time", { "webhook-timestamp": "1614265331" }],
    ["a time that is none", { "webhook-timestamp": "hello" }],
    ["a time in another spelling", { "webhook-timestamp": "1614265330.0" }],
  ])("refuses %s", (_, changed) => {
    const received = { ...webhook, headers: { ...headers, ...changed } };
    expect(codeOf(() => verifyWebhook(received))).toBe("key_refused");
  });

  it("refuses another body and another secret", () => {
    const body = content.body.replace(" ", "");
    expect(codeOf(() => verifyWebhook({ ...webhook, body }))).toBe("key_refused");
    expect(codeOf(() => verifyWebhook({ ...webhook, secret: "another" }))).toBe("key_refused");
  });

  it.each([
    [300, undefined],
    [301, "key_refused"],
    [-300, undefined],
    [-301, "key_refused"],
  ])("%i s after it was sent: %s", (seconds, code) => {
    const late = { ...webhook, nowMs: nowMs + 1000 * seconds };
    expect(codeOf(() => verifyWebhook(late))).toBe(code);
  });

  it("passes whatever was signed, and nothing that was changed afterwards", () => {
    const text = fc.string({ unit: "binary", maxLength: 200 });
    const key = fc.string({ unit: "grapheme-ascii", minLength: 1 }).map((one) => `k${one.trim()}`);
    fc.assert(
      fc.property(text, text, key, (body, other, plain) => {
        const signed = signWebhook({ ...content, body }, readSecrets(plain));
        const received = { headers: signed, secret: plain, nowMs };
        expect(verifyWebhook({ ...received, body }).id).toBe(content.id);
        fc.pre(Buffer.compare(Buffer.from(body), Buffer.from(other)) !== 0);
        expect(codeOf(() => verifyWebhook({ ...received, body: other }))).toBe("key_refused");
      }),
    );
  });
});
