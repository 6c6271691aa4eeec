import type { Look, Spot } from "../state/editor";

/** Where the clip lies on the stage: its corner and scale, in CSS pixels. */
export interface Placement {
  left: number;
  top: number;
  scale: number;
  width: number;
  height: number;
}

export interface Size {
  width: number;
  height: number;
}

const MARGIN = 16;
const MOST = 32;

export function fitScale(clip: Size, room: Size): number {
  const across = (room.width - 2 * MARGIN) / clip.width;
  const down = (room.height - 2 * MARGIN) / clip.height;
  return Math.max(0.01, Math.min(across, down, 4));
}

export function place(look: Look, clip: Size, room: Size): Placement {
  const scale = look.scale ?? fitScale(clip, room);
  const x = look.scale === null ? clip.width / 2 : look.x;
  const y = look.scale === null ? clip.height / 2 : look.y;
  return {
    scale,
    left: room.width / 2 - x * scale,
    top: room.height / 2 - y * scale,
    width: clip.width * scale,
    height: clip.height * scale,
  };
}

/** From the stage to the clip: the centre of the top left pixel is 0, 0. */
export function toClip(at: Spot, placed: Placement): Spot {
  return { x: (at.x - placed.left) / placed.scale - 0.5, y: (at.y - placed.top) / placed.scale - 0.5 };
}

export function toStage(at: Spot, placed: Placement): Spot {
  return { x: (at.x + 0.5) * placed.scale + placed.left, y: (at.y + 0.5) * placed.scale + placed.top };
}

export function inClip(at: Spot, clip: Size): boolean {
  return at.x >= -0.5 && at.y >= -0.5 && at.x < clip.width - 0.5 && at.y < clip.height - 0.5;
}

/** Zoom by a factor about a place of the stage, which keeps what is under it. */
export function zoomAbout(look: Look, at: Spot, by: number, clip: Size, room: Size): Look {
  const before = place(look, clip, room);
  const least = fitScale(clip, room) * 0.5;
  const scale = Math.min(MOST, Math.max(least, before.scale * by));
  const x = (at.x - before.left) / before.scale;
  const y = (at.y - before.top) / before.scale;
  return keepInSight(
    { scale, x: x - (at.x - room.width / 2) / scale, y: y - (at.y - room.height / 2) / scale },
    clip,
  );
}

export function panBy(look: Look, dx: number, dy: number, clip: Size, room: Size): Look {
  const { scale } = place(look, clip, room);
  const x = look.scale === null ? clip.width / 2 : look.x;
  const y = look.scale === null ? clip.height / 2 : look.y;
  return keepInSight({ scale, x: x - dx / scale, y: y - dy / scale }, clip);
}

function keepInSight(look: Look, clip: Size): Look {
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return { ...look, x: clamp(look.x, clip.width), y: clamp(look.y, clip.height) };
}
