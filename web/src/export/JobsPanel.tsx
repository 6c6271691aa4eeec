import { Download, ListVideo, Pause, Play, RotateCw, X } from "lucide-react";
import { Popover } from "radix-ui";
import { api, ok } from "../api/client";
import { queries, keys, takeJob, useJobs } from "../api/queries";
import type { Job } from "../api/types";
import { about, bytes } from "../lib/time";
import { editor, useEditor } from "../state/editor";
import { IconButton } from "../ui/Button";
import { Progress } from "../ui/Progress";
import { forget, toastError } from "../ui/toasts";
import { download } from "./notify";
import { inWorkspace } from "./place";
import "./export.css";

const ACTIVE = new Set<Job["state"]>(["running", "queued", "paused"]);

/** A job's place in the list: what runs, what is paused, what waits, first come first; then what has
 * ended, the latest first. */
function placeOf({ state, created }: Job): number {
  const rank = { running: 0, paused: 1, queued: 2, done: 3, failed: 3, cancelled: 3 }[state];
  const time = Date.parse(created) / 1e13; // between 0 and 1
  return rank + (rank < 3 ? time : 1 - time);
}

/** The queue, behind a button that shows how far the work at the front is. */
export function JobsButton({ project }: { project?: string }) {
  const open = useEditor((state) => state.jobsOpen);
  const { data: jobs = [] } = useJobs();
  const active = jobs.filter((job) => job.state === "running" || job.state === "queued");
  const running = active.find((job) => job.state === "running");
  const shown = jobs
    .filter((job) => ACTIVE.has(job.state) || job.kind === "export" || job.kind === "train" || job.state === "failed")
    .sort((one, other) => placeOf(one) - placeOf(other));
  const share = running?.total ? running.done / running.total : 0;
  return (
    <Popover.Root open={open} onOpenChange={(now) => editor.set({ jobsOpen: now })}>
      <Popover.Trigger asChild>
        <button type="button" className="button quiet jobs-button" aria-label={`Queue: ${active.length} under way`}>
          {running ? <Ring share={share} /> : <ListVideo size={16} />}
          {active.length > 0 && <span className="number">{active.length}</span>}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover jobs" align="end" sideOffset={8} collisionPadding={8} aria-label="Queue"
          onOpenAutoFocus={(event) => {
            // The queue itself, not its first button, whose hint would lie over it.
            event.preventDefault();
            (event.currentTarget as HTMLElement).focus();
          }}
        >
          <h2>Queue</h2>
          {shown.length ? (
            <ul>
              {shown.map((job) => (
                <JobRow key={job.id} job={job} here={job.project === project} />
              ))}
            </ul>
          ) : (
            <p className="jobs-empty">Nothing is under way. Exports and tracking show up here.</p>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Ring({ share }: { share: number }) {
  const round = 2 * Math.PI * 6;
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden>
      <circle cx="8" cy="8" r="6" fill="none" stroke="var(--line-strong)" strokeWidth="2" />
      <circle
        cx="8" cy="8" r="6" fill="none" stroke="var(--text)" strokeWidth="2" strokeLinecap="round"
        strokeDasharray={`${Math.max(0.04, share) * round} ${round}`} transform="rotate(-90 8 8)"
      />
    </svg>
  );
}

type JobVerb = "cancel" | "pause" | "resume";

/** Cancel a job, pause it, or have it go on. */
export async function actOnJob(job: Job, verb: JobVerb): Promise<void> {
  try {
    const params = { path: { job: job.id } };
    const call = {
      cancel: () => api.POST("/api/v1/jobs/{job}/cancel", { params }),
      pause: () => api.POST("/api/v1/jobs/{job}/pause", { params }),
      resume: () => api.POST("/api/v1/jobs/{job}/resume", { params }),
    }[verb];
    takeJob(await ok(call()));
    forget(job.id);
  } catch (error) {
    toastError(error);
  }
}

function JobRow({ job }: { job: Job; here: boolean }) {
  const act = (verb: JobVerb) => actOnJob(job, verb);
  const forget = async () => {
    try {
      await ok(api.DELETE("/api/v1/jobs/{job}", { params: { path: { job: job.id } } }));
      void queries.invalidateQueries({ queryKey: keys.jobs });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <li className="job" data-testid={`job-${job.kind}`} data-state={job.state}>
      <div className="job-head">
        <span className="job-title">{job.result?.name ?? job.title}</span>
        {job.state === "running" && (
          <IconButton small label="Pause" onClick={() => void act("pause")}><Pause size={13} /></IconButton>
        )}
        {(job.state === "paused" || job.state === "failed" || job.state === "cancelled") && (
          <IconButton small label={job.state === "paused" ? "Go on" : "Try again"} onClick={() => void act("resume")}>
            {job.state === "paused" ? <Play size={13} /> : <RotateCw size={13} />}
          </IconButton>
        )}
        {job.state === "done" && job.result?.output && (
          <IconButton small label={`Download ${job.result.name ?? ""}`} onClick={() => download(job)}>
            <Download size={14} />
          </IconButton>
        )}
        {ACTIVE.has(job.state) ? (
          <IconButton small label="Cancel" onClick={() => void act("cancel")}><X size={14} /></IconButton>
        ) : (
          <IconButton small label="Take off the list" onClick={() => void forget()}><X size={14} /></IconButton>
        )}
      </div>
      {ACTIVE.has(job.state) && (
        <Progress label={job.title} share={job.total ? job.done / job.total : job.state === "running" ? null : 0} />
      )}
      <p className={`job-note number ${job.state === "failed" ? "bad" : ""}`} title={job.result?.path ?? undefined}>
        {noteOf(job)}
      </p>
    </li>
  );
}

function noteOf(job: Job): string {
  switch (job.state) {
    case "queued":
      return "Waiting for its turn";
    case "paused":
      return `Paused${job.total ? ` at ${Math.round((100 * job.done) / job.total)} %` : ""}`;
    case "running": {
      const unit = job.kind === "fetch" ? (n: number) => bytes(n) : (n: number) => String(n);
      const far = job.total ? `${unit(job.done)} of ${unit(job.total)}` : job.message || "Starting";
      return job.seconds_left !== null ? `${far} · ${about(job.seconds_left)}` : far;
    }
    case "failed":
      return [job.error?.message ?? job.message, job.error?.remedy].filter(Boolean).join(" ");
    case "cancelled":
      return "Cancelled";
    case "done":
      return [job.result?.bytes ? bytes(job.result.bytes) : "Done", inWorkspace(job.result?.path)].filter(Boolean).join(" · ");
  }
}
