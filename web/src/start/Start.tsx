import { useMutation } from "@tanstack/react-query";
import { CircleAlert, Film, MoreHorizontal, Play, Trash2, Upload as UploadIcon, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, ok } from "../api/client";
import { ApiError, explain } from "../api/errors";
import { useServerEvents } from "../api/events";
import { keys, queries, takeJob, takeProject, useProjects, useSession } from "../api/queries";
import type { ProjectSummary } from "../api/types";
import { dropUpload, upload, type UploadProgress } from "../api/uploads";
import { JobsButton } from "../export/JobsPanel";
import { ago, bytes, rateText, span } from "../lib/time";
import { go } from "../router";
import { Button, IconButton } from "../ui/Button";
import { Confirm } from "../ui/Dialog";
import { Menu } from "../ui/Menu";
import { Progress } from "../ui/Progress";
import { ThemeMenu } from "../ui/ThemeMenu";
import { toastError } from "../ui/toasts";
import "./start.css";

const SAMPLE = "the sample";

type Sending =
  | { state: "sending"; file: File; progress: UploadProgress }
  | { state: "opening"; name: string }
  | { state: "failed"; name: string; error: unknown; retry?: () => void };

/** Where one begins: a clip is dropped, a project is opened again, or the sample is played with. */
export function Start() {
  const { data: projects, error } = useProjects();
  const { data: session } = useSession();
  const first = useFirst(projects);
  const [sending, setSending] = useState<Sending | null>(null);
  const [over, setOver] = useState(false);
  const control = useRef<AbortController | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  useServerEvents("/api/v1/events", (event) => event.type === "job" && takeJob(event.job), () =>
    void queries.invalidateQueries(),
  );

  const open = async (wanted: { upload: string } | { sample: true }, name: string) => {
    setSending({ state: "opening", name });
    try {
      const project = await ok(api.POST("/api/v1/projects", { body: { sample: false, ...wanted } }));
      takeProject(project);
      void queries.invalidateQueries({ queryKey: keys.projects });
      setSending(null);
      go(`/p/${project.id}`);
    } catch (problem) {
      setSending({ state: "failed", name, error: problem });
    }
  };

  const send = async (file: File) => {
    control.current?.abort();
    const mine = (control.current = new AbortController());
    const start: UploadProgress = { sent: 0, size: file.size, speed: 0, waiting: false };
    if (!file.size) {
      const error = new ApiError("The file is empty.", 0, "Choose another one, or copy it again from the camera.");
      return setSending({ state: "failed", name: file.name, error });
    }
    if (session && file.size > session.limits.upload) {
      const error = new ApiError(
        `The file has ${bytes(file.size)}; there is room for ${bytes(session.limits.upload)}.`,
        0,
        "Make room on the disk, or open it where it lies: cleanplate edit FILE",
      );
      return setSending({ state: "failed", name: file.name, error });
    }
    setSending({ state: "sending", file, progress: start });
    try {
      const id = await upload(file, (progress) => setSending({ state: "sending", file, progress }), mine.signal);
      await open({ upload: id }, file.name);
    } catch (problem) {
      if (mine.signal.aborted) return;
      setSending({ state: "failed", name: file.name, error: problem, retry: () => void send(file) });
    }
  };

  useEffect(() => {
    // A clip may be dropped anywhere; a miss must not make the browser open the file.
    const onOver = (event: DragEvent) => {
      event.preventDefault();
      setOver(!!event.dataTransfer?.types.includes("Files"));
    };
    const onLeave = (event: DragEvent) => !event.relatedTarget && setOver(false);
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) void send(file);
    };
    const onPaste = (event: ClipboardEvent) => {
      const file = event.clipboardData?.files[0];
      if (file) void send(file);
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    window.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
      window.removeEventListener("paste", onPaste);
    };
  });

  const stop = () => {
    control.current?.abort();
    if (sending?.state === "sending") void dropUpload(sending.file).catch(() => {});
    setSending(null);
  };
  const busy = sending?.state === "sending" || sending?.state === "opening";

  return (
    <div className="start">
      <header className="start-head">
        <h1>
          <img src="/mark.svg" alt="" width={22} height={22} /> Cleanplate
        </h1>
        <span className="topbar-gap" />
        <JobsButton />
        <ThemeMenu />
      </header>
      <main className={`start-main ${first ? "first" : ""}`}>
        {error ? (
          <Trouble error={error} />
        ) : (
          <>
            <section className={`drop ${over ? "over" : ""}`} aria-label="Open a clip" aria-busy={busy}>
              {sending ? (
                <SendingCard sending={sending} onStop={stop} onClose={() => setSending(null)} onChoose={() => picker.current?.click()} />
              ) : (
                <>
                  <UploadIcon size={22} className="drop-icon" />
                  <h2>Drop a clip here</h2>
                  <p>A video, an animated picture or a still. It stays on this machine.</p>
                  <div className="drop-actions">
                    <Button look="primary" large onClick={() => picker.current?.click()}>
                      Choose a file
                    </Button>
                    <Button large onClick={() => void open({ sample: true }, SAMPLE)}>
                      <Play size={14} /> Try the sample
                    </Button>
                  </div>
                </>
              )}
              <input
                ref={picker}
                type="file"
                accept="video/*,image/*,.mkv,.mov,.mxf,.ts,.m2ts,.webm,.gif"
                className="visually-hidden"
                tabIndex={-1}
                aria-label="Clip to open"
                onChange={(event) => {
                  const file = event.target.files?.[0];
                  event.target.value = "";
                  if (file) void send(file);
                }}
              />
            </section>
            <Recent projects={projects} first={first} />
          </>
        )}
      </main>
      <footer className="start-foot">
        {session && (
          <>
            <span>Version {session.version}</span>
            <span className="start-folder">{session.folder}</span>
            <span className="number">{bytes(session.limits.disk_free)} free</span>
          </>
        )}
      </footer>
    </div>
  );
}

function SendingCard({
  sending,
  onStop,
  onClose,
  onChoose,
}: {
  sending: Sending;
  onStop: () => void;
  onClose: () => void;
  onChoose: () => void;
}) {
  if (sending.state === "failed") {
    const { message, remedy } = explain(sending.error);
    return (
      <div className="sending" role="alert">
        <CircleAlert size={22} className="bad-icon" />
        <h2>{sending.name} could not be opened</h2>
        <p>{message}</p>
        {remedy && remedy !== message && <p>{remedy}</p>}
        <div className="drop-actions">
          {sending.retry && (
            <Button look="primary" onClick={sending.retry}>
              Try again
            </Button>
          )}
          <Button look={sending.retry ? "" : "primary"} onClick={onChoose}>
            Choose another
          </Button>
          <Button look="quiet" onClick={onClose}>
            Back
          </Button>
        </div>
      </div>
    );
  }
  if (sending.state === "opening")
    return (
      <div className="sending">
        <h2>Opening {sending.name}…</h2>
        <div className="sending-bar">
          <Progress label="Opening" share={null} />
        </div>
        <p>
          {sending.name === SAMPLE
            ? "It is drawn the first time, which takes some seconds."
            : "Reading the clip from end to end, so that every frame is known."}
        </p>
      </div>
    );
  const { file, progress } = sending;
  const share = progress.sent / progress.size;
  const left = progress.speed ? (progress.size - progress.sent) / progress.speed : null;
  return (
    <div className="sending" data-testid="sending">
      <h2>Copying {file.name}</h2>
      <div className="sending-bar">
        <Progress label="Copying" share={share} />
        <IconButton small label="Stop" onClick={onStop}>
          <X size={14} />
        </IconButton>
      </div>
      <p className="number" aria-live="off">
        {progress.waiting
          ? "The connection was lost. It goes on by itself where it stopped."
          : `${bytes(progress.sent)} of ${bytes(progress.size)}${left !== null && left > 1 ? ` · ${span(left)} left` : ""}`}
      </p>
    </div>
  );
}

const KEPT = "cleanplate.projects";

/** Whether there is no project yet: as it was the last time, until the server has said. */
function useFirst(projects: ProjectSummary[] | undefined): boolean {
  useEffect(() => {
    if (projects) localStorage.setItem(KEPT, String(projects.length));
  }, [projects]);
  return projects ? !projects.length : !Number(localStorage.getItem(KEPT) ?? 0);
}

function Recent({ projects, first }: { projects: ProjectSummary[] | undefined; first: boolean }) {
  const [doomed, setDoomed] = useState<ProjectSummary | null>(null);
  const remove = useMutation({
    mutationFn: (id: string) => ok(api.DELETE("/api/v1/projects/{project}", { params: { path: { project: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.projects }),
    onError: toastError,
  });
  return (
    <section className="recent" aria-label={first ? "How it goes" : "Projects"} aria-busy={!projects}>
      {!first ? (
        <>
        <h2>Projects</h2>
        <ul className="cards">
          {projects?.map((project) => (
            <Card key={project.id} project={project} onDelete={() => setDoomed(project)} />
          ))}
        </ul>
        </>
      ) : (
        <ol className="steps">
          <li>
            <strong>Point</strong>
            <span>Click what should not be there. Cleanplate finds its outline, and follows it through the clip.</span>
          </li>
          <li>
            <strong>Look</strong>
            <span>Preview the result, wipe between before and after, correct the frames that need it.</span>
          </li>
          <li>
            <strong>Export</strong>
            <span>Sound, timing, colour and every untouched pixel stay as they were.</span>
          </li>
        </ol>
      )}
      <Confirm
        open={!!doomed}
        title={`Delete ${doomed?.name ?? ""}?`}
        text="The project goes to the workspace's trash. Your clip and its exports stay where they are."
        verb="Delete"
        onConfirm={() => doomed && remove.mutate(doomed.id)}
        onClose={() => setDoomed(null)}
      />
    </section>
  );
}

function Card({ project, onDelete }: { project: ProjectSummary; onDelete: () => void }) {
  const { clip } = project;
  return (
    <li className="card">
      <a
        href={`/p/${project.id}`}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          go(`/p/${project.id}`);
        }}
      >
        <span className="card-picture">
          {project.thumbnail ? (
            <img src={project.thumbnail} alt="" loading="lazy" draggable={false} />
          ) : (
            <Film size={22} />
          )}
        </span>
        <span className="card-name">{project.name}</span>
        <span className="card-facts number">
          {project.trouble
            ? project.trouble
            : clip
              ? `${clip.width}×${clip.height} · ${rateText(clip.rate)} fps · ${span(clip.duration)}`
              : ""}
        </span>
        <span className="card-facts">{ago(project.modified)}</span>
      </a>
      <Menu
        align="end"
        trigger={
          <button type="button" className="icon-button small" aria-label={`More for ${project.name}`}>
            <MoreHorizontal size={15} />
          </button>
        }
        parts={[{ label: "Delete…", danger: true, icon: <Trash2 size={14} />, onSelect: onDelete }]}
      />
    </li>
  );
}

function Trouble({ error }: { error: unknown }) {
  const { message, remedy } = explain(error);
  return (
    <div className="full-message" role="alert">
      <CircleAlert size={22} />
      <h1>{message}</h1>
      {remedy && <p>{remedy}</p>}
      <Button onClick={() => void queries.invalidateQueries()}>Try again</Button>
    </div>
  );
}
