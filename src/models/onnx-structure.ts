/**
 * Walks the protobuf of an ONNX model without believing it: lengths, wire types, the graph, its nodes and weights. It is not an
 * ONNX checker: shapes and operators are the runtime's affair. Touches no file.
 *
 * Sources: https://protobuf.dev/programming-guides/encoding/, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

/** Where the bytes come from. */
export type ByteSource = {
  readonly size: number;
  /** Exactly `length` bytes from `position`, both inside the file; short reads throw. */
  read(position: number, length: number): Uint8Array;
};

/** What is wrong with a file, in words that follow "It ". */
export class BrokenOnnx extends Error {
  override readonly name = "BrokenOnnx";
}

type WireType = 0 | 1 | 2 | 5;
type Field = {
  readonly number: number;
  readonly wire: WireType;
  /** The number itself where it is a varint. */
  readonly value: number;
  /** The bytes of the content; no length for numbers. */
  readonly start: number;
  readonly end: number;
};

/** Wire types of the fields that the format defines; others may come with newer versions. */
type Known = Readonly<Record<number, WireType>>;
const modelFields: Known = { 1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2 };
const graphFields: Known = { 1: 2, 2: 2, 5: 2, 10: 2, 11: 2, 12: 2, 13: 2, 14: 2, 15: 2, 16: 2 };
const nodeFields: Known = { 1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2 };
const pairFields: Known = { 1: 2, 2: 2 };

/** The longest metadata any known model has is 20 KB. */
const mostTextBytes = 1_000_000;

/**
 * Reads the whole structure of a model.
 *
 * @returns its `metadata_props`.
 * @throws BrokenOnnx; whatever the source throws.
 */
export function readOnnx(source: ByteSource): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  let version = 0;
  let graphs = 0;
  if (source.size === 0) throw new BrokenOnnx("is empty");
  for (const field of fieldsOf(source, 0, source.size, modelFields)) {
    if (field.number === 1) version = field.value;
    if (field.number === 7) {
      graphs += 1;
      checkGraph(source, field);
    }
    if (field.number === 14) {
      const [key, value] = readPair(source, field);
      metadata.set(key, value);
    }
  }
  // 13 in 2026; one that is far beyond was hardly meant as a version.
  if (version < 1 || version > 100)
    throw new BrokenOnnx("does not say which version of ONNX it is");
  if (graphs !== 1) throw new BrokenOnnx("holds no network");
  return metadata;
}

function checkGraph(source: ByteSource, graph: Field): void {
  let nodes = 0;
  for (const field of fieldsOf(source, graph.start, graph.end, graphFields)) {
    if (field.number === 1) {
      nodes += 1;
      for (const _part of fieldsOf(source, field.start, field.end, nodeFields));
    }
    // Weights: tensors, whose own numbers differ too much between versions to be named here.
    if (field.number === 5) for (const _part of fieldsOf(source, field.start, field.end, {}));
  }
  if (nodes === 0) throw new BrokenOnnx("holds a network without a single operation");
}

function readPair(source: ByteSource, pair: Field): [string, string] {
  const texts = ["", ""];
  for (const { number, start, end } of fieldsOf(source, pair.start, pair.end, pairFields)) {
    if (number > 2) continue;
    if (end - start > mostTextBytes) throw new BrokenOnnx("has a remark that is too long");
    texts[number - 1] = Buffer.from(source.read(start, end - start)).toString("utf8");
  }
  return texts as [string, string];
}

/** The fields from `start` to `end`, which they must fill exactly. */
function* fieldsOf(source: ByteSource, start: number, end: number, known: Known): Generator<Field> {
  let position = start;
  while (position < end) {
    const [tag, afterTag] = readVarint(source, position, end);
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    const expected = known[number];
    const isWrong = expected !== undefined && expected !== wire && !isPacked(expected, wire);
    if (number === 0 || isWrong) throw damagedAt(position);
    const field = readField(source, { number, wire, position: afterTag, end });
    yield field;
    position = field.end;
  }
}

/** Repeated numbers may stand in one block. */
function isPacked(expected: WireType, wire: number): boolean {
  return expected !== 2 && wire === 2;
}

type Head = { number: number; wire: number; position: number; end: number };

function readField(source: ByteSource, { number, wire, position, end }: Head): Field {
  if (wire === 0) {
    const [value, after] = readVarint(source, position, end);
    return { number, wire, value, start: position, end: after };
  }
  if (wire === 1 || wire === 5) {
    const after = position + (wire === 1 ? 8 : 4);
    if (after > end) throw tooShort(source, after, end);
    return { number, wire, value: 0, start: position, end: after };
  }
  if (wire !== 2) throw damagedAt(position);
  const [length, start] = readVarint(source, position, end);
  if (start + length > end) throw tooShort(source, start + length, end);
  return { number, wire, value: 0, start, end: start + length };
}

/** A number of at most ten bytes of seven bits; beyond 2^53 it is only known to be large. */
function readVarint(source: ByteSource, position: number, end: number): [number, number] {
  const bytes = source.read(position, Math.min(10, end - position));
  let value = 0;
  for (const [index, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [value, position + index + 1];
  }
  throw bytes.length < 10 ? tooShort(source, end + 1, end) : damagedAt(position);
}

/** A part that reaches past the file's own end was cut off; past its surroundings', it is damaged. */
function tooShort(source: ByteSource, needed: number, end: number): BrokenOnnx {
  if (end < source.size) return damagedAt(end);
  return new BrokenOnnx(
    Number.isSafeInteger(needed) && needed < 1e12
      ? `ends after ${source.size} bytes, where at least ${needed} were announced`
      : `ends too early, after ${source.size} bytes`,
  );
}

function damagedAt(position: number): BrokenOnnx {
  return new BrokenOnnx(`is no ONNX model, or is damaged (at byte ${position})`);
}
