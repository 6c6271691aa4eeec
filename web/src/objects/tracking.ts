import { useJobs } from "../api/queries";
import type { Job } from "../api/types";

/** The tracking that is under way or waiting in a project. */
export function useTracking(project: string): Job | undefined {
  const { data } = useJobs();
  return data?.find(
    (job) =>
      job.project === project &&
      job.kind === "track" &&
      (job.state === "running" || job.state === "queued"),
  );
}
