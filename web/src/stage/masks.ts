import { useSyncExternalStore } from "react";
import { api, ok } from "../api/client";
import type { FrameMasks, ObjectMask } from "../api/types";

type Masks = Readonly<Record<string, ObjectMask>>;

const NONE: Masks = {};
const MOST = 1200;
const AT_ONCE = 32;

/** The masks of the open project by frame, as they will be used (with each object's edge).
 *
 * What is stale stays on screen until what replaces it has come, so that nothing flickers. */
class MaskBook {
  private project = "";
  private readonly frames = new Map<number, Masks>();
  private readonly stale = new Set<number>();
  private readonly fetching = new Map<number, AbortController>();
  private readonly listeners = new Set<() => void>();
  private wanted: number[] = [];

  open(project: string): void {
    this.project = project;
    this.frames.clear();
    this.stale.clear();
    this.fetching.forEach((control) => control.abort());
    this.fetching.clear();
    this.tell();
  }

  at(frame: number): Masks {
    return this.frames.get(frame) ?? NONE;
  }

  isKnown(frame: number): boolean {
    return this.frames.has(frame) && !this.stale.has(frame);
  }

  /** Put a mask in at once: an answer to a click, or what a slider would give. */
  put(frame: number, objects: Record<string, ObjectMask>): void {
    this.frames.set(frame, { ...this.at(frame), ...objects });
    this.tell();
  }

  /** What is known may have changed: fetch it again when it is looked at. */
  doubt(frame?: number): void {
    for (const known of frame === undefined ? this.frames.keys() : [frame]) {
      this.stale.add(known);
      // What is on its way was asked for before the change.
      this.fetching.get(known)?.abort();
      this.fetching.delete(known);
    }
    if (frame === undefined) {
      this.fetching.forEach((control) => control.abort());
      this.fetching.clear();
    }
    this.pump();
  }

  want(frames: number[]): void {
    this.wanted = frames;
    this.pump();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private tell(): void {
    this.listeners.forEach((listener) => listener());
  }

  private pump(): void {
    const missing = this.wanted.filter((frame) => !this.fetching.has(frame) && !this.isKnown(frame));
    if (this.fetching.size || !missing.length) return;
    // While playing, many at once; else the one that is looked at, then its neighbours.
    if (missing.length > 4) void this.fetchRange(Math.min(...missing), Math.max(...missing) + 1);
    else for (const frame of missing.slice(0, 2)) void this.fetch(frame);
  }

  private async fetchRange(first: number, end: number): Promise<void> {
    const control = new AbortController();
    const { project } = this;
    const range = Array.from({ length: Math.min(end - first, AT_ONCE) }, (_, i) => first + i);
    range.forEach((frame) => this.fetching.set(frame, control));
    try {
      const { frames } = await ok(
        api.GET("/api/v1/projects/{project}/masks", {
          params: { path: { project }, query: { first, end: first + range.length, edges: true } },
          signal: control.signal,
        }),
      );
      if (control.signal.aborted) return;
      range.forEach((frame) => this.take(frame, frames[String(frame)] ?? NONE));
      this.tell();
    } catch {
      if (control.signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    } finally {
      for (const frame of range) if (this.fetching.get(frame) === control) this.fetching.delete(frame);
    }
    this.pump();
  }

  private take(frame: number, objects: Masks): void {
    this.frames.delete(frame);
    this.frames.set(frame, objects);
    this.stale.delete(frame);
    if (this.frames.size > MOST) this.frames.delete(this.frames.keys().next().value!);
  }

  private async fetch(frame: number): Promise<void> {
    const control = new AbortController();
    const { project } = this;
    this.fetching.set(frame, control);
    try {
      const { objects } = await getMasks(project, frame, true, control.signal);
      if (control.signal.aborted) return;
      this.take(frame, objects);
      this.tell();
    } catch {
      if (control.signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    } finally {
      if (this.fetching.get(frame) === control) this.fetching.delete(frame);
    }
    this.pump();
  }
}

export const masks = new MaskBook();

export function useMasks(frame: number): Masks {
  return useSyncExternalStore(masks.subscribe, () => masks.at(frame));
}

/** An object's mask as it is before its edge is applied: what a brush goes on from. */
export async function rawMask(
  project: string,
  frame: number,
  object: number,
): Promise<ObjectMask | undefined> {
  const { objects } = await getMasks(project, frame, false);
  return objects[String(object)];
}

async function getMasks(
  project: string,
  frame: number,
  edges: boolean,
  signal?: AbortSignal,
): Promise<FrameMasks> {
  const call = api.GET("/api/v1/projects/{project}/masks/{frame}", {
    params: { path: { project, frame }, query: { edges } },
    signal,
  });
  // The same address gives a picture where one is asked for; the client's type holds both.
  return (await ok(call)) as FrameMasks;
}
