import { keys, queries } from "../api/queries";
import type { Session } from "../api/types";

/** Where a file is, as it is looked for in the workspace: `Exports/beach.mp4`. */
export function inWorkspace(path: string | null | undefined): string {
  const folder = queries.getQueryData<Session>(keys.session)?.folder;
  if (!path || !folder || !path.startsWith(folder)) return path ?? "";
  return path.slice(folder.length).replace(/^[\\/]/, "");
}
