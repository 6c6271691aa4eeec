import { CircleAlert } from "lucide-react";
import { useEffect, useRef } from "react";
import { keys, queries, takeJob, useProject, useSession } from "../api/queries";
import { explain } from "../api/errors";
import { useConnection, useServerEvents } from "../api/events";
import type { Job, Project, ServerEvent } from "../api/types";
import { ExportDialog } from "../export/ExportDialog";
import { tellEnd } from "../export/notify";
import { FetchDialog } from "../objects/FetchDialog";
import { ObjectsPanel } from "../objects/ObjectsPanel";
import { takeRendered } from "../results/rendered";
import { go } from "../router";
import { listen } from "../shortcuts/keys";
import { ShortcutsDialog } from "../shortcuts/ShortcutsDialog";
import { atHand } from "../stage/atHand";
import { pictures } from "../stage/frames";
import { masks } from "../stage/masks";
import { Stage } from "../stage/Stage";
import { editor, useEditor } from "../state/editor";
import { usePlayback } from "../timeline/playback";
import { Timeline } from "../timeline/Timeline";
import { Button } from "../ui/Button";
import { forget, toast } from "../ui/toasts";
import { lastStep } from "./actions";
import { ToolRail } from "./ToolRail";
import { TopBar } from "./TopBar";
import { ViewBar } from "./ViewBar";
import "./editor.css";

const NARROW = "(max-width: 860px)";

/** A project, open for work. */
export function Editor({ id }: { id: string }) {
  const { data: project, error } = useProject(id);
  useEffect(() => {
    editor.open(id);
    masks.open(id);
    const keep = () => editor.keepPlace();
    window.addEventListener("pagehide", keep);
    return () => {
      keep();
      window.removeEventListener("pagehide", keep);
      editor.set({ speed: 0, dialog: null, jobsOpen: false, findOpen: false });
      pictures.clear();
      atHand.clear();
    };
  }, [id]);

  if (error && !project) {
    const { message, remedy } = explain(error);
    return (
      <main className="full-message">
        <CircleAlert size={22} />
        <h1>{message}</h1>
        {remedy && <p>{remedy}</p>}
        <Button onClick={() => go("/")}>All projects</Button>
      </main>
    );
  }
  if (!project) return <main className="full-message" aria-busy />;
  return <Opened project={project} />;
}

function Opened({ project }: { project: Project }) {
  const { data: session } = useSession();
  const side = useEditor((state) => state.side);
  const lost = useConnection((state) => state.lost);
  const stage = useRef<HTMLDivElement>(null);
  const canPoint =
    session?.networks.every((network) => network.purpose !== "point" || network.present) ?? false;

  useServerEvents(`/api/v1/events?project=${project.id}`, (event) => take(project.id, event), refresh);
  usePlayback(project, () => stage.current?.clientWidth ?? 960);
  useEffect(listen, []);
  useEffect(() => {
    // In a narrow window the panel lies over the picture.
    const narrow = window.matchMedia(NARROW);
    const fit = () => editor.set({ side: !narrow.matches });
    narrow.addEventListener("change", fit);
    return () => narrow.removeEventListener("change", fit);
  }, []);
  useEffect(() => {
    document.title = `${project.name} · Cleanplate`;
    return () => {
      document.title = "Cleanplate";
    };
  }, [project.name]);
  useEffect(() => () => forget(lastStep(project)), [project.id, project.revision]);
  useEffect(() => {
    // A clip that is shorter than where the tab last was; an object that is gone.
    const { frame, object } = editor.get();
    if (frame >= project.clip.frames) editor.set({ frame: project.clip.frames - 1 });
    if (object !== null ? !project.objects.some((one) => one.id === object) : project.objects.length)
      editor.set({ object: project.objects[0]?.id ?? null });
  }, [project.clip.frames, project.objects]);

  return (
    <div className="editor">
      <TopBar project={project} />
      {lost && (
        <p className="banner" role="alert">
          Cleanplate does not answer. Your work is saved; this page goes on as soon as it is back.
        </p>
      )}
      <main className="work">
        <ToolRail project={project} session={session} />
        <div className="middle" ref={stage}>
          <ViewBar project={project} />
          <Stage project={project} canPoint={canPoint} />
        </div>
        {side && <ObjectsPanel project={project} />}
      </main>
      <Timeline project={project} />
      <ExportDialog project={project} />
      <ShortcutsDialog />
      <FetchDialog />
    </div>
  );
}

/** Something may have been missed: get everything again, keeping what is on screen meanwhile. */
function refresh(): void {
  masks.doubt();
  void queries.invalidateQueries();
}

/** Take an event of the server's in. */
function take(project: string, event: ServerEvent): void {
  switch (event.type) {
    case "project": {
      if (event.project !== project) return;
      const known = queries.getQueryData<Project>(keys.project(project));
      if (known && known.revision >= event.revision) return;
      masks.doubt();
      void queries.invalidateQueries({ queryKey: keys.project(project) });
      void queries.invalidateQueries({ queryKey: ["confidence", project] });
      return;
    }
    case "job":
      return takeJobEvent(project, event.job);
    case "masks": {
      if (event.project !== project) return;
      masks.put(event.frame, event.objects);
      editor.stream(
        event.frame,
        Object.fromEntries(Object.entries(event.objects).map(([id, { score }]) => [id, score])),
      );
      // They come without the objects' edges.
      const objects = queries.getQueryData<Project>(keys.project(project))?.objects ?? [];
      const edged = objects.some((object) => Object.values(object.edge).some((value) => value));
      if (edged) masks.doubt(event.frame);
      return;
    }
    case "shots":
      if (event.project !== project) return;
      queries.setQueryData<Project>(keys.project(project), (known) => known && { ...known, shots: event.shots });
      return;
    case "preview":
      if (event.project === project) takeRendered(project, event.frame, event.size);
  }
}

const states = new Map<string, Job["state"]>();

function takeJobEvent(project: string, job: Job): void {
  const before = states.get(job.id) ?? queries.getQueryData<Job[]>(keys.jobs)?.find((one) => one.id === job.id)?.state;
  states.set(job.id, job.state);
  takeJob(job);
  const ended = job.state === "done" || job.state === "failed" || job.state === "cancelled";
  if (!ended || before === job.state) return;
  tellEnd(job);
  if (job.kind === "fetch" || job.kind === "train")
    for (const queryKey of [keys.session, keys.networks]) void queries.invalidateQueries({ queryKey });
  if (job.kind === "train") void queries.invalidateQueries({ queryKey: keys.trainingSets });
  if (job.project !== project) return;
  if (job.kind === "track") {
    masks.doubt();
    void refreshTracked(project).then(() => editor.set({ streamed: {} }));
  }
  if (job.kind === "shadow" && job.state === "done") {
    const object = job.result?.object ?? null;
    masks.doubt();
    void queries
      .invalidateQueries({ queryKey: keys.project(project) })
      .then(() => object !== null && editor.set({ object }));
    if (object === null) toast("info", "No shadow was found that moves with it.");
  }
  if (job.kind === "preview") void queries.invalidateQueries({ queryKey: ["rendered", project] });
}

async function refreshTracked(project: string): Promise<void> {
  await queries.invalidateQueries({ queryKey: keys.project(project) });
  await queries.invalidateQueries({ queryKey: ["confidence", project] });
}
