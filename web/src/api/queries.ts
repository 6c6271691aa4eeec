import { QueryClient, useMutation, useQuery } from "@tanstack/react-query";
import { toastError } from "../ui/toasts";
import { api, ok } from "./client";
import { ApiError } from "./errors";
import type { Job, Project } from "./types";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => count < 3 && !(error instanceof ApiError && error.status < 500),
      refetchOnWindowFocus: false,
      staleTime: 30_000,
    },
  },
});

export const keys = {
  session: ["session"] as const,
  projects: ["projects"] as const,
  project: (id: string) => ["project", id] as const,
  confidence: (id: string, object: number) => ["confidence", id, object] as const,
  jobs: ["jobs"] as const,
  networks: ["networks"] as const,
  trainingSets: ["training-sets"] as const,
};

export function useSession() {
  return useQuery({ queryKey: keys.session, queryFn: () => ok(api.GET("/api/v1/session")) });
}

export function useProjects() {
  return useQuery({ queryKey: keys.projects, queryFn: () => ok(api.GET("/api/v1/projects")) });
}

export function useProject(id: string) {
  return useQuery({
    queryKey: keys.project(id),
    queryFn: () => ok(api.GET("/api/v1/projects/{project}", { params: { path: { project: id } } })),
  });
}

export function useJobs() {
  return useQuery({ queryKey: keys.jobs, queryFn: () => ok(api.GET("/api/v1/jobs")) });
}

export function useNetworks(enabled: boolean) {
  return useQuery({ queryKey: keys.networks, queryFn: () => ok(api.GET("/api/v1/models")), enabled });
}

export function useTrainingSets() {
  return useQuery({ queryKey: keys.trainingSets, queryFn: () => ok(api.GET("/api/v1/training-sets")) });
}

/** The outline of the clip's sound, which never changes. */
export function useWaveform(project: string, enabled: boolean) {
  return useQuery({
    queryKey: ["waveform", project],
    queryFn: () => ok(api.GET("/api/v1/projects/{project}/waveform", { params: { path: { project } } })),
    staleTime: Infinity,
    enabled,
  });
}

export function useConfidence(project: string, object: number, enabled: boolean) {
  return useQuery({
    queryKey: keys.confidence(project, object),
    queryFn: () =>
      ok(
        api.GET("/api/v1/projects/{project}/objects/{number}/confidence", {
          params: { path: { project, number: object } },
        }),
      ),
    enabled,
  });
}

/** Take a newer project in; an older one, which came late, is left. */
export function takeProject(project: Project): void {
  queries.setQueryData<Project>(keys.project(project.id), (known) =>
    known && known.revision > project.revision ? known : project,
  );
}

/** Take news of a job in, wherever it is shown. */
export function takeJob(job: Job): void {
  queries.setQueryData<Job[]>(keys.jobs, (known) => {
    if (!known) return known;
    const others = known.filter((other) => other.id !== job.id);
    return [job, ...others].sort((a, b) => b.created.localeCompare(a.created));
  });
}

/** An edit of the project: its answer is the project as it is then. */
export function useEdit<A>(run: (argument: A) => Promise<Project>) {
  return useMutation({ mutationFn: run, onSuccess: takeProject, onError: toastError });
}
