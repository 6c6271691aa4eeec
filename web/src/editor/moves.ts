/** Going from one place of the clip to another. */
import { keys, queries } from "../api/queries";
import { api, ok } from "../api/client";
import { editor } from "../state/editor";
import { toast } from "../ui/toasts";
import { report, theObject, theProject, theRange } from "./actions";

export function goTo(frame: number): void {
  const project = theProject();
  if (!project) return;
  editor.set({ frame: Math.max(0, Math.min(project.clip.frames - 1, frame)), speed: 0 });
}

export function step(by: number): void {
  goTo(editor.get().frame + by);
}

export function playPause(): void {
  editor.set(({ speed }) => ({ speed: speed ? 0 : 1, candidates: null, cursor: null }));
}

/** J and L: each press the same way doubles the speed, the other way begins anew. */
export function shuttle(way: 1 | -1): void {
  editor.set(({ speed }) => {
    const faster = Math.sign(speed) === way ? Math.min(8, Math.abs(speed) * 2) : 1;
    return { speed: way * faster, cursor: null };
  });
}

export function goShot(way: 1 | -1): void {
  const project = theProject();
  if (!project) return;
  const starts = (project.shots ?? [[0, project.clip.frames]]).map(([first]) => first!);
  const { frame } = editor.get();
  const next =
    way > 0
      ? starts.find((start) => start > frame) ?? project.clip.frames - 1
      : starts.filter((start) => start < frame).at(-1) ?? 0;
  goTo(next);
}

/** To the next key frame of the chosen object, or of any where none is chosen. */
export function goKey(way: 1 | -1): void {
  const project = theProject();
  if (!project) return;
  const chosen = theObject();
  const objects = chosen ? [chosen] : project.objects;
  const frames = objects.flatMap((object) => object.keys.map((key) => key.frame)).sort((a, b) => a - b);
  const { frame } = editor.get();
  const next = way > 0 ? frames.find((key) => key > frame) : frames.filter((key) => key < frame).at(-1);
  if (next !== undefined) goTo(next);
}

export function goEnd(which: "first" | "last"): void {
  const project = theProject();
  if (!project) return;
  const [first, end] = theRange(project);
  const { frame } = editor.get();
  if (which === "first") goTo(frame > first ? first : 0);
  else goTo(frame < end - 1 ? end - 1 : project.clip.frames - 1);
}

/** To the frame where the tracker is least sure of the chosen object, or of any. */
export async function goWeakest(): Promise<void> {
  const project = theProject();
  if (!project) return;
  const chosen = theObject();
  const objects = chosen ? [chosen] : project.objects;
  let least: { score: number; frame: number } | null = null;
  try {
    for (const object of objects) {
      const { scores, weakest } = await queries.fetchQuery({
        queryKey: keys.confidence(project.id, object.id),
        queryFn: () =>
          ok(
            api.GET("/api/v1/projects/{project}/objects/{number}/confidence", {
              params: { path: { project: project.id, number: object.id } },
            }),
          ),
        staleTime: 0,
      });
      if (weakest === null) continue;
      const score = scores[weakest] ?? 0;
      if (!least || score < least.score) least = { score, frame: weakest };
    }
  } catch (error) {
    return report(error);
  }
  if (!least) {
    toast("info", "Nothing has been tracked yet.", { text: "Track first, then the weak stretches are known." });
    return;
  }
  goTo(least.frame);
  editor.set({ compare: "source" });
  editor.say(`Frame ${least.frame}, confidence ${Math.round(100 * least.score)} %`);
}
