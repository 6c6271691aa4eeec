/** Clicks, boxes and scribbles on their way to a mask.
 *
 * The mark is drawn at once. Marks that are made while an answer is awaited go together in the next
 * question, so that quick clicking never queues up. */
import { api, ok } from "../api/client";
import { keys, queries } from "../api/queries";
import type { Point, Project, Prompts, Stroke } from "../api/types";
import { area } from "../lib/rle";
import { masks } from "../stage/masks";
import { editor } from "../state/editor";
import { promptsAt, report, theObject } from "./actions";

export type Mark =
  | { kind: "point"; point: Point }
  | { kind: "box"; box: [number, number, number, number] }
  | { kind: "stroke"; stroke: Stroke };

interface Asking {
  frame: number;
  prompts: Prompts;
  pending: number[];
}

const busy = new Map<number, Promise<void>>();
const waiting = new Map<number, Asking>();
/** What was asked last for an object's frame, until the project's own answer is here. */
const asked = new Map<string, Prompts>();
let next = 1;

/** Point at an object and show the mask that comes of it. */
export async function ask(object: number, frame: number, mark: Mark): Promise<void> {
  const place = `${object} ${frame}`;
  const queued = waiting.get(object);
  const known =
    (queued?.frame === frame ? queued.prompts : asked.get(place)) ??
    promptsAt(theObject(object), frame);
  const prompts = withMark(known, mark);
  const id = next++;
  if (mark.kind === "point") {
    const { x, y, on } = mark.point;
    editor.set(({ pending }) => ({ pending: [...pending, { id, frame, x, y, on: on ?? true }] }));
  }
  asked.set(place, prompts);
  if (queued && queued.frame !== frame) await busy.get(object);
  const before = waiting.get(object);
  waiting.set(object, { frame, prompts, pending: [...(before?.pending ?? []), id] });
  if (!busy.has(object)) {
    const run = drain(object).finally(() => busy.delete(object));
    busy.set(object, run);
  }
  await busy.get(object);
}

async function drain(object: number): Promise<void> {
  for (;;) {
    const asking = waiting.get(object);
    if (!asking) return;
    waiting.delete(object);
    await answer(object, asking);
  }
}

async function answer(object: number, { frame, prompts, pending }: Asking): Promise<void> {
  const { project } = editor.get();
  const place = `${object} ${frame}`;
  try {
    const found = await ok(
      api.POST("/api/v1/projects/{project}/objects/{number}/prompt", {
        params: { path: { project, number: object } },
        body: { frame, ...prompts, commit: true },
      }),
    );
    masks.put(frame, { [String(object)]: { mask: found.mask, score: found.score, source: "key" } });
    const [height, width] = found.mask.size;
    const share = (100 * area(found.mask)) / (width * height);
    editor.say(`The mask covers ${share.toFixed(1)} % of the frame`);
    takeKey(project, object, frame, prompts);
    masks.doubt();
    await queries.invalidateQueries({ queryKey: keys.project(project) });
  } catch (error) {
    report(error);
  } finally {
    if (!waiting.has(object)) asked.delete(place);
    editor.set((state) => ({ pending: state.pending.filter((one) => !pending.includes(one.id)) }));
  }
}

/** Show the key frame before the project has been fetched again. */
function takeKey(id: string, object: number, frame: number, prompts: Prompts): void {
  queries.setQueryData<Project>(keys.project(id), (project) =>
    project && {
      ...project,
      objects: project.objects.map((one) =>
        one.id === object
          ? {
              ...one,
              keys: [...one.keys.filter((key) => key.frame !== frame), { frame, prompts }].sort(
                (a, b) => a.frame - b.frame,
              ),
            }
          : one,
      ),
    },
  );
}

function withMark(prompts: Prompts, mark: Mark): Prompts {
  switch (mark.kind) {
    case "point":
      return { ...prompts, points: [...prompts.points, mark.point] };
    case "box":
      return { ...prompts, box: mark.box };
    case "stroke":
      return { ...prompts, strokes: [...prompts.strokes, mark.stroke] };
  }
}
