import { CircleAlert, Loader } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useJobs } from "../api/queries";
import type { Action, Project } from "../api/types";
import { previewRange, previewSizeOf, render } from "../editor/actions";
import { about } from "../lib/time";
import { hasMask } from "../lib/masked";
import { useRendered } from "../results/rendered";
import { editor, useEditor, type Tool } from "../state/editor";
import { Button } from "../ui/Button";
import { pictures } from "./frames";
import { useMasks } from "./masks";
import { sourcesOf } from "./sources";

/** What the stage has to say about itself, in its lower middle: one thing at a time. */
export function StageNotices({ project, canPoint }: { project: Project; canPoint: boolean }) {
  const compare = useEditor((state) => state.compare);
  const speed = useEditor((state) => state.speed);
  const pending = useEditor((state) => state.pending.length);
  const cursor = useEditor((state) => state.cursor);
  const candidates = useEditor((state) => state.candidates);
  const frame = useEditor((state) => state.frame);
  const tool = useEditor((state) => state.tool);
  const boxing = useEditor((state) => state.boxing);
  const chosen = useEditor((state) => state.object);
  const object = project.objects.find((one) => one.id === chosen);
  const known = useMasks(frame);
  const slow = useSlow(pending > 0);

  if (boxing)
    return (
      <Pill>
        Drag a rough box: everything outside of it is background · <kbd>Esc</kbd> ends
      </Pill>
    );
  if (compare === "provenance" && !speed)
    return (
      <>
        <Legend />
        <NotRendered project={project} />
      </>
    );
  if (speed) return compare === "source" || compare === "cutout" ? null : <NotRendered project={project} quiet />;
  if (compare === "cutout") return <NotCut project={project} />;
  if (compare !== "source") return <NotRendered project={project} />;
  if (slow)
    return (
      <Pill>
        <Loader size={14} className="turning" /> Looking at this frame for the first time…
      </Pill>
    );
  if (cursor)
    return (
      <Pill>
        Arrow keys move · <kbd>Enter</kbd> adds · <kbd>⌫</kbd> removes · <kbd>Esc</kbd> ends
      </Pill>
    );
  if (candidates)
    return candidates.found.length ? (
      <Pill>Choose what to take — or click beside it to go back</Pill>
    ) : (
      <Pill>
        Nothing of that kind on this frame.
        <Button onClick={() => editor.set({ candidates: null })}>Close</Button>
      </Pill>
    );
  const nothing = !Object.keys(known).length && !project.objects.some(hasMask);
  if (nothing || (object && !hasMask(object)))
    return <Pill>{hintFor(canPoint || tool === "brush" ? tool : "brush", object?.action ?? "erase")}</Pill>;
  return null;
}

/** How the chosen object, of which there is nothing yet, is pointed at. */
function hintFor(tool: Tool, action: Action): string {
  const what = {
    erase: "what should go",
    keep: "what should stay",
    cutout: "what should be cut out",
    hold: "what is always in the matte",
    garbage: "what is never in the matte",
  }[action];
  return {
    click: `Click ${what}. Right-click what does not belong to it.`,
    box: `Drag a box around ${what}.`,
    brush: `Paint over ${what}.`,
    erase: "Rub away what does not belong to it.",
    scribble: `Draw a line across ${what}.`,
    pan: "Drag to move the picture.",
  }[tool];
}

/** The colours of `engine/provenance.py`, from the nearest frame to the farthest. */
function Legend() {
  return (
    <ul className="legend" aria-label="Legend">
      <li><i style={{ background: "linear-gradient(90deg, #96f0ff, #0a1e96)" }} /> earlier</li>
      <li><i style={{ background: "linear-gradient(90deg, #fff082, #961400)" }} /> later</li>
      <li><i style={{ background: "#f0f" }} /> made up</li>
    </ul>
  );
}

function NotRendered({ project, quiet }: { project: Project; quiet?: boolean }) {
  const frame = useEditor((state) => state.frame);
  const rendered = useRendered(project);
  const { data: jobs } = useJobs();
  if (rendered.has(frame)) return null;
  const job = jobs?.find(
    (one) =>
      one.project === project.id &&
      one.kind === "preview" &&
      (one.state === "running" || one.state === "queued"),
  );
  if (job)
    return (
      <Pill>
        <Loader size={14} className="turning" />
        {job.state === "queued" ? "Waiting for its turn…" : "Working on it…"}
        <span className="number pill-note">
          {job.total ? `${job.done} of ${job.total}` : ""}
          {job.seconds_left ? ` · ${about(job.seconds_left)}` : ""}
        </span>
      </Pill>
    );
  if (quiet) return null;
  if (!project.objects.some(hasMask))
    return <Pill>There is nothing to take out yet: point at something first.</Pill>;
  return (
    <Pill>
      <CircleAlert size={14} /> This frame has no result yet.
      <Button look="primary" onClick={() => void render(...previewRange(project))}>
        Preview {project.range ? "in to out" : "the clip"}
      </Button>
      <Button onClick={() => void render(frame, frame + 1)}>Only this frame</Button>
    </Pill>
  );
}

function NotCut({ project }: { project: Project }) {
  const frame = useEditor((state) => state.frame);
  useEditor((state) => state.previewSize);
  useEditor((state) => state.tried);
  const url = sourcesOf(project, frame, "cutout", project.clip.width, previewSizeOf(project)).after!;
  const state = useSyncExternalStore(
    (told) => pictures.subscribe(told),
    () => (pictures.get(url) ? "here" : pictures.isMissing(url) ? "missing" : "coming"),
  );
  const slow = useSlow(state === "coming");
  if (state === "missing")
    return (
      <Pill>
        <CircleAlert size={14} /> Nothing that is cut out is known on this frame: point at it, or track it.
      </Pill>
    );
  if (!slow) return null;
  return (
    <Pill>
      <Loader size={14} className="turning" /> Working out its soft edge…
    </Pill>
  );
}

function Pill({ children }: { children: React.ReactNode }) {
  return <div className="pill">{children}</div>;
}

/** True once something has been so for longer than an instant. */
function useSlow(now: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!now) return setSlow(false);
    const timer = setTimeout(() => setSlow(true), 450);
    return () => clearTimeout(timer);
  }, [now]);
  return slow;
}
