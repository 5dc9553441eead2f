import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { needs, notRoot } from "../../test/support/needs.ts";
import { openMemory } from "./memory-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-memory-"));
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

const linesOf = async (path: string) => (await readFile(path, "utf8")).split("\n").filter(Boolean);

describe("openMemory", () => {
  it("finds what was kept, in this run and in the next", async () => {
    const path = join(directory, "new", "memory.jsonl");
    const memory = await openMemory([path]);
    expect(memory.get("a")).toBeUndefined();
    memory.set("a", { text: "línea\u2028una\n" });
    expect(memory.get("a")).toEqual({ text: "línea\u2028una\n" });
    await memory.flush();
    const next = await openMemory([path]);
    expect(next.get("a")).toEqual({ text: "línea\u2028una\n" });
    expect(next.ignoredLines).toBe(0);
  });

  it("writes a value once, and another value for the same key again", async () => {
    const path = join(directory, "memory.jsonl");
    const memory = await openMemory([path]);
    memory.set("a", 1);
    memory.set("a", 1);
    memory.get("a");
    memory.set("a", 2);
    await memory.flush();
    expect(await linesOf(path)).toHaveLength(2);
    expect((await openMemory([path])).get("a")).toBe(2);
  });

  it("ignores a line cut short at any place, and goes on after it", async () => {
    const whole = `${JSON.stringify({ key: "a", value: "á" })}\n`;
    const cut = Buffer.from(JSON.stringify({ key: "b", value: "é" }));
    for (let length = 0; length < cut.length; length++) {
      const path = join(directory, `cut-${length}.jsonl`);
      await writeFile(path, Buffer.concat([Buffer.from(whole), cut.subarray(0, length)]));
      const memory = await openMemory([path]);
      expect(memory.get("a")).toBe("á");
      expect(memory.get("b")).toBeUndefined();
      expect(memory.ignoredLines).toBe(length === 0 ? 0 : 1);
      memory.set("c", 3);
      await memory.flush();
      const next = await openMemory([path]);
      expect([next.get("a"), next.get("c")]).toEqual(["á", 3]);
    }
  });

  it("ignores lines that are nothing of ours", async () => {
    const path = join(directory, "memory.jsonl");
    await writeFile(path, '\n[]\n{"key":""}\nprose\n{"key":"a","value":1}\n');
    const memory = await openMemory([path]);
    expect([memory.get("a"), memory.ignoredLines]).toEqual([1, 3]);
  });

  it("reads all files and writes to all, the video's own first", async () => {
    const [own, shared] = [join(directory, "own.jsonl"), join(directory, "shared.jsonl")];
    await writeFile(own, '{"key":"a","value":"own"}\n{"key":"mine","value":1}\n');
    await writeFile(shared, '{"key":"a","value":"shared"}\n{"key":"theirs","value":2}\n');
    const memory = await openMemory([own, shared, own]);
    expect([memory.get("a"), memory.get("mine"), memory.get("theirs")]).toEqual(["own", 1, 2]);
    memory.set("new", 3);
    await memory.flush();
    expect(await linesOf(own)).toHaveLength(4);
    expect(await linesOf(shared)).toHaveLength(4);
    const other = await openMemory([shared]);
    expect([other.get("a"), other.get("mine"), other.get("new")]).toEqual(["shared", 1, 3]);
  });

  it("loses nothing when two processes add to the same file at once", async () => {
    const path = join(directory, "memory.jsonl");
    const script = `
      import { openMemory } from ${JSON.stringify(join(import.meta.dirname, "memory-file.ts"))};
      const [path, name] = process.argv.slice(1);
      const memory = await openMemory([path]);
      for (let index = 0; index < 400; index++) {
        memory.set(name + index, "x".repeat(index * 3));
        if (index % 7 === 0) await new Promise(setImmediate);
      }
      await memory.flush();
    `;
    const children = ["a", "b"].map((name) =>
      spawn(process.execPath, ["--input-type=module", "-e", script, path, name], {
        stdio: "inherit",
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
    expect(codes).toEqual([0, 0]);
    const memory = await openMemory([path]);
    expect(memory.ignoredLines).toBe(0);
    for (const name of ["a", "b"]) {
      for (let index = 0; index < 400; index++) {
        expect(memory.get(name + index)).toBe("x".repeat(index * 3));
      }
    }
  });

  it("keeps what was flushed when the process is killed", async () => {
    const path = join(directory, "memory.jsonl");
    const script = `
      import { openMemory } from ${JSON.stringify(join(import.meta.dirname, "memory-file.ts"))};
      const memory = await openMemory([process.argv[1]]);
      memory.set("a", 1);
      await memory.flush();
      for (let index = 0; ; index++) {
        memory.set("b" + index, "x".repeat(5000));
        if (index === 50) process.kill(process.pid, "SIGKILL");
        await new Promise(setImmediate);
      }
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, path]);
    expect((await once(child, "exit"))[1]).toBe("SIGKILL");
    const memory = await openMemory([path]);
    expect(memory.get("a")).toBe(1);
    expect(memory.ignoredLines).toBeLessThanOrEqual(1);
  });

  it("refuses a folder before anything is paid for", async () => {
    await mkdir(join(directory, "folder"));
    await expect(openMemory([join(directory, "folder")])).rejects.toMatchObject({
      code: "unreadable",
    });
  });

  it("says when it cannot be written", needs(notRoot), async () => {
    const path = join(directory, "memory.jsonl");
    await appendFile(path, "");
    const memory = await openMemory([path]);
    await chmod(path, 0o400);
    memory.set("a", 1);
    await expect(memory.flush()).rejects.toMatchObject({ code: "not_writable" });
    await expect(openMemory([path])).rejects.toMatchObject({ code: "not_writable" });
  });

  it("tells of a failure to write at the next flush, and writes on when it can", async () => {
    const path = join(directory, "memory.jsonl");
    const memory = await openMemory([path]);
    await rm(path);
    await mkdir(path);
    memory.set("a", 1);
    await expect(memory.flush()).rejects.toMatchObject({ code: "unreadable" });
    await rm(path, { recursive: true });
    memory.set("b", 2);
    await memory.flush();
    expect((await stat(path)).isFile()).toBe(true);
    expect((await openMemory([path])).get("b")).toBe(2);
  });
});
