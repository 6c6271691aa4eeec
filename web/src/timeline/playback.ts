import { useEffect, useRef } from "react";
import type { Project } from "../api/types";
import { previewSizeOf, theRange } from "../editor/actions";
import { useRendered } from "../results/rendered";
import { pictures } from "../stage/frames";
import { madeAtOnce, sourcesOf, widthFor } from "../stage/sources";
import { editor, useEditor } from "../state/editor";
import { Sound } from "./sound";

/** How far the clock may run ahead of what has been fetched before it waits, in seconds. */
const PATIENCE = 0.4;

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
  const listen = (at: number) => (has_audio && speed === 1 ? Sound.of(project, low, high, at) : null);
  let sound = listen(from);
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
    const heard = sound?.frame() ?? null;
    // Where the sound ends before the picture, the clock goes on from there.
    if (heard !== null) anchor = { frame: heard, time: now };
    const due = heard ?? Math.floor(anchor.frame + ((now - anchor.time) / 1000) * rate * speed);
    if (speed > 0 ? due >= high : due < low) {
      const looping = speed > 0 && editor.get().compare !== "source" && inside(start);
      if (!looping) return editor.set({ speed: 0, frame: speed > 0 ? high - 1 : low });
      if (sound?.covers(low)) sound.seek(low);
      else {
        sound?.stop();
        sound = listen(low);
      }
      anchor = { frame: low, time: now };
      return editor.set({ frame: low });
    }
    // Only on: what the sound is behind, it comes to.
    let next = speed > 0 ? Math.max(due, frame) : Math.min(due, frame);
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
