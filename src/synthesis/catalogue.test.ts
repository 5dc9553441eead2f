import { describe, expect, it } from "vitest";
import { engineNames, openSynthesizer } from "./catalogue.ts";

const env = {
  OPENAI_API_KEY: "key",
  ELEVENLABS_API_KEY: "key",
  COSYVOICE_URL: "http://127.0.0.1:50000",
  COSYVOICE_VERSION: "1",
};

describe("openSynthesizer", () => {
  it("opens every engine of the catalogue under its own name, with the lanes asked for", async () => {
    expect(engineNames).toContain("embedded");
    for (const name of engineNames) {
      await using engine = await openSynthesizer(name, { lanes: 3, env });
      expect([engine.name, engine.lanes]).toEqual([name, 3]);
    }
  });

  it.each(["nope", "", "toString"])("refuses %j and lists what there is", async (name) => {
    await expect(openSynthesizer(name)).rejects.toMatchObject({
      code: "invalid_options",
      hint: expect.stringContaining("embedded"),
    });
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %s lanes", async (lanes) => {
    await expect(openSynthesizer("embedded", { lanes })).rejects.toMatchObject({
      code: "invalid_options",
    });
  });
});
