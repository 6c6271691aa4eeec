import type { ClipObject } from "../api/types";

/** Whether there is a mask of an object anywhere: pointed at, or brought along ready-made. */
export function hasMask(object: ClipObject): boolean {
  return object.keys.length > 0 || object.tracked.length > 0;
}

/** Whether an object has a part in what is cut out: its own soft edge, or what is in it or not. */
export function cutsOut({ action }: ClipObject): boolean {
  return action === "cutout" || action === "hold" || action === "garbage";
}

/** Whether something is cut out and nothing is erased: then the cutout is all there is of a result. */
export function onlyCuts(objects: readonly ClipObject[]): boolean {
  return objects.some((one) => one.action === "cutout") && objects.every((one) => one.action !== "erase");
}
