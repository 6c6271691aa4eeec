import { rgb } from "../lib/colour";
import { Lru } from "../lib/lru";
import { decode, type Bitmask, type Rle } from "../lib/rle";

export type Tinting = "overlay" | "outline" | "solid";

const FILL = 0.42;
const MEMORY = 256e6;
const WIDEST = 2048;

const ids = new WeakMap<Rle, number>();
let next = 1;
const tints = new Lru<string, HTMLCanvasElement>(MEMORY);

/** A mask as a picture in its object's colour, kept for as long as memory allows. */
export function tint(rle: Rle, colour: string, how: Tinting, bold: boolean): HTMLCanvasElement {
  let id = ids.get(rle);
  if (!id) ids.set(rle, (id = next++));
  const key = `${id} ${colour} ${how} ${bold}`;
  const known = tints.get(key);
  if (known) return known;
  const longest = Math.max(...rle.size);
  const mask = decode(rle, Math.max(1, Math.ceil(longest / WIDEST)));
  const canvas = paint(mask, colour, how, bold);
  tints.set(key, canvas, canvas.width * canvas.height * 4);
  return canvas;
}

function paint(mask: Bitmask, colour: string, how: Tinting, bold: boolean): HTMLCanvasElement {
  const { width, height, data } = mask;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const [r, g, b] = rgb(colour);
  const word = (alpha: number) => ((Math.round(alpha * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
  const inside = how === "outline" ? 0 : word(how === "solid" ? 1 : bold ? FILL : FILL * 0.8);
  const rim = how === "solid" ? inside : word(bold ? 1 : 0.8);
  // A rim of the same apparent width at every size of clip.
  const thick = Math.max(1, Math.round(Math.max(width, height) / 800)) + (how === "outline" ? 1 : 0);
  const down = thick * width;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!data[i]) continue;
      const edge =
        x < thick || !data[i - thick] || x >= width - thick || !data[i + thick] ||
        y < thick || !data[i - down] || y >= height - thick || !data[i + down];
      pixels[i] = edge ? rim : inside;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
