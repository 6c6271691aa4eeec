/** Every shortcut: one table, for the keyboard and for the list under `?`. */
import type { Project } from "../api/types";
import { addObject, changeProject, embed, redo, removeKey, previewRange, render, setEnd, showResult, theObject, theProject, track, undo } from "../editor/actions";
import { goEnd, goKey, goShot, goTo, goWeakest, playPause, shuttle, step } from "../editor/moves";
import { startPointing } from "../stage/Stage";
import { zoomAbout } from "../stage/look";
import { editor, type Compare, type MaskView, type Tool } from "../state/editor";

export interface Shortcut {
  /** As it is shown; alternatives are parted by a blank. */
  shown: string;
  /** What `keyOf` gives for it. */
  keys: string[];
  label: string;
  run: (project: Project) => void;
  /** Goes on while the key is held. */
  repeats?: boolean;
}

export interface Group {
  title: string;
  shortcuts: Shortcut[];
}

const VIEWS: MaskView[] = ["overlay", "outline", "matte", "cutout", "off"];
const RESULTS: Compare[] = ["result", "wipe", "split", "difference", "provenance"];

const tool = (shown: string, key: string, label: string, to: Tool): Shortcut => ({
  shown,
  keys: [key],
  label,
  run: () => editor.setTool(to),
});

const now = () => editor.get().frame;

export const GROUPS: Group[] = [
  {
    title: "Play",
    shortcuts: [
      { shown: "Space", keys: [" "], label: "Play or pause", run: playPause },
      { shown: "J K L", keys: ["l"], label: "Back, stop, on; again: faster", run: () => shuttle(1) },
      { shown: "", keys: ["j"], label: "", run: () => shuttle(-1) },
      { shown: "", keys: ["k"], label: "", run: () => editor.set({ speed: 0 }) },
      { shown: "← →", keys: ["ArrowRight"], label: "One frame", repeats: true, run: () => step(1) },
      { shown: "", keys: ["ArrowLeft"], label: "", repeats: true, run: () => step(-1) },
      { shown: "⇧ ← →", keys: ["shift+ArrowRight"], label: "Ten frames", repeats: true, run: () => step(10) },
      { shown: "", keys: ["shift+ArrowLeft"], label: "", repeats: true, run: () => step(-10) },
      { shown: "Home End", keys: ["Home"], label: "In and out, then the ends", run: () => goEnd("first") },
      { shown: "", keys: ["End"], label: "", run: () => goEnd("last") },
      { shown: "PgUp PgDn", keys: ["PageDown"], label: "Shot before, after", run: () => goShot(1) },
      { shown: "", keys: ["PageUp"], label: "", run: () => goShot(-1) },
      { shown: ", .", keys: ["."], label: "Key frame before, after", run: () => goKey(1) },
      { shown: "", keys: [","], label: "", run: () => goKey(-1) },
      { shown: "W", keys: ["w"], label: "The weakest frame", run: () => void goWeakest() },
      { shown: "I O", keys: ["i"], label: "Set in, set out", run: () => setEnd("in", now()) },
      { shown: "", keys: ["o"], label: "", run: () => setEnd("out", now()) },
      { shown: "X", keys: ["x"], label: "Clear in and out", run: () => void changeProject({ range: null }) },
    ],
  },
  {
    title: "Point and paint",
    shortcuts: [
      tool("V", "v", "Click: left adds, right removes", "click"),
      tool("R", "r", "Box", "box"),
      tool("S", "s", "Scribble", "scribble"),
      tool("B", "b", "Brush", "brush"),
      tool("E", "e", "Eraser", "erase"),
      tool("H", "h", "Hand", "pan"),
      { shown: "[ ]", keys: ["]"], label: "Brush smaller, larger", repeats: true, run: () => resize(1.15) },
      { shown: "", keys: ["["], label: "", repeats: true, run: () => resize(1 / 1.15) },
      { shown: "F", keys: ["f"], label: "Find people, cars, …", run: () => editor.set({ findOpen: true }) },
      { shown: "C", keys: ["c"], label: "Point with the arrow keys", run: point },
      { shown: "1 … 9", keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], label: "Choose an object", run: () => {} },
      { shown: "N", keys: ["n"], label: "New object", run: () => void addObject() },
      { shown: "Del", keys: ["Delete", "Backspace"], label: "Remove the key frame here", run: dropKey },
      { shown: "T", keys: ["t"], label: "Track through the clip", run: () => void track() },
    ],
  },
  {
    title: "Look",
    shortcuts: [
      { shown: "Q", keys: ["q"], label: "Masks or result", run: swap },
      { shown: "M", keys: ["m"], label: "Next way to see masks or result", run: nextView },
      { shown: "\\", keys: ["\\"], label: "Hold: the clip as it was", run: () => editor.set({ holding: true }) },
      { shown: "P", keys: ["p"], label: "Preview the result", run: (project) => void render(...previewRange(project)) },
      { shown: "Z", keys: ["z"], label: "Fit", run: () => zoom(null) },
      { shown: "⇧ Z", keys: ["shift+z"], label: "100 %", run: () => zoom(1 / (window.devicePixelRatio || 1)) },
      { shown: "+ −", keys: ["+", "="], label: "Zoom in, out", repeats: true, run: () => zoomBy(1.25) },
      { shown: "", keys: ["-"], label: "", repeats: true, run: () => zoomBy(1 / 1.25) },
    ],
  },
  {
    title: "Project",
    shortcuts: [
      { shown: "Ctrl Z", keys: ["mod+z"], label: "Undo", repeats: true, run: () => void undo() },
      { shown: "Ctrl ⇧ Z", keys: ["mod+shift+z", "mod+y"], label: "Redo", repeats: true, run: () => void redo() },
      { shown: "Ctrl E", keys: ["mod+e"], label: "Export", run: () => editor.set({ dialog: "export", jobsOpen: false }) },
      { shown: "G", keys: ["g"], label: "Queue", run: () => editor.set({ jobsOpen: true }) },
      { shown: "D", keys: ["d"], label: "Show or hide the panel", run: () => editor.set(({ side }) => ({ side: !side })) },
      { shown: "?", keys: ["?"], label: "This list", run: () => editor.set({ dialog: "shortcuts", jobsOpen: false }) },
      { shown: "Esc", keys: ["Escape"], label: "Leave what was begun", run: leave },
    ],
  },
];

const TABLE = new Map(
  GROUPS.flatMap((group) => group.shortcuts).flatMap((each) => each.keys.map((key) => [key, each] as const)),
);

const POINTING = /^(shift\+)?(Arrow(Left|Right|Up|Down)|Enter|Backspace|Delete|Escape)$/;

/** A press as the table names it: `mod+shift+z`, `shift+ArrowLeft`, `?`. */
function keyOf(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  const letter = event.key.length === 1;
  // Signs already say whether shift was held; letters and names do not.
  const shift = event.shiftKey && (!letter || /[a-z]/i.test(event.key)) ? "shift+" : "";
  return mod + shift + (letter ? event.key.toLowerCase() : event.key);
}

/** Listen to the whole page, but leave alone what is typed and what a focused control wants. */
export function listen(): () => void {
  const onDown = (event: KeyboardEvent) => {
    const project = theProject();
    if (!project || event.defaultPrevented || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, [contenteditable]")) return;
    if (target.closest('[role="dialog"], [role="alertdialog"], [role="menu"]')) return;
    const key = keyOf(event);
    const keyboard = target.matches(":focus-visible");
    if ((key === " " || key === "Enter") && keyboard && target.closest("button, a")) return;
    if (key.startsWith("Arrow") && keyboard && target.closest('[role="radio"], [role="slider"]')) return;
    // While one points with the keyboard, the stage has these keys.
    if (editor.get().cursor && POINTING.test(key) && target.matches('[data-testid="stage"]')) return;
    const shortcut = TABLE.get(key);
    if (!shortcut || (event.repeat && !shortcut.repeats)) {
      if (shortcut) event.preventDefault();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (/^[1-9]$/.test(key)) {
      const object = project.objects[Number(key) - 1];
      if (object) editor.set({ object: object.id });
    } else shortcut.run(project);
  };
  const onUp = (event: KeyboardEvent) => {
    if (event.key === "\\") editor.set({ holding: false });
  };
  // A button that was pressed with a pointer gives the keyboard back to the editor.
  const onClick = (event: MouseEvent) => {
    if (event.detail === 0) return;
    const button = (event.target as HTMLElement).closest?.("button");
    if (button && !button.closest('[role="dialog"]') && document.activeElement === button) button.blur();
  };
  const onBlur = () => editor.set({ holding: false });
  window.addEventListener("keydown", onDown, true);
  window.addEventListener("keyup", onUp, true);
  window.addEventListener("click", onClick);
  window.addEventListener("blur", onBlur);
  return () => {
    window.removeEventListener("keydown", onDown, true);
    window.removeEventListener("keyup", onUp, true);
    window.removeEventListener("click", onClick);
    window.removeEventListener("blur", onBlur);
  };
}

function resize(by: number): void {
  editor.set(({ brush }) => {
    const to = by > 1 ? Math.max(brush + 1, brush * by) : Math.min(brush - 1, brush * by);
    return { brush: Math.round(Math.min(300, Math.max(1, to))) };
  });
}

function point(project: Project): void {
  embed(now());
  startPointing(project);
}

function dropKey(): void {
  const object = theObject();
  const frame = now();
  if (object && !object.locked && object.keys.some((key) => key.frame === frame))
    void removeKey(object.id, frame);
}

function swap(): void {
  const project = theProject();
  if (editor.get().compare !== "source") editor.set({ compare: "source", candidates: null });
  else if (project) showResult(project);
}

function nextView(): void {
  editor.set(({ compare, maskView }) => {
    if (compare === "source") return { maskView: VIEWS[(VIEWS.indexOf(maskView) + 1) % VIEWS.length] };
    return { compare: RESULTS[(RESULTS.indexOf(compare) + 1) % RESULTS.length] };
  });
}

function zoom(scale: number | null): void {
  const project = theProject();
  if (!project) return;
  editor.set(({ look }) => ({
    look:
      scale === null || look.scale === null
        ? { scale, x: project.clip.width / 2, y: project.clip.height / 2 }
        : { ...look, scale },
  }));
}

function zoomBy(by: number): void {
  const stage = document.querySelector(".stage");
  const project = theProject();
  if (!stage || !project) return;
  const { width, height } = stage.getBoundingClientRect();
  editor.set(({ look }) => ({
    look: zoomAbout(look, { x: width / 2, y: height / 2 }, by, project.clip, { width, height }),
  }));
}

function leave(): void {
  const { speed, candidates, stretch, cursor, jobsOpen, findOpen, boxing } = editor.get();
  if (boxing) editor.set({ boxing: false });
  else if (findOpen) editor.set({ findOpen: false, candidates: null });
  else if (jobsOpen) editor.set({ jobsOpen: false });
  else if (speed) editor.set({ speed: 0 });
  else if (cursor) editor.set({ cursor: null });
  else if (candidates) editor.set({ candidates: null });
  else if (stretch) editor.set({ stretch: null });
  else goTo(now());
}
