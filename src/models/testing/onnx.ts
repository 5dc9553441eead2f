/** Small ONNX models, written byte by byte. For tests. */

/** A number in groups of seven bits. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** One field that holds bytes, a text or other fields. */
export function block(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

export function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** A model of one operation, with weights of `weightBytes` and remarks. */
export function makeOnnx({
  metadata = {},
  weightBytes = 100,
}: {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly weightBytes?: number;
} = {}): Buffer {
  const node = Buffer.concat([block(1, "x"), block(2, "y"), block(4, "Relu")]);
  const weights = Buffer.concat([
    number(1, 3),
    number(2, 1),
    block(8, "w"),
    block(9, Buffer.alloc(weightBytes, 7)),
  ]);
  const graph = Buffer.concat([block(1, node), block(2, "graph"), block(5, weights)]);
  const remarks = Object.entries(metadata).map(([key, value]) =>
    block(14, Buffer.concat([block(1, key), block(2, value)])),
  );
  const version = block(8, Buffer.concat([block(1, ""), number(2, 15)]));
  return Buffer.concat([number(1, 8), block(2, "dubber"), block(7, graph), version, ...remarks]);
}
