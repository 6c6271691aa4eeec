import { atHandUrl } from "../api/client";
import type { Project } from "../api/types";
import { Lru } from "../lib/lru";
import { pictures } from "./frames";

const MEMORY = 64e6;
/** Milliseconds for which the playhead has to rest, once it moves, before a frame is decoded for it:
 * meanwhile the server makes drafts of where it goes, which are here sooner. */
const REST = 80;
/** Milliseconds without a change after which it does not move. */
const STILL = 150;

export interface Standin {
  /** The frame that it shows, which may be a neighbour of the one that was asked for. */
  frame: number;
  picture: ImageBitmap;
}

/** What the server can show of a frame at once, while its own picture has yet to be decoded.
 *
 * One question at a time, the latest only: a fast scrub sees what there is on its way, and nothing
 * is decoded for frames that it has passed. */
class AtHand {
  private readonly cache = new Lru<string, Standin>(MEMORY, ({ picture }) => picture.close());
  private readonly listeners = new Set<() => void>();
  private asking: AbortController | null = null;
  private wanted: { url: string; sharp: string } | null = null;
  /** Of which frame it is known that its own picture has to be decoded, the playhead resting there. */
  private settled = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private moved = -Infinity;

  get(project: Project, frame: number): Standin | undefined {
    return this.cache.get(keyOf(project, frame));
  }

  /** Look for a picture of a frame; whether its own has to be asked for as well, being `sharp`. */
  want(project: Project, frame: number, width: number, sharp: string): boolean {
    if (pictures.get(sharp)) {
      this.leave();
      return true;
    }
    const url = atHandUrl(project.id, frame, width);
    if (this.wanted?.url !== url) {
      this.leave();
      this.wanted = { url, sharp };
      void this.ask(keyOf(project, frame), url, sharp);
    }
    return this.settled === url;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  clear(): void {
    this.leave();
    this.cache.clear();
  }

  private leave(): void {
    this.asking?.abort();
    clearTimeout(this.timer);
    this.asking = this.wanted = null;
    this.settled = "";
  }

  private async ask(key: string, url: string, sharp: string): Promise<void> {
    const control = (this.asking = new AbortController());
    const begun = performance.now();
    const rest = begun - this.moved < STILL ? REST : 0;
    this.moved = begun;
    let found = false;
    try {
      const response = await fetch(url, { signal: control.signal });
      found = response.status === 200;
      if (found) {
        const frame = Number(response.headers.get("Shown-Frame"));
        const isSharp = response.headers.get("Sharp") === "1";
        const picture = await createImageBitmap(await response.blob());
        if (control.signal.aborted) return picture.close();
        const weight = picture.width * picture.height * 4;
        if (isSharp) pictures.put(sharp, picture);
        else this.cache.set(key, { frame, picture }, weight);
      }
    } catch {
      if (control.signal.aborted) return; // else the frame itself is asked for, and that is tried again
    }
    const settle = () => {
      if (this.wanted?.url !== url) return;
      this.settled = url;
      this.tell();
    };
    if (!found || pictures.get(sharp)) settle();
    else {
      this.timer = setTimeout(settle, Math.max(0, rest - (performance.now() - begun)));
      this.tell();
    }
  }

  private tell(): void {
    this.listeners.forEach((listener) => listener());
  }
}

const keyOf = (project: Project, frame: number) => `${project.clip.version}/${frame}`;

export const atHand = new AtHand();
