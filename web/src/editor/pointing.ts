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

/** Questions under way and waiting, by object; that of a new object under 0. */
const NEW = 0;
const busy = new Map<number, Promise<void>>();
const waiting = new Map<number, Asking>();
/** What was asked last for an object's frame, until the project's own answer is here. */
const asked = new Map<string, Prompts>();
let next = 1;

/** Point at an object, or at a new one, and show the mask that comes of it. */
export async function ask(object: number | null, frame: number, mark: Mark): Promise<void> {
  const id = next++;
  if (mark.kind === "point") {
    const { x, y, on } = mark.point;
    editor.set(({ pending }) => ({ pending: [...pending, { id, frame, x, y, on }] }));
  }
  if (object === null && busy.has(NEW)) {
    // The second click on a new object comes before its number is known.
    await busy.get(NEW);
    object = editor.get().object;
  }
  const key = object ?? NEW;
  const queued = waiting.get(key);
  if (queued && queued.frame !== frame) await busy.get(key);
  const known =
    waiting.get(key)?.prompts ??
    asked.get(`${key} ${frame}`) ??
    promptsAt(object === null ? undefined : theObject(object), frame);
  const prompts = withMark(known, mark);
  asked.set(`${key} ${frame}`, prompts);
  waiting.set(key, { frame, prompts, pending: [...(waiting.get(key)?.pending ?? []), id] });
  if (!busy.has(key)) busy.set(key, drain(key).finally(() => busy.delete(key)));
  await busy.get(key);
}

async function drain(key: number): Promise<void> {
  for (let asking = waiting.get(key); asking; asking = waiting.get(key)) {
    waiting.delete(key);
    await answer(key, asking);
  }
}

async function answer(key: number, { frame, prompts, pending }: Asking): Promise<void> {
  const { project } = editor.get();
  try {
    const body = { frame, ...prompts, commit: true, alternatives: false };
    const found = await ok(
      key === NEW
        ? api.POST("/api/v1/projects/{project}/prompt", { params: { path: { project } }, body })
        : api.POST("/api/v1/projects/{project}/objects/{number}/prompt", {
            params: { path: { project, number: key } },
            body,
          }),
    );
    const object = found.object ?? key;
    const [height, width] = found.mask.size;
    const share = (100 * area(found.mask)) / (width! * height!);
    editor.say(`The mask covers ${share.toFixed(1)} % of the frame`);
    masks.put(frame, { [String(object)]: { mask: found.mask, score: found.score, source: "key" } });
    if (key === NEW) {
      await queries.invalidateQueries({ queryKey: keys.project(project) });
      editor.set({ object });
    } else {
      takeKey(project, object, frame, prompts);
      void queries.invalidateQueries({ queryKey: keys.project(project) });
    }
    masks.doubt();
  } catch (error) {
    report(error);
  } finally {
    if (!waiting.has(key)) asked.delete(`${key} ${frame}`);
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
