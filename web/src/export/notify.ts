import type { Job } from "../api/types";
import { bytes } from "../lib/time";
import { inWorkspace } from "./place";
import { editor } from "../state/editor";
import { forget, toast } from "../ui/toasts";

/** Ask once whether the end of an export may be told outside the page: at the first export, when
 * the reason is plain. */
export function askToNotify(): void {
  if ("Notification" in window && Notification.permission === "default")
    void Notification.requestPermission().catch(() => {});
}

export function download(job: Job): void {
  const link = document.createElement("a");
  link.href = `/api/v1/jobs/${job.id}/output`;
  link.download = job.result?.name ?? "";
  document.body.append(link);
  link.click();
  link.remove();
}

/** Say that a job has ended, where that is news. */
export function tellEnd(job: Job): void {
  forget(job.id);
  if (job.state === "failed") {
    toast("bad", `${job.title} failed.`, {
      text: [job.error?.message ?? job.message, job.error?.remedy].filter(Boolean).join(" "),
      about: job.id,
      actions: [{ label: "Show the queue", run: () => editor.set({ jobsOpen: true }) }],
    });
    outside(`${job.title} failed`, job.error?.message ?? "");
  } else if (job.state === "done" && job.kind === "export") {
    const size = job.result?.bytes ? bytes(job.result.bytes) : "";
    toast("good", `${job.result?.name ?? job.title} is ready.`, {
      text: [size, inWorkspace(job.result?.path)].filter(Boolean).join(" · "),
      about: job.id,
      actions: [{ label: "Download", run: () => download(job) }],
    });
    outside(`${job.result?.name ?? job.title} is ready`, size);
  } else if (job.state === "done" && job.kind === "fetch") {
    toast("good", "The network is here.");
  } else if (job.state === "done" && job.kind === "train") {
    toast("good", `${job.title}: done. It stands under Find from now on.`, {
      text: job.result?.warnings?.[0],
      actions: [{ label: "Find it here", run: () => editor.set({ findOpen: true, jobsOpen: false }) }],
    });
    outside(`${job.title}: done`, "");
  }
}

function outside(title: string, body: string): void {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const note = new Notification(title, { body, icon: "/mark.svg" });
  note.onclick = () => window.focus();
}
