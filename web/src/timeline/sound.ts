import { audioUrl } from "../api/client";
import type { Project } from "../api/types";

/** Seconds of sound that are had at once: more is not played. */
const LONGEST = 590;
/** Seconds up to which the sound of all that is played is had, wherever it begins: then it is there
 * for the next turn as well. */
const SHORT = 120;
/** A part of a frame: what is sought at a frame's time may be found to be just before it. */
const SLACK = 0.01;

/** The clip's sound, as the clock of what is shown. */
export class Sound {
  private readonly element = new Audio();
  private waiting = false;
  private broken = false;
  private stopped = false;
  /** The frame that was heard last, or gone to. */
  private held: number;

  /** The sound of the frames `low` to `high`, played from the frame `at` on; null where that is too
   * long. */
  static of({ id, clip }: Project, low: number, high: number, at: number): Sound | null {
    const first = (high - low) / clip.rate <= SHORT ? low : at;
    if ((high - first) / clip.rate >= LONGEST) return null;
    return new Sound(audioUrl(id, first, high), first, at, clip.rate);
  }

  private constructor(
    url: string,
    private readonly first: number,
    at: number,
    private readonly rate: number,
  ) {
    this.held = at;
    this.element.onerror = () => (this.broken = !this.stopped);
    bring(url).then(
      (source) => {
        if (this.stopped) return;
        this.element.src = source;
        this.seek(this.held);
      },
      () => (this.broken = true),
    );
  }

  /** The frame that is heard; null where the sound cannot be a clock. */
  frame(): number | null {
    if (this.broken || this.element.ended) return null;
    // While it looks for its place there is nothing to be heard: the picture stays where it is.
    if (!this.element.seeking && this.element.readyState >= 2)
      this.held = this.first + Math.floor(this.element.currentTime * this.rate + SLACK);
    return this.held;
  }

  covers(frame: number): boolean {
    return frame >= this.first;
  }

  wait(frame: number): void {
    if (this.waiting) return;
    this.waiting = true;
    this.element.pause();
    this.seek(frame);
  }

  go(): void {
    if (!this.waiting) return;
    this.waiting = false;
    if (this.element.src) this.play();
  }

  seek(frame: number): void {
    this.held = frame;
    this.element.currentTime = (frame - this.first) / this.rate;
    // At its end it has stopped, which is no longer called its end now.
    if (this.element.src && this.element.paused && !this.waiting) this.play();
  }

  stop(): void {
    this.stopped = true;
    this.element.pause();
    this.element.removeAttribute("src");
  }

  private play(): void {
    void this.element.play().catch(() => (this.broken = !this.stopped && !this.waiting));
  }
}

let last: { url: string; source: Promise<string> } | null = null;

/** Have a sound here, as a whole: one that comes from the server as it is played cannot be gone back
 * in. The last one is kept. */
function bring(url: string): Promise<string> {
  if (last?.url === url) return last.source;
  void last?.source.then(URL.revokeObjectURL, () => {});
  const source = fetch(url).then(async (response) => {
    if (!response.ok) throw new Error(`${response.status}`);
    return URL.createObjectURL(await response.blob());
  });
  const mine = { url, source };
  source.catch(() => last === mine && (last = null));
  last = mine;
  return source;
}
