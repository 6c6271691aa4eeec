import { CircleAlert, Loader } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useJobs } from "../api/queries";
import type { Project } from "../api/types";
import { previewRange, previewSizeOf, render } from "../editor/actions";
import { about } from "../lib/time";
import { hasMask } from "../lib/masked";
import { useRendered } from "../results/rendered";
import { editor, useEditor } from "../state/editor";
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
  if (compare === "split" && !speed)
    return (
      <>
        <div className="sides" aria-hidden><span>Before</span><span>After</span></div>
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
  if (!Object.keys(known).length && !project.objects.some(hasMask))
    return <Pill>{canPoint || tool === "brush" ? HINTS[tool] : HINTS.brush}</Pill>;
  return null;
}

const HINTS = {
  click: "Click what should go. Right-click what should stay.",
  box: "Drag a box around what should go.",
  brush: "Paint over what should go.",
  erase: "Rub away what should stay.",
  scribble: "Draw a line across what should go.",
  pan: "Drag to move the picture.",
} as const;

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
