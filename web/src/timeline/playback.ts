import { useEffect, useRef } from "react";
import { audioUrl } from "../api/client";
import type { Project } from "../api/types";
import { previewSizeOf, theRange } from "../editor/actions";
import { useRendered } from "../results/rendered";
import { pictures } from "../stage/frames";
import { madeAtOnce, sourcesOf, widthFor } from "../stage/sources";
import { editor, useEditor } from "../state/editor";

/** How far the clock may run ahead of what has been fetched before it waits, in seconds. */
const PATIENCE = 0.4;
const LONGEST_SOUND = 590;

/** Runs the playhead while the speed is not 0: by the sound where there is some, else by the clock.
 * Frames are left out where they come too late; the sound waits where they do not come at all. */
export function usePlayback(project: Project, shown: () => number): void {
  const speed = useEditor((state) => state.speed);
  const rendered = useRendered(project);
  const latest = useRef(rendered);
  latest.current = rendered;
  useEffect(() => {
    if (!speed) return;
    return play(project, speed, shown, (frame) => latest.current.has(frame));
    // Restarted by a change of speed alone: the project's edits do not stop the clip.
    // eslint-disable-next-line
  }, [speed, project.id]);
}

function play(
  project: Project,
  speed: number,
  shown: () => number,
  isRendered: (frame: number) => boolean,
): () => void {
  const { rate, frames, has_audio } = project.clip;
  const [first, end] = theRange(project);
  const inside = (frame: number) => frame >= first && frame < end;
  const start = editor.get().frame;
  const [low, high] = inside(start) ? [first, end] : [0, frames];
  const from = speed > 0 && start >= high - 1 ? low : start;
  editor.set({ frame: from });
  let anchor = { frame: from, time: performance.now() };
  const sound =
    has_audio && speed === 1 && (high - from) / rate < LONGEST_SOUND
      ? new Sound(audioUrl(project.id, from, high), from, rate)
      : null;
  let wanted = 0;

  const isHere = (frame: number) => {
    const { compare } = editor.get();
    const { before, after } = sourcesOf(project, frame, compare, widthFor(shown(), project, speed), previewSizeOf(project));
    // A result that was never rendered does not hold up playing: the clip is shown in its place.
    const here = (url: string) => pictures.get(url) !== undefined || pictures.isMissing(url);
    return after !== null && (isRendered(frame) || madeAtOnce(compare)) ? here(after) && (compare === "provenance" || here(before)) : here(before);
  };

  const tick = () => {
    wanted = requestAnimationFrame(tick);
    const now = performance.now();
    const { frame } = editor.get();
    const due = sound?.frame() ?? Math.floor(anchor.frame + ((now - anchor.time) / 1000) * rate * speed);
    if (speed > 0 ? due >= high : due < low) {
      const looping = speed > 0 && editor.get().compare !== "source" && inside(start);
      if (!looping) return editor.set({ speed: 0, frame: speed > 0 ? high - 1 : low });
      sound?.seek(low);
      anchor = { frame: low, time: now };
      return editor.set({ frame: low });
    }
    let next = due;
    while (next !== frame && !isHere(next)) next -= Math.sign(speed);
    if (next !== frame) editor.set({ frame: next });
    if (Math.abs(due - next) / rate > PATIENCE) {
      anchor = { frame: next, time: now };
      sound?.wait(next);
    } else sound?.go();
  };
  wanted = requestAnimationFrame(tick);
  return () => {
    cancelAnimationFrame(wanted);
    sound?.stop();
  };
}

/** The clip's sound from a frame on, as the clock of what is shown. */
class Sound {
  private readonly element: HTMLAudioElement;
  private waiting = false;
  private broken = false;

  constructor(
    url: string,
    private readonly first: number,
    private readonly rate: number,
  ) {
    this.element = new Audio(url);
    this.element.onerror = () => (this.broken = true);
    void this.element.play().catch(() => (this.broken = true));
  }

  /** The frame that is heard; null where the sound cannot be a clock. */
  frame(): number | null {
    if (this.broken || (this.element.ended && !this.element.loop)) return null;
    if (this.element.readyState < 2) return this.first;
    return this.first + Math.floor(this.element.currentTime * this.rate);
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
    void this.element.play().catch(() => (this.broken = true));
  }

  seek(frame: number): void {
    this.element.currentTime = Math.max(0, (frame - this.first) / this.rate);
  }

  stop(): void {
    this.element.pause();
    this.element.removeAttribute("src");
  }
}
