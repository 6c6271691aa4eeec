/** What can be done to the open project: each is one call and, where it edits, one step of undo. */
import { api, ok } from "../api/client";
import { ApiError } from "../api/errors";
import { keys, queries, takeJob, takeProject } from "../api/queries";
import type {
  ClipObject,
  Edge,
  Found,
  ObjectChange,
  Project,
  ProjectChange,
  Prompts,
  RLE,
  Stroke,
} from "../api/types";
import { onlyCuts } from "../lib/masked";
import { middleColumn } from "../lib/rle";
import { pictures } from "../stage/frames";
import { masks } from "../stage/masks";
import { sourcesOf } from "../stage/sources";
import { editor, type Matte } from "../state/editor";
import { toast, toastError } from "../ui/toasts";
import { ask, type Mark } from "./pointing";

const NOTHING: Prompts = { points: [], box: null, strokes: [] };

export function theProject(): Project | undefined {
  return queries.getQueryData<Project>(keys.project(editor.get().project));
}

export function theObject(id: number | null = editor.get().object): ClipObject | undefined {
  return theProject()?.objects.find((object) => object.id === id);
}

/** The frames that are worked on: in to out, or the whole clip. */
export function theRange(project: Project): [number, number] {
  return (project.range as [number, number] | null) ?? [0, project.clip.frames];
}

/** The prompts of an object's key frame, for going on from. */
export function promptsAt(object: ClipObject | undefined, frame: number): Prompts {
  const given = object?.keys.find((key) => key.frame === frame)?.prompts;
  return { ...NOTHING, ...given } as Prompts;
}

/** As many frames as the server takes on for one preview. */
const LONGEST_PREVIEW = 600;

/** The frames to preview: those that are worked on, from the playhead on where they are many. */
export function previewRange(project: Project): [number, number] {
  const [first, end] = theRange(project);
  if (end - first <= LONGEST_PREVIEW) return [first, end];
  const from = Math.max(first, Math.min(editor.get().frame, end - LONGEST_PREVIEW));
  return [from, from + LONGEST_PREVIEW];
}

const path = () => ({ project: editor.get().project });

/** What a message that offers to undo the project's last step is about: forgotten with the next one,
 * and where the project is left. */
export const lastStep = ({ id, revision }: Project): string => `step ${id}/${revision}`;

/** Run an edit whose answer is the project; say what went wrong, if anything did. */
async function edit(call: () => Promise<Project>): Promise<Project | undefined> {
  try {
    const project = await call();
    takeProject(project);
    return project;
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) void queries.invalidateQueries({ queryKey: ["project"] });
    report(error);
    return undefined;
  }
}

/** Show an error; where a network is what is missing, offer to fetch it. */
export function report(error: unknown): void {
  const said = (error as ApiError).body as { error?: { network?: string } } | undefined;
  if (said?.error?.network) editor.set({ dialog: "fetch" });
  else toastError(error);
}

// Objects

export async function addObject(name?: string): Promise<ClipObject | undefined> {
  const after = await edit(() =>
    ok(api.POST("/api/v1/projects/{project}/objects", {
      params: { path: path() },
      body: { name: name ?? null, action: "erase" },
    })),
  );
  const added = after?.objects.at(-1);
  if (added) editor.set({ object: added.id, tool: editor.get().tool === "pan" ? "click" : editor.get().tool });
  return added;
}

/** Whether the chosen object may be changed; says so where it may not. */
function unlocked(): boolean {
  const chosen = theObject();
  if (!chosen?.locked) return true;
  toast("info", `${chosen.name} is locked.`, { text: "Unlock it to change its mask." });
  return false;
}

/** An object that can be painted on: the chosen one, or a new one. */
export async function paintObject(): Promise<ClipObject | undefined> {
  if (!unlocked()) return undefined;
  return theObject() ?? addObject();
}

export function changeObject(id: number, change: ObjectChange): Promise<Project | undefined> {
  const { project } = path();
  const known = theProject();
  if (known) {
    // Shown at once; the answer corrects it.
    const { edge, ...plain } = change;
    const objects = known.objects.map((object) =>
      object.id === id
        ? ({ ...object, ...plain, edge: { ...object.edge, ...edge } } as ClipObject)
        : object,
    );
    queries.setQueryData(keys.project(project), { ...known, objects });
  }
  return edit(() =>
    ok(api.PATCH("/api/v1/projects/{project}/objects/{number}", {
      params: { path: { project, number: id } },
      body: change,
    })),
  ).then((after) => {
    if (!after && known) queries.setQueryData(keys.project(project), known);
    if (change.edge) masks.doubt();
    return after;
  });
}

export async function removeObject(id: number): Promise<void> {
  const object = theObject(id);
  const after = await edit(() =>
    ok(api.DELETE("/api/v1/projects/{project}/objects/{number}", {
      params: { path: { ...path(), number: id } },
    })),
  );
  if (!after || !object) return;
  masks.doubt();
  if (editor.get().object === id) editor.set({ object: after.objects[0]?.id ?? null });
  toast("info", `${object.name} was removed.`, {
    about: lastStep(after),
    actions: [{ label: "Undo", run: () => void undo() }],
  });
}

export async function mergeObject(id: number, into: number): Promise<void> {
  const after = await edit(() =>
    ok(api.POST("/api/v1/projects/{project}/objects/{number}/merge", {
      params: { path: { ...path(), number: id } },
      body: { into },
    })),
  );
  if (!after) return;
  editor.set({ object: into });
  masks.doubt();
}

/** The mask that an edge would give on this frame: shown, not kept. */
export async function tryEdge(id: number, edge: Partial<Edge>): Promise<void> {
  const { frame } = editor.get();
  const { mask } = await ok(
    api.POST("/api/v1/projects/{project}/objects/{number}/edge", {
      params: { path: { ...path(), number: id } },
      body: { frame, edge },
    }),
  );
  const known = masks.at(frame)[String(id)];
  if (mask && known) masks.put(frame, { [String(id)]: { ...known, mask } });
}

/** Show what is cut out of the frame as it would be with other controls of the matte; nothing is kept. */
export async function tryMatte(change: Matte): Promise<void> {
  const project = theProject();
  if (!project) return;
  const tried = { ...editor.get().tried, ...change };
  const { frame } = editor.get();
  await pictures.bring(sourcesOf(project, frame, "cutout", 0, previewSizeOf(project), tried).after!);
  // What was kept meanwhile is not covered again.
  if (theProject()?.revision === project.revision) editor.set({ tried, compare: "cutout" });
}

/** Keep a rough box (left, top, right, bottom) that everything outside of is background. */
export async function keepRoughBox([left, top, right, bottom]: [number, number, number, number]): Promise<void> {
  editor.set({ boxing: false, compare: "cutout" });
  await changeProject({ settings: { matte_garbage: [left, top, right - left, bottom - top] } });
}

// Masks

export async function clickAt(x: number, y: number, on: boolean): Promise<void> {
  await point({ kind: "point", point: { x, y, on } });
}

export async function boxAt(box: [number, number, number, number]): Promise<void> {
  await point({ kind: "box", box });
}

export async function scribbleAt(stroke: Stroke): Promise<void> {
  await point({ kind: "stroke", stroke });
}

/** Point at the chosen object, or, where none is chosen, at a new one. */
async function point(mark: Mark): Promise<void> {
  if (unlocked()) await ask(theObject()?.id ?? null, editor.get().frame, mark);
}

export async function paintKey(id: number, frame: number, mask: RLE): Promise<void> {
  masks.put(frame, { [String(id)]: { mask, score: null, source: "key" } });
  const after = await edit(() =>
    ok(api.PUT("/api/v1/projects/{project}/objects/{number}/keys/{frame}", {
      params: { path: { ...path(), number: id, frame } },
      body: { mask },
    })),
  );
  masks.doubt(after ? undefined : frame);
}

export async function removeKey(id: number, frame: number): Promise<void> {
  await edit(() =>
    ok(api.DELETE("/api/v1/projects/{project}/objects/{number}/keys/{frame}", {
      params: { path: { ...path(), number: id, frame } },
    })),
  );
  masks.doubt();
}

/** Have the frame looked at in advance, so that a click is answered at once. */
export function embed(frame: number): void {
  api
    .POST("/api/v1/projects/{project}/embed", { params: { path: path() }, body: { frame } })
    .catch(() => {});
}

export async function find(kinds: string[]): Promise<Found[]> {
  const { frame } = editor.get();
  try {
    const { found } = await ok(
      api.POST("/api/v1/projects/{project}/find", {
        params: { path: path() },
        body: { frame, kinds },
      }),
    );
    editor.set({ candidates: { frame, found, chosen: null }, compare: "source" });
    editor.say(found.length ? `${found.length} found` : "Nothing found");
    return found;
  } catch (error) {
    report(error);
    return [];
  }
}

/** Make an object of something that was found, and take it off the list. */
export async function takeCandidate(one: Found): Promise<void> {
  const { candidates } = editor.get();
  if (!candidates) return;
  const after = await edit(() =>
    ok(api.POST("/api/v1/projects/{project}/objects/from-candidate", {
      params: { path: path() },
      body: { frame: candidates.frame, mask: one.mask, label: one.label, action: "erase" },
    })),
  );
  if (!after) return;
  masks.doubt();
  const left = candidates.found.filter((other) => other !== one);
  editor.set({
    object: after.objects.at(-1)?.id ?? null,
    candidates: left.length ? { ...candidates, found: left, chosen: null } : null,
    // What comes next, in the panel of objects, is not to be covered.
    ...(left.length ? {} : { findOpen: false }),
  });
}

// The project

export async function undo(): Promise<void> {
  await step("undo");
}

export async function redo(): Promise<void> {
  await step("redo");
}

async function step(way: "undo" | "redo"): Promise<void> {
  const known = theProject();
  const words = way === "undo" ? known?.can_undo : known?.can_redo;
  if (known && !words) return;
  const call =
    way === "undo"
      ? () => ok(api.POST("/api/v1/projects/{project}/undo", { params: { path: path() } }))
      : () => ok(api.POST("/api/v1/projects/{project}/redo", { params: { path: path() } }));
  const after = await edit(call);
  if (!after) return;
  masks.doubt();
  editor.say(`${way === "undo" ? "Undone" : "Done again"}: ${words ?? ""}`);
  const { object } = editor.get();
  if (!after.objects.some((one) => one.id === object))
    editor.set({ object: after.objects.at(-1)?.id ?? null });
}

/** The last change of the project: the next waits for it, or the earlier one might come to the server last. */
let changing: Promise<unknown> = Promise.resolve();

export function changeProject(change: ProjectChange): Promise<Project | undefined> {
  const known = theProject();
  if (known)
    queries.setQueryData(keys.project(known.id), {
      ...known,
      ...(change.name ? { name: change.name } : {}),
      ...("range" in change ? { range: change.range } : {}),
      ...(change.settings ? { settings: { ...known.settings, ...change.settings } } : {}),
    });
  const params = { path: path() };
  const changed = changing
    .then(() => edit(() => ok(api.PATCH("/api/v1/projects/{project}", { params, body: change }))))
    .then((after) => {
      if (!after) void queries.invalidateQueries({ queryKey: ["project"] });
      return after;
    });
  changing = changed;
  return changed;
}

/** Set in or out to a frame; the other end gives way where it must. */
export function setEnd(which: "in" | "out", frame: number): void {
  const project = theProject();
  if (!project) return;
  const { frames } = project.clip;
  let [first, end] = theRange(project);
  if (which === "in") {
    first = Math.max(0, Math.min(frame, frames - 1));
    if (end <= first) end = frames;
  } else {
    end = Math.max(1, Math.min(frame + 1, frames));
    if (first >= end) first = 0;
  }
  void changeProject({ range: first === 0 && end === frames ? null : [first, end] });
}

// Jobs

export async function track(objects?: number[], first?: number, end?: number): Promise<void> {
  try {
    takeJob(
      await ok(
        api.POST("/api/v1/projects/{project}/track", {
          params: { path: path() },
          body: { objects: objects ?? null, first: first ?? null, end: end ?? null },
        }),
      ),
    );
    editor.set({ stretch: null });
  } catch (error) {
    report(error);
  }
}

/** The longer side of previews: no larger than the clip. */
export function previewSizeOf(project: Project | undefined): number {
  const longest = project ? Math.max(project.clip.width, project.clip.height) : Infinity;
  return Math.max(64, Math.min(editor.get().previewSize, longest));
}

/** Look for the shadow that goes with an object; what is found becomes an object of its own. */
export async function findShadow(id: number): Promise<void> {
  try {
    takeJob(
      await ok(
        api.POST("/api/v1/projects/{project}/objects/{number}/shadow", {
          params: { path: { ...path(), number: id } },
        }),
      ),
    );
    toast("info", "Looking for its shadow…");
  } catch (error) {
    report(error);
  }
}

/** Keep an object's key frames as examples of what it is: of `name`, or of what it is called. */
export async function addExamples(id: number, name?: string): Promise<void> {
  try {
    const added = await ok(
      api.POST("/api/v1/projects/{project}/objects/{number}/examples", {
        params: { path: { ...path(), number: id } },
        body: { name: name ?? null },
      }),
    );
    const { name: taught, examples, least, trained } = added.set;
    void queries.invalidateQueries({ queryKey: keys.trainingSets });
    toast("good", `${added.new ? `${added.new} new` : "No new"} examples of ${taught}, ${examples} in all`, {
      text:
        examples < least
          ? `With ${least} it can be taught: mark ${least - examples} more, on other clips as well.`
          : "More, from other clips, make it better. Teaching takes some minutes.",
      actions: examples < least ? [] : [{ label: trained ? "Teach it again" : "Teach it now", run: () => void teach(taught) }],
    });
  } catch (error) {
    report(error);
  }
}

/** Teach a network from the examples of `name`: found by that name from then on, on every clip. */
export async function teach(name: string): Promise<void> {
  try {
    takeJob(await ok(api.POST("/api/v1/training-sets/{name}/train", { params: { path: { name } } })));
    editor.set({ jobsOpen: true });
  } catch (error) {
    report(error);
  }
}

/** Go from the masks to what comes of them. */
export function showResult(project: Project): void {
  const { wipe, wipeMoved } = editor.get();
  editor.set({
    compare: onlyCuts(project.objects) ? "cutout" : "wipe",
    candidates: null,
    // Elsewhere than through what is gone, before and after look the same.
    wipe: wipeMoved ? wipe : (middleOfErased(project) ?? wipe),
  });
}

/** How far from the left, 0..1, the middle of what is erased on this frame lies. */
function middleOfErased(project: Project): number | undefined {
  const known = masks.at(editor.get().frame);
  const middles = project.objects
    .filter((one) => one.action === "erase" && known[one.id])
    .map((one) => middleColumn(known[one.id]!.mask))
    .filter((one) => one !== undefined);
  if (!middles.length) return undefined;
  const middle = (Math.min(...middles) + Math.max(...middles)) / 2;
  return Math.min(0.95, Math.max(0.05, (middle + 0.5) / project.clip.width));
}

/** Work out the result on some frames, and look there. */
export async function render(first: number, end: number): Promise<void> {
  const size = previewSizeOf(theProject());
  editor.set(({ frame }) => (frame < first || frame >= end ? { frame: first } : {}));
  try {
    takeJob(
      await ok(
        api.POST("/api/v1/projects/{project}/previews", {
          params: { path: path() },
          body: { first, end, size },
        }),
      ),
    );
  } catch (error) {
    report(error);
  }
}
