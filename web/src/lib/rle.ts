/** COCO run lengths, compressed or plain: runs of 0 and 1 in turn, column by column. */
export interface Rle {
  size: number[];
  counts: string | number[];
}

/** A mask as one byte a pixel, 0 or 1, row by row. */
export interface Bitmask {
  width: number;
  height: number;
  data: Uint8Array;
}

/** The plain runs of a mask. */
export function runsOf(rle: Rle): number[] {
  if (typeof rle.counts !== "string") return rle.counts;
  const runs: number[] = [];
  let value = 0;
  let shift = 0;
  for (let i = 0; i < rle.counts.length; i++) {
    const five = rle.counts.charCodeAt(i) - 48;
    value |= (five & 31) << shift;
    shift += 5;
    if (five & 32) continue;
    if (five & 16) value -= 2 ** shift;
    runs.push(runs.length > 2 ? value + runs[runs.length - 2]! : value);
    value = 0;
    shift = 0;
  }
  return runs;
}

/** The column of a mask's middle, between its left and right ends; undefined where it is empty. */
export function middleColumn(rle: Rle): number | undefined {
  const height = rle.size[0]!;
  let [at, left, right] = [0, Infinity, -1];
  runsOf(rle).forEach((run, place) => {
    if (place % 2 && run) {
      left = Math.min(left, Math.floor(at / height));
      right = Math.max(right, Math.floor((at + run - 1) / height));
    }
    at += run;
  });
  return right < 0 ? undefined : (left + right) / 2;
}

/** Decode at every `step`-th pixel of every `step`-th row, so that a 4K overlay stays cheap. */
export function decode(rle: Rle, step = 1): Bitmask {
  const [height, width] = rle.size as [number, number];
  const w = Math.ceil(width / step);
  const h = Math.ceil(height / step);
  const data = new Uint8Array(w * h);
  const runs = runsOf(rle);
  let at = 0;
  for (let i = 0; i < runs.length; i++) {
    const end = at + runs[i]!;
    if (i & 1) {
      let column = Math.floor(at / height);
      let row = at - column * height;
      let left = end - at;
      while (left > 0) {
        const length = Math.min(left, height - row);
        if (column % step === 0) {
          const x = column / step;
          for (let y = Math.ceil(row / step); y * step < row + length; y++) data[y * w + x] = 1;
        }
        left -= length;
        column++;
        row = 0;
      }
    }
    at = end;
  }
  return { width: w, height: h, data };
}

/** Encode a whole mask in the compressed form. */
export function encode(mask: Bitmask): { size: number[]; counts: string } {
  const { width, height, data } = mask;
  const runs: number[] = [];
  let current = 0;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0, i = x; y < height; y++, i += width) {
      if (data[i] === current) run++;
      else {
        runs.push(run);
        current = data[i]!;
        run = 1;
      }
    }
  }
  runs.push(run);
  return { size: [height, width], counts: compress(runs) };
}

function compress(runs: number[]): string {
  let text = "";
  for (let i = 0; i < runs.length; i++) {
    let left = i > 2 ? runs[i]! - runs[i - 2]! : runs[i]!;
    for (;;) {
      const five = left & 31;
      left >>= 5;
      const more = left !== (five & 16 ? -1 : 0);
      text += String.fromCharCode(48 + (five | (more ? 32 : 0)));
      if (!more) break;
    }
  }
  return text;
}

/** How many pixels the mask covers. */
export function area(rle: Rle): number {
  return runsOf(rle).reduce((sum, run, i) => (i & 1 ? sum + run : sum), 0);
}
