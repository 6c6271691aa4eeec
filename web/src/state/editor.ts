import { create } from "zustand";
import type { Found, Settings } from "../api/types";

export type Tool = "click" | "box" | "brush" | "erase" | "scribble" | "pan";
export type MaskView = "overlay" | "outline" | "matte" | "cutout" | "off";
export type Compare = "source" | "result" | "wipe" | "split" | "difference" | "provenance" | "cutout";
export type OpenDialog = null | "export" | "shortcuts" | "fetch";

export interface Spot {
  x: number;
  y: number;
}

/** Where the stage looks: `scale` in screen pixels per clip pixel, null to fit; `x`, `y` the clip's
 * pixel that is in the middle. */
export interface Look {
  scale: number | null;
  x: number;
  y: number;
}

/** What was pointed at and has not been answered yet. */
export interface Pending {
  id: number;
  frame: number;
  x: number;
  y: number;
  on: boolean;
}

/** A stretch of frames that was dragged over on an object's track; `end` is not in it. */
export interface Stretch {
  object: number;
  first: number;
  end: number;
}

/** The controls of the matte of all that is cut out. */
export type Matte = Pick<Settings, "matte_despeckle" | "matte_choke" | "matte_feather" | "matte_gamma">;

interface EditorState {
  project: string;
  frame: number;
  /** Frames are played at so many times the clip's rate; 0 stands still. */
  speed: number;
  tool: Tool;
  brush: number;
  object: number | null;
  maskView: MaskView;
  compare: Compare;
  /** Held down: the clip as it was. */
  holding: boolean;
  /** Controls of the matte that are only tried, while a slider moves. */
  tried: Matte | null;
  /** The rough box around all that is cut out is to be drawn next. */
  boxing: boolean;
  wipe: number;
  /** Whether somebody put the wipe where it is. */
  wipeMoved: boolean;
  previewSize: number;
  look: Look;
  cursor: Spot | null;
  pending: Pending[];
  candidates: { frame: number; found: Found[]; chosen: number | null } | null;
  stretch: Stretch | null;
  dialog: OpenDialog;
  side: boolean;
  jobsOpen: boolean;
  findOpen: boolean;
  /** What tracking has found since it began, before the project knows it: object, frame, score. */
  streamed: Readonly<Record<number, ReadonlyMap<number, number | null>>>;
  /** Read aloud by screen readers. */
  said: string;
}

const FRESH: EditorState = {
  project: "",
  frame: 0,
  speed: 0,
  tool: "click",
  brush: 24,
  object: null,
  maskView: "overlay",
  compare: "source",
  holding: false,
  tried: null,
  boxing: false,
  wipe: 0.5,
  wipeMoved: false,
  previewSize: 960,
  look: { scale: null, x: 0, y: 0 },
  cursor: null,
  pending: [],
  candidates: null,
  stretch: null,
  dialog: null,
  side: true,
  jobsOpen: false,
  findOpen: false,
  streamed: {},
  said: "",
};

export const useEditor = create<EditorState>(() => FRESH);

export const editor = {
  get: useEditor.getState,
  set: useEditor.setState,

  /** Begin with a project where this tab last left it. */
  open(project: string): void {
    const kept = JSON.parse(sessionStorage.getItem(`cleanplate.place.${project}`) ?? "{}");
    useEditor.setState({ ...FRESH, ...kept, project, side: window.innerWidth >= 860 });
  },

  /** Remember the place, so that a reload comes back to it. */
  keepPlace(): void {
    const { project, frame, object, tool, brush, maskView, compare, previewSize } = useEditor.getState();
    if (!project) return;
    const place = JSON.stringify({ frame, object, tool, brush, maskView, compare, previewSize });
    sessionStorage.setItem(`cleanplate.place.${project}`, place);
  },

  say(text: string): void {
    useEditor.setState({ said: text });
  },

  /** Take in what tracking found on a frame. */
  stream(frame: number, scores: Record<string, number | null>): void {
    useEditor.setState(({ streamed }) => {
      const next = { ...streamed };
      for (const [object, score] of Object.entries(scores))
        next[Number(object)] = new Map(next[Number(object)]).set(frame, score);
      return { streamed: next };
    });
  },

  setTool(tool: Tool): void {
    useEditor.setState({ tool, candidates: null, compare: "source", boxing: false });
  },
};
