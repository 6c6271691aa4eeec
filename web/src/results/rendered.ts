import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, ok } from "../api/client";
import { queries } from "../api/queries";
import type { Project } from "../api/types";
import { previewSizeOf } from "../editor/actions";
import { pictures } from "../stage/frames";
import { useEditor } from "../state/editor";

const keyOf = (project: string, size: number) => ["rendered", project, size] as const;

/** The frames of which a preview can be shown, as the project is now. */
export function useRendered(project: Project): ReadonlySet<number> {
  useEditor((state) => state.previewSize);
  const size = previewSizeOf(project);
  const { data } = useQuery({
    queryKey: [...keyOf(project.id, size), project.revision],
    queryFn: async () => {
      const { spans } = await ok(
        api.GET("/api/v1/projects/{project}/previews", {
          params: { path: { project: project.id }, query: { size } },
        }),
      );
      return spans;
    },
    // What is shown stays until it is known better, so that the timeline does not blink.
    placeholderData: (previous, query) => (query?.queryKey[3] === project.revision ? previous : undefined),
  });
  return useMemo(() => {
    const frames = new Set<number>();
    for (const [first, end] of data ?? []) for (let i = first!; i < end!; i++) frames.add(i);
    return frames;
  }, [data]);
}

/** Whether each of the frames `first` to `end` - 1 is among those. */
export function allOf(frames: ReadonlySet<number>, first: number, end: number): boolean {
  for (let frame = first; frame < end; frame++) if (!frames.has(frame)) return false;
  return true;
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** A frame of a preview has come: take it in, a few at a time. */
export function takeRendered(project: string, frame: number, size: number): void {
  pictures.forget(`/projects/${project}/previews/${frame}?`);
  timer ??= setTimeout(() => {
    timer = undefined;
    void queries.invalidateQueries({ queryKey: keyOf(project, size) });
  }, 250);
}
