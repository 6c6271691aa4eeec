/** What a pointer does on the stage, from when it goes down until it comes up. */
import { boxAt, clickAt, keepRoughBox, paintKey, paintObject, scribbleAt, takeCandidate, theObject } from "../editor/actions";
import { editor, type Spot } from "../state/editor";
import { PaintedMask } from "./brush";
import { inClip, panBy, toClip, type Placement, type Size } from "./look";
import { masks, rawMask } from "./masks";

const STILL = 4;

export interface Gesture {
  move(at: Spot): void;
  end(at: Spot): void;
  cancel(): void;
}

/** What is being drawn and is not yet kept. */
export interface Draft {
  painted: PaintedMask | null;
  box: { from: Spot; to: Spot } | null;
  line: { spots: Spot[]; on: boolean } | null;
}

export interface Scene {
  clip: Size;
  room: Size;
  placed(): Placement;
  draft: Draft;
  redraw(): void;
}

export function panGesture(scene: Scene, start: Spot): Gesture {
  let last = start;
  return {
    move(at) {
      const { look } = editor.get();
      editor.set({ look: panBy(look, at.x - last.x, at.y - last.y, scene.clip, scene.room) });
      last = at;
    },
    end() {},
    cancel() {},
  };
}

/** A click adds or removes; a drag that was meant to be one pans. */
export function clickGesture(scene: Scene, start: Spot, on: boolean): Gesture {
  const pan = panGesture(scene, start);
  let moved = false;
  return {
    move(at) {
      moved ||= Math.hypot(at.x - start.x, at.y - start.y) > STILL;
      if (moved && editor.get().look.scale !== null) pan.move(at);
    },
    end(at) {
      if (Math.hypot(at.x - start.x, at.y - start.y) > STILL) return;
      const spot = toClip(start, scene.placed());
      if (!inClip(spot, scene.clip)) return;
      if (pickCandidate(spot)) return;
      editor.set({ compare: "source" });
      void clickAt(round(spot.x), round(spot.y), on);
    },
    cancel() {},
  };
}

function pickCandidate(spot: Spot): boolean {
  const { candidates, frame } = editor.get();
  if (!candidates || candidates.frame !== frame) return false;
  const under = candidates.found
    .filter(({ box }) => spot.x >= box[0]! && spot.y >= box[1]! && spot.x <= box[2]! && spot.y <= box[3]!)
    .sort((a, b) => size(a.box) - size(b.box))[0];
  if (!under) {
    editor.set({ candidates: null });
    return false;
  }
  void takeCandidate(under);
  return true;
}

const size = (box: number[]) => (box[2]! - box[0]!) * (box[3]! - box[1]!);

export function boxGesture(
  scene: Scene,
  start: Spot,
  take: (box: [number, number, number, number]) => Promise<void>,
): Gesture {
  const done = () => {
    scene.draft.box = null;
    scene.redraw();
  };
  return {
    move(at) {
      scene.draft.box = { from: start, to: at };
      scene.redraw();
    },
    end(at) {
      done();
      const a = within(toClip(start, scene.placed()), scene.clip);
      const b = within(toClip(at, scene.placed()), scene.clip);
      const box = [a.x, a.y, b.x, b.y];
      const [left, right] = [Math.min(box[0]!, box[2]!), Math.max(box[0]!, box[2]!)];
      const [top, bottom] = [Math.min(box[1]!, box[3]!), Math.max(box[1]!, box[3]!)];
      if (right - left >= 2 && bottom - top >= 2)
        void take([round(left), round(top), round(right), round(bottom)]);
    },
    cancel: done,
  };
}

export function scribbleGesture(scene: Scene, start: Spot, on: boolean): Gesture {
  const line = { spots: [start], on };
  scene.draft.line = line;
  scene.redraw();
  const done = () => {
    scene.draft.line = null;
    scene.redraw();
  };
  return {
    move(at) {
      const last = line.spots.at(-1)!;
      if (Math.hypot(at.x - last.x, at.y - last.y) < 3) return;
      line.spots.push(at);
      scene.redraw();
    },
    end() {
      const placed = scene.placed();
      const points = line.spots
        .map((spot) => within(toClip(spot, placed), scene.clip))
        .map(({ x, y }) => [round(x), round(y)]);
      done();
      void scribbleAt({ points, width: Math.max(1, round(3 / placed.scale)), on });
    },
    cancel: done,
  };
}

export function brushGesture(scene: Scene, start: Spot, erasing: boolean): Gesture {
  const { frame, project } = editor.get();
  const spots: Spot[] = [];
  let painted: PaintedMask | null = null;
  let ended = false;
  const paint = (at: Spot) => {
    const { x, y } = toClip(at, scene.placed());
    painted!.to(x, y, editor.get().brush);
    scene.redraw();
  };
  const take = (at: Spot) => (painted ? paint(at) : void spots.push(at));
  take(start);
  const begun = (async () => {
    const object = await paintObject();
    if (!object) return;
    // The edge is applied to what is painted: a brush goes on from the mask before it.
    const plain = Object.values(object.edge).every((value) => !value);
    const shown = masks.at(frame)[String(object.id)];
    const from = plain && masks.isKnown(frame) ? shown : await rawMask(project, frame, object.id);
    painted = new PaintedMask(scene.clip, object.id, frame, erasing, object.colour, from?.mask);
    if (!ended || spots.length) scene.draft.painted = painted;
    spots.forEach(paint);
  })();
  const done = () => {
    scene.draft.painted = null;
    scene.redraw();
  };
  return {
    move: take,
    async end(at) {
      take(at);
      ended = true;
      await begun;
      if (!painted) return;
      const mask = painted.rle();
      void paintKey(painted.object, frame, mask);
      done();
    },
    cancel() {
      ended = true;
      void begun.then(done);
    },
  };
}

/** The gesture of the tool that is in hand. */
export function begin(scene: Scene, at: Spot, button: number, alt: boolean): Gesture | null {
  const { tool, candidates, boxing } = editor.get();
  const on = button === 0 && !alt;
  if ((tool === "pan" && !boxing) || button === 1) return panGesture(scene, at);
  if (button !== 0 && button !== 2) return null;
  if (boxing) return boxGesture(scene, at, keepRoughBox);
  if (tool === "click" || candidates) return clickGesture(scene, at, on);
  if (!inClip(toClip(at, scene.placed()), grown(scene.clip))) return null;
  if (theObject()?.locked) return clickGesture(scene, at, on);
  if (tool === "box") return boxGesture(scene, at, boxAt);
  if (tool === "scribble") return scribbleGesture(scene, at, on);
  return brushGesture(scene, at, (tool === "erase") === on);
}

/** A clip with room around it, from which a stroke or a box may begin. */
const grown = (clip: Size): Size => ({ width: clip.width + 1, height: clip.height + 1 });

const round = (value: number) => Math.round(value * 10) / 10;

function within({ x, y }: Spot, clip: Size): Spot {
  return {
    x: Math.min(clip.width - 1, Math.max(0, x)),
    y: Math.min(clip.height - 1, Math.max(0, y)),
  };
}
