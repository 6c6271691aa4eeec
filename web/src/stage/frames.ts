import { Lru } from "../lib/lru";

const MEMORY = 512e6;
const AT_ONCE = 3;

/** Pictures by address, decoded off the main thread, the most wanted first.
 *
 * Whoever shows pictures says at each change what it wants, best first; what is being fetched and is
 * no longer wanted is cut off, so that a fast scrub is never behind its own past. */
class Pictures {
  private readonly cache = new Lru<string, ImageBitmap>(MEMORY, (bitmap) => bitmap.close());
  private readonly fetching = new Map<string, AbortController>();
  private readonly missing = new Map<string, number>();
  private readonly listeners = new Set<() => void>();
  private wanted: string[] = [];
  private patient = false;

  get(url: string): ImageBitmap | undefined {
    return this.cache.get(url);
  }

  /** Take in a picture that came another way. */
  put(url: string, bitmap: ImageBitmap): void {
    this.cache.set(url, bitmap, bitmap.width * bitmap.height * 4);
    this.listeners.forEach((listener) => listener());
  }

  /** Have a picture here, wanted or not. Throws where there is none. */
  async bring(url: string): Promise<void> {
    if (this.cache.has(url)) return;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status}`);
    this.put(url, await createImageBitmap(await response.blob()));
  }

  /** Whether the server said that there is no such picture (yet). */
  isMissing(url: string): boolean {
    return this.missing.has(url);
  }

  /** With `patient` nothing is fetched beside the first, until that is here: the others may be long
   * to decode, and would take from it. */
  want(urls: string[], patient = false): void {
    this.wanted = urls;
    this.patient = patient;
    const still = new Set(urls);
    for (const [url, control] of this.fetching) {
      if (still.has(url)) continue;
      control.abort();
      this.fetching.delete(url);
    }
    this.pump();
  }

  /** Forget what was fetched from addresses that contain a text: it has changed. */
  forget(part: string): void {
    this.cache.deleteWhere((url) => url.includes(part));
    for (const url of this.missing.keys()) if (url.includes(part)) this.missing.delete(url);
    this.pump();
  }

  clear(): void {
    this.want([]);
    this.cache.clear();
    this.missing.clear();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private pump(): void {
    const [first] = this.wanted;
    for (const url of this.wanted) {
      const atOnce = this.patient && this.fetching.has(first) ? 1 : AT_ONCE;
      // The first is on screen: it never waits for its neighbours.
      const room = this.fetching.size < atOnce || url === first;
      if (!room) return;
      if (this.cache.has(url) || this.fetching.has(url) || this.missing.has(url)) continue;
      void this.fetch(url);
    }
  }

  private async fetch(url: string): Promise<void> {
    const control = new AbortController();
    this.fetching.set(url, control);
    try {
      const response = await fetch(url, { signal: control.signal });
      if (response.ok) {
        const bitmap = await createImageBitmap(await response.blob());
        if (control.signal.aborted) return bitmap.close();
        this.put(url, bitmap);
      } else {
        this.missing.set(url, response.status);
      }
    } catch {
      if (control.signal.aborted) return;
      // Nobody answers: try again when the connection is back, not in a tight loop.
      this.missing.set(url, 0);
      setTimeout(() => {
        this.missing.delete(url);
        this.pump();
      }, 1000);
    } finally {
      if (this.fetching.get(url) === control) this.fetching.delete(url);
    }
    this.listeners.forEach((listener) => listener());
    this.pump();
  }
}

export const pictures = new Pictures();

/** What frames are asked for in: a few widths, so that caches serve. */
export const WIDTHS = [480, 720, 960, 1280, 1600, 1920, 2560, 3840];

/** The width to ask for so that `needed` screen pixels are filled. */
export function goodWidth(needed: number, clipWidth: number): number {
  const wide = WIDTHS.find((width) => width >= needed * 0.9) ?? Infinity;
  return Math.min(wide, clipWidth);
}
