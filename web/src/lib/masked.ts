import type { ClipObject } from "../api/types";

/** Whether there is a mask of an object anywhere: pointed at, or brought along ready-made. */
export function hasMask(object: ClipObject): boolean {
  return object.keys.length > 0 || object.tracked.length > 0;
}
