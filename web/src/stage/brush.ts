import { decode, encode, type Bitmask, type Rle } from "../lib/rle";
import { rgb } from "../lib/colour";
import type { Size } from "./look";

/** A mask under a brush: painted on at the clip's full size, shown as it is painted. */
export class PaintedMask {
  private readonly canvas = document.createElement("canvas");
  private readonly shown = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D;
  private last: { x: number; y: number } | null = null;

  constructor(
    readonly clip: Size,
    readonly object: number,
    readonly frame: number,
    readonly erasing: boolean,
    private readonly colour: string,
    start: Rle | undefined,
  ) {
    for (const canvas of [this.canvas, this.shown]) {
      canvas.width = clip.width;
      canvas.height = clip.height;
    }
    this.context = this.canvas.getContext("2d", { willReadFrequently: true })!;
    if (start) this.load(start);
  }

  /** Paint to a place, from the place before; `size` is the brush's diameter in clip pixels. */
  to(x: number, y: number, size: number): void {
    const { context } = this;
    const from = this.last ?? { x, y };
    context.globalCompositeOperation = this.erasing ? "destination-out" : "source-over";
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = size;
    context.strokeStyle = "#fff";
    context.beginPath();
    context.moveTo(from.x + 0.5, from.y + 0.5);
    context.lineTo(x + 0.5, y + 0.5 + (from.x === x && from.y === y ? 0.01 : 0));
    context.stroke();
    this.last = { x, y };
  }

  /** The mask in the object's colour, for the stage. */
  picture(): HTMLCanvasElement {
    const context = this.shown.getContext("2d")!;
    context.globalCompositeOperation = "copy";
    context.drawImage(this.canvas, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = this.colour;
    context.globalAlpha = 1;
    context.fillRect(0, 0, this.clip.width, this.clip.height);
    return this.shown;
  }

  rle(): { size: number[]; counts: string } {
    return encode(this.mask());
  }

  private mask(): Bitmask {
    const { width, height } = this.clip;
    const pixels = this.context.getImageData(0, 0, width, height).data;
    const data = new Uint8Array(width * height);
    for (let i = 0; i < data.length; i++) data[i] = pixels[4 * i + 3]! > 127 ? 1 : 0;
    return { width, height, data };
  }

  private load(rle: Rle): void {
    const mask = decode(rle);
    const image = this.context.createImageData(mask.width, mask.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < mask.data.length; i++) if (mask.data[i]) pixels[i] = 0xffffffff;
    this.context.putImageData(image, 0, 0);
  }
}

/** Whether a colour is light enough to need a dark mark on it. */
export function isLight(colour: string): boolean {
  const [r, g, b] = rgb(colour);
  return 0.299 * r + 0.587 * g + 0.114 * b > 150;
}
