/** Painting the stage: pure functions of what is to be seen. */
import type { ClipObject, Found, ObjectMask, Prompts } from "../api/types";
import type { MaskView, Pending, Spot } from "../state/editor";
import { isLight, type PaintedMask } from "./brush";
import { toStage, type Placement } from "./look";
import { tint } from "./tint";

type Context = CanvasRenderingContext2D;

/** Draw a picture where the clip lies; big pixels stay square when zoomed in far. */
export function drawPicture(context: Context, picture: CanvasImageSource, placed: Placement): void {
  context.imageSmoothingEnabled = placed.scale < 3;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, placed.left, placed.top, placed.width, placed.height);
}

/** Draw `draw` within a part of the stage alone. */
export function clipped(
  context: Context,
  x: number,
  y: number,
  width: number,
  height: number,
  draw: () => void,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  draw();
  context.restore();
}

let scratch: HTMLCanvasElement | undefined;

function scratchOf(width: number, height: number): HTMLCanvasElement {
  scratch ??= document.createElement("canvas");
  if (scratch.width !== width || scratch.height !== height) {
    scratch.width = width;
    scratch.height = height;
  }
  return scratch;
}

/** Draw the masks of a frame over it, or in its place. */
export function drawMasks(
  context: Context,
  placed: Placement,
  objects: ClipObject[],
  known: Readonly<Record<string, ObjectMask>>,
  view: MaskView,
  chosen: number | null,
  painted: PaintedMask | null,
  picture: CanvasImageSource | undefined,
): void {
  if (view === "off" && !painted) return;
  const pieces: { canvas: HTMLCanvasElement; alpha: number }[] = [];
  const whole = view === "matte" || view === "cutout";
  for (const object of objects) {
    if (!object.visible) continue;
    if (painted?.object === object.id) {
      pieces.push({ canvas: painted.picture(), alpha: whole ? 1 : 0.5 });
      continue;
    }
    const mask = known[String(object.id)]?.mask;
    if (!mask) continue;
    const how = whole ? "solid" : view === "outline" ? "outline" : "overlay";
    const colour = view === "matte" ? "#ffffff" : object.colour;
    pieces.push({ canvas: tint(mask, colour, how, object.id === chosen), alpha: 1 });
  }
  if (view === "matte") {
    context.fillStyle = "#000";
    context.fillRect(placed.left, placed.top, placed.width, placed.height);
  }
  if (view === "cutout") {
    drawCutout(context, placed, pieces.map((piece) => piece.canvas), picture);
    return;
  }
  for (const { canvas, alpha } of pieces) {
    context.globalAlpha = alpha;
    drawPicture(context, canvas, placed);
  }
  context.globalAlpha = 1;
}

/** The objects on a checkerboard, nothing else. */
function drawCutout(
  context: Context,
  placed: Placement,
  pieces: HTMLCanvasElement[],
  picture: CanvasImageSource | undefined,
): void {
  drawChecker(context, placed);
  const first = pieces[0];
  if (!picture || !first) return;
  const layer = scratchOf(first.width, first.height);
  const inner = layer.getContext("2d")!;
  inner.globalCompositeOperation = "copy";
  inner.drawImage(first, 0, 0);
  inner.globalCompositeOperation = "source-over";
  for (const piece of pieces.slice(1)) inner.drawImage(piece, 0, 0, layer.width, layer.height);
  inner.globalCompositeOperation = "source-in";
  inner.drawImage(picture, 0, 0, layer.width, layer.height);
  drawPicture(context, layer, placed);
}

export function drawChecker(context: Context, placed: Placement): void {
  const style = getComputedStyle(document.documentElement);
  const side = 10;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 2 * side;
  const inner = tile.getContext("2d")!;
  inner.fillStyle = style.getPropertyValue("--checker-a");
  inner.fillRect(0, 0, 2 * side, 2 * side);
  inner.fillStyle = style.getPropertyValue("--checker-b");
  inner.fillRect(0, 0, side, side);
  inner.fillRect(side, side, side, side);
  context.fillStyle = context.createPattern(tile, "repeat")!;
  context.fillRect(placed.left, placed.top, placed.width, placed.height);
}

/** The points, box and scribbles of the key frame that is looked at. */
export function drawPrompts(
  context: Context,
  placed: Placement,
  prompts: Prompts,
  pending: Pending[],
  colour: string,
): void {
  for (const stroke of prompts.strokes) {
    const spots = stroke.points.map(([x, y]) => toStage({ x: x!, y: y! }, placed));
    drawLine(context, spots, stroke.on ? colour : "#000000", 3);
  }
  if (prompts.box) {
    const [left, top, right, bottom] = prompts.box as [number, number, number, number];
    drawBox(context, toStage({ x: left, y: top }, placed), toStage({ x: right, y: bottom }, placed), colour, true);
  }
  for (const point of prompts.points) drawPoint(context, toStage(point, placed), point.on, colour, false);
  for (const point of pending) drawPoint(context, toStage(point, placed), point.on, colour, true);
}

export function drawLine(context: Context, spots: Spot[], colour: string, width: number): void {
  if (!spots.length) return;
  context.lineCap = context.lineJoin = "round";
  for (const [style, extra] of [["#ffffffcc", 2], [colour, 0]] as const) {
    context.strokeStyle = style;
    context.lineWidth = width + extra;
    context.beginPath();
    spots.forEach(({ x, y }, i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    if (spots.length === 1) context.lineTo(spots[0]!.x + 0.1, spots[0]!.y);
    context.stroke();
  }
}

export function drawBox(context: Context, a: Spot, b: Spot, colour: string, dashed: boolean): void {
  const box = [a.x, a.y, b.x - a.x, b.y - a.y] as const;
  context.lineWidth = 3;
  context.strokeStyle = "#00000066";
  context.setLineDash([]);
  context.strokeRect(...box);
  context.lineWidth = 1.5;
  context.strokeStyle = colour;
  context.setLineDash(dashed ? [6, 4] : []);
  context.strokeRect(...box);
  context.setLineDash([]);
}

/** A click: a disc with a plus or a minus, and a ring while its answer is awaited. */
function drawPoint(context: Context, { x, y }: Spot, on: boolean, colour: string, waiting: boolean): void {
  const radius = 6.5;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = on ? colour : "#15171a";
  context.shadowColor = "#000000aa";
  context.shadowBlur = 4;
  context.fill();
  context.shadowBlur = 0;
  context.lineWidth = 1.5;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.strokeStyle = on && isLight(colour) ? "#15171a" : "#ffffff";
  context.beginPath();
  context.moveTo(x - 3, y);
  context.lineTo(x + 3, y);
  if (on) {
    context.moveTo(x, y - 3);
    context.lineTo(x, y + 3);
  }
  context.stroke();
  if (waiting) {
    context.beginPath();
    context.arc(x, y, radius + 4, 0, 2 * Math.PI);
    context.strokeStyle = "#ffffffb0";
    context.setLineDash([3, 3]);
    context.stroke();
    context.setLineDash([]);
  }
}

/** What was found, each with its word. */
export function drawCandidates(
  context: Context,
  placed: Placement,
  found: Found[],
  chosen: number | null,
): void {
  found.forEach((one, index) => {
    const lit = index === chosen;
    if (lit) drawPicture(context, tint(one.mask, "#ffffff", "overlay", true), placed);
    const [left, top, right, bottom] = one.box as [number, number, number, number];
    const a = toStage({ x: left, y: top }, placed);
    const b = toStage({ x: right, y: bottom }, placed);
    drawBox(context, a, b, lit ? "#ffffff" : "#ffffffb8", false);
    drawTag(context, found.length > 1 ? `${index + 1} · ${one.label}` : one.label, a, lit);
  });
}

function drawTag(context: Context, text: string, at: Spot, lit: boolean): void {
  context.font = `500 11.5px ${getComputedStyle(document.body).fontFamily}`;
  const width = context.measureText(text).width + 12;
  const top = Math.max(2, at.y - 20);
  context.fillStyle = lit ? "#ffffff" : "#0c0d0fd9";
  context.beginPath();
  context.roundRect(at.x - 1, top, width, 18, 4);
  context.fill();
  context.fillStyle = lit ? "#0c0d0f" : "#ffffff";
  context.textBaseline = "middle";
  context.fillText(text, at.x + 5, top + 9.5);
}

/** The brush under the pointer: a ring of its true size. */
export function drawBrush(context: Context, at: Spot, diameter: number, erasing: boolean): void {
  context.lineWidth = 1;
  for (const [radius, style] of [[diameter / 2, "#ffffff"], [diameter / 2 + 1, "#000000aa"]] as const) {
    context.strokeStyle = style;
    context.setLineDash(erasing ? [4, 3] : []);
    context.beginPath();
    context.arc(at.x, at.y, Math.max(1, radius), 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}

/** The cursor that arrow keys move. */
export function drawCrosshair(context: Context, at: Spot, placed: Placement): void {
  const gap = 7;
  for (const [style, width] of [["#000000aa", 3], ["#ffffff", 1.25]] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(placed.left, at.y);
    context.lineTo(at.x - gap, at.y);
    context.moveTo(at.x + gap, at.y);
    context.lineTo(placed.left + placed.width, at.y);
    context.moveTo(at.x, placed.top);
    context.lineTo(at.x, at.y - gap);
    context.moveTo(at.x, at.y + gap);
    context.lineTo(at.x, placed.top + placed.height);
    context.stroke();
  }
}
