import { frameUrl, previewUrl } from "../api/client";
import type { Project } from "../api/types";
import { editor, type Compare, type Matte } from "../state/editor";
import { atHand, type Standin } from "./atHand";
import { goodWidth, pictures, WIDTHS } from "./frames";

const AHEAD = 10;
const AHEAD_PLAYING = 30;

/** The addresses of the pictures that a view of a frame is made of. */
export interface Sources {
  before: string;
  after: string | null;
}

export function sourcesOf(
  project: Project,
  frame: number,
  compare: Compare,
  width: number,
  size: number,
  tried: Matte | null = editor.get().tried,
): Sources {
  const before = `${frameUrl(project.id, frame, width)}&v=${project.clip.version}`;
  if (compare === "source") return { before, after: null };
  const view = compare === "wipe" || compare === "split" ? "result" : compare;
  // The revision keeps a result apart from that of an earlier state of the project.
  const after = `${previewUrl(project.id, frame, view, size)}&v=${project.revision}`;
  if (compare !== "cutout" || !tried) return { before, after };
  const turned = Object.entries(tried).map(([name, value]) => `&${name}=${value}`);
  return { before, after: after + turned.join("") };
}

/** Whether a view needs no preview to have been worked out. */
export function madeAtOnce(compare: Compare): boolean {
  return compare === "cutout";
}

/** Say which pictures are wanted: those of this frame, then those that will be next. */
export function wantAround(
  project: Project,
  frame: number,
  compare: Compare,
  speed: number,
  width: number,
  size: number,
  rendered: ReadonlySet<number>,
): Sources {
  const now = sourcesOf(project, frame, compare, width, size);
  const decode = speed !== 0 || atHand.want(project, frame, width, now.before);
  const step = speed < 0 ? -1 : 1;
  // What is made when it is asked for is not asked for in advance.
  const reach = madeAtOnce(compare) ? 0 : speed ? AHEAD_PLAYING : AHEAD;
  const urls: string[] = [];
  const add = (other: number) => {
    const { before, after } = sourcesOf(project, other, compare, width, size);
    const ready = after !== null && (rendered.has(other) || madeAtOnce(compare));
    if (ready) urls.push(after);
    if (decode && (!ready || compare !== "provenance")) urls.push(before);
  };
  add(frame);
  for (let i = 1; i <= reach; i++) {
    for (const other of speed || i > 3 ? [frame + step * i] : [frame + i, frame - i]) {
      if (other >= 0 && other < project.clip.frames)
        add(other);
    }
  }
  pictures.want(urls, speed === 0);
  return now;
}

/** The best picture of a frame that is here already, at any width, or else of one nearby. */
export function bestBefore(project: Project, frame: number, width: number): Standin | undefined {
  for (const each of [width, ...WIDTHS]) {
    const url = sourcesOf(project, frame, "source", Math.min(each, project.clip.width), 0).before;
    const picture = pictures.get(url);
    if (picture) return { frame, picture };
  }
  return atHand.get(project, frame);
}

/** The width of frames to ask for, for a clip that is shown so many screen pixels wide. */
export function widthFor(shown: number, project: Project, speed: number): number {
  const wanted = goodWidth(shown * window.devicePixelRatio, project.clip.width);
  return speed ? Math.min(wanted, 1280) : wanted;
}
